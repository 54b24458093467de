#include "support/minted_certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

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

void SetSubject(X509* certificate, const CertificateRequest& request) {
  X509_NAME* name = X509_get_subject_name(certificate);
  for (const auto& [type, value] : request.subject)
    Require(X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, openssl::Data(value), static_cast<int>(value.size()), -1, 0) ==
            1);
}

void AddExtensions(X509* certificate, X509* issuer, const CertificateRequest& request) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  for (const auto& [name, value] : request.extensions) {
    const Extension extension(X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str()));
    Require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
  }
}

}  // namespace

std::string MintCertificate(const CertificateRequest& request, const MintedKey& key, const MintedKey& issuer_key, std::string_view issuer) {
  static std::atomic<long> serial = 1000;
  const openssl::Certificate certificate(X509_new());
  Require(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  SetTime(X509_getm_notBefore(certificate.get()), request.not_before);
  SetTime(X509_getm_notAfter(certificate.get()), request.not_after);
  SetSubject(certificate.get(), request);
  Require(X509_set_pubkey(certificate.get(), key.handle()) == 1);
  const openssl::Certificate parent = issuer.empty() ? nullptr : Parse(issuer);
  X509* const by = parent ? parent.get() : certificate.get();
  Require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(by)) == 1);
  AddExtensions(certificate.get(), by, request);
  const bool edwards = EVP_PKEY_is_a(issuer_key.handle(), "ED25519") == 1;
  Require(X509_sign(certificate.get(), issuer_key.handle(), edwards ? nullptr : EVP_get_digestbyname(request.hash.c_str())) > 0);
  return openssl::Encode(i2d_X509, certificate.get());
}

std::string ToPem(std::string_view certificate) {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), Parse(certificate).get()) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

MintedChain::MintedChain(MintedKey::Type leaf_type, CertificateRequest leaf_request, CertificateRequest root_request)
    : root_key(MintedKey::kP256), leaf_key(leaf_type) {
  root = MintCertificate(root_request, root_key, root_key);
  leaf = MintCertificate(leaf_request, leaf_key, root_key, root);
}

CertificateRequest MintedChain::CodeSigningLeaf() {
  CertificateRequest request;
  request.extensions = {{"basicConstraints", "CA:FALSE"}, {"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "codeSigning"}};
  return request;
}

CertificateRequest MintedChain::Root() {
  CertificateRequest request;
  request.subject = {{"C", "US"}, {"ST", "WA"}, {"O", "Acme"}, {"CN", "root"}};
  request.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
  return request;
}

}  // namespace hullwright::testing
