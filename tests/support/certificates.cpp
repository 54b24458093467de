#include "support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace hullwright::testing {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

void Check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("minting a certificate: ") + what);
}

Key NewKey() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  Check(key != nullptr, "key");
  return key;
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Check(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(long serial, std::string_view common_name, const Key& key, std::chrono::seconds lifetime) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -300);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), lifetime.count());
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()), static_cast<int>(common_name.size()), -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  return certificate;
}

template <class Write>
std::string WritePem(const std::filesystem::path& path, Write write) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  Check(file != nullptr && write(file.get()) == 1, path.c_str());
  return path.string();
}

std::string AlternativeNames(const ServerNames& names) {
  std::string text;
  for (const std::string& dns : names.dns) text += (text.empty() ? "DNS:" : ",DNS:") + dns;
  for (const std::string& ip : names.ip) text += (text.empty() ? "IP:" : ",IP:") + ip;
  return text;
}

}  // namespace

CertificateAuthority::CertificateAuthority(std::filesystem::path folder, std::string_view name)
    : folder_(std::move(folder)), key_(NewKey()) {
  certificate_ = NewCertificate(1, name, key_, std::chrono::hours(24 * 30));
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  Check(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0, "CA signature");
  ca_file_ =
      WritePem(folder_ / (std::string(name) + "-ca.pem"), [this](std::FILE* file) { return PEM_write_X509(file, certificate_.get()); });
}

CertificateAuthority::~CertificateAuthority() = default;

CertificateFiles CertificateAuthority::MintServer(std::string_view stem, const ServerNames& names, std::chrono::seconds lifetime) {
  return Mint(stem, "test server", AlternativeNames(names), "serverAuth", lifetime);
}

CertificateFiles CertificateAuthority::MintClient(std::string_view stem, std::string_view common_name) {
  return Mint(stem, common_name, "", "clientAuth", std::chrono::hours(24));
}

CertificateFiles CertificateAuthority::Mint(std::string_view stem, std::string_view common_name, const std::string& alternative_names,
                                            std::string_view usage, std::chrono::seconds lifetime) {
  const Key key = NewKey();
  const Certificate leaf = NewCertificate(next_serial_++, common_name, key, lifetime);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(leaf.get(), certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(leaf.get(), certificate_.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(leaf.get(), certificate_.get(), NID_ext_key_usage, std::string(usage));
  AddExtension(leaf.get(), certificate_.get(), NID_authority_key_identifier, "keyid");
  if (!alternative_names.empty()) AddExtension(leaf.get(), certificate_.get(), NID_subject_alt_name, alternative_names);
  Check(X509_sign(leaf.get(), key_.get(), EVP_sha256()) > 0, "signature");
  CertificateFiles files;
  files.certificate_file =
      WritePem(folder_ / (std::string(stem) + ".pem"), [&](std::FILE* file) { return PEM_write_X509(file, leaf.get()); });
  files.key_file = WritePem(folder_ / (std::string(stem) + ".key"),
                            [&](std::FILE* file) { return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return files;
}

}  // namespace hullwright::testing
