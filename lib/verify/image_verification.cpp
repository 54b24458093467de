#include "verify/image_verification.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "verify/attestor.h"
#include "verify/bundle_verification.h"
#include "verify/cosign_layer.h"
#include "verify/predicate.h"
#include "verify/vex.h"

namespace hullwright::verify {
namespace {

const TrustedRoot& RootOf(const std::shared_ptr<const TrustedRoot>& root) {
  static const TrustedRoot kNothing;
  return root ? *root : kNothing;
}

// What an authority asks of the evidence. A key needs no proof of time: it is good until it is taken out of the policy.
struct Demand {
  std::vector<TrustedKey> keys;
  const TrustedRoot& root;
  EvidenceThresholds thresholds;
};

Demand DemandOf(const KeyAuthority& authority) {
  const bool logged = authority.transparency_log == TransparencyLogRule::kRequired;
  EvidenceThresholds thresholds{.logs = logged ? 1u : 0u, .certificate_timestamps = 0, .times = logged ? 1u : 0u};
  return {{TrustedKey{authority.key}}, RootOf(authority.root), thresholds};
}

Demand DemandOf(const KeylessAuthority& authority) {
  EvidenceThresholds thresholds{.certificate_timestamps = authority.certificate_log_required ? 1u : 0u};
  if (authority.transparency_log == TransparencyLogRule::kIgnored) {
    thresholds.logs = 0;
    thresholds.signed_timestamps = 1;
  }
  return {{}, RootOf(authority.root), thresholds};
}

Demand DemandOf(const Authority& authority) {
  return std::visit([](const auto& trust) { return DemandOf(trust); }, authority.trust);
}

Checked<policy::Signer> SignerOf(const std::optional<Certificate>& certificate, std::vector<Time> times, const Authority& authority) {
  policy::Signer signer{authority.name, "", "", std::move(times)};
  if (const auto* key = std::get_if<KeyAuthority>(&authority.trust)) {
    signer.identity = fmt::format("key {}", key->key.Fingerprint());
    return signer;
  }
  if (!certificate) return Reject(Step::kIdentity, "a key has no identity");
  const auto identity = ReadIdentity(*certificate);
  if (!identity) return std::unexpected(identity.error());
  const auto matches = MatchAnyIdentity(std::get<KeylessAuthority>(authority.trust).identities, *identity);
  if (!matches) return std::unexpected(matches.error());
  signer.identity = identity->subjects.front();
  signer.issuer = identity->issuer;
  return signer;
}

struct CheckedLayer {
  CosignLayer layer;
  policy::Signer signer;
};

Checked<CheckedLayer> CheckLayer(const SignatureMaterial& material, const Authority& authority) {
  auto layer = CosignLayer::Read(material.media_type, material.bytes, material.annotations);
  if (!layer) return std::unexpected(layer.error());
  const Demand demand = DemandOf(authority);
  auto verified = VerifyLayer(*layer, {demand.keys, demand.root, demand.thresholds});
  if (!verified) return std::unexpected(verified.error());
  auto signer = SignerOf(verified->certificate, std::move(verified->times), authority);
  if (!signer) return std::unexpected(signer.error());
  return CheckedLayer{std::move(*layer), std::move(*signer)};
}

struct CheckedBundle {
  std::optional<Statement> statement;
  policy::Signer signer;
};

Checked<CheckedBundle> CheckBundle(const SignatureMaterial& material, const Authority& authority, const ImageUnderTest& image) {
  const auto bundle = SigstoreBundle::Parse(material.bytes);
  if (!bundle) return std::unexpected(bundle.error());
  const auto artifact = Artifact::OfDigest(image.digest);
  if (!artifact) return std::unexpected(artifact.error());
  const Demand demand = DemandOf(authority);
  auto verified = VerifyBundle(*bundle, *artifact, {demand.keys, demand.root, demand.thresholds});
  if (!verified) return std::unexpected(verified.error());
  auto signer = SignerOf(verified->certificate, std::move(verified->times), authority);
  if (!signer) return std::unexpected(signer.error());
  return CheckedBundle{std::move(verified->statement), std::move(*signer)};
}

policy::Verified<policy::Signature> Attested(policy::Signer signer, const Authority& authority, const ImageUnderTest& image,
                                             std::string format) {
  return Attestor::Attest(policy::Signature{authority.publisher, std::move(signer), image.digest, std::move(format)});
}

Checked<policy::Verified<policy::Signature>> LayerSignature(const SignatureMaterial& material, const Authority& authority,
                                                            const ImageUnderTest& image) {
  auto checked = CheckLayer(material, authority);
  if (!checked) return std::unexpected(checked.error());
  const auto claims = RequireSignatureClaims(checked->layer, image.digest, image.reference, authority.reference_match, image.aliased);
  if (!claims) return std::unexpected(claims.error());
  return Attested(std::move(checked->signer), authority, image, "cosign-legacy");
}

Checked<policy::Verified<policy::Signature>> BundleSignature(const SignatureMaterial& material, const Authority& authority,
                                                             const ImageUnderTest& image) {
  auto checked = CheckBundle(material, authority, image);
  if (!checked) return std::unexpected(checked.error());
  if (checked->statement && checked->statement->predicate_type != kCosignSignaturePredicate) {
    return Reject(Step::kPredicate, fmt::format("a statement of type {} is an attestation, not a signature",
                                                Printable(checked->statement->predicate_type, 128)));
  }
  return Attested(std::move(checked->signer), authority, image, "sigstore-bundle");
}

// Statement and signer of a material that is no signature.
struct CheckedStatement {
  Statement statement;
  policy::Signer signer;
};

Checked<CheckedStatement> LayerStatement(const SignatureMaterial& material, const Authority& authority, const ImageUnderTest& image) {
  auto checked = CheckLayer(material, authority);
  if (!checked) return std::unexpected(checked.error());
  auto statement = RequireAttestationClaims(checked->layer, image.digest);
  if (!statement) return std::unexpected(statement.error());
  return CheckedStatement{std::move(*statement), std::move(checked->signer)};
}

Checked<CheckedStatement> BundleStatement(const SignatureMaterial& material, const Authority& authority, const ImageUnderTest& image) {
  auto checked = CheckBundle(material, authority, image);
  if (!checked) return std::unexpected(checked.error());
  if (!checked->statement) return Reject(Step::kPredicate, "a signature of the manifest is no attestation");
  return CheckedStatement{std::move(*checked->statement), std::move(checked->signer)};
}

Checked<policy::Verified<policy::Attestation>> Attested(Checked<CheckedStatement> checked, const Authority& authority,
                                                        const ImageUnderTest& image) {
  if (!checked) return std::unexpected(checked.error());
  if (checked->statement.predicate_type == kCosignSignaturePredicate) {
    return Reject(Step::kPredicate, "the statement is a signature, not an attestation");
  }
  Statement& statement = checked->statement;
  if (const auto kind = CheckPredicate(statement); !kind) return std::unexpected(kind.error());
  std::shared_ptr<const policy::VexDocument> vex;
  if (IsVex(statement.predicate_type)) {
    auto document = ReadVex(statement.predicate_type, statement.predicate);
    if (!document) return std::unexpected(document.error());
    vex = std::make_shared<const policy::VexDocument>(std::move(*document));
  }
  return Attestor::Attest(policy::Attestation{authority.publisher, std::move(checked->signer), image.digest,
                                              std::move(statement.predicate_type),
                                              std::make_shared<const std::string>(std::move(statement.predicate)), std::move(vex)});
}

}  // namespace

Checked<policy::Verified<policy::Signature>> VerifySignature(const SignatureMaterial& material, const Authority& authority,
                                                             const ImageUnderTest& image) {
  switch (material.format) {
    case MaterialFormat::kCosignLayer:
      return LayerSignature(material, authority, image);
    case MaterialFormat::kSigstoreBundle:
      return BundleSignature(material, authority, image);
    case MaterialFormat::kNotation:
      break;
  }
  return Reject(Step::kUnsupported, "a Notary Project signature is not for this authority");
}

Checked<policy::Verified<policy::Attestation>> VerifyAttestation(const SignatureMaterial& material, const Authority& authority,
                                                                 const ImageUnderTest& image) {
  switch (material.format) {
    case MaterialFormat::kCosignLayer:
      return Attested(LayerStatement(material, authority, image), authority, image);
    case MaterialFormat::kSigstoreBundle:
      return Attested(BundleStatement(material, authority, image), authority, image);
    case MaterialFormat::kNotation:
      break;
  }
  return Reject(Step::kUnsupported, "the Notary Project has no attestations");
}

}  // namespace hullwright::verify
