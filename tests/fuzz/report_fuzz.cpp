// Scanner reports: whatever the bytes, the answer is an error in one line, or a report whose scan our own decoder takes back.
#include <algorithm>

#include "api/object.h"
#include "fuzz/fuzzing.h"
#include "scan/import.h"
#include "scan/report.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;

std::int64_t Counted(const api::ImageScan& scan) {
  std::int64_t sum = 0;
  for (const auto& entry : scan.status.counts) sum += entry.count;
  return sum;
}

// Nothing is lost on the way into the object, and the object is one that can be stored and read.
void RequireSound(const api::ImageScan& scan, std::size_t findings) {
  Require(scan.status.findings.size() + static_cast<std::size_t>(scan.status.truncated_findings) == findings);
  Require(Counted(scan) == static_cast<std::int64_t>(findings));
  JsonReader reader;
  const std::string text = api::EncodeJson(scan);
  Require(api::DecodeObject(reader.Read(text).value()).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = scan::DecodeReport(Text(data, size), {.max_bytes = 1u << 20, .max_findings = 1000});
  if (!report) {
    RequireOneLine(report.error().message);
    return 0;
  }
  scan::ImportOptions options;
  static const auto kImage = ImageReference::Parse("registry.example/shop/api@sha256:" + std::string(64, 'a')).value();
  options.image = kImage;
  options.now = Time(std::chrono::milliseconds(4'102'444'800'000));  // 2100
  options.max_bytes = 4096;
  const auto cut = scan::ToImageScan(*report, options);
  if (!cut) {
    RequireOneLine(cut.error().message);
    return 0;
  }
  RequireSound(*cut, report->findings.size());
  const auto merged = scan::Merge(*cut, *cut, options.max_bytes);
  if (!merged) {
    RequireOneLine(merged.error().message);
    return 0;
  }
  RequireSound(*merged, report->findings.size());
  return 0;
}
