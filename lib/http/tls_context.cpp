#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "http/certificate_files.h"

namespace hullwright::http {
namespace {

// In the wire form of RFC 7301 §3.1.
constexpr unsigned char kHttp11Protocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Result<void> UseClientCa(SSL_CTX* context, const TlsFiles& files) {
  if (files.client_ca_file.empty()) return {};
  const auto authorities = ReadCertificates("client CA file", files.client_ca_file, "PEM certificates of the CAs that sign clients");
  if (!authorities) return std::unexpected(authorities.error());
  for (const auto& authority : *authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
  }
  const int required = files.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
  SSL_CTX_set_verify_depth(context, 8);
  // Without it OpenSSL refuses to resume a session once client certificates are verified.
  static constexpr unsigned char kSessionContext[] = "hullwright";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1);
  return {};
}

// HTTP/1.1 is all we speak. A client that offers protocols, but not this one, gets the alert that RFC 7301 §3.2 asks for.
int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned offered_size,
                   void*) {
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, chosen_size, kHttp11Protocol, sizeof(kHttp11Protocol), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

Result<ContextPointer> NewContext() {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Fail(ErrorCode::kInternal, "OpenSSL cannot make a TLS context: " + OpenSslReason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // AES-GCM first: hardware does it on every machine that runs Kubernetes.
  const bool ciphers =
      SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
  if (!ciphers) return Fail(ErrorCode::kInternal, "OpenSSL does not know our cipher suites: " + OpenSslReason());
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Tickets resume sessions without memory on our side; one ticket a handshake is enough.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  // A record's header and body with one system call; idle connections hold no 34 KiB of buffers.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, nullptr);
  return context;
}

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const TlsFiles& files) {
  ERR_clear_error();
  auto context = NewContext();
  if (!context) return std::unexpected(context.error());
  const auto identity = ReadIdentity(files.certificate_file, files.key_file);
  if (!identity) return std::unexpected(identity.error());
  if (const auto used = UseIdentity(context->get(), *identity, files.certificate_file); !used) return std::unexpected(used.error());
  if (const auto used = UseClientCa(context->get(), files); !used) return std::unexpected(used.error());
  return std::shared_ptr<const TlsContext>(new TlsContext(context->release(), NotAfter(identity->chain.front().get())));
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

SslPointer TlsContext::NewSession(int socket) const {
  SslPointer session(SSL_new(context_));
  if (!session || SSL_set_fd(session.get(), socket) != 1) return nullptr;
  SSL_set_accept_state(session.get());
  return session;
}

}  // namespace hullwright::http
