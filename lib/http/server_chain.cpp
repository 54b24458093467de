#include "http/server_chain.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "base/text.h"
#include "http/certificate_files.h"

namespace hullwright::http {
namespace {

using NamesPointer = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;
using StoreContextPointer = std::unique_ptr<X509_STORE_CTX, OpenSslDeleter<X509_STORE_CTX_free>>;
using NameBioPointer = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;

std::string NameText(const X509_NAME* name) {
  const NameBioPointer bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size <= 0 ? "" : Printable(std::string_view(text, static_cast<std::size_t>(size)));
}

std::vector<std::string> DnsNames(const X509* certificate) {
  const NamesPointer names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    found.push_back(Printable(std::string_view(bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)))));
  }
  return found;
}

Time NotBefore(const X509* certificate) {
  std::tm utc{};
  ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &utc);
  return Time(std::chrono::seconds(timegm(&utc)));
}

ChainFault FaultOf(int code) {
  switch (code) {
    case X509_V_OK:
      return ChainFault::kNone;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ChainFault::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ChainFault::kNotYetValid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return ChainFault::kWrongName;
    default:
      return ChainFault::kUntrusted;
  }
}

}  // namespace

Result<std::vector<CertificateSummary>> ReadCertificateSummaries(std::string_view what, const std::string& pem) {
  if (pem.find("PRIVATE KEY-----") != std::string::npos)
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: holds a private key, and should hold certificates alone", what));
  const auto certificates = ParseCertificates(what, pem, "PEM certificates");
  if (!certificates) return std::unexpected(certificates.error());
  std::vector<CertificateSummary> summaries;
  for (const auto& certificate : *certificates) {
    summaries.push_back({NameText(X509_get_subject_name(certificate.get())), NameText(X509_get_issuer_name(certificate.get())),
                         DnsNames(certificate.get()), NotBefore(certificate.get()), NotAfter(certificate.get())});
  }
  return summaries;
}

Result<ChainVerdict> JudgeServerChain(const std::string& chain_pem, const std::string& bundle_pem, const std::string& host, Time now) {
  const auto chain = ParseCertificates("the certificate", chain_pem, "a PEM chain, leaf first");
  if (!chain) return std::unexpected(chain.error());
  const auto roots = ParseCertificates("the bundle", bundle_pem, "PEM certificates of CAs");
  if (!roots) return std::unexpected(roots.error());
  const StorePointer store(X509_STORE_new());
  for (const auto& root : *roots) X509_STORE_add_cert(store.get(), root.get());
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);  // Go takes any certificate of the pool for an anchor
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(sk_X509_new_null(),
                                                                          [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < chain->size(); ++i) sk_X509_push(others.get(), (*chain)[i].get());
  const StoreContextPointer context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store.get(), chain->front().get(), others.get()) != 1)
    return Fail(ErrorCode::kInternal, "OpenSSL cannot judge the certificate: " + OpenSslReason());
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size()) != 1)
    return Fail(ErrorCode::kInvalidInput, fmt::format("\"{}\" is no host name", Printable(host)));
  if (X509_verify_cert(context.get()) == 1) return ChainVerdict{};
  const int code = X509_STORE_CTX_get_error(context.get());
  // Without a reason it is no memory, and no verdict.
  if (code == X509_V_OK) return Fail(ErrorCode::kInternal, "OpenSSL cannot judge the certificate: " + OpenSslReason());
  return ChainVerdict{FaultOf(code), X509_verify_cert_error_string(code)};
}

}  // namespace hullwright::http
