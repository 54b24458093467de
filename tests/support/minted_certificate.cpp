#include "support/minted_certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

#include "verify/hash.h"

namespace hullwright::testing {
namespace {

namespace openssl = verify::openssl;
using Extension = openssl::Handle<X509_EXTENSION, X509_EXTENSION_free>;

void Require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot mint this certificate");
}

openssl::Certificate Parse(std::string_view der) {
  const unsigned char* at = openssl::Data(der);
  openssl::Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  Require(certificate != nullptr);
  return certificate;
}

void SetTime(ASN1_TIME* place, Time time) {
  Require(ASN1_TIME_adj(place, std::chrono::system_clock::to_time_t(time), 0, 0) != nullptr);
}

void SetName(X509_NAME* name, const MintedName& attributes) {
  for (const auto& [type, value] : attributes)
    Require(X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, openssl::Data(value), static_cast<int>(value.size()), -1, 0) ==
            1);
}

void AddExtension(X509* certificate, X509* issuer, const MintedExtension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const Extension made(X509V3_EXT_nconf(nullptr, &context, extension.first.c_str(), extension.second.c_str()));
  Require(made && X509_add_ext(certificate, made.get(), -1) == 1);
}

std::string Sign(X509* certificate, const MintedKey& issuer_key, const EVP_MD* hash) {
  const bool edwards = EVP_PKEY_is_a(issuer_key.handle(), "ED25519") == 1;
  Require(X509_sign(certificate, issuer_key.handle(), edwards ? nullptr : hash) > 0);
  return openssl::Encode(i2d_X509, certificate);
}

}  // namespace

MintedExtension RawExtension(std::string_view oid, std::string_view bytes, bool critical) {
  return {std::string(oid), std::string(critical ? "critical," : "") + "DER:" + verify::ToHex(bytes)};
}

MintedName Named(std::string_view common_name) {
  return {{"O", "Minted"}, {"CN", std::string(common_name)}};
}

std::string MintCertificate(const CertificateShape& shape, const MintedKey& key, const MintedKey& issuer_key, std::string_view issuer) {
  static std::atomic<long> serial = 1000;
  const openssl::Certificate certificate(X509_new());
  Require(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  SetTime(X509_getm_notBefore(certificate.get()), shape.not_before);
  SetTime(X509_getm_notAfter(certificate.get()), shape.not_after);
  SetName(X509_get_subject_name(certificate.get()), shape.subject);
  SetName(X509_get_issuer_name(certificate.get()), shape.issuer.empty() ? shape.subject : shape.issuer);
  Require(X509_set_pubkey(certificate.get(), key.handle()) == 1);
  const openssl::Certificate parent = issuer.empty() ? nullptr : Parse(issuer);
  if (parent) Require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent.get())) == 1);
  for (const MintedExtension& extension : shape.extensions)
    AddExtension(certificate.get(), parent ? parent.get() : certificate.get(), extension);
  return Sign(certificate.get(), issuer_key, EVP_get_digestbyname(shape.hash.c_str()));
}

std::string WithExtension(std::string_view certificate, const MintedExtension& extension, const MintedKey& issuer_key) {
  const openssl::Certificate changed = Parse(certificate);
  AddExtension(changed.get(), changed.get(), extension);
  return Sign(changed.get(), issuer_key, EVP_sha256());
}

verify::Certificate ParseMinted(const std::string& der) {
  auto certificate = verify::Certificate::FromDer(der);
  if (!certificate) throw std::runtime_error("a minted certificate cannot be read: " + certificate.error().message);
  return *certificate;
}

std::string ToPem(std::string_view der, std::string_view label) {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio(bio.get(), std::string(label).c_str(), "", openssl::Data(der), static_cast<long>(der.size())) > 0);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

MintedChain::MintedChain(MintedKey::Type leaf_type, const CertificateShape& leaf_shape, const CertificateShape& root_shape)
    : root_key(MintedKey::kP256), leaf_key(leaf_type) {
  root = MintCertificate(root_shape, root_key, root_key);
  leaf = MintCertificate(leaf_shape, leaf_key, root_key, root);
}

CertificateShape MintedChain::CodeSigningLeaf() {
  CertificateShape shape;
  shape.extensions = {{"basicConstraints", "CA:FALSE"}, {"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "codeSigning"}};
  return shape;
}

CertificateShape MintedChain::Root() {
  CertificateShape shape;
  shape.subject.back().second = "root";
  shape.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
  return shape;
}

}  // namespace hullwright::testing
