#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/rfc3339.h"
#include "tools/vector-runner/notation_kinds.h"
#include "verify/crl.h"
#include "verify/limits.h"
#include "verify/notation_certificates.h"
#include "verify/notation_identity.h"
#include "verify/notation_payload.h"
#include "verify/notation_trust_store.h"
#include "verify/openssl.h"
#include "verify/pem.h"

namespace hullwright::vectors {
namespace {

using verify::Certificate;
using verify::Checked;
using verify::Reject;
using verify::Step;

Checked<std::vector<Certificate>> ReadCertificates(const Vector& vector) {
  return Certificate::ListFromPem(vector.ReadFileOf("file"), verify::limits::kCertificatesPerFile);
}

// The first certificate of the file under a rule.
Checked<void> First(const Vector& vector, Checked<void> (*rule)(const Certificate&)) {
  const auto certificates = ReadCertificates(vector);
  if (!certificates) return std::unexpected(certificates.error());
  return rule(certificates->front());
}

Checked<void> Chain(const Vector& vector, Checked<void> (*rule)(std::span<const Certificate>, std::optional<Time>)) {
  const auto certificates = ReadCertificates(vector);
  if (!certificates) return std::unexpected(certificates.error());
  if (!Member(vector.entry(), "signing_time")) return rule(*certificates, std::nullopt);
  return rule(*certificates, ParseRfc3339(vector.Text("signing_time")).value());
}

Checked<void> Ca(const Vector& vector, Checked<void> (*rule)(const Certificate&, std::size_t)) {
  const auto certificates = ReadCertificates(vector);
  if (!certificates) return std::unexpected(certificates.error());
  std::uint64_t below = 0;
  if (const auto length = Member(vector.entry(), "path_length")) below = length->get_uint64().value();
  return rule(certificates->front(), below);
}

Checked<std::vector<std::string>> ReadFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::directory_entry> entries;
  if (std::filesystem::is_symlink(folder, error) || !std::filesystem::is_directory(folder, error))
    return Reject(Step::kTrustRoot, "there is no such trust store");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) entries.push_back(entry);
  std::ranges::sort(entries);
  std::vector<std::string> files;
  for (const auto& entry : entries) {
    if (entry.is_symlink() || !entry.is_regular_file())
      return Reject(Step::kTrustRoot, fmt::format("{} is no regular file", entry.path().filename().string()));
    files.push_back(ReadRegularFile(entry.path()));
  }
  return files;
}

// The case is the extension: some of its certificates have others that Certificate::FromDer refuses.
std::string FreshestCrlExtension(std::string_view der) {
  const unsigned char* at = verify::openssl::Data(der);
  const verify::openssl::Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  const int index = certificate ? X509_get_ext_by_NID(certificate.get(), NID_freshest_crl, -1) : -1;
  if (index < 0) return {};
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509_get_ext(certificate.get(), index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<std::size_t>(ASN1_STRING_length(value))};
}

}  // namespace

Checked<std::vector<Certificate>> ReadStoreFolder(const Vector& vector, const std::string& path) {
  const std::filesystem::path store(path);
  if (!store.has_parent_path()) return Reject(Step::kTrustRoot, fmt::format("\"{}\" does not name a type and a store", path));
  const auto type = verify::ParseTrustStoreType(store.parent_path().filename().string());
  if (!type) return std::unexpected(type.error());
  const auto files = ReadFolder(vector.Path(path));
  if (!files) return std::unexpected(files.error());
  return verify::ReadTrustStore(*type, *files);
}

Checked<void> RunNotationIdentity(const Vector& vector) {
  const auto certificates = ReadCertificates(vector);
  if (!certificates) return std::unexpected(certificates.error());
  const auto identities = verify::TrustedIdentities::Parse(vector.Texts("identity"));
  if (!identities) return std::unexpected(identities.error());
  const auto met = identities->Match(certificates->front().subject());
  return met ? Checked<void>{} : std::unexpected(met.error());
}

Checked<void> RunNotationTrustStore(const Vector& vector) {
  const auto store = ReadStoreFolder(vector, vector.Text("store"));
  return store ? Checked<void>{} : std::unexpected(store.error());
}

Checked<void> RunNotationArtifactReference(const Vector& vector) {
  return verify::CheckNotationReference(vector.Text("reference"));
}

Checked<void> RunCodeSigningChain(const Vector& vector) {
  return Chain(vector, verify::CheckCodeSigningChain);
}

Checked<void> RunCodeSigningLeaf(const Vector& vector) {
  return First(vector, verify::CheckCodeSigningLeaf);
}

Checked<void> RunCodeSigningCa(const Vector& vector) {
  return Ca(vector, verify::CheckCodeSigningCa);
}

Checked<void> RunTimeStampingChain(const Vector& vector) {
  return Chain(vector, verify::CheckTimeStampingChain);
}

Checked<void> RunTimeStampingLeaf(const Vector& vector) {
  return First(vector, verify::CheckTimeStampingLeaf);
}

Checked<void> RunTimeStampingCa(const Vector& vector) {
  return Ca(vector, verify::CheckTimeStampingCa);
}

Checked<void> RunCrlParse(const Vector& vector) {
  std::string bytes = vector.ReadFileOf("file");
  if (bytes.starts_with("-----BEGIN")) {
    auto der = verify::ReadOnePem(bytes, "X509 CRL");
    if (!der) return std::unexpected(der.error());
    bytes = *std::move(der);
  }
  const auto crl = verify::Crl::FromDer(bytes);
  return crl ? Checked<void>{} : std::unexpected(crl.error());
}

Checked<void> RunFreshestCrlParse(const Vector& vector) {
  const auto der = verify::ReadOnePem(vector.ReadFileOf("file"), "CERTIFICATE");
  if (!der) return std::unexpected(der.error());
  const auto urls = verify::ReadDistributionPoints(FreshestCrlExtension(*der));
  if (!urls) return std::unexpected(urls.error());
  const auto count = vector.Option("url_count");
  if (count && count->get_uint64().value() != urls->size())
    return Reject(Step::kStructure, fmt::format("{} URLs, not {}", urls->size(), count->get_uint64().value()));
  return {};
}

}  // namespace hullwright::vectors
