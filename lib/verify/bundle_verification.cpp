#include "verify/bundle_verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "verify/hash.h"

namespace hullwright::verify {
namespace {

// The one signature of the bundle and what it covers.
struct Signed {
  std::string_view signature;
  SignedMessage message;
  const DsseEnvelope* envelope;  // null: a plain signature
};

Checked<Signed> SignedOf(const SigstoreBundle& bundle, const Artifact& artifact) {
  if (const auto* message = std::get_if<MessageSignature>(&bundle.content)) {
    return Signed{message->signature, artifact.message, nullptr};
  }
  const auto& envelope = std::get<DsseEnvelope>(bundle.content);
  if (envelope.signatures.size() != 1) {
    return Reject(Step::kStructure, fmt::format("the envelope has {} signatures instead of one", envelope.signatures.size()));
  }
  return Signed{envelope.signatures.front().signature, SignedMessage::OfBytes(envelope.SignedBytes()), &envelope};
}

// Steps 3 and 4, and how much of it there must be.
Checked<SigningEvidence> CollectEvidence(const SigstoreBundle& bundle, const Signed& content, const SignerKey& signer,
                                         const BundlePolicy& policy) {
  SigningEvidence evidence;
  const auto stamped = AddTimestamps(bundle.timestamps, content.signature, policy.root.timestamp_authorities, evidence);
  if (!stamped) return std::unexpected(stamped.error());
  if (policy.thresholds.logs > 0) {
    const LoggedSignature logged{content.signature, signer, content.message, content.envelope, {}};
    const auto added = AddLogEntries(bundle.log_entries, policy.root.logs, logged, evidence);
    if (!added) return std::unexpected(added.error());
  }
  if (const auto enough = RequireThresholds(evidence, policy.thresholds); !enough) return std::unexpected(enough.error());
  return evidence;
}

Checked<void> RequireSigned(const Signed& content, const PublicKey& key) {
  if (content.envelope != nullptr) return VerifyDsse(*content.envelope, kInTotoPayloadType, key);
  return content.message.RequireSignature(key, content.signature);
}

Checked<VerifiedBundle> VerifyByCertificate(const SigstoreBundle& bundle, const Signed& content, const BundledCertificates& certificates,
                                            const BundlePolicy& policy) {
  const SignerKey signer(certificates.leaf);
  auto evidence = CollectEvidence(bundle, content, signer, policy);
  if (!evidence) return std::unexpected(evidence.error());
  const auto trusted = RequireSigningCertificate(certificates.leaf, certificates.helpers, evidence->times, policy.root,
                                                 policy.thresholds.certificate_timestamps);
  if (!trusted) return std::unexpected(trusted.error());
  if (const auto holds = RequireSigned(content, signer.key); !holds) return std::unexpected(holds.error());
  return VerifiedBundle{certificates.leaf, std::nullopt, std::move(evidence->times), std::nullopt};
}

Checked<VerifiedBundle> VerifyByKey(const SigstoreBundle& bundle, const Signed& content, const TrustedKey& trusted,
                                    const BundlePolicy& policy) {
  const SignerKey signer(trusted.key);
  // Before the log: of several keys, the one that did not sign must not be reported as a log entry of something else.
  if (const auto holds = RequireSigned(content, trusted.key); !holds) return std::unexpected(holds.error());
  auto evidence = CollectEvidence(bundle, content, signer, policy);
  if (!evidence) return std::unexpected(evidence.error());
  if (const auto inside = RequireKeyWindow(trusted.window, evidence->times); !inside) return std::unexpected(inside.error());
  return VerifiedBundle{std::nullopt, trusted.key, std::move(evidence->times), std::nullopt};
}

Checked<VerifiedBundle> VerifyByAnyKey(const SigstoreBundle& bundle, const Signed& content, const BundlePolicy& policy) {
  std::optional<Failure> failure;
  for (const TrustedKey& key : policy.keys) {
    auto verified = VerifyByKey(bundle, content, key, policy);
    if (verified) return verified;
    // "Signed with this key, but" says more than "not signed with that one".
    if (!failure || failure->step == Step::kSignature) failure = std::move(verified.error());
  }
  return std::unexpected(std::move(*failure));
}

Checked<VerifiedBundle> VerifySigner(const SigstoreBundle& bundle, const Signed& content, const BundlePolicy& policy) {
  const auto* certificates = std::get_if<BundledCertificates>(&bundle.signer);
  if (policy.keys.empty()) {
    if (certificates == nullptr) return Reject(Step::kKey, "the bundle is signed with a key, but a certificate is wanted");
    return VerifyByCertificate(bundle, content, *certificates, policy);
  }
  if (certificates != nullptr) return Reject(Step::kKey, "the bundle is signed with a certificate, but a certain key is wanted");
  return VerifyByAnyKey(bundle, content, policy);
}

// The digest in the bundle is a hint; one that lies is a mistake nobody should overlook.
Checked<void> RequireClaimedDigest(const MessageSignature& message, const Artifact& artifact) {
  if (!message.digest) return {};
  const auto digest = artifact.message.DigestBy(message.digest->algorithm);
  if (!digest) return std::unexpected(digest.error());
  if (*digest != message.digest->digest) return Reject(Step::kSubject, "the bundle is for an artifact of another digest");
  return {};
}

// Step 8.
Checked<void> RequireArtifact(const Statement& statement, const Artifact& artifact) {
  Checked<void> result = Reject(Step::kSubject, "no digest of the artifact is known");
  for (const Digest& digest : artifact.digests) {
    result = RequireSubject(statement, digest);
    if (result) return result;
  }
  return result;
}

}  // namespace

Artifact Artifact::OfBytes(std::string bytes) {
  std::vector<Digest> digests;
  for (const auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    const auto digest = Digest::Parse(fmt::format("{}:{}", ToString(algorithm), ToHex(Hash(algorithm, bytes))));
    if (digest) digests.push_back(*digest);
  }
  return {SignedMessage::OfBytes(std::move(bytes)), std::move(digests)};
}

Checked<Artifact> Artifact::OfDigest(const Digest& digest) {
  auto message = SignedMessage::OfDigest(digest);
  if (!message) return std::unexpected(message.error());
  return Artifact{std::move(*message), {digest}};
}

Checked<VerifiedBundle> VerifyBundle(const SigstoreBundle& bundle, const Artifact& artifact, const BundlePolicy& policy) {
  const auto content = SignedOf(bundle, artifact);
  if (!content) return std::unexpected(content.error());
  if (const auto* message = std::get_if<MessageSignature>(&bundle.content)) {
    if (const auto same = RequireClaimedDigest(*message, artifact); !same) return std::unexpected(same.error());
  }
  auto verified = VerifySigner(bundle, *content, policy);
  if (!verified || content->envelope == nullptr) return verified;
  auto statement = Statement::Parse(content->envelope->payload);
  if (!statement) return std::unexpected(statement.error());
  if (const auto about = RequireArtifact(*statement, artifact); !about) return std::unexpected(about.error());
  verified->statement = std::move(*statement);
  return verified;
}

Checked<CertificateIdentity> RequireIdentity(const VerifiedBundle& bundle, const std::vector<IdentityMatcher>& wanted) {
  if (!bundle.certificate) return Reject(Step::kIdentity, "a key has no identity");
  auto identity = ReadIdentity(*bundle.certificate);
  if (!identity) return identity;
  if (const auto matches = MatchAnyIdentity(wanted, *identity); !matches) return std::unexpected(matches.error());
  return identity;
}

}  // namespace hullwright::verify
