#include "signers/our_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "evidence/claims.h"

namespace hullwright::testing {
namespace {

using std::chrono::seconds;

std::string Contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What a test wrote itself must be readable.
template <class T>
T Need(verify::Checked<T> checked) {
  if (!checked) throw std::runtime_error(checked.error().message);
  return std::move(*checked);
}

std::shared_ptr<const registry::Hosts> PlainHttp(const std::string& host) {
  registry::Configuration configuration;
  configuration.hosts.push_back({.host = host, .plain_http = true, .requests_per_second = 10'000});
  auto hosts = registry::Hosts::Make(std::move(configuration));
  if (!hosts) throw std::runtime_error(hosts.error().message);
  return *hosts;
}

std::shared_ptr<const verify::TrustedRoot> RootOf(const Demand& demand) {
  return std::make_shared<verify::TrustedRoot>(Need(verify::TrustedRoot::Parse(Contents(demand.trusted_root))));
}

verify::Authority Keyed(const Demand& demand) {
  const auto rule = demand.log_required ? verify::TransparencyLogRule::kRequired : verify::TransparencyLogRule::kIgnored;
  return {"shop", "key", verify::KeyAuthority{Need(verify::PublicKey::FromPem(Contents(demand.public_key))), rule, RootOf(demand)}};
}

verify::Authority Keyless(const Demand& demand) {
  verify::IdentityCriteria criteria;
  (demand.patterns ? criteria.subject_pattern : criteria.subject) = demand.subject;
  (demand.patterns ? criteria.issuer_pattern : criteria.issuer) = demand.issuer;
  return {"shop", "ci", verify::KeylessAuthority{{Need(verify::IdentityMatcher::Make(criteria))}, RootOf(demand)}};
}

verify::NotationAuthority Notation(const Demand& demand, bool stamped) {
  const auto read = [](verify::TrustStoreType type, const std::string& file) {
    const std::vector<std::string> files = {Contents(file)};
    return Need(verify::ReadTrustStore(type, files));
  };
  const std::vector<std::string> identities = {"x509.subject: " + demand.subject};
  verify::NotationPolicy policy{.stores = {},
                                .identities = Need(verify::TrustedIdentities::Parse(identities)),
                                .level = verify::NotationLevel::kStrict,
                                .revocation = verify::NotationAction::kSkip};
  policy.stores.ca = read(verify::TrustStoreType::kCa, demand.authority);
  if (stamped) policy.stores.tsa = read(verify::TrustStoreType::kTsa, SigningStack::Shared().tsa_root());
  return {"shop", "notary", std::move(policy), {}};
}

evidence::PublisherTrust TrustOf(const SignedImage& image, const Demand& demand) {
  evidence::PublisherTrust trust;
  trust.name = "shop";
  if (image.signing.is_notation()) trust.notation.push_back(Notation(demand, image.signing.in_log));
  if (image.signing.who == Who::kKey) trust.authorities.push_back(Keyed(demand));
  if (image.signing.is_keyless()) trust.authorities.push_back(Keyless(demand));
  return trust;
}

// About exactly that digest; a claim about another counts for nothing.
bool HasProof(const policy::TrustFacts& facts, const Demand& demand) {
  const auto is_about = [&](const auto& proof) { return proof->subject == facts.digest; };
  return demand.attestation ? std::ranges::any_of(facts.attestations, is_about) : std::ranges::any_of(facts.signatures, is_about);
}

std::string Reasons(const evidence::Discovery& found, const policy::TrustFacts& facts) {
  std::string text = fmt::format("{} claims found", found.claims.size());
  for (const auto& doubt : found.doubts) text += "\n" + doubt.message;
  for (const auto& failure : facts.failures) text += "\n" + failure.doubt.message;
  return text;
}

}  // namespace

OurVerifier::OurVerifier(const std::string& registry) : registry_(PlainHttp(registry)) {}

Answer OurVerifier::Ask(const SignedImage& image, const Demand& demand) {
  const auto reference = ImageReference::Parse(demand.reference).value();
  const Digest digest = reference.digest.value();
  const evidence::Formats formats{.cosign = !image.signing.is_notation(), .attestations = true, .notation = image.signing.is_notation()};
  const registry::Call call{.deadline = std::chrono::steady_clock::now() + seconds(30)};
  const auto found = evidence::Discover(registry_, {reference.host, reference.repository}, digest, formats, call, pool_);
  evidence::Wanted wanted{.signatures = !demand.attestation, .predicate_types = {}};
  if (demand.attestation) wanted.predicate_types.push_back(demand.predicate_type);
  policy::TrustFacts facts;
  facts.digest = digest;
  evidence::JudgeClaims(found.claims, TrustOf(image, demand), wanted, {digest, reference, {}, {}}, SystemClock().Now(), facts);
  return {HasProof(facts, demand), Reasons(found, facts), found.unreachable};
}

}  // namespace hullwright::testing
