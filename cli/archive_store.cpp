#include "cli/archive_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/image_reference.h"
#include "base/json_text.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "registry/content_digest.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxDamageTold = 20;
constexpr std::size_t kMaxArchiveExportBytes = 256u << 20;
constexpr std::size_t kMaxKindsTold = 8;
constexpr std::size_t kTimeColumns = 24, kScannerColumns = 14;

std::string DescribeArchive(const store::ArchiveSummary& summary) {
  std::string text = fmt::format("{}, {}, {}", Count(summary.reports, "report", "reports"), Count(summary.clocks, "clock", "clocks"),
                                 BytesText(summary.file_bytes));
  if (summary.oldest && summary.newest)
    text += fmt::format("; imported {} to {}", FormatRfc3339(*summary.oldest), FormatRfc3339(*summary.newest));
  return text;
}

std::string ScannerAndImage(const store::StoredReport& report) {
  return fmt::format("{} of {}", Printable(report.row.scanner, 64), Printable(report.row.image, 160));
}

// The report as it was given. kNotFound: it was erased meanwhile.
Result<std::string> ReadKept(store::ArchiveReader& archive, const store::StoredReport& report) {
  auto bytes = archive.Bytes(report.number);
  if (!bytes) return std::unexpected(bytes.error().Within(ScannerAndImage(report)));
  const auto digest = Digest::Parse(report.row.digest);
  if (!digest || !registry::IsDigestOf(*digest, *bytes)) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{}: is not the report that its digest {} says", ScannerAndImage(report), Printable(report.row.digest, 160)));
  }
  return bytes;
}

// Damage is what was looked for; of anything else nobody can tell.
CommandOutput NotSound(const Error& error) {
  return Failed(error.code == ErrorCode::kInvalidInput ? ExitCode::kViolation : ExitCode::kCouldNotTell, error.message);
}

bool IsWanted(const store::StoredReport& report, const StoreExportOptions& options, const ImportedWhen& when) {
  if ((when.since && report.imported_at < *when.since) || (when.until && report.imported_at >= *when.until)) return false;
  return options.scanner.empty() || report.row.scanner == options.scanner;
}

// All but its bytes.
nlohmann::ordered_json JsonOf(const store::StoredReport& report) {
  const store::ReportRow& row = report.row;
  nlohmann::ordered_json json = {{"image", row.image},     {"indexes", row.indexes}, {"repositories", row.repositories},
                                 {"scanner", row.scanner}, {"format", row.format},   {"importedAt", FormatRfc3339(report.imported_at)},
                                 {"digest", row.digest}};
  if (!row.platform.empty()) json["platform"] = row.platform;
  if (row.scanned_at) json["scannedAt"] = FormatRfc3339(*row.scanned_at);
  if (!row.imported_by.empty()) json["importedBy"] = row.imported_by;
  return json;
}

// The lines of an archive, all or an error.
class ArchiveLines {
 public:
  Result<void> Add(const store::StoredReport& report, std::string content) {
    nlohmann::ordered_json json = JsonOf(report);
    json["content"] = std::move(content);
    return AddLine({{"report", std::move(json)}});
  }
  Result<void> Add(const store::FindingClock& clock) {
    nlohmann::ordered_json json = {{"repository", clock.repository},
                                   {"vulnerability", clock.vulnerability},
                                   {"package", clock.package},
                                   {"firstSeen", FormatRfc3339(clock.first_seen)}};
    if (clock.fix_first_seen) json["fixFirstSeen"] = FormatRfc3339(*clock.fix_first_seen);
    return AddLine({{"clock", std::move(json)}});
  }

  std::string Take() { return std::move(lines_); }

 private:
  Result<void> AddLine(const nlohmann::ordered_json& json) {
    lines_ += JsonLine(json) + "\n";
    if (lines_.size() <= kMaxArchiveExportBytes) return {};
    return Fail(ErrorCode::kTooLarge, fmt::format("more than {} are to be written: ask for less by --since, --until, --scanner or --image",
                                                  BytesText(kMaxArchiveExportBytes)));
  }

  std::string lines_;
};

