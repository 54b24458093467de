#include "cli/render_json.h"

#include "base/rfc3339.h"
#include "cli/render.h"
#include "cli/yaml_text.h"
#include "evidence/recorded_decision.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view VerdictWord(ExitCode code) {
  if (code == ExitCode::kPass) return "pass";
  return code == ExitCode::kViolation ? "violation" : "could-not-tell";
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
    json["images"].push_back(evidence::ToJson(object.decision.images[i], i < object.image_lines.size() ? object.image_lines[i] : 0));
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
