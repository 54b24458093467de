#include "evidence/trust_check.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <variant>

#include "evidence/trust_documents.h"

namespace hullwright::evidence {
namespace {

constexpr std::string_view kKeyRemedy =
    "write the PUBLIC KEY block that `cosign public-key` prints (ECDSA P-256, P-384, P-521, RSA or Ed25519)";
constexpr std::string_view kIdentityRemedy = "write the extensions by Fulcio's names, each with its value";
constexpr std::string_view kNameRemedy = "write names like \"x509.subject: C=US, ST=WA, O=acme\", none of which contains another";
constexpr std::string_view kTrustedRootRemedy =
    "write the document trusted_root.json as `cosign trusted-root create` or the instance's TUF repository gives it";
constexpr std::string_view kInitialRootRemedy = "write a root.json of the repository, unchanged: it must be signed as it says itself";
constexpr std::string_view kStoreRemedy = "write CERTIFICATE blocks of CAs, or of signers that signed themselves";
constexpr std::string_view kTsaRemedy = "write CERTIFICATE blocks of time-stamp authorities' roots, which signed themselves";
constexpr std::string_view kListRemedy = "write X509 CRL blocks (openssl crl -inform DER turns a fetched list into one)";
constexpr std::string_view kRootsRemedy = "write CERTIFICATE blocks of the CAs that issue the host's certificate";

class Check {
 public:
  void Publisher(const api::TrustedPublisher& publisher) {
    for (std::size_t i = 0; i < publisher.spec.authorities.size(); ++i) {
      const api::Authority& authority = publisher.spec.authorities[i];
      const std::string path = fmt::format("spec.authorities[{}]", i);
      if (authority.key && !authority.key->pem.empty()) Require(path + ".key.pem", ReadPublicKey(authority.key->pem), kKeyRemedy);
      if (authority.keyless) Require(path + ".keyless", ReadIdentity(*authority.keyless), kIdentityRemedy);
      if (authority.notation) Require(path + ".notation.identities", ReadIdentities(*authority.notation), kNameRemedy);
    }
  }

  void Root(const api::TrustRoot& root) {
    const api::TrustRootSpec& spec = root.spec;
    if (spec.sigstore && !spec.sigstore->trusted_root.json.empty())
      Require("spec.sigstore.trustedRoot.json", ReadTrustedRoot(spec.sigstore->trusted_root.json), kTrustedRootRemedy);
    if (spec.tuf && !spec.tuf->initial_root.json.empty())
      Require("spec.tuf.initialRoot.json", ReadInitialRoot(spec.tuf->initial_root.json), kInitialRootRemedy);
    if (spec.notation) Notation(*spec.notation);
  }

  void Registry(const api::Registry& registry) {
    if (registry.spec.ca && !registry.spec.ca->pem.empty()) Require("spec.ca.pem", RequireRoots(registry.spec.ca->pem), kRootsRemedy);
  }

  std::vector<std::string> mistakes;

 private:
  void Notation(const api::NotationRoot& notation) {
    using enum verify::TrustStoreType;
    Store("certificates", notation.certificates, kCa, kStoreRemedy);
    Store("signingAuthorities", notation.signing_authorities, kSigningAuthority, kStoreRemedy);
    Store("timestampCertificates", notation.timestamp_certificates, kTsa, kTsaRemedy);
    if (notation.revocation_lists && !notation.revocation_lists->pem.empty())
      Require("spec.notation.revocationLists.pem", ReadRevocationLists(notation.revocation_lists->pem), kListRemedy);
  }

  void Store(std::string_view field, const std::optional<api::PemSource>& source, verify::TrustStoreType type, std::string_view remedy) {
    if (source && !source->pem.empty()) Require(fmt::format("spec.notation.{}.pem", field), ReadStore(type, source->pem), remedy);
  }

  template <class T>
  void Require(const std::string& path, const Result<T>& read, std::string_view remedy) {
    if (!read) mistakes.push_back(fmt::format("{}: cannot be used ({}): {}", path, read.error().message, remedy));
  }
};

}  // namespace

std::vector<std::string> MistakesInTrustMaterial(const api::Object& object) {
  Check check;
  if (const auto* publisher = std::get_if<api::TrustedPublisher>(&object)) check.Publisher(*publisher);
  if (const auto* root = std::get_if<api::TrustRoot>(&object)) check.Root(*root);
  if (const auto* registry = std::get_if<api::Registry>(&object)) check.Registry(*registry);
  return std::move(check.mistakes);
}

}  // namespace hullwright::evidence