// damaged: what of it could not be written, in sentences.
Result<std::string> ArchiveAsLines(const StoreExportOptions& options, const ImportedWhen& when, store::ArchiveReader& archive,
                                   std::vector<std::string>& damaged) {
  ArchiveLines lines;
  auto went = archive.ForEach([&](const store::StoredReport& report) -> Result<void> {
    if (!IsWanted(report, options, when)) return {};
    auto content = ReadKept(archive, report);
    if (!content && content.error().code == ErrorCode::kNotFound) return {};
    if (!content && content.error().code == ErrorCode::kInvalidInput) {
      damaged.push_back(content.error().message);
      return {};
    }
    if (!content) return std::unexpected(content.error());
    return lines.Add(report, std::move(*content));
  });
  // Clocks are of no import in particular.
  if (went && !when.since && !when.until && options.scanner.empty())
    went = archive.ForEachClock([&](const store::FindingClock& clock) { return lines.Add(clock); });
  if (!went) return std::unexpected(went.error());
  return lines.Take();
}

// The newest of what can be asked for.
std::string WhatIsThere(store::ArchiveReader& archive) {
  std::deque<std::string> images;
  const auto went = archive.ForEach([&](const store::StoredReport& report) -> Result<void> {
    std::string text = ScannerAndImage(report);
    if (std::ranges::find(images, text) == images.end()) images.push_back(std::move(text));
    if (images.size() > kMaxKindsTold) images.pop_front();
    return {};
  });
  if (!went || images.empty()) return "it holds none at all";
  return fmt::format("it holds those by {} (hullctl store list shows all)", fmt::join(images, ", "));
}

std::string ArchiveListLine(const store::StoredReport& report) {
  const store::ReportRow& row = report.row;
  const std::string scanned = row.scanned_at ? FormatRfc3339(*row.scanned_at) : "not known";
  const std::string where = row.repositories.empty() ? std::string() : Printable(row.repositories.front(), 512) + "@";
  return fmt::format("{}  {}  {}  {:>10}  {}{}\n", PadRight(FormatRfc3339(report.imported_at), kTimeColumns),
                     PadRight(Printable(row.scanner, 64), kScannerColumns), PadRight(scanned, kTimeColumns), BytesText(report.bytes), where,
                     Printable(row.image, 160));
}

std::string ArchiveListJson(const std::deque<store::StoredReport>& reports) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const store::StoredReport& report : reports) {
    rows.push_back(JsonOf(report));
    rows.back()["bytes"] = report.bytes;
  }
  return JsonText({{"schema", "hullctl/reports/v1"}, {"version", HULLWRIGHT_VERSION}, {"reports", std::move(rows)}});
}

// kInvalidInput when there are several scanners or images to choose from.
Result<std::string> NewestReport(const StoreExportOptions& options, const ImportedWhen& when, store::ArchiveReader& archive,
                                 const Digest& digest) {
  auto found = archive.Find(digest.text());
  if (!found) return std::unexpected(found.error());
  std::erase_if(*found, [&](const store::StoredReport& report) { return !IsWanted(report, options, when); });
  if (found->empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{}: there is no such report of {}; {}", options.file, digest.text(), WhatIsThere(archive)));
  }
  std::set<std::string> kinds;
  for (const store::StoredReport& report : *found)
    if (kinds.size() < kMaxKindsTold) kinds.insert(ScannerAndImage(report));
  if (kinds.size() == 1) return ReadKept(archive, found->front());
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: there are reports by {}: say which by --scanner, or by the image's own digest",
                                                    options.file, fmt::join(kinds, ", ")));
}

CommandOutput ExportReport(const StoreExportOptions& options, const ImportedWhen& when, store::ArchiveReader& archive,
                           const Environment& environment) {
  const auto image = ImageReference::Parse(options.image);
  if (!image) return Failed(ExitCode::kUsage, image.error().Within("--image").message);
  if (!image->digest) return Failed(ExitCode::kUsage, "--image: needs the digest, as in registry.example/shop/api@sha256:…");
  // It may hold whatever its scanner found in the image.
  if (environment.out.is_terminal)
    return Failed(ExitCode::kUsage, "store export: a report is written as it was given, not for a terminal: add > report.json");
  auto bytes = NewestReport(options, when, archive, *image->digest);
  if (!bytes) return Failed(bytes.error());
  return {ExitCode::kPass, std::move(*bytes), ""};
}

}  // namespace

