#include "http/client_tls.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <utility>

namespace hullwright::http {
namespace {

Result<StorePointer> ReadRoots(const std::string& path) {
  const auto certificates = ReadCertificates("CA file", path, "PEM certificates of the CAs to trust");
  if (!certificates) return std::unexpected(certificates.error());
  StorePointer roots(X509_STORE_new());
  for (const auto& certificate : *certificates) {
    X509_STORE_add_cert(roots.get(), certificate.get());
  }
  return roots;
}

}  // namespace

bool IsIpAddress(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

Result<std::shared_ptr<const ClientTls>> ClientTls::Load(const ClientOptions& options, std::string host) {
  std::shared_ptr<ClientTls> tls(new ClientTls);
  tls->host_ = std::move(host);
  if (!options.ca_file.empty()) {
    auto roots = ReadRoots(options.ca_file);
    if (!roots) return std::unexpected(roots.error());
    tls->roots_ = std::move(*roots);
  }
  if (options.client_certificate_file.empty() != options.client_key_file.empty()) {
    return Fail(ErrorCode::kInvalidInput, "a client certificate needs both a certificate file and a key file; only one of them is set");
  }
  if (!options.client_certificate_file.empty()) {
    auto identity = ReadIdentity(options.client_certificate_file, options.client_key_file);
    if (!identity) return std::unexpected(identity.error());
    tls->identity_ = std::move(*identity);
    tls->certificate_file_ = options.client_certificate_file;
  }
  return tls;
}

void ClientTls::Configure(SSL_CTX* context) const {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (roots_) {
    // In place of the system's roots, which cpprestsdk has put there, not in addition.
    SSL_CTX_set1_verify_cert_store(context, roots_.get());
  }
  // Beside cpprestsdk's own check, which still takes the common name for a host name when no alternative name fits.
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named = IsIpAddress(host_) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host_.c_str())
                                       : X509_VERIFY_PARAM_set1_host(parameters, host_.c_str(), host_.size());
  if (named != 1) throw std::runtime_error("TLS cannot check the host name: " + OpenSslReason());
  if (identity_) {
    if (const auto used = UseIdentity(context, *identity_, certificate_file_); !used) throw std::runtime_error(used.error().message);
  }
}

}  // namespace hullwright::http
