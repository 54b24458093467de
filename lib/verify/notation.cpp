#include "verify/notation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "verify/revocation_query.h"

namespace hullwright::verify {
namespace {

struct Actions {
  NotationAction authenticity, timestamp, expiry, revocation;
};

Actions ActionsOf(const NotationPolicy& policy) {
  using enum NotationAction;
  Actions actions{kEnforce, kEnforce, kEnforce, kEnforce};
  if (policy.level == NotationLevel::kPermissive) actions = {kEnforce, kLog, kLog, kLog};
  if (policy.level == NotationLevel::kAudit) actions = {kLog, kLog, kLog, kLog};
  if (policy.revocation) actions.revocation = *policy.revocation;
  return actions;
}

// A failure that is only told is kept in the verdict; an enforced one ends the verification.
template <class T>
Checked<void> Settle(const Checked<T>& step, NotationAction action, NotationVerdict& verdict) {
  if (step) return {};
  if (action == NotationAction::kEnforce) return std::unexpected(step.error());
  verdict.logged.push_back(step.error());
  return {};
}

// When it was signed, by somebody trusted; nullopt: nobody says so.
std::optional<Time> SignedAt(const NotationSignature& signature, const std::optional<TimeStamp>& stamp) {
  if (signature.scheme == SigningScheme::kX509SigningAuthority) return signature.envelope.attributes.authentic_signing_time;
  return stamp ? std::optional(stamp->time - stamp->accuracy) : std::nullopt;
}

// The signer's chain and that of the time-stamp authority.
Checked<void> CheckChains(const NotationSignature& signature, const std::optional<TimeStamp>& stamp, const NotationRequest& request) {
  if (auto told = CheckRevocation(signature.chain, request.revocation, request.now, SignedAt(signature, stamp)); !told) return told;
  return stamp ? CheckRevocation(stamp->chain, request.revocation, request.now) : Checked<void>{};
}

Checked<void> JudgeTimes(const NotationPolicy& policy, const NotationRequest& request, const NotationSignature& signature,
                         NotationVerdict& verdict) {
  const Actions actions = ActionsOf(policy);
  if (auto settled = Settle(VerifyNotationExpiry(signature, request.now), actions.expiry, verdict); !settled) return settled;
  const auto time = VerifyNotationTime(signature, policy.stores.tsa, policy.verify_timestamp, request.now);
  if (auto settled = Settle(time, actions.timestamp, verdict); !settled) return settled;
  const std::optional<TimeStamp> stamp = time ? *time : std::nullopt;
  if (stamp) verdict.times.push_back(stamp->time);
  // The authority's own time is worth what the authority is.
  if (time && verdict.authentic && signature.scheme == SigningScheme::kX509SigningAuthority)
    verdict.times.push_back(*signature.envelope.attributes.authentic_signing_time);
  if (actions.revocation == NotationAction::kSkip) return {};
  return Settle(CheckChains(signature, stamp, request), actions.revocation, verdict);
}

}  // namespace

Checked<std::string> VerifyNotationAuthenticity(const NotationSignature& signature, const NotationTrustStores& stores,
                                                const TrustedIdentities& identities) {
  const bool own = signature.scheme == SigningScheme::kX509;
  const std::vector<Certificate>& store = own ? stores.ca : stores.signing_authority;
  if (store.empty())
    return Reject(Step::kChain, fmt::format("no {} certificate is trusted, which a signature of scheme {} needs",
                                            own ? "ca" : "signingAuthority", signature.envelope.attributes.scheme));
  const bool trusted =
      std::ranges::any_of(signature.chain, [&](const Certificate& one) { return std::ranges::find(store, one) != store.end(); });
  if (!trusted)
    return Reject(Step::kChain,
                  fmt::format("no certificate of the chain of \"{}\" is in the trust store", ToString(signature.chain.front().subject())));
  return identities.Match(signature.chain.front().subject());
}

std::vector<RevocationQuery> UnansweredQueries(const NotationPolicy& policy, const NotationRequest& request) {
  if (policy.level == NotationLevel::kSkip || ActionsOf(policy).revocation == NotationAction::kSkip) return {};
  const auto signature = VerifyNotationIntegrity(request.media_type, request.envelope);
  if (!signature || !CheckNotationTarget(signature->payload, request.target)) return {};
  if (!VerifyNotationAuthenticity(*signature, policy.stores, policy.identities)) return {};
  const auto time = VerifyNotationTime(*signature, policy.stores.tsa, policy.verify_timestamp, request.now);
  const std::optional<TimeStamp> stamp = time ? *time : std::nullopt;
  auto queries = UnansweredQueries(signature->chain, request.revocation, request.now, SignedAt(*signature, stamp));
  if (!stamp) return queries;
  auto of_authority = UnansweredQueries(stamp->chain, request.revocation, request.now);
  queries.insert(queries.end(), std::make_move_iterator(of_authority.begin()), std::make_move_iterator(of_authority.end()));
  return queries;
}

Checked<NotationVerdict> VerifyNotation(const NotationPolicy& policy, const NotationRequest& request) {
  NotationVerdict verdict;
  verdict.skipped = policy.level == NotationLevel::kSkip;
  if (verdict.skipped) return verdict;
  const auto signature = VerifyNotationIntegrity(request.media_type, request.envelope);
  if (!signature) return std::unexpected(signature.error());
  if (auto about = CheckNotationTarget(signature->payload, request.target); !about) return std::unexpected(about.error());
  verdict.format = signature->envelope.format;
  verdict.payload = signature->payload;
  verdict.subject = ToString(signature->chain.front().subject());
  const auto identity = VerifyNotationAuthenticity(*signature, policy.stores, policy.identities);
  if (auto settled = Settle(identity, ActionsOf(policy).authenticity, verdict); !settled) return std::unexpected(settled.error());
  verdict.authentic = identity.has_value();
  if (identity) verdict.identity = *identity;
  if (auto settled = JudgeTimes(policy, request, *signature, verdict); !settled) return std::unexpected(settled.error());
  return verdict;
}

}  // namespace hullwright::verify
