#include "cli/rehearse.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "cli/given_objects.h"
#include "cli/progress.h"
#include "cli/replay_world.h"
#include "cli/text.h"
#include "evidence/judge.h"
#include "evidence/together.h"
#include "evidence/work_pool.h"

namespace hullwright::cli {
namespace {

using evidence::Change;

constexpr std::size_t kMaxGroups = 10'000;
constexpr std::size_t kMaxErrorsTold = 20;
constexpr std::size_t kJudgedTogether = 256;  // decisions

RehearsedReason ReasonText(const policy::ImageDecision& image, const policy::Reason& reason) {
  return {WithoutControls(image.image.empty() ? image.reference : image.image),
          WithoutControls(reason.policy),
          WithoutControls(reason.rule),
          std::string(policy::ToString(reason.word)),
          std::string(api::ToString(reason.enforcement)),
          WithoutControls(reason.message)};
}

// Those that act as the change says, and all of one that nobody can tell.
bool Matters(Change change, const policy::Reason& reason) {
  if (change == Change::kDenied) return reason.enforcement == api::Enforcement::kDeny;
  if (change == Change::kWarned) return reason.enforcement == api::Enforcement::kWarn;
  return change == Change::kUnsure;
}

// Puts together what changes alike.
class Gathering {
 public:
  explicit Gathering(Rehearsal& rehearsal) : rehearsal_(rehearsal) {}

  void Add(RehearsedGroup one, const policy::Decision& decision) {
    ++rehearsal_.counts[one.change];
    if (one.change == Change::kSame) return;
    std::string key = fmt::format("{}\n{}\n{}\n{}", static_cast<int>(one.change), one.kind, one.namespace_, one.was);
    for (const policy::ImageDecision& image : decision.images) {
      for (const policy::Reason& reason : image.reasons) {
        if (!Matters(one.change, reason)) continue;
        RehearsedReason text = ReasonText(image, reason);
        key += fmt::format("\n{}\n{}\n{}\n{}", text.image, text.policy, text.rule, text.word);
        one.reasons.push_back(std::move(text));
      }
    }
    Join(key, std::move(one));
  }

  void AddError(std::string text) {
    ++rehearsal_.error_count;
    if (rehearsal_.errors.size() < kMaxErrorsTold) rehearsal_.errors.push_back(std::move(text));
  }

 private:
  void Join(const std::string& key, RehearsedGroup one) {
    const auto known = places_.find(key);
    if (known == places_.end() && rehearsal_.groups.size() >= kMaxGroups) {
      ++rehearsal_.left_out;
      return;
    }
    if (known == places_.end()) {
      places_.emplace(key, rehearsal_.groups.size());
      one.count = 1;
      rehearsal_.groups.push_back(std::move(one));
      return;
    }
    one.count = rehearsal_.groups[known->second].count + 1;
    rehearsal_.groups[known->second] = std::move(one);
  }

  Rehearsal& rehearsal_;
  std::unordered_map<std::string, std::size_t> places_;  // of groups
};

// The decisions of a history, judged some at a time on several processors, and taken down in their order.
class HistoryRehearsal {
 public:
  HistoryRehearsal(ReplayWorld& world, Rehearsal& rehearsal, Gathering& gathering)
      : world_(world), replayer_(world.records(), world.Plan(false)), rehearsal_(rehearsal), gathering_(gathering) {}

  Result<void> Run(Progress& progress) {
    const auto summary = world_.history().Summary();
    if (!summary) return std::unexpected(summary.error());
    const auto went = world_.history().ForEach([&](store::StoredDecision stored) -> Result<void> {
      waiting_.push_back(std::move(stored));
      if (waiting_.size() < kJudgedTogether) return {};
      JudgeWaiting();
      progress.Tell(fmt::format("judging recorded decisions again, {} of {}", rehearsal_.decisions, summary->decisions));
      return {};
    });
    if (went) JudgeWaiting();
    return went;
  }

 private:
  void JudgeWaiting() {
    std::vector<Result<evidence::Replayed>> replayed(waiting_.size(), Fail(ErrorCode::kInternal, "was not judged"));
    evidence::ForEachTogether(pool_, evidence::Urgency::kAdmission, waiting_.size(),
                              [&](std::size_t i) { replayed[i] = Judge(waiting_[i]); });
    for (std::size_t i = 0; i < waiting_.size(); ++i) TakeDown(waiting_[i].row, std::move(replayed[i]));
    waiting_.clear();
  }

  Result<evidence::Replayed> Judge(const store::StoredDecision& stored) {
    const auto record = world_.records().Read(stored);
    if (!record) return std::unexpected(record.error());
    return replayer_.Replay(*record);
  }

