#include "evidence/recorded_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/rfc3339.h"
#include "evidence/recorded_json.h"

namespace hullwright::evidence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxExplanationBytes = 1u << 20;
constexpr std::size_t kMaxPartsOfCut = 8;  // reasons, waivers, notices and policies of an image

template <class T>
Json ListJson(const std::vector<T>& items);

Json PartJson(const policy::FindingDetail& finding) {
  Json json = {{"id", finding.id},
               {"package", finding.package},
               {"version", finding.version},
               {"severity", api::ToString(finding.severity)},
               {"fix", api::ToString(finding.fix)},
               {"fixedIn", finding.fixed_in}};
  if (finding.first_seen) json["firstSeen"] = FormatRfc3339(*finding.first_seen);
  if (finding.fix_first_seen) json["fixFirstSeen"] = FormatRfc3339(*finding.fix_first_seen);
  return json;
}

Json PartJson(const policy::Reason& reason) {
  return {{"reason", policy::ToString(reason.word)},
          {"outcome", policy::ToString(reason.outcome)},
          {"enforcement", api::ToString(reason.enforcement)},
          {"policy", reason.policy},
          {"rule", reason.rule},
          {"message", reason.message},
          {"remedy", reason.remedy},
          {"findings", ListJson(reason.findings)},
          {"findingCount", reason.finding_count}};
}

Json PartJson(const policy::Waived& waived) {
  return {{"waiver", waived.waiver}, {"policy", waived.policy}, {"rule", waived.rule},
          {"what", waived.what},     {"why", waived.why},       {"until", waived.until}};
}

Json PartJson(const policy::Notice& notice) {
  return {{"notice", notice.word}, {"policy", notice.policy}, {"message", notice.message}};
}

Json PartJson(const policy::RuleTrace& trace) {
  return {{"policy", trace.policy}, {"rule", trace.rule}, {"outcome", policy::ToString(trace.outcome)}, {"saw", trace.saw}};
}

template <class T>
Json ListJson(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(PartJson(item));
  return list;
}

std::optional<policy::Outcome> FindOutcome(std::string_view text) {
  for (const policy::Outcome outcome : {policy::Outcome::kPass, policy::Outcome::kCouldNotTell, policy::Outcome::kViolation})
    if (policy::ToString(outcome) == text) return outcome;
  return std::nullopt;
}

// Notices hold views of words that live as long as the program.
std::optional<std::string_view> FindNotice(std::string_view text) {
  for (const std::string_view word : policy::kNoticeWords)
    if (word == text) return word;
  return std::nullopt;
}

policy::FindingDetail FindingOf(const RecordedNode& node) {
  return {.id = node.Text("id"),
          .package = node.Text("package"),
          .version = node.Text("version"),
          .fixed_in = node.Text("fixedIn"),
          .severity = node.Word("severity", api::FromWord<api::Severity>),
          .fix = node.Word("fix", api::FromWord<api::FixState>),
          .first_seen = node.TimeIf("firstSeen"),
          .fix_first_seen = node.TimeIf("fixFirstSeen")};
}

policy::Reason ReasonOf(const RecordedNode& node) {
  policy::Reason reason;
  reason.word = node.Word("reason", policy::FindReasonWord);
  reason.outcome = policy::OutcomeOf(reason.word);
  reason.enforcement = node.Word("enforcement", api::FromWord<api::Enforcement>);
  reason.policy = node.Text("policy");
  reason.rule = node.Text("rule");
  for (const RecordedNode& finding : node.Items("findings")) reason.findings.push_back(FindingOf(finding));
  reason.finding_count = static_cast<std::size_t>(std::max<std::int64_t>(node.Number("findingCount"), 0));
  reason.message = node.Text("message");
  reason.remedy = node.Text("remedy");
  return reason;
}

policy::Waived WaivedOf(const RecordedNode& node) {
  return {.waiver = node.Text("waiver"),
          .policy = node.Text("policy"),
          .rule = node.Text("rule"),
          .what = node.Text("what"),
          .why = node.Text("why"),
          .until = node.Text("until")};
}

