#include "http/peer_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "http/ip_address.h"

namespace hullwright::http {
namespace {

// In the wire form of RFC 7301 §3.1.
constexpr unsigned char kHttp11Protocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Result<void> UseRoots(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1)
      return Fail(ErrorCode::kInternal, "the system's CA certificates: " + OpenSslReason());
    return {};
  }
  const auto roots = ParseCertificates("CA bundle", ca_pem, "PEM certificates of the CAs to trust");
  if (!roots) return std::unexpected(roots.error());
  for (const auto& root : *roots) X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get());
  return {};
}

Result<void> UseClientIdentity(SSL_CTX* context, const TlsMaterial& material) {
  if (material.client_certificate_pem.empty() != material.client_key_pem.empty()) {
    return Fail(ErrorCode::kInvalidInput, "a client certificate needs both a certificate and a key; only one of them is set");
  }
  if (material.client_certificate_pem.empty()) return {};
  const auto identity = ParseIdentity(material.client_certificate_pem, material.client_key_pem);
  if (!identity) return std::unexpected(identity.error());
  return UseIdentity(context, *identity, "client certificate");
}

bool CheckHost(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(session);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // RFC 6066 §3: literal addresses are not permitted as server name indication.
  if (IpAddress::Parse(host)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1 && SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace

Result<std::shared_ptr<const PeerTls>> PeerTls::Make(const TlsMaterial& material) {
  ERR_clear_error();
  ContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Fail(ErrorCode::kInternal, "OpenSSL cannot make a TLS context: " + OpenSslReason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context.get(), 8);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_cert_list(context.get(), 64 << 10);
  SSL_CTX_set_alpn_protos(context.get(), kHttp11Protocol, sizeof kHttp11Protocol);
  if (const auto used = UseRoots(context.get(), material.ca_pem); !used) return std::unexpected(used.error());
  if (const auto used = UseClientIdentity(context.get(), material); !used) return std::unexpected(used.error());
  return std::shared_ptr<const PeerTls>(new PeerTls(std::move(context)));
}

SslPointer PeerTls::NewSession(int socket, const std::string& host) const {
  SslPointer session(SSL_new(context_.get()));
  if (!session || SSL_set_fd(session.get(), socket) != 1 || !CheckHost(session.get(), host)) return nullptr;
  SSL_set_connect_state(session.get());
  return session;
}

}  // namespace hullwright::http