  void TakeDown(const store::DecisionRow& row, Result<evidence::Replayed> replayed) {
    ++rehearsal_.decisions;
    if (!rehearsal_.from) rehearsal_.from = row.decided_at;
    rehearsal_.to = row.decided_at;
    if (!replayed) {
      if (!world_.history().IsGone(row.id)) gathering_.AddError(Printable(row.id, 64) + ": " + replayed.error().message);
      return;
    }
    RehearsedGroup one{.change = replayed->change,
                       .kind = row.kind,
                       .namespace_ = row.namespace_,
                       .name = row.name,
                       .description = evidence::DescriptionOf(row),
                       .id = Printable(row.id, 64)};
    one.last = row.decided_at;
    if (one.change == Change::kAdmitted) one.was = Printable(row.reasons, 1024);
    if (one.change == Change::kUnsure) one.unsure = std::move(replayed->unsure);
    gathering_.Add(std::move(one), replayed->decision);
  }

  ReplayWorld& world_;
  evidence::Replayer replayer_;
  Rehearsal& rehearsal_;
  Gathering& gathering_;
  std::vector<store::StoredDecision> waiting_;
  // Beside this thread one for each further processor, as far as they can be used together.
  evidence::WorkPool pool_{
      {.threads = std::clamp(std::thread::hardware_concurrency(), 1U, static_cast<unsigned>(evidence::kMaxTogether)) - 1}};
};

// Of manifests nothing was recorded that could be missing; only what no registry was asked for is not known.
bool IsUnasked(const policy::Reason& reason) {
  return reason.word == policy::ReasonWord::kOriginUnchecked || reason.word == policy::ReasonWord::kDigestUnresolved;
}

bool IsDenied(const ReviewedObject& object) {
  return !object.error.empty() || !object.decision.allowed();
}

// What was given to judge by.
struct Given {
  std::vector<std::string> policies;  // ids
  bool has_publishers = false;

