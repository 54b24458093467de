// SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/. Section numbers are of that document.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/render.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

// FNV-1a, 64 bits: a fingerprint has to be stable and short, not secret.
std::string Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:016x}", hash);
}

// RFC 3986: what is neither unreserved nor a slash is escaped.
std::string ToUri(const std::string& file) {
  if (file == "<stdin>") return "stdin";
  std::string uri = file.starts_with('/') ? "file://" : "";
  const std::string_view path = file.starts_with("./") ? std::string_view(file).substr(2) : std::string_view(file);
  for (const char c : path) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~/").contains(c);
    uri += kept ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Json PhysicalLocation(const Place& place, int line) {
  Json location = {{"artifactLocation", {{"uri", ToUri(place.file)}}}};
  if (line > 0) location["region"] = {{"startLine", line}};
  return location;
}

// Level (3.27.10): error stops the request, warning is told to the user, note only recorded.
std::string_view LevelOf(api::Enforcement enforcement) {
  if (enforcement == api::Enforcement::kDeny) return "error";
  return enforcement == api::Enforcement::kWarn ? "warning" : "note";
}

class Sarif {
 public:
  explicit Sarif(const Review& review) : review_(review) {}

  std::string Render() {
    for (const ReviewedObject& object : review_.objects) AddObject(object);
    for (const ManifestError& error : review_.errors) Notify(error.error, &error.place, "error");
    for (const InputProblem& problem : review_.problems) {
      const Place place{problem.origin, 0, ""};
      Notify(problem.Fault(), &place, problem.of_scans ? "warning" : "error");
    }
    const Json driver = {{"name", "hullctl"}, {"semanticVersion", HULLWRIGHT_VERSION}, {"rules", rules_}};
    const Json invocation = {{"executionSuccessful", !failed_},
                             {"exitCode", static_cast<int>(review_.Verdict())},
                             {"toolExecutionNotifications", notifications_}};
    const Json run = {{"tool", {{"driver", driver}}}, {"invocations", Json::array({invocation})}, {"results", results_}};
    const Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
    return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  void AddObject(const ReviewedObject& object) {
    if (!object.error.empty()) return Notify(object.description + ": " + object.error, &object.place, "error");
    for (std::size_t i = 0; i < object.decision.images.size(); ++i) {
      const int found = i < object.image_lines.size() ? object.image_lines[i] : 0;
      for (const policy::Reason& reason : object.decision.images[i].reasons) {
        AddResult(object, object.decision.images[i], reason, found > 0 ? found : object.place.line);
      }
    }
  }

  void AddResult(const ReviewedObject& object, const policy::ImageDecision& image, const policy::Reason& reason, int line) {
    const std::string_view word = policy::ToString(reason.word);
    Json location = {{"logicalLocations", {{{"fullyQualifiedName", object.description + " " + image.field_path}, {"kind", "member"}}}}};
    if (!object.place.file.empty()) location["physicalLocation"] = PhysicalLocation(object.place, line);
    results_.push_back({{"ruleId", word},
                        {"ruleIndex", RuleIndex(reason.word)},
                        {"level", LevelOf(reason.enforcement)},
                        {"message", {{"text", Message(image, reason)}}},
                        {"locations", Json::array({location})},
                        {"partialFingerprints", {{"hullwright/v1", Fingerprint(object, image, reason)}}},
                        {"properties", Properties(image, reason)}});
  }

  static std::string Message(const policy::ImageDecision& image, const policy::Reason& reason) {
    const std::string by = reason.policy.empty() ? "" : fmt::format(" ({})", reason.policy);
    return fmt::format("{}: {}{} {}", image.image, reason.message, by, reason.remedy);
  }

  static Json Properties(const policy::ImageDecision& image, const policy::Reason& reason) {
    return {{"image", image.image},
            {"policy", reason.policy},
            {"rule", reason.rule},
            {"outcome", policy::ToString(reason.outcome)},
            {"enforcement", api::ToString(reason.enforcement)}};
  }

  // What stays the same when lines move or the image is built anew (3.27.17): no line, no digest, no message.
  static std::string Fingerprint(const ReviewedObject& object, const policy::ImageDecision& image, const policy::Reason& reason) {
    std::string text =
        fmt::format("{}\n{}\n{}\n{}\n{}", object.description, image.field_path, policy::ToString(reason.word), reason.policy, reason.rule);
    for (const policy::FindingDetail& finding : reason.findings) text += "\n" + finding.id;
    return Hash(text);
  }

  std::size_t RuleIndex(policy::ReasonWord word) {
    const auto [entry, added] = rule_index_.try_emplace(word, rules_.size());
    if (added) {
      rules_.push_back({{"id", policy::ToString(word)},
                        {"shortDescription", {{"text", policy::MeaningOf(word)}}},
                        {"help", {{"text", policy::RemedyFor(word)}}}});
    }
    return entry->second;
  }

  void Notify(const std::string& text, const Place* place, std::string_view level) {
    if (level == "error") failed_ = true;
    notifications_.push_back({{"level", level},
                              {"message", {{"text", text}}},
                              {"locations", Json::array({{{"physicalLocation", PhysicalLocation(*place, place->line)}}})}});
  }

  const Review& review_;
  Json rules_ = Json::array(), results_ = Json::array(), notifications_ = Json::array();
  std::map<policy::ReasonWord, std::size_t> rule_index_;
  bool failed_ = false;
};

}  // namespace

std::string RenderSarif(const Review& review) {
  return Sarif(review).Render();
}

}  // namespace hullwright::cli
