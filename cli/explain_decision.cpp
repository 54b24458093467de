#include "cli/explain_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/replay_world.h"
#include "cli/text.h"
#include "cli/yaml_text.h"
#include "evidence/decision_id.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

// A reason that only one of two decisions has.
struct Difference {
  bool is_new = false;
  std::string image;
  policy::Reason reason;
};

bool IsSame(const policy::Reason& one, const policy::Reason& other) {
  const auto key = [](const policy::Reason& reason) { return std::tie(reason.word, reason.policy, reason.rule, reason.enforcement); };
  return key(one) == key(other);
}

void AddMissing(const policy::ImageDecision& from, const policy::ImageDecision* in, bool is_new, std::vector<Difference>& all) {
  for (const policy::Reason& reason : from.reasons) {
    const bool has = in != nullptr && std::ranges::any_of(in->reasons, [&](const auto& each) { return IsSame(each, reason); });
    if (!has) all.push_back({is_new, from.field_path, reason});
  }
}

std::vector<Difference> DifferencesOf(const policy::Decision& then, const policy::Decision& now) {
  std::vector<Difference> all;
  const auto at = [](const policy::Decision& decision, std::size_t i) {
    return i < decision.images.size() ? &decision.images[i] : nullptr;
  };
  for (std::size_t i = 0; i < now.images.size(); ++i) AddMissing(now.images[i], at(then, i), true, all);
  for (std::size_t i = 0; i < then.images.size(); ++i) AddMissing(then.images[i], at(now, i), false, all);
  return all;
}

// What is shown of a decision, then or now.
struct ExplainedDecision {
  store::DecisionRow row;
  evidence::RecordedDecision then;
  std::optional<evidence::Replayed> now;
  std::vector<Difference> differences;
};

// What people are shown. JSON escapes by itself.
policy::Decision ForTerminal(policy::Decision decision) {
  const auto clean = [](auto&... texts) { ((texts = WithoutControls(std::move(texts))), ...); };
  for (policy::ImageDecision& image : decision.images) {
    clean(image.field_path, image.reference, image.image, image.digest);
    for (std::string& id : image.policies) clean(id);
    for (policy::Reason& reason : image.reasons) {
      clean(reason.policy, reason.rule, reason.message, reason.remedy);
      for (policy::FindingDetail& finding : reason.findings) clean(finding.id, finding.package, finding.version, finding.fixed_in);
    }
    for (policy::Waived& waived : image.waived) clean(waived.waiver, waived.policy, waived.rule, waived.what, waived.why, waived.until);
    for (policy::Notice& notice : image.notices) clean(notice.policy, notice.message);
    for (policy::RuleTrace& trace : image.trace) clean(trace.policy, trace.rule, trace.saw);
  }
  return decision;
}

ReviewedObject ObjectOf(const ExplainedDecision& explained, const policy::Decision& decision, const std::string& title) {
  ReviewedObject object;
  object.place.file = title;
  object.identity = {"", explained.row.kind, explained.row.namespace_, explained.row.name};
  object.description = Printable(evidence::DescriptionOf(explained.row), 512);
  object.decision = ForTerminal(decision);
  return object;
}

std::string TreeOf(const ExplainedDecision& explained, const policy::Decision& decision, const std::string& title,
                   const Terminal& terminal) {
  Review review;
  review.objects.push_back(ObjectOf(explained, decision, title));
  return RenderExplanation(review, terminal);
}

std::string DifferenceLine(const Difference& difference, const Paint& paint) {
  const policy::Reason& reason = difference.reason;
  const std::string text = WithoutControls(fmt::format("{} {} {}: {} {}: {}", difference.image, reason.policy, reason.rule,
                                                       policy::ToString(reason.word), api::ToString(reason.enforcement), reason.message));
  return difference.is_new ? paint.Red("+ ") + text : paint.Green("- ") + text;
}

std::string RenderText(const ExplainedDecision& explained, const Terminal& terminal) {
  const Paint paint(terminal);
  const store::DecisionRow& row = explained.row;
  std::string out = Paragraph("", 0, fmt::format("decision {}", paint.Bold(row.id)), terminal.width);
  const auto line = [&](std::string_view word, const std::string& text) {
    if (!text.empty()) out += Paragraph(PadRight(word, 12), 12, text, terminal.width);
  };
  line("decided", FormatRfc3339(row.decided_at));
  line("request", fmt::format("{} by {}, uid {}", Printable(row.operation), Printable(row.user), Printable(row.uid)));
  line("answer", row.allowed ? paint.Green("allowed") : paint.Red("denied"));
  if (!row.rule.empty()) line("", fmt::format("let in by the rule {}, whatever was decided", Printable(row.rule)));
  out += "\n" + TreeOf(explained, explained.then.decision, "as it was decided", terminal);
  if (explained.then.is_cut)
    out += Paragraph("", 0, "Only the first reasons of each image were kept: there were too many.", terminal.width);
  if (!explained.now) return out;
  out += "\n" + TreeOf(explained, explained.now->decision, "judged again", terminal) + "\n";
  for (const std::string& sentence : explained.now->unsure) line(paint.Yellow("unsure"), WithoutControls(sentence));
  for (const Difference& difference : explained.differences) out += Paragraph("", 2, DifferenceLine(difference, paint), terminal.width);
  if (explained.differences.empty()) out += "no reason is another\n";
  return out;
}