  // Whether the policy might ask for something else than without it.
  bool AsksOtherwise(const std::string& policy) const { return has_publishers || std::ranges::find(policies, policy) != policies.end(); }
};

// One reason to deny, however it is worded.
using Denial = std::tuple<std::string, std::string, std::string, policy::ReasonWord>;

std::set<Denial> DenialsOf(const policy::Decision& decision) {
  std::set<Denial> denials;
  for (const policy::ImageDecision& image : decision.images)
    for (const policy::Reason& reason : image.reasons)
      if (reason.enforcement == api::Enforcement::kDeny) denials.emplace(image.field_path, reason.policy, reason.rule, reason.word);
  return denials;
}

// Whether what nobody can tell of is the same before and after, so that asking a registry would change both alike.
bool IsSameDoubt(const policy::Decision& before, const policy::Decision& after, const Given& given) {
  const std::set<Denial> denials = DenialsOf(after);
  return denials == DenialsOf(before) &&
         std::ranges::none_of(denials, [&](const Denial& denial) { return given.AsksOtherwise(std::get<1>(denial)); });
}

// Whether nobody could tell before either, by a rule that asks for the same.
bool StoodBefore(const policy::Decision& before, std::size_t image, const policy::Reason& reason, const Given& given) {
  if (given.AsksOtherwise(reason.policy) || image >= before.images.size()) return false;
  return std::ranges::any_of(before.images[image].reasons, [&](const policy::Reason& each) {
    return each.policy == reason.policy && each.rule == reason.rule && each.word == reason.word;
  });
}

Change ChangeOf(const ReviewedObject& before, const ReviewedObject& after, bool asks_registries, const Given& given) {
  if (!after.error.empty() || after.basis->images.empty()) return Change::kSame;  // without the change, too
  const evidence::Basis& basis = *after.basis;
  const bool was_denied = IsDenied(before);
  const bool is_same_doubt = was_denied && IsSameDoubt(before.decision, after.decision, given);
  const auto is_unasked = [&](const policy::Reason& reason) { return !asks_registries && IsUnasked(reason); };
  const evidence::ReasonDoubts doubts{
      .is_unsure = [&](std::size_t, const policy::Reason& reason) { return is_unasked(reason) && !is_same_doubt; },
      .might_deny =
          [&](std::size_t i, const policy::Reason& reason) {
            const policy::ImageFacts& image = basis.images[std::min(i, basis.images.size() - 1)];
            return is_unasked(reason) && !StoodBefore(before.decision, i, reason, given) &&
                   evidence::ViolationDenies(reason, *basis.policies, basis.subject, image, basis.now);
          }};
  return evidence::ChangeBetween(!was_denied, after.decision, doubts, given.policies);
}

Given GivenBy(const std::vector<GivenObject>& objects) {
  Given given;
  for (const GivenObject& each : objects) {
    if (const auto* policy = std::get_if<api::ImageAdmissionPolicy>(&each.object)) given.policies.push_back(policy::PolicyId(*policy));
    given.has_publishers = given.has_publishers || std::holds_alternative<api::TrustedPublisher>(each.object);
  }
  return given;
}

// Standard input can be read once, and both reviews need it.
Environment WithKeptStdin(const Environment& environment) {
  const auto kept = std::make_shared<std::optional<Result<std::string>>>();
  Environment keeping = environment;
  keeping.read_stdin = [kept, &environment](std::size_t max_bytes) {
    if (!*kept) *kept = environment.read_stdin(max_bytes);
    return **kept;
  };
  return keeping;
}

// The same manifests, judged without and with the given objects.
std::expected<void, ReviewFailure> RehearseManifests(const ReviewOptions& options, const std::vector<GivenObject>& given,
                                                     const Environment& environment, Rehearsal& rehearsal, Gathering& gathering) {
  const Environment keeping = WithKeptStdin(environment);
  const auto before = RunReview(options, keeping);
  if (!before) return std::unexpected(before.error());
  const auto after = RunReview(options, keeping, {.objects = given, .keep_basis = true});
  if (!after) return std::unexpected(after.error());
  const bool asks = options.AsksRegistries();
  const Given changes = GivenBy(given);
  for (const ManifestError& error : after->errors) gathering.AddError(error.place.ToString() + ": " + error.error);
  for (const InputProblem& problem : after->problems)
    if (!problem.of_scans) gathering.AddError(problem.ToString());
  for (std::size_t i = 0; i < std::min(before->objects.size(), after->objects.size()); ++i) {
    const ReviewedObject& object = after->objects[i];
    ++rehearsal.objects;
    if (!object.error.empty()) gathering.AddError(object.place.ToString() + ": " + object.error);
    RehearsedGroup one{.change = ChangeOf(before->objects[i], object, asks, changes),
                       .kind = object.identity.kind,
                       .namespace_ = object.identity.namespace_,
                       .name = object.identity.name,
                       .description = object.description,
                       .id = "",
                       .place = object.place.ToString()};
    gathering.Add(std::move(one), object.decision);
  }
  return {};
}

void PutNewDenialsFirst(Rehearsal& rehearsal) {
  std::ranges::stable_sort(rehearsal.groups, [](const RehearsedGroup& one, const RehearsedGroup& other) {
    return std::pair(one.change, other.count) < std::pair(other.change, one.count);
  });
}

}  // namespace

ExitCode Rehearsal::Verdict() const {
  const auto has = [this](Change change) { return counts.contains(change); };
  if (has(Change::kDenied) || (strict && has(Change::kWarned))) return ExitCode::kViolation;
  return has(Change::kUnsure) || error_count > 0 ? ExitCode::kCouldNotTell : ExitCode::kPass;
}

CommandOutput Rehearse(const RehearseOptions& options, const Environment& environment) {
  if (options.history.empty() && options.review.manifests.empty())
    return Failed(ExitCode::kUsage, "rehearse: say what is judged again: --history FILE, or manifests with -f");
  if (!options.review.manifests.empty() && options.review.policies.empty())
    return Failed(ExitCode::kUsage, "rehearse: -f needs --policies DIR: what the manifests are judged by now");
  if (const std::string wrong = WrongUse(options.review); !wrong.empty()) return Failed(ExitCode::kUsage, "rehearse: " + wrong);
  Rehearsal rehearsal;
  rehearsal.strict = options.review.strict;
  Gathering gathering(rehearsal);
  Progress progress("reading policies", environment.err);
  std::string err;
  if (!options.history.empty()) {
    const auto world =
        ReplayWorld::Open({.history = options.history, .policy_files = options.policy_files, .review = &options.review}, environment);
    if (!world) return Failed(world.error());
    for (const std::string& problem : (*world)->problems()) err += ErrorLine(problem);
    if (const auto went = HistoryRehearsal(**world, rehearsal, gathering).Run(progress); !went) return Failed(went.error());
  }
  if (!options.review.manifests.empty()) {
    progress.Tell("judging manifests");
    const auto given = ReadGivenObjects(options.policy_files, "--policy", environment);
    if (!given) return Failed(given.error());
    const auto went = RehearseManifests(options.review, *given, environment, rehearsal, gathering);
    if (!went) return Failed(went.error().code, went.error().message);
  }
  PutNewDenialsFirst(rehearsal);
  std::string out = options.output == "json" ? RenderRehearsalJson(rehearsal) : RenderRehearsal(rehearsal, environment.out);
  return {rehearsal.Verdict(), std::move(out), std::move(err)};
}

}  // namespace hullwright::cli
