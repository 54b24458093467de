#include "policy/rules_attestations.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/clock_skew.h"
#include "policy/predicate_conditions.h"
#include "policy/vouching.h"

namespace hullwright::policy {
namespace {

// What came nearest so far: a pass, or the doubt of the candidate that got furthest; could-not-tell before any violation.
class Nearest {
 public:
  void Pass() { passed_ = true; }
  void Fail(Doubt doubt) {
    const auto rank = [](const Doubt& each) { return std::pair(OutcomeOf(each.word) == Outcome::kCouldNotTell, each.word); };
    if (!doubt_ || rank(doubt) > rank(*doubt_)) doubt_ = std::move(doubt);
  }
  bool passed() const { return passed_; }
  const std::optional<Doubt>& doubt() const { return doubt_; }

 private:
  bool passed_ = false;
  std::optional<Doubt> doubt_;
};

std::optional<Doubt> AgeDoubt(const api::AttestationRule& rule, const Attestation& attestation, Time now) {
  if (!rule.max_age_hours) return std::nullopt;
  if (attestation.signer.times.empty())
    return Doubt{ReasonWord::kAttestationAgeUnknown, "it carries no verified time of signing, and maxAgeHours is asked for"};
  // The first time at which it verifiably existed: stamping an old one again does not make it younger.
  const Time signed_at = std::ranges::min(attestation.signer.times);
  if (signed_at > now + kClockSkew)
    return Doubt{ReasonWord::kAttestationAgeUnknown, fmt::format("it was signed at {}, which is later than now", FormatRfc3339(signed_at))};
  const std::chrono::hours allowed(std::clamp<std::int64_t>(*rule.max_age_hours, 0, 876'000));
  if (now - signed_at <= allowed) return std::nullopt;
  return Doubt{ReasonWord::kAttestationTooOld,
               fmt::format("it was signed at {}, longer ago than {} hours", FormatRfc3339(signed_at), *rule.max_age_hours)};
}

std::optional<Doubt> PredicateDoubt(const api::AttestationRule& rule, const Attestation& attestation) {
  if (rule.match_expressions.empty()) return std::nullopt;
  JsonReader reader;
  const auto predicate = attestation.predicate ? reader.Read(*attestation.predicate) : Fail(ErrorCode::kInvalidInput, "there is none");
  if (!predicate) return Doubt{ReasonWord::kAttestationInvalid, "its predicate: " + Printable(predicate.error().message, 256)};
  std::string mistake = MistakeInPredicate(rule.match_expressions, *predicate);
  if (mistake.empty()) return std::nullopt;
  return Doubt{ReasonWord::kAttestationMismatch, std::move(mistake)};
}

void AskAttestations(const api::AttestationRule& rule, const api::TrustedPublisher& publisher, const TrustFacts& facts,
                     const Digest& digest, Time now, Nearest& nearest) {
  const std::string& name = publisher.metadata.name;
  for (const Verified<Attestation>& attestation : facts.attestations) {
    const bool wanted = attestation->publisher == name && attestation->subject == digest &&
                        attestation->predicate_type == rule.predicate_type && HasAuthority(publisher, attestation->signer.authority);
    if (!wanted) continue;
    std::optional<Doubt> doubt = PredicateDoubt(rule, *attestation);
    if (!doubt) doubt = AgeDoubt(rule, *attestation, now);  // last, so that an unknown age speaks only of one that is good otherwise
    if (!doubt) return nearest.Pass();
    nearest.Fail({doubt->word, fmt::format("attestation of {}: {}", name, doubt->message)});
  }
  if (const TrustFailure* failure = NearestFailure(facts, name, Claim::kAttestation, digest, rule.predicate_type))
    nearest.Fail({failure->doubt.word, fmt::format("{}: {}", name, Printable(failure->doubt.message, 512))});
}

std::string PublisherNames(const api::AttestationRule& rule) {
  std::vector<std::string_view> names;
  names.reserve(rule.publisher_refs.size());
  for (const api::NameRef& ref : rule.publisher_refs) names.push_back(ref.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Doubt Missing(const api::AttestationRule& rule, const Digest& digest) {
  return {ReasonWord::kAttestationMissing,
          fmt::format("{} has no attestation of type {} by {}", digest.text(), Printable(rule.predicate_type, 256), PublisherNames(rule))};
}

// Those who may attest this image; what stands against the others goes to nearest.
std::vector<const api::TrustedPublisher*> Askable(const RuleInput& input, const api::AttestationRule& rule, Nearest& nearest) {
  std::vector<const api::TrustedPublisher*> publishers;
  for (const api::NameRef& ref : rule.publisher_refs) {
    Standing standing = StandingOf(input, ref.name);
    if (standing.to_ask != nullptr)
      publishers.push_back(standing.to_ask);
    else if (standing.voucher.by_name)
      nearest.Fail({ReasonWord::kPublisherUntrusted, fmt::format("{} is trusted by name only, which attests nothing", ref.name)});
    else
      nearest.Fail(std::move(standing.voucher.doubt));
  }
  return publishers;
}

void JudgeTarget(const RuleInput& input, const api::AttestationRule& rule, const TrustFacts& facts, const Target& target,
                 ReasonsByWord& reasons) {
  Nearest nearest;
  const auto publishers = Askable(input, rule, nearest);
  for (const api::TrustedPublisher* publisher : publishers) {
    AskAttestations(rule, *publisher, facts, *target.digest, input.now, nearest);
    if (nearest.passed()) return;
  }
  // That somebody else does not publish here explains nothing when one who does has simply not attested.
  const bool explains = nearest.doubt() && (publishers.empty() || nearest.doubt()->word != ReasonWord::kPublisherUntrusted);
  const Doubt doubt = explains ? *nearest.doubt() : Missing(rule, *target.digest);
  ReasonsByWord here;
  here.Add(doubt.word, doubt.message);
  reasons.Absorb(here, target.platform);
}

void JudgeEntry(const RuleInput& input, const api::AttestationRule& rule, RuleReport& report) {
  const std::string name = fmt::format("attestations[{}]", rule.name);
  ReasonsByWord reasons;
  const auto facts = OriginFor(input, report);
  const auto targets = facts ? TargetsOf(input, **facts) : std::unexpected(facts.error());
  if (!targets) {
    report.Trace(name, OutcomeOf(targets.error().word), [&] { return targets.error().message; });
    return report.Add(targets.error().word, name, targets.error().message);
  }
  for (const Target& target : *targets) JudgeTarget(input, rule, **facts, target, reasons);
  report.Trace(name, reasons.outcome(), [&] {
    return fmt::format("{} attestations of {} kept, {} failures; {} digests to be attested", (*facts)->attestations.size(),
                       (*facts)->digest.text(), (*facts)->failures.size(), targets->size());
  });
  reasons.MoveTo(report, name);
}

}  // namespace

void JudgeAttestations(const RuleInput& input, RuleReport& report) {
  for (const api::AttestationRule& rule : input.rules().attestations) JudgeEntry(input, rule, report);
}

}  // namespace hullwright::policy
