#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/render_json.h"
#include "cli/render_report.h"
#include "cli/report_text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxFindingTextBytes = 4096;  // more than any text of a finding takes, escaped

std::string FindingText(std::string_view text) {
  return Printable(text, kMaxFindingTextBytes);
}

Json RangeJson(const Range& range) {
  return {{"atLeast", range.at_least}, {"atMost", range.at_most ? Json(*range.at_most) : Json(nullptr)}};
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json TimeOrNull(const std::optional<Time>& time) {
  return time ? Json(FormatRfc3339(*time)) : Json(nullptr);
}

Json CountsJson(const PostureCounts& counts, const std::vector<PostureColumn>& columns) {
  Json json = Json::object();
  for (const PostureColumn& column : columns) json[std::string(column.name)] = RangeJson(counts.*column.range);
  return json;
}

Json PostureJson(const Posture& posture, const PostureReport& report) {
  const std::vector<PostureColumn> columns = ColumnsOf(report);
  Json json = Json::object();
  for (std::size_t s = 0; s < kPostureSeverities.size(); ++s)
    json[std::string(api::ToString(kPostureSeverities[s]))] = CountsJson(posture.by_severity[s], columns);
  json["all"] = CountsJson(posture.all, columns);
  return json;
}

Json ResultJson(const api::ScanResult& result) {
  return {{"scanner", FindingText(result.scanner_ref.name)}, {"version", FindingText(result.version)},
          {"outcome", api::ToString(result.outcome)},        {"reason", FindingText(result.reason)},
          {"scannedAt", TimeOrNull(result.scanned_at)},      {"databaseUpdatedAt", TimeOrNull(result.database_updated_at)}};
}

// null: there is no scan.
Json ScanJson(const policy::ScanRecord* scan) {
  if (scan == nullptr) return nullptr;
  const ImageNumbers numbers = NumbersOf(scan);
  Json json = {{"digest", scan->digest().text()},          {"platform", FindingText(scan->platform())},
               {"packages", OrNull(numbers.packages)},     {"sizeBytes", OrNull(numbers.size_bytes)},
               {"layers", OrNull(numbers.layers)},         {"secrets", OrNull(numbers.secrets)},
               {"created", TimeOrNull(numbers.created)},   {"operatingSystem", FindingText(scan->operating_system())},
               {"endOfLife", OrNull(scan->end_of_life())}, {"truncatedFindings", scan->truncated_findings()}};
  json["results"] = Json::array();
  for (const api::ScanResult& result : scan->results()) json["results"].push_back(ResultJson(result));
  return json;
}

Json FindingJson(const policy::FindingView& finding) {
  Json aliases = Json::array();
  for (const std::string_view alias : finding.Aliases()) aliases.push_back(FindingText(alias));
  Json json = {{"id", FindingText(finding.id)},
               {"aliases", std::move(aliases)},
               {"package", FindingText(finding.package)},
               {"version", FindingText(finding.version)},
               {"severity", api::ToString(finding.severity)},
               {"fix", api::ToString(finding.fix)},
               {"fixedIn", FindingText(finding.fixed_in)}};
  if (const auto first = finding.times.FirstSeen()) json["firstSeen"] = FormatRfc3339(*first);
  if (const auto fix = finding.times.FixFirstSeen()) json["fixFirstSeen"] = FormatRfc3339(*fix);
  return json;
}

Json FindingsJson(const PlatformReport& platform) {
  Json list = Json::array();
  for (std::size_t i = 0; platform.image && i < platform.image->size(); ++i) {
    Json json = FindingJson(platform.image->Finding(i));
    if (!platform.posture.added.empty()) json["added"] = static_cast<bool>(platform.posture.added[i]);
    if (const auto by = platform.accepted.find(static_cast<std::uint32_t>(i)); by != platform.accepted.end())
      json["accepted"] = {{"waiver", by->second.waiver},
                          {"policy", by->second.policy},
                          {"rule", by->second.rule},
                          {"why", by->second.why},
                          {"until", by->second.until}};
    list.push_back(std::move(json));
  }
  return list;
}

Json RemovedJson(const PlatformReport& platform) {
  Json list = Json::array();
  for (std::size_t i = 0; i < platform.posture.removed.size(); ++i)
    if (platform.posture.removed[i]) list.push_back(FindingJson(platform.original->Finding(i)));
  return list;
}

Json DoubtsJson(const std::vector<ReportDoubt>& doubts) {
  Json list = Json::array();
  for (const ReportDoubt& doubt : doubts) list.push_back({{"about", doubt.about}, {"reason", doubt.reason}, {"message", doubt.message}});
  return list;
}

Json PlatformJson(const PlatformReport& platform, const PostureReport& report) {
  Json json = {
      {"platform", platform.platform}, {"counts", PostureJson(platform.posture, report)}, {"image", ScanJson(platform.image.get())}};
  if (report.compared()) json["original"] = ScanJson(platform.original.get());
  json["findings"] = FindingsJson(platform);
  if (report.compared()) json["removed"] = RemovedJson(platform);
  json["doubts"] = DoubtsJson(platform.doubts);
  return json;
}

Json ReportJson(const PostureReport& report) {
  Json json = {{"schema", "hullctl/report/v1"},
               {"version", HULLWRIGHT_VERSION},
               {"now", FormatRfc3339(report.now)},
               {"verdict", report.Verdict() == ExitCode::kPass ? "pass" : "could-not-tell"},
               {"exitCode", static_cast<int>(report.Verdict())},
               {"image", report.image}};
  if (report.compared()) json["original"] = report.original;
  if (report.shows_accepted()) json["namespace"] = report.namespace_;
  if (report.shows_accepted()) json["policies"] = report.policies;
  json["platforms"] = Json::array();
  for (const PlatformReport& platform : report.platforms) json["platforms"].push_back(PlatformJson(platform, report));
  json["doubts"] = DoubtsJson(report.doubts);
  json["problems"] = Json::array();
  for (const InputProblem& problem : report.problems)
    json["problems"].push_back(
        {{"origin", problem.origin}, {"object", problem.object}, {"error", problem.error}, {"ofScans", problem.of_scans}});
  json["notes"] = report.notes;
  return json;
}

}  // namespace

std::string RenderReportJson(const PostureReport& report) {
  return JsonText(ReportJson(report));
}

}  // namespace hullwright::cli
