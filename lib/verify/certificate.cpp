#include "verify/certificate.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <set>

#include "verify/distinguished_name.h"
#include "verify/hash.h"
#include "verify/limits.h"
#include "verify/openssl.h"
#include "verify/pem.h"

namespace hullwright::verify {
namespace {

using BasicConstraints = openssl::Handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using ExtendedKeyUsage = openssl::Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

Checked<std::vector<Extension>> ReadExtensions(const X509* certificate) {
  const int count = X509_get_ext_count(certificate);
  if (count > static_cast<int>(limits::kExtensionsPerCertificate)) {
    return Reject(Step::kLimit,
                  fmt::format("the certificate has {} extensions, at most {} are read", count, limits::kExtensionsPerCertificate));
  }
  std::vector<Extension> extensions;
  std::set<std::string> seen;
  for (int i = 0; i < count; ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate, i);
    std::string oid = openssl::ToText(X509_EXTENSION_get_object(extension));
    // OpenSSL takes the first of two; another verifier might take the last.
    if (oid.empty() || !seen.insert(oid).second)
      return Reject(Step::kParse, fmt::format("the certificate has the extension {} twice", oid));
    const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
    extensions.push_back(
        {std::move(oid), X509_EXTENSION_get_critical(extension) != 0,
         std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)), static_cast<std::size_t>(ASN1_STRING_length(data)))});
  }
  return extensions;
}

void ReadBasicConstraints(const X509* certificate, CertificateUse& use) {
  int critical = 0;
  const BasicConstraints constraints(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(certificate, NID_basic_constraints, &critical, nullptr)));
  if (!constraints) return;
  use.is_ca = constraints->ca != 0;
  use.basic_constraints_critical = critical == 1;
  if (constraints->pathlen != nullptr) use.path_length = ASN1_INTEGER_get(constraints->pathlen);
}

void ReadExtendedKeyUsage(const X509* certificate, CertificateUse& use) {
  int critical = 0;
  const ExtendedKeyUsage usage(static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr)));
  if (!usage) return;
  use.extended_key_usage.emplace();
  for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
    use.extended_key_usage->push_back(openssl::ToText(sk_ASN1_OBJECT_value(usage.get(), i)));
  }
  use.extended_key_usage_critical = critical == 1;
}

CertificateUse ReadUse(X509* certificate) {
  CertificateUse use;
  ReadBasicConstraints(certificate, use);
  ReadExtendedKeyUsage(certificate, use);
  if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) != 0) {
    use.key_usage = X509_get_key_usage(certificate);
    const int at = X509_get_ext_by_NID(certificate, NID_key_usage, -1);
    use.key_usage_critical = at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) != 0;
  }
  return use;
}

// The certificate and nothing behind it, its standard extensions well-formed.
Checked<openssl::Certificate> Decode(std::string_view der) {
  if (der.size() > limits::kCertificateBytes) return Reject(Step::kLimit, "the certificate is longer than 64 KiB");
  const unsigned char* at = openssl::Data(der);
  openssl::Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return Reject(Step::kParse, "not an X.509 certificate in DER");
  if (at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "there are bytes behind the certificate");
  if (openssl::Encode<const X509>(i2d_X509, certificate.get()) != der)
    return Reject(Step::kParse, "the certificate is not in canonical DER");
  // Fills OpenSSL's cache of the extensions now, so that later readers on several threads only read.
  if (X509_check_purpose(certificate.get(), -1, 0) != 1) return Reject(Step::kParse, "an extension of the certificate is malformed");
  return certificate;
}

}  // namespace

Checked<Certificate> Certificate::FromDer(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  auto decoded = Decode(der);
  if (!decoded) return std::unexpected(decoded.error());
  X509* x509 = decoded->get();
  auto extensions = ReadExtensions(x509);
  if (!extensions) return std::unexpected(extensions.error());
  auto key = PublicKey::FromHandle(X509_get0_pubkey(x509), openssl::Encode<const X509_PUBKEY>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x509)));
  if (!key) return Reject(key.error().step, "the certificate's key: " + key.error().message);
  auto subject = ReadName(X509_get_subject_name(x509));
  auto issuer = ReadName(X509_get_issuer_name(x509));
  if (!subject || !issuer) return std::unexpected(!subject ? subject.error() : issuer.error());
  const auto not_before = openssl::ToTime(X509_get0_notBefore(x509));
  const auto not_after = openssl::ToTime(X509_get0_notAfter(x509));
  if (!not_before || !not_after) return std::unexpected(!not_before ? not_before.error() : not_after.error());
  auto use = ReadUse(x509);
  const int version = static_cast<int>(X509_get_version(x509)) + 1;
  return Certificate(std::make_shared<const Content>(Content{std::shared_ptr<x509_st>(decoded->release(), X509_free), std::string(der),
                                                             std::move(*key), std::move(*subject), std::move(*issuer), *not_before,
                                                             *not_after, version, std::move(*extensions), std::move(use)}));
}

Checked<Certificate> Certificate::FromPem(std::string_view text) {
  const auto der = ReadOnePem(text, "CERTIFICATE");
  if (!der) return std::unexpected(der.error());
  return FromDer(*der);
}

Checked<std::vector<Certificate>> Certificate::ListFromPem(std::string_view text, std::size_t max_certificates) {
  const auto blocks = ReadPem(text, max_certificates);
  if (!blocks) return std::unexpected(blocks.error());
  std::vector<Certificate> certificates;
  for (const PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE") return Reject(Step::kParse, "a PEM block among the certificates is none");
    auto certificate = FromDer(block.der);
    if (!certificate) return std::unexpected(certificate.error());
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

const Extension* Certificate::FindExtension(std::string_view oid) const {
  for (const Extension& extension : content_->extensions) {
    if (extension.oid == oid) return &extension;
  }
  return nullptr;
}

bool Certificate::IsSelfSigned() const {
  const openssl::ErrorQueueGuard guard;
  return X509_self_signed(handle(), 1) == 1;
}

std::string Certificate::Fingerprint() const {
  return "sha256:" + ToHex(Sha256(der()));
}

}  // namespace hullwright::verify
