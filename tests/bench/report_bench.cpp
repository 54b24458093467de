// Times scan::DecodeReport on the bytes of a report against simdjson's parse of them, which it rests on: report-bench FILE.
// --memory FILE: how much the process grows at most while it reads and decodes the file. --sizes FILE…: how large the ImageScans of reports
// are as they are sent to the API server; files that are no scan reports are left out. Prints one JSON object; medians of five.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/object.h"
#include "base/file.h"
#include "base/json.h"
#include "scan/import.h"
#include "scan/report.h"

namespace {

using namespace hullwright;

constexpr int kDecodesPerRun = 5;
constexpr std::size_t kMaxFileBytes = 64u << 20;

[[noreturn]] void GiveUp(std::string_view why) {
  fmt::print(stderr, "report-bench: {}\n", why);
  std::exit(1);
}

std::string ReadWhole(const std::string& path) {
  auto text = ReadRegularFile(path, kMaxFileBytes);
  if (!text) GiveUp(path + ": " + text.error().message);
  return std::move(*text);
}

double MegabytesPerSecond(std::size_t bytes, const std::function<bool()>& reads) {
  std::array<double, 5> runs{};
  for (double& run : runs) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kDecodesPerRun; ++i) {
      if (!reads()) GiveUp("the report is not read");
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    run = static_cast<double>(bytes) * kDecodesPerRun / seconds / 1e6;
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

// A parser of its own each time: who decodes one report has no buffers of before.
bool Parses(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

void PrintSpeed(const std::string& path) {
  const std::string text = ReadWhole(path);
  const auto report = scan::DecodeReport(text);
  if (!report) GiveUp(report.error().message);
  fmt::print("{{\"bytes\": {}, \"findings\": {}, \"decode_mb_s\": {}, \"parse_mb_s\": {}}}\n", text.size(), report->findings.size(),
             MegabytesPerSecond(text.size(), [&] { return scan::DecodeReport(text).has_value(); }),
             MegabytesPerSecond(text.size(), [&] { return Parses(text); }));
}

// The most that was ever resident, in bytes. Not ru_maxrss, in which stands what the parent had before it started this program.
std::size_t PeakResidentBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes << 10;
  }
  GiveUp("/proc/self/status says no VmHWM");
}

void PrintMemory(const std::string& path) {
  const std::size_t before = PeakResidentBytes();
  const std::string text = ReadWhole(path);
  const auto report = scan::DecodeReport(text);
  if (!report) GiveUp(report.error().message);
  fmt::print("{{\"bytes\": {}, \"findings\": {}, \"peak_bytes\": {}}}\n", text.size(), report->findings.size(),
             PeakResidentBytes() - before);
}

// By the digest that the report proves, or else under a name given to it.
Result<api::ImageScan> ImportOf(const scan::Report& report) {
  scan::ImportOptions options;
  options.imported_by = "ci@registry.example";
  options.now = Time(std::chrono::milliseconds(4'102'444'800'000));  // 2100: later than any report
  options.first_seen = options.now;
  auto proved = scan::ToImageScan(report, options);
  if (proved) return proved;
  options.image = ImageReference::Parse("registry.example/bench/app@sha256:" + std::string(64, 'a')).value();
  return scan::ToImageScan(report, options);
}

void PrintSizes(const std::vector<std::string>& paths) {
  std::vector<std::size_t> sizes;
  for (const std::string& path : paths) {
    const auto report = scan::DecodeReport(ReadWhole(path));
    if (!report && report.error().code == ErrorCode::kUnsupported) continue;
    const auto imported = report ? ImportOf(*report) : Result<api::ImageScan>(std::unexpected(report.error()));
    if (!imported) GiveUp(path + ": " + imported.error().message);
    sizes.push_back(api::EncodeLine(api::Object(*imported)).size());
  }
  fmt::print("{{\"sizes\": [{}]}}\n", fmt::join(sizes, ", "));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) GiveUp("say which report");
  const std::string mode = arguments.front();
  if (mode == "--memory" && arguments.size() == 2) {
    PrintMemory(arguments[1]);
  } else if (mode == "--sizes") {
    arguments.erase(arguments.begin());
    PrintSizes(arguments);
  } else {
    PrintSpeed(mode);
  }
}