CommandOutput CheckArchive(const std::string& file, const Environment& environment) {
  const Progress progress("reading the archive", environment.err);
  auto archive = store::ArchiveReader::Open(file);
  if (!archive) return NotSound(archive.error());
  auto wrong = (*archive)->Check();
  if (!wrong) return NotSound(wrong.error().Within(file));
  const auto summary = (*archive)->Summary();
  if (!summary) return NotSound(summary.error().Within(file));
  // A file that is damaged as a whole cannot be gone through.
  if (wrong->empty()) {
    const auto went = (*archive)->ForEach([&](const store::StoredReport& report) -> Result<void> {
      const auto bytes = ReadKept(**archive, report);
      if (!bytes && bytes.error().code != ErrorCode::kNotFound) wrong->push_back(bytes.error().message);
      return {};
    });
    if (!went) return NotSound(went.error().Within(file));
    const auto clocks = (*archive)->ForEachClock([](const store::FindingClock&) -> Result<void> { return {}; });
    if (!clocks) return NotSound(clocks.error().Within(file));
  }
  std::string out = fmt::format("{}: {}\n", file, DescribeArchive(*summary));
  for (std::size_t i = 0; i < std::min(wrong->size(), kMaxDamageTold); ++i) out += fmt::format("wrong: {}\n", (*wrong)[i]);
  if (wrong->size() > kMaxDamageTold) out += fmt::format("and {} more\n", wrong->size() - kMaxDamageTold);
  if (!wrong->empty()) return {ExitCode::kViolation, out + fmt::format("to do: {}\n", store::kDamagedArchiveRemedy), ""};
  return {ExitCode::kPass,
          out +
              "every report is as it was given by its digest, and every clock has a time; that nobody has written other reports or "
              "clocks into the file is not proved by it\n",
          ""};
}

CommandOutput PruneArchive(const std::string& file, const store::ArchiveBounds& bounds, const Environment& environment) {
  const Progress progress("pruning the archive", environment.err);
  const auto erased = store::PruneArchive(file, bounds);
  if (!erased) return Failed(erased.error());
  auto archive = store::ArchiveReader::Open(file);
  const auto summary = archive ? (*archive)->Summary() : Result<store::ArchiveSummary>(std::unexpected(archive.error()));
  if (!summary) return Failed(summary.error());
  return {ExitCode::kPass,
          fmt::format("{} and {} went; what is left: {}\n", Count(erased->reports, "report", "reports"),
                      Count(erased->clocks, "clock", "clocks"), DescribeArchive(*summary)),
          ""};
}

CommandOutput ExportArchive(const StoreExportOptions& options, const ImportedWhen& when, const Environment& environment) {
  if (!options.namespace_.empty()) return Failed(ExitCode::kUsage, "store export: --namespace is for a decision history");
  const Progress progress("reading the archive", environment.err);
  auto archive = store::ArchiveReader::Open(options.file);
  if (!archive) return Failed(archive.error());
  if (!options.image.empty()) return ExportReport(options, when, **archive, environment);
  std::vector<std::string> damaged;
  auto lines = ArchiveAsLines(options, when, **archive, damaged);
  if (!lines) return Failed(lines.error().Within(options.file));
  if (damaged.empty()) return {ExitCode::kPass, std::move(*lines), ""};
  std::string told;
  for (std::size_t i = 0; i < std::min(damaged.size(), kMaxDamageTold); ++i)
    told += ErrorLine(fmt::format("{}: left out: {}", options.file, damaged[i]));
  if (damaged.size() > kMaxDamageTold) told += ErrorLine(fmt::format("and {} more", damaged.size() - kMaxDamageTold));
  return {ExitCode::kCouldNotTell, std::move(*lines), std::move(told)};
}

CommandOutput ListArchive(const StoreListOptions& options, const Environment& environment) {
  if (!options.namespace_.empty() || options.denied)
    return Failed(ExitCode::kUsage, "store list: --namespace and --denied are for a decision history");
  const Progress progress("reading the archive", environment.err);
  auto archive = store::ArchiveReader::Open(options.file);
  if (!archive) return Failed(archive.error());
  std::deque<store::StoredReport> newest;
  const auto went = (*archive)->ForEach([&](const store::StoredReport& report) -> Result<void> {
    newest.push_front(report);
    if (newest.size() > static_cast<std::size_t>(options.limit)) newest.pop_back();
    return {};
  });
  if (!went) return Failed(went.error().Within(options.file));
  if (options.output == "json") return {ExitCode::kPass, ArchiveListJson(newest), ""};
  std::string out;
  for (const store::StoredReport& report : newest) out += ArchiveListLine(report);
  std::string note;
  if (newest.empty()) note = ErrorLine("the archive holds no report");
  if (newest.size() == static_cast<std::size_t>(options.limit))
    note = ErrorLine(fmt::format("these are the newest {}; a larger --limit shows older ones", options.limit));
  return {ExitCode::kPass, std::move(out), std::move(note)};
}

}  // namespace hullwright::cli
