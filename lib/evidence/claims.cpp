#include "evidence/claims.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/base64.h"
#include "base/json.h"
#include "verify/doubt.h"

namespace hullwright::evidence {
namespace {

using policy::Claim;
using policy::ReasonWord;

// A statement of this type is cosign's way to write a signature (research section 2.2).
constexpr std::string_view kSignaturePredicate = "https://sigstore.dev/cosign/sign/v1";
constexpr std::size_t kMaxFailures = 16;  // of one publisher about one subject

// What a claim claims to be, by what it says of itself.
struct Kind {
  bool is_signature = true;
  std::string predicate_type;
};

Kind KindOf(const FoundClaim& claim) {
  switch (claim.format) {
    case ClaimFormat::kCosignSignature:
    case ClaimFormat::kNotationJws:
    case ClaimFormat::kNotationCose:
      return {};
    case ClaimFormat::kCosignAttestation:
      return {false, PredicateTypeHint(*claim.bytes)};
    case ClaimFormat::kSigstoreBundle:
      break;
  }
  std::string type = PredicateTypeHint(*claim.bytes);
  const bool is_signature = type.empty() || type == kSignaturePredicate;
  return {is_signature, std::move(type)};
}

bool IsNotation(const FoundClaim& claim) {
  return claim.format == ClaimFormat::kNotationJws || claim.format == ClaimFormat::kNotationCose;
}

verify::SignatureMaterial MaterialOf(const FoundClaim& claim) {
  verify::SignatureMaterial material;
  material.format =
      claim.format == ClaimFormat::kSigstoreBundle ? verify::MaterialFormat::kSigstoreBundle : verify::MaterialFormat::kCosignLayer;
  material.media_type = claim.media_type;
  material.bytes = *claim.bytes;
  for (const auto& [name, value] : claim.annotations) material.annotations.emplace(name, value);
  return material;
}

// The claims of one publisher about one subject.
class Judgement {
 public:
  Judgement(const PublisherTrust& publisher, const ClaimSubject& subject, Time now, policy::TrustFacts& facts, const JudgeOptions& options)
      : publisher_(publisher), subject_(subject), now_(now), facts_(facts), options_(options) {}

  void Signature(const FoundClaim& claim) {
    if (IsNotation(claim))
      NotationSignature(claim);
    else
      Try<policy::Signature>(claim, Claim::kSignature, "", verify::VerifySignature, facts_.signatures);
  }

  void Attestation(const FoundClaim& claim, const std::string& predicate_type) {
    Try<policy::Attestation>(claim, Claim::kAttestation, predicate_type, verify::VerifyAttestation, facts_.attestations);
  }

  void BrokenAuthorities(Claim claim) {
    for (const BrokenAuthority& broken : publisher_.broken) Fail(claim, "", broken.doubt);
  }

 private:
  // Each authority that accepts counts: a rule may ask for a certain one.
  template <class Proved>
  using Verifier = verify::Checked<policy::Verified<Proved>> (*)(const verify::SignatureMaterial&, const verify::Authority&,
                                                                 const verify::ImageUnderTest&);

  template <class Proved>
  void Try(const FoundClaim& claim, Claim kind, const std::string& predicate_type, Verifier<Proved> verify,
           std::vector<policy::Verified<Proved>>& accepted) {
    const verify::SignatureMaterial material = MaterialOf(claim);
    const verify::ImageUnderTest image{subject_.digest, subject_.reference, now_, Aliased()};
    for (const verify::Authority& authority : publisher_.authorities)
      Take(claim, authority.name, kind, predicate_type, verify(material, authority, image), accepted);
  }

  std::span<const ImagePattern> Aliased() const {
    const bool is_alias =
        std::ranges::any_of(publisher_.aliases, [this](const ImagePattern& alias) { return alias.Matches(subject_.reference); });
    return is_alias ? std::span(publisher_.repositories) : std::span<const ImagePattern>();
  }

  using ProvedSignature = verify::Checked<policy::Verified<policy::Signature>>;

  ProvedSignature VerifyNotation(const FoundClaim& claim, const verify::NotationAuthority& authority,
                                 const verify::NotationTarget& target) {
    return verify::VerifyNotationSignature(claim.media_type, *claim.bytes, authority, subject_.digest, target, now_);
  }

  static bool LeavesRevocationOpen(const ProvedSignature& proved) {
    if (!proved) return proved.error().step == verify::Step::kRevocationUnknown;
    return std::ranges::any_of((*proved)->tolerated,
                               [](const policy::Doubt& doubt) { return doubt.word == ReasonWord::kRevocationUnknown; });
  }

