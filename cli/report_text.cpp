#include "cli/report_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/text.h"
#include "policy/scan_freshness.h"

namespace hullwright::cli {
namespace {

using OptionalNumber = std::optional<std::int64_t>;

constexpr std::size_t kMaxWordBytes = 64;

std::string NumberText(const OptionalNumber& number) {
  return number ? fmt::format("{}", *number) : std::string(kUnknownText);
}

std::string SizeText(const OptionalNumber& bytes) {
  return bytes ? BytesText(static_cast<std::uint64_t>(*bytes)) : std::string(kUnknownText);
}

std::string ChangeText(const OptionalNumber& before, const OptionalNumber& after) {
  if (!before || !after || *before <= 0) return "";
  // Cut, not rounded: "-100 %" is said of nothing that is left.
  const double change = std::trunc(100.0 * (static_cast<double>(*after) - static_cast<double>(*before)) / static_cast<double>(*before));
  return change == 0.0 ? "0 %" : fmt::format("{:+.0f} %", change);
}

std::string AgoText(Time then, Time now) {
  return then > now ? "later than now" : policy::AgeText(then, now) + " ago";
}

std::string CreatedText(const std::optional<Time>& created, Time now) {
  return created ? fmt::format("{} ({})", FormatRfc3339(*created), AgoText(*created, now)) : std::string(kUnknownText);
}

std::string SystemText(const policy::ScanRecord* scan) {
  if (scan == nullptr || scan->operating_system().empty()) return std::string(kUnknownText);
  return Printable(scan->operating_system(), 2 * kMaxWordBytes);
}

std::string EndOfLifeText(const policy::ScanRecord* scan) {
  if (scan == nullptr || !scan->end_of_life()) return std::string(kUnknownText);
  return *scan->end_of_life() ? "yes: no fixes are published any more" : "no";
}

std::string DigestText(const policy::ScanRecord* scan) {
  return scan == nullptr ? std::string(kUnknownText) : scan->digest().text();
}

std::string ResultText(const api::ScanResult& result, Time now) {
  std::string text = Printable(result.scanner_ref.name, kMaxWordBytes);
  if (!result.version.empty()) text += " " + Printable(result.version, kMaxWordBytes);
  text += fmt::format(": {}", api::ToString(result.outcome));
  if (!result.reason.empty()) text += fmt::format(" ({})", Printable(result.reason));
  text += result.scanned_at ? fmt::format(", {} ({})", AgoText(*result.scanned_at, now), FormatRfc3339(*result.scanned_at))
                            : ", at an unknown time";
  text += result.database_updated_at
              ? fmt::format(", database of {} ({})", AgoText(*result.database_updated_at, now), FormatRfc3339(*result.database_updated_at))
              : ", database of an unknown age";
  return text;
}

}  // namespace

std::string RangeText(const Range& range) {
  if (range.unknown()) return std::string(kUnknownText);
  if (range.exact()) return fmt::format("{}", range.at_least);
  if (!range.at_most) return fmt::format(">={}", range.at_least);
  if (range.at_least == 0) return fmt::format("<={}", *range.at_most);
  return fmt::format("{}-{}", range.at_least, *range.at_most);
}

std::vector<PostureColumn> ColumnsOf(const PostureReport& report) {
  std::vector<PostureColumn> columns;
  if (report.compared())
    columns = {{"original", &PostureCounts::original},
               {"removed", &PostureCounts::removed},
               {"remaining", &PostureCounts::remaining},
               {"added", &PostureCounts::added}};
  columns.push_back({"found", &PostureCounts::found});
  columns.push_back({"fixable", &PostureCounts::fixable});
  if (report.shows_accepted()) columns.push_back({"accepted", &PostureCounts::accepted});
  return columns;
}

std::vector<ReportFact> FactsOf(const PlatformReport& platform, const PostureReport& report) {
  const policy::ScanRecord* scans[] = {platform.image.get(), platform.original.get()};
  const ImageNumbers image = NumbersOf(scans[0]), original = NumbersOf(scans[1]);
  std::vector<ReportFact> facts = {
      {"packages", NumberText(image.packages), NumberText(original.packages), ChangeText(original.packages, image.packages)},
      {"size", SizeText(image.size_bytes), SizeText(original.size_bytes), ChangeText(original.size_bytes, image.size_bytes)},
      {"layers", NumberText(image.layers), NumberText(original.layers), ChangeText(original.layers, image.layers)},
      {"secrets", NumberText(image.secrets), NumberText(original.secrets), ChangeText(original.secrets, image.secrets)},
      {"created", CreatedText(image.created, report.now), CreatedText(original.created, report.now), ""},
      {"system", SystemText(scans[0]), SystemText(scans[1]), ""},
      {"end of life", EndOfLifeText(scans[0]), EndOfLifeText(scans[1]), ""},
      {"manifest", DigestText(scans[0]), DigestText(scans[1]), ""},
  };
  if (!report.compared())
    for (ReportFact& fact : facts) fact.original.clear();
  return facts;
}

std::vector<std::string> ResultsOf(const policy::ScanRecord* scan, Time now) {
  std::vector<std::string> results;
  if (scan == nullptr) return results;
  results.reserve(scan->results().size());
  for (const api::ScanResult& result : scan->results()) results.push_back(ResultText(result, now));
  return results;
}

std::string HeadlineOf(const PlatformReport& platform, const PostureReport& report) {
  const PostureCounts& all = platform.posture.all;
  const std::string found = fmt::format("Findings: {}, of which {} fixable", RangeText(all.found), RangeText(all.fixable));
  if (!report.compared()) return found + ".";
  const bool has_share = all.removed.exact() && all.original.exact() && all.original.at_least > 0;
  const std::string share = has_share ? fmt::format(" ({:.0f} %)", std::floor(100.0 * static_cast<double>(all.removed.at_least) /
                                                                              static_cast<double>(all.original.at_least)))
                                      : "";
  return fmt::format("Of the original's findings ({}): {} removed{}, {} remaining; {} added. {}.", RangeText(all.original),
                     RangeText(all.removed), share, RangeText(all.remaining), RangeText(all.added), found);
}

std::string DoubtText(const ReportDoubt& doubt) {
  return fmt::format("{}: {}{}{}", doubt.about, doubt.reason, doubt.reason.empty() ? "" : ": ", doubt.message);
}

std::string ProblemText(const InputProblem& problem) {
  return Printable(problem.ToString(), 1024);
}

}  // namespace hullwright::cli
