#include "cli/render_json.h"

#include "base/rfc3339.h"
#include "cli/render.h"
#include "cli/yaml_text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view VerdictWord(ExitCode code) {
  if (code == ExitCode::kPass) return "pass";
  return code == ExitCode::kViolation ? "violation" : "could-not-tell";
}

Json ToJson(const policy::FindingDetail& finding) {
  return {{"id", finding.id},
          {"package", finding.package},
          {"version", finding.version},
          {"severity", api::ToString(finding.severity)},
          {"fix", api::ToString(finding.fix)},
          {"fixedIn", finding.fixed_in}};
}

template <class T>
Json ListOf(const std::vector<T>& items);

Json ToJson(const policy::Reason& reason) {
  return {{"reason", policy::ToString(reason.word)},
          {"outcome", policy::ToString(reason.outcome)},
          {"enforcement", api::ToString(reason.enforcement)},
          {"policy", reason.policy},
          {"rule", reason.rule},
          {"message", reason.message},
          {"remedy", reason.remedy},
          {"findings", ListOf(reason.findings)},
          {"findingCount", reason.finding_count}};
}

Json ToJson(const policy::Waived& waived) {
  return {{"waiver", waived.waiver}, {"policy", waived.policy}, {"rule", waived.rule},
          {"what", waived.what},     {"why", waived.why},       {"until", waived.until}};
}

Json ToJson(const policy::Notice& notice) {
  return {{"notice", notice.word}, {"policy", notice.policy}, {"message", notice.message}};
}

Json ToJson(const policy::RuleTrace& trace) {
  return {{"policy", trace.policy}, {"rule", trace.rule}, {"outcome", policy::ToString(trace.outcome)}, {"saw", trace.saw}};
}

Json ToJson(const policy::ImageDecision& image, int line) {
  Json json = {{"fieldPath", image.field_path},
               {"reference", image.reference},
               {"image", image.image},
               {"digest", image.digest},
               {"outcome", policy::ToString(image.outcome)},
               {"policies", image.policies},
               {"reasons", ListOf(image.reasons)},
               {"waived", ListOf(image.waived)}};
  if (line > 0) json["line"] = line;
  if (!image.notices.empty()) json["notices"] = ListOf(image.notices);
  if (!image.trace.empty()) json["trace"] = ListOf(image.trace);
  return json;
}

Json ToJson(const ReviewedObject& object, bool strict) {
  const policy::Outcome outcome = object.error.empty() ? object.decision.outcome : policy::Outcome::kCouldNotTell;
  Json json = {{"place", ToJson(object.place)},
               {"group", object.identity.group},
               {"kind", object.identity.kind},
               {"namespace", object.identity.namespace_},
               {"name", object.identity.name},
               {"verdict", VerdictWord(VerdictOf(object, strict))},
               {"allowed", object.error.empty() && object.decision.allowed()},
               {"action", ActionOf(object)},
               {"outcome", policy::ToString(outcome)}};
  if (object.error.empty() && object.decision.enforcement) json["enforcement"] = api::ToString(*object.decision.enforcement);
  if (!object.error.empty()) json["error"] = object.error;
  json["unchangedImages"] = object.unchanged;
  json["images"] = Json::array();
  for (std::size_t i = 0; i < object.decision.images.size(); ++i) {
    json["images"].push_back(ToJson(object.decision.images[i], i < object.image_lines.size() ? object.image_lines[i] : 0));
  }
  return json;
}

Json ToJson(const SkippedObject& skipped) {
  return {{"place", ToJson(skipped.place)}, {"object", skipped.description}, {"why", skipped.why}};
}

Json ToJson(const ManifestError& error) {
  return {{"place", ToJson(error.place)}, {"error", error.error}};
}

Json ToJson(const InputProblem& problem) {
  return {{"origin", problem.origin}, {"object", problem.object}, {"error", problem.error}, {"ofScans", problem.of_scans}};
}

template <class T>
Json ListOf(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(ToJson(item));
  return list;
}

}  // namespace

Json ToJson(const Place& place) {
  Json json = {{"file", place.file}};
  if (place.line > 0) json["line"] = place.line;
  if (!place.item.empty()) json["item"] = place.item;
  return json;
}

Json ToJson(const Review& review) {
  Json objects = Json::array();
  for (const ReviewedObject& object : review.objects) objects.push_back(ToJson(object, review.strict));
  return {{"schema", "hullctl/review/v1"},
          {"version", HULLWRIGHT_VERSION},
          {"now", FormatRfc3339(review.now)},
          {"strict", review.strict},
          {"verdict", VerdictWord(review.Verdict())},
          {"exitCode", static_cast<int>(review.Verdict())},
          {"objects", std::move(objects)},
          {"skipped", ListOf(review.skipped)},
          {"errors", ListOf(review.errors)},
          {"problems", ListOf(review.problems)},
          {"notes", review.notes}};
}

std::string JsonText(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string RenderJson(const Review& review) {
  return JsonText(ToJson(review));
}

std::string RenderYaml(const Review& review) {
  return ToYaml(ToJson(review));
}

}  // namespace hullwright::cli
