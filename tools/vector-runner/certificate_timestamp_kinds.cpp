#include <stdexcept>

#include "base/base64.h"
#include "tools/vector-runner/kinds.h"
#include "verify/certificate_timestamp.h"
#include "verify/limits.h"
#include "verify/openssl.h"
#include "verify/pem.h"

namespace hullwright::vectors {
namespace {

using namespace verify;

// A certificate of the suite as far as a log cares: some have keys of 1024 bits, which Certificate refuses.
struct RawCertificate {
  std::string der;
  std::string key_hash;
  std::string timestamps;  // value of the SCT list extension, "" without
  bool poisoned = false;
};

RawCertificate ReadRaw(const std::string& der) {
  const unsigned char* at = openssl::Data(der);
  const openssl::Certificate x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x509) throw std::runtime_error("the suite has a certificate that OpenSSL cannot read");
  RawCertificate raw{der, Sha256(openssl::Encode<const X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x509.get()))), "", false};
  for (int i = 0; i < X509_get_ext_count(x509.get()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(x509.get(), i);
    const std::string oid = openssl::ToText(X509_EXTENSION_get_object(extension));
    const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
    raw.poisoned |= oid == kPrecertificatePoisonOid;
    if (oid == kCertificateTimestampListOid)
      raw.timestamps.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), ASN1_STRING_length(value));
  }
  return raw;
}

struct Case {
  CertificateTimestamp timestamp;
  RawCertificate leaf;
  std::string issuer_key_hash;
  bool embedded;

  LoggedCertificate Logged() const {
    const bool precertificate = embedded || leaf.poisoned;
    return {precertificate ? LoggedCertificate::kPrecertificate : LoggedCertificate::kFinal, leaf.der, issuer_key_hash};
  }
};

// Embedded: the certificate's own list is what counts; the file is a copy of what should be in it.
Checked<CertificateTimestamp> ReadTimestamp(const Vector& vector, const RawCertificate& leaf, bool embedded) {
  auto beside = CertificateTimestamp::Parse(vector.ReadFileOf("file"));
  if (!beside || !embedded) return beside;
  if (leaf.timestamps.empty()) return Reject(Step::kCertificateLog, "the certificate has no embedded SCT");
  const auto list = ParseCertificateTimestampList(leaf.timestamps);
  if (!list) return std::unexpected(list.error());
  for (const CertificateTimestamp& timestamp : *list) {
    if (timestamp.signature == beside->signature) return timestamp;
  }
  return list->front();
}

Checked<Case> Read(const Vector& vector) {
  const auto blocks = ReadPem(vector.ReadFileOf("certificate_chain"), limits::kCertificatesPerChain);
  if (!blocks) return std::unexpected(blocks.error());
  const auto option = vector.Option("embedded");
  Case c{{}, ReadRaw(blocks->front().der), blocks->size() > 1 ? ReadRaw((*blocks)[1].der).key_hash : "", option && bool(*option)};
  auto timestamp = ReadTimestamp(vector, c.leaf, c.embedded);
  if (!timestamp) return std::unexpected(timestamp.error());
  c.timestamp = std::move(*timestamp);
  return c;
}

}  // namespace

Checked<void> RunSct(const Vector& vector) {
  const auto c = Read(vector);
  if (!c) return std::unexpected(c.error());
  const auto key = PublicKey::FromPem(vector.ReadFileOf("key"));
  if (!key) return std::unexpected(key.error());
  const TransparencyLog log{"", *key, AcceptedAlgorithms(*key).front(), ValidityWindow{}, key->id(), std::nullopt, ""};
  return VerifyCertificateTimestamp(c->timestamp, c->Logged(), log);
}

Checked<void> RunSctLeafHash(const Vector& vector) {
  const auto c = Read(vector);
  if (!c) return std::unexpected(c.error());
  const auto hash = LogLeafHash(c->timestamp, c->Logged());
  if (!hash) return std::unexpected(hash.error());
  const auto wanted = vector.Option("leaf_hash");
  if (wanted && EncodeBase64(*hash) == std::string_view(*wanted)) return {};
  return Reject(Step::kCertificateLog, "the leaf hash is " + EncodeBase64(*hash));
}

}  // namespace hullwright::vectors