policy::ImageDecision ImageDecisionOf(const RecordedNode& node) {
  policy::ImageDecision image;
  image.field_path = node.Text("fieldPath");
  image.reference = node.Text("reference");
  image.image = node.Text("image");
  image.digest = node.Text("digest");
  image.outcome = node.Word("outcome", FindOutcome);
  image.policies = node.Texts("policies");
  for (const RecordedNode& reason : node.Items("reasons")) image.reasons.push_back(ReasonOf(reason));
  for (const RecordedNode& waived : node.Items("waived")) image.waived.push_back(WaivedOf(waived));
  for (const RecordedNode& notice : node.Items("notices"))
    image.notices.push_back({notice.Word("notice", FindNotice), notice.Text("policy"), notice.Text("message")});
  for (const RecordedNode& trace : node.Items("trace"))
    image.trace.push_back({trace.Text("policy"), trace.Text("rule"), trace.Word("outcome", FindOutcome), trace.Text("saw")});
  return image;
}

// The parts of "a,b,c".
std::vector<std::string> WordsOf(std::string_view joined) {
  std::vector<std::string> words;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(','), joined.size());
    words.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return words;
}

template <class T>
void Cut(std::vector<T>& items) {
  if (items.size() > kMaxPartsOfCut) items.resize(kMaxPartsOfCut);
}

void CutParts(policy::ImageDecision& image) {
  Cut(image.reasons);  // those that act hardest come first
  Cut(image.waived);
  Cut(image.notices);
  Cut(image.policies);
}

std::string DecisionText(const policy::Decision& decision, bool is_cut) {
  Json json = {{"outcome", policy::ToString(decision.outcome)}, {"unmatched", decision.unmatched}};
  if (decision.enforcement) json["enforcement"] = api::ToString(*decision.enforcement);
  if (is_cut) json["cut"] = true;
  json["images"] = Json::array();
  for (const policy::ImageDecision& image : decision.images) json["images"].push_back(ToJson(image));
  return JsonLine(json);
}

}  // namespace

Json ToJson(const policy::ImageDecision& image, int line) {
  Json json = {{"fieldPath", image.field_path},
               {"reference", image.reference},
               {"image", image.image},
               {"digest", image.digest},
               {"outcome", policy::ToString(image.outcome)},
               {"policies", image.policies},
               {"reasons", ListJson(image.reasons)},
               {"waived", ListJson(image.waived)}};
  if (line > 0) json["line"] = line;
  if (!image.notices.empty()) json["notices"] = ListJson(image.notices);
  if (!image.trace.empty()) json["trace"] = ListJson(image.trace);
  return json;
}

Json ToJson(const store::DecisionRow& row) {
  Json json = {{"id", row.id},
               {"decidedAt", FormatRfc3339(row.decided_at)},
               {"uid", row.uid},
               {"operation", row.operation},
               {"kind", row.kind},
               {"namespace", row.namespace_},
               {"name", row.name},
               {"user", row.user},
               {"allowed", row.allowed},
               {"outcome", row.outcome},
               {"reasons", WordsOf(row.reasons)},
               {"policies", WordsOf(row.policies)},
               {"message", row.message}};
  if (!row.rule.empty()) json["rule"] = row.rule;
  return json;
}

std::string DescriptionOf(const store::DecisionRow& row) {
  const std::string_view name = row.name.empty() ? std::string_view("(name to be generated)") : row.name;
  return fmt::format("{} {}{}{}", row.kind, row.namespace_, row.namespace_.empty() ? "" : "/", name);
}

std::string EncodeDecision(policy::Decision decision) {
  std::string text = DecisionText(decision, false);
  if (text.size() <= kMaxExplanationBytes) return text;
  for (policy::ImageDecision& image : decision.images) image.trace.clear();
  text = DecisionText(decision, false);
  if (text.size() <= kMaxExplanationBytes) return text;
  for (policy::ImageDecision& image : decision.images) CutParts(image);
  return DecisionText(decision, true);
}

Result<RecordedDecision> DecodeDecision(std::string_view document) {
  return ReadRecorded(document, "the explanation of the decision", [](const RecordedNode& root) {
    RecordedDecision recorded;
    recorded.is_cut = root.FlagIf("cut").value_or(false);
    policy::Decision& decision = recorded.decision;
    decision.outcome = root.Word("outcome", FindOutcome);
    decision.unmatched = root.Flag("unmatched");
    if (root.Has("enforcement")) decision.enforcement = root.Word("enforcement", api::FromWord<api::Enforcement>);
    for (const RecordedNode& image : root.Items("images")) decision.images.push_back(ImageDecisionOf(image));
    return recorded;
  });
}

}  // namespace hullwright::evidence
