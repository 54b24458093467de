#include "policy/vouching.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace hullwright::policy {
namespace {

std::string SignerKey(const Signer& signer) {
  return signer.issuer + "\n" + signer.identity;
}

std::string AuthorityNames(const api::TrustedPublisher& publisher) {
  std::vector<std::string_view> names;
  names.reserve(publisher.spec.authorities.size());
  for (const api::Authority& authority : publisher.spec.authorities) names.push_back(authority.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool Concerns(const TrustFailure& failure, std::string_view publisher, Claim claim, const Digest& digest, std::string_view predicate_type) {
  const bool of_publisher = failure.publisher.empty() || failure.publisher == publisher;
  const bool of_claim = failure.claim == Claim::kAny || failure.claim == claim;
  const bool of_type = predicate_type.empty() || failure.predicate_type.empty() || failure.predicate_type == predicate_type;
  return of_publisher && of_claim && of_type && (!failure.subject || *failure.subject == digest);
}

bool IsBy(const api::TrustedPublisher& publisher, const Digest& digest, const Signature& signature) {
  return signature.publisher == publisher.metadata.name && signature.subject == digest &&
         HasAuthority(publisher, signature.signer.authority);
}

// Gives each publisher a signer, taking signers from earlier publishers that can do with another one (Kuhn's algorithm; at most 32
// publishers with at most as many signers as signatures are looked at).
class Assignment {
 public:
  bool Give(const std::vector<Voucher>& vouchers, std::size_t publisher) {
    tried_.clear();
    return TryGive(vouchers, publisher);
  }

 private:
  bool TryGive(const std::vector<Voucher>& vouchers, std::size_t publisher) {
    for (const std::string& signer : vouchers[publisher].signers) {
      if (!tried_.insert(signer).second) continue;
      const auto holder = holders_.find(signer);
      if (holder != holders_.end() && !TryGive(vouchers, holder->second)) continue;
      holders_.insert_or_assign(signer, publisher);
      return true;
    }
    return false;
  }

  std::map<std::string_view, std::size_t> holders_;
  std::set<std::string_view> tried_;
};

}  // namespace

bool HasAuthority(const api::TrustedPublisher& publisher, std::string_view authority) {
  return std::ranges::any_of(publisher.spec.authorities, [&](const api::Authority& each) { return each.name == authority; });
}

const TrustFailure* NearestFailure(const TrustFacts& facts, std::string_view publisher, Claim claim, const Digest& digest,
                                   std::string_view predicate_type) {
  const auto rank = [](const TrustFailure& failure) {
    return std::pair(OutcomeOf(failure.doubt.word) == Outcome::kCouldNotTell, failure.doubt.word);
  };
  const TrustFailure* nearest = nullptr;
  for (const TrustFailure& failure : facts.failures) {
    if (!Concerns(failure, publisher, claim, digest, predicate_type)) continue;
    if (nearest == nullptr || rank(failure) > rank(*nearest)) nearest = &failure;
  }
  return nearest;
}

Standing StandingOf(const RuleInput& input, std::string_view name) {
  Standing standing;
  Voucher& voucher = standing.voucher;
  voucher.publisher = name;
  const api::TrustedPublisher* publisher = input.policies.FindPublisher(name);
  if (publisher == nullptr || input.policies.IsBrokenPublisher(name)) {
    voucher.vouches = Vouches::kUnknown;
    voucher.doubt = {ReasonWord::kPublisherUnknown,
                     fmt::format("TrustedPublisher {} does not exist or has no usable version", Printable(name))};
    return standing;
  }
  voucher.covers = publisher->Covers(input.reference);
  if (!voucher.covers) {
    voucher.doubt = {ReasonWord::kPublisherUntrusted, fmt::format("{} does not publish under this name", Printable(name))};
  } else if (publisher->spec.verification == api::PublisherVerification::kNameOnly) {
    voucher.vouches = Vouches::kYes;
    voucher.by_name = true;
  } else {
    standing.to_ask = publisher;
  }
  return standing;
}

const Signature* FindTolerated(const api::TrustedPublisher& publisher, const TrustFacts& facts, const Digest& digest) {
  for (const Verified<Signature>& signature : facts.signatures)
    if (!signature->tolerated.empty() && IsBy(publisher, digest, *signature)) return &*signature;
  return nullptr;
}

Voucher AskSignatures(const api::TrustedPublisher& publisher, const TrustFacts& facts, const Digest& digest, Holding holding) {
  const std::string& name = publisher.metadata.name;
  Voucher voucher{.publisher = name, .covers = true};
  for (const Verified<Signature>& signature : facts.signatures) {
    if (!IsBy(publisher, digest, *signature) || (holding == Holding::kWholeOnly && !signature->tolerated.empty())) continue;
    std::string signer = SignerKey(signature->signer);
    if (std::ranges::find(voucher.signers, signer) == voucher.signers.end()) voucher.signers.push_back(std::move(signer));
  }
  if (!voucher.signers.empty()) {
    voucher.vouches = Vouches::kYes;
  } else if (const TrustFailure* failure = NearestFailure(facts, name, Claim::kSignature, digest)) {
    voucher.vouches = OutcomeOf(failure->doubt.word) == Outcome::kCouldNotTell ? Vouches::kUnknown : Vouches::kNo;
    voucher.doubt = {failure->doubt.word, fmt::format("{}: {}", name, Printable(failure->doubt.message, 512))};
  } else {
    voucher.doubt = {ReasonWord::kSignatureMissing,
                     fmt::format("{} has no signature of {} ({})", digest.text(), name, AuthorityNames(publisher))};
  }
  return voucher;
}

std::size_t CountDistinct(const std::vector<Voucher>& vouchers) {
  std::size_t count = 0;
  Assignment assignment;
  for (std::size_t i = 0; i < vouchers.size(); ++i) {
    if (vouchers[i].vouches != Vouches::kYes) continue;
    if (vouchers[i].by_name || assignment.Give(vouchers, i)) ++count;
  }
  return count;
}

}  // namespace hullwright::policy