  // Once more, with what responders and lists say.
  ProvedSignature VerifyAnswered(const FoundClaim& claim, const verify::NotationAuthority& authority,
                                 const verify::NotationTarget& target) {
    verify::NotationAuthority answered = authority;
    const auto queries = verify::UnansweredQueries(authority.policy, {claim.media_type, *claim.bytes, target, authority.revocation, now_});
    options_.revocation->Answer(queries, answered.revocation, options_.deadline);
    return VerifyNotation(claim, answered, target);
  }

  void NotationSignature(const FoundClaim& claim) {
    const verify::NotationTarget target{subject_.digest.text(), subject_.media_type, subject_.size, {}};
    for (const verify::NotationAuthority& authority : publisher_.notation) {
      auto proved = VerifyNotation(claim, authority, target);
      if (options_.revocation != nullptr && LeavesRevocationOpen(proved)) proved = VerifyAnswered(claim, authority, target);
      Take(claim, authority.name, Claim::kSignature, "", std::move(proved), facts_.signatures);
    }
  }

  // What one authority made of a claim.
  template <class Proved>
  void Take(const FoundClaim& claim, std::string_view authority, Claim kind, const std::string& predicate_type,
            verify::Checked<policy::Verified<Proved>> proved, std::vector<policy::Verified<Proved>>& accepted) {
    if (options_.observer != nullptr) {
      options_.observer->Tries(subject_.digest, claim,
                               {publisher_.name, authority, proved ? &(*proved)->signer : nullptr, proved ? nullptr : &proved.error()});
    }
    if (proved)
      accepted.push_back(std::move(*proved));
    else
      Fail(kind, predicate_type, Told(claim, proved.error()));
  }

  static policy::Doubt Told(const FoundClaim& claim, const verify::Failure& failure) {
    policy::Doubt doubt = DoubtOf(failure);
    doubt.message += " (" + claim.source + ")";
    return doubt;
  }

  // One of each word is what a person can use, and what the bound keeps.
  void Fail(Claim claim, const std::string& predicate_type, policy::Doubt doubt) {
    const auto is_same = [&](const policy::TrustFailure& known) {
      return known.publisher == publisher_.name && known.claim == claim && known.subject == subject_.digest &&
             known.predicate_type == predicate_type && known.doubt.word == doubt.word;
    };
    if (failures_ >= kMaxFailures || std::ranges::any_of(facts_.failures, is_same)) return;
    ++failures_;
    facts_.failures.push_back({publisher_.name, claim, subject_.digest, predicate_type, std::move(doubt)});
  }

  const PublisherTrust& publisher_;
  const ClaimSubject& subject_;
  const Time now_;
  policy::TrustFacts& facts_;
  const JudgeOptions& options_;
  std::size_t failures_ = 0;
};

}  // namespace

std::string PredicateTypeHint(std::string_view json) {
  JsonReader outer, inner;
  const auto document = outer.Read(json);
  if (!document) return "";
  const auto envelope = Member(*document, "dsseEnvelope");
  const auto payload = DecodeBase64(TextMember(envelope ? *envelope : *document, "payload"));
  if (!payload) return "";
  const auto statement = inner.Read(*payload);
  return statement ? std::string(TextMember(*statement, "predicateType")) : "";
}

void JudgeClaims(const std::vector<FoundClaim>& claims, const PublisherTrust& publisher, const Wanted& wanted, const ClaimSubject& subject,
                 Time now, policy::TrustFacts& facts, const JudgeOptions& options) {
  Judgement judgement(publisher, subject, now, facts, options);
  if (wanted.signatures) judgement.BrokenAuthorities(Claim::kSignature);
  if (!wanted.predicate_types.empty()) judgement.BrokenAuthorities(Claim::kAttestation);
  for (const FoundClaim& claim : claims) {
    const Kind kind = KindOf(claim);
    if (kind.is_signature && wanted.signatures) judgement.Signature(claim);
    // One that does not say what it is may be the one that is wanted, and is then told as malformed.
    const bool is_wanted =
        kind.predicate_type.empty() || std::ranges::find(wanted.predicate_types, kind.predicate_type) != wanted.predicate_types.end();
    if (!kind.is_signature && !wanted.predicate_types.empty() && is_wanted) judgement.Attestation(claim, kind.predicate_type);
  }
}

}  // namespace hullwright::evidence
