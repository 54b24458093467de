#include "cli/archive_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/image_reference.h"
#include "base/json_text.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "registry/content_digest.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxDamageTold = 20;
constexpr std::size_t kMaxArchiveExportBytes = 256u << 20;
constexpr std::size_t kMaxKindsTold = 8;

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

// The lines of an archive, all or an error.
class ArchiveLines {
 public:
  Result<void> Add(const store::StoredReport& report, std::string content) {
    const store::ReportRow& row = report.row;
    nlohmann::ordered_json json = {{"image", row.image},     {"indexes", row.indexes}, {"repositories", row.repositories},
                                   {"scanner", row.scanner}, {"format", row.format},   {"importedAt", FormatRfc3339(report.imported_at)},
                                   {"digest", row.digest}};
    if (!row.platform.empty()) json["platform"] = row.platform;
    if (row.scanned_at) json["scannedAt"] = FormatRfc3339(*row.scanned_at);
    if (!row.imported_by.empty()) json["importedBy"] = row.imported_by;
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

Result<std::string> ArchiveAsLines(const StoreExportOptions& options, const ImportedWhen& when, store::ArchiveReader& archive) {
  ArchiveLines lines;
  auto went = archive.ForEach([&](const store::StoredReport& report) -> Result<void> {
    if (!IsWanted(report, options, when)) return {};
    auto content = ReadKept(archive, report);
    if (!content && content.error().code == ErrorCode::kNotFound) return {};
    if (!content) return std::unexpected(content.error());
    return lines.Add(report, std::move(*content));
  });
  // Clocks are of no import in particular.
  if (went && !when.since && !when.until && options.scanner.empty())
    went = archive.ForEachClock([&](const store::FindingClock& clock) { return lines.Add(clock); });
  if (!went) return std::unexpected(went.error());
  return lines.Take();
}

// kInvalidInput when there are several scanners or images to choose from.
Result<std::string> NewestReport(const StoreExportOptions& options, const ImportedWhen& when, store::ArchiveReader& archive,
                                 const Digest& digest) {
  auto found = archive.Find(digest.text());
  if (!found) return std::unexpected(found.error());
  std::erase_if(*found, [&](const store::StoredReport& report) { return !IsWanted(report, options, when); });
  if (found->empty()) return Fail(ErrorCode::kNotFound, fmt::format("{}: there is no such report of {}", options.file, digest.text()));
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
  }
  std::string out = fmt::format("{}: {}\n", file, DescribeArchive(*summary));
  for (std::size_t i = 0; i < std::min(wrong->size(), kMaxDamageTold); ++i) out += fmt::format("wrong: {}\n", (*wrong)[i]);
  if (wrong->size() > kMaxDamageTold) out += fmt::format("and {} more\n", wrong->size() - kMaxDamageTold);
  if (!wrong->empty()) return {ExitCode::kViolation, out + fmt::format("to do: {}\n", store::kDamagedArchiveRemedy), ""};
  return {ExitCode::kPass, out + "every report is as it was given\n", ""};
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
  auto lines = ArchiveAsLines(options, when, **archive);
  if (!lines) return Failed(lines.error());
  return {ExitCode::kPass, std::move(*lines), ""};
}

}  // namespace hullwright::cli