Json ImagesJson(const policy::Decision& decision) {
  Json images = Json::array();
  for (const policy::ImageDecision& image : decision.images) images.push_back(evidence::ToJson(image));
  return images;
}

Json DifferenceJson(const Difference& difference) {
  const policy::Reason& reason = difference.reason;
  return {{"fieldPath", difference.image},
          {"reason", policy::ToString(reason.word)},
          {"enforcement", api::ToString(reason.enforcement)},
          {"policy", reason.policy},
          {"rule", reason.rule},
          {"message", reason.message}};
}

Json ToJson(const ExplainedDecision& explained) {
  Json json = {{"schema", "hullctl/decision/v1"}, {"version", HULLWRIGHT_VERSION}};
  json.update(evidence::ToJson(explained.row));
  json["images"] = ImagesJson(explained.then.decision);
  if (explained.then.is_cut) json["cut"] = true;
  if (!explained.now) return json;
  Json replay = {{"change", evidence::ToString(explained.now->change)},
                 {"allowed", explained.now->decision.allowed()},
                 {"outcome", policy::ToString(explained.now->decision.outcome)},
                 {"unsure", explained.now->unsure},
                 {"added", Json::array()},
                 {"removed", Json::array()},
                 {"images", ImagesJson(explained.now->decision)}};
  for (const Difference& difference : explained.differences)
    replay[difference.is_new ? "added" : "removed"].push_back(DifferenceJson(difference));
  json["replay"] = std::move(replay);
  return json;
}

ExitCode CodeOf(const ExplainedDecision& explained) {
  if (explained.now && explained.now->change == evidence::Change::kUnsure) return ExitCode::kCouldNotTell;
  const policy::Decision& decision = explained.now ? explained.now->decision : explained.then.decision;
  if (decision.allowed() || !explained.row.rule.empty()) return ExitCode::kPass;
  return decision.outcome == policy::Outcome::kViolation ? ExitCode::kViolation : ExitCode::kCouldNotTell;
}

Result<ExplainedDecision> Look(ReplayWorld& world, const ExplainDecisionOptions& options) {
  auto stored = world.history().Find(options.id);
  if (!stored) return std::unexpected(stored.error().Within(options.id));
  ExplainedDecision explained;
  explained.row = stored->row;
  const auto then = world.records().ReadDecision(*stored);
  if (!then) return std::unexpected(then.error());
  explained.then = **then;
  if (!options.replay) return explained;
  const auto record = world.records().Read(std::move(*stored));
  if (!record) return std::unexpected(record.error());
  evidence::Replayer replayer(world.records(), world.Plan(true));
  auto now = replayer.Replay(*record);
  if (!now) return std::unexpected(now.error());
  explained.now = std::move(*now);
  explained.differences = DifferencesOf(explained.then.decision, explained.now->decision);
  return explained;
}

}  // namespace

CommandOutput ExplainDecision(const ExplainDecisionOptions& options, const Environment& environment) {
  if (!evidence::IsDecisionId(options.id))
    return Failed(ExitCode::kUsage, fmt::format("explain: {} is no id of a decision: the audit annotation `decision` and the log name it",
                                                Printable(options.id)));
  if (const std::string wrong = WrongUse(options.review); !wrong.empty()) return Failed(ExitCode::kUsage, "explain: " + wrong);
  const Progress progress("reading the history", environment.err);
  const auto world = ReplayWorld::Open({.history = options.history,
                                        .policy_files = options.policy_files,
                                        .review = &options.review,
                                        .by_folders = options.replay && !options.review.policies.empty()},
                                       environment);
  if (!world) return Failed(world.error());
  const auto explained = Look(**world, options);
  if (!explained) return Failed(explained.error());
  std::string err;
  for (const std::string& problem : (*world)->problems()) err += ErrorLine(problem);
  std::string out;
  if (options.output == "table")
    out = RenderText(*explained, environment.out);
  else
    out = options.output == "json" ? JsonText(ToJson(*explained)) : ToYaml(ToJson(*explained));
  return {CodeOf(*explained), std::move(out), std::move(err)};
}

}  // namespace hullwright::cli
