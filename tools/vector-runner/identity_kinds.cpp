#include <fmt/format.h>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "tools/vector-runner/kinds.h"
#include "verify/certificate_chain.h"
#include "verify/identity.h"
#include "verify/limits.h"

namespace hullwright::vectors {
namespace {

using verify::Certificate;
using verify::Reject;
using verify::Step;

// The certificate that a bundle carries, without verifying the bundle.
Checked<Certificate> LeafOfBundle(const Vector& vector) {
  const std::string text = vector.ReadFileOf("file");
  JsonReader reader;
  const auto root = reader.Read(text);
  if (!root) return Reject(Step::kParse, root.error().message);
  const auto material = Member(*root, "verificationMaterial");
  if (!material) return Reject(Step::kStructure, "no verificationMaterial");
  std::string_view encoded;
  if (const auto certificate = Member(*material, "certificate")) encoded = TextMember(*certificate, "rawBytes");
  JsonElement first;
  const auto chain = Member(*material, "x509CertificateChain");
  if (chain && chain->at_pointer("/certificates/0").get(first) == simdjson::SUCCESS) encoded = TextMember(first, "rawBytes");
  const auto der = DecodeBase64(encoded);
  if (!der) return Reject(Step::kParse, der.error().message);
  return Certificate::FromDer(*der);
}

Checked<std::vector<Certificate>> Helpers(const Vector& vector) {
  if (vector.Text("certificate_chain").empty()) return std::vector<Certificate>();
  return Certificate::ListFromPem(vector.ReadFileOf("certificate_chain"), verify::limits::kCertificatesPerChain);
}

Checked<Certificate> TrustedLeaf(const Vector& vector) {
  auto leaf = Certificate::FromPem(vector.ReadFileOf("file"));
  if (!leaf) return leaf;
  const auto helpers = Helpers(vector);
  if (!helpers) return std::unexpected(helpers.error());
  const auto anchors = Certificate::ListFromPem(vector.ReadFileOf("ca_roots"), verify::limits::kCertificatesPerFile);
  if (!anchors) return std::unexpected(anchors.error());
  const auto time = ParseRfc3339(vector.Text("verification_time"));
  if (!time) return Reject(Step::kTime, time.error().message);
  if (const auto use = verify::RequireCodeSigningLeaf(*leaf); !use) return std::unexpected(use.error());
  const auto chain = verify::BuildChain(*leaf, {*anchors, *helpers, *time, verify::ChainPurpose::kCodeSigning});
  if (!chain) return std::unexpected(chain.error());
  return leaf;
}

}  // namespace

Checked<void> RunFulcioCertificate(const Vector& vector) {
  const auto leaf = TrustedLeaf(vector);
  if (!leaf) return std::unexpected(leaf.error());
  const auto identity = verify::ReadIdentity(*leaf);
  if (!identity) return std::unexpected(identity.error());
  const auto matcher = verify::IdentityMatcher::Make(
      {.subject = vector.Text("identity"), .subject_pattern = {}, .issuer = vector.Text("issuer"), .issuer_pattern = {}, .extensions = {}});
  return matcher ? matcher->Match(*identity) : std::unexpected(matcher.error());
}

// The leaves of this kind are for the issuer alone: some have no usage that a signer needs.
Checked<void> RunFulcioIssuer(const Vector& vector) {
  const auto leaf = Certificate::FromPem(vector.ReadFileOf("file"));
  if (!leaf) return std::unexpected(leaf.error());
  const auto extensions = verify::ReadFulcioExtensions(*leaf);
  if (!extensions) return std::unexpected(extensions.error());
  const auto issuer = verify::ReadOidcIssuer(*extensions);
  if (!issuer) return std::unexpected(issuer.error());
  if (const std::string wanted = vector.Text("issuer"); !wanted.empty() && *issuer != wanted) {
    return Reject(Step::kIdentity, fmt::format("the issuer is {}, expected {}", *issuer, wanted));
  }
  return {};
}

Checked<void> RunCertificateExtensions(const Vector& vector) {
  const auto leaf = LeafOfBundle(vector);
  if (!leaf) return std::unexpected(leaf.error());
  const auto extensions = verify::ReadFulcioExtensions(*leaf);
  if (!extensions) return std::unexpected(extensions.error());
  const auto wanted = vector.Option("extensions");
  if (!wanted) return Reject(Step::kStructure, "the case lists no extensions");
  for (const auto member : JsonObject(*wanted)) {
    const auto seen = extensions->find(member.key);
    if (seen == extensions->end() || seen->second != std::string_view(member.value)) {
      return Reject(Step::kIdentity, fmt::format("extension {} is not \"{}\"", member.key, std::string_view(member.value)));
    }
  }
  return {};
}

Checked<void> RunCertificateSummary(const Vector& vector) {
  const auto leaf = LeafOfBundle(vector);
  if (!leaf) return std::unexpected(leaf.error());
  const auto identity = verify::ReadIdentity(*leaf);
  if (!identity) return std::unexpected(identity.error());
  if (identity->subjects.front() != vector.Text("identity") || identity->issuer != vector.Text("issuer")) {
    return Reject(Step::kIdentity, verify::ToString(*identity));
  }
  const auto wanted = vector.Option("certificate_issuer");
  const std::string issuer = verify::ToString(leaf->issuer());
  if (wanted && issuer != std::string_view(*wanted)) return Reject(Step::kIdentity, fmt::format("issued by {}", issuer));
  return {};
}

}  // namespace hullwright::vectors
