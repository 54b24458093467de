#include "http/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace hullwright::http {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
// Both in the wire form of RFC 7301 §3.1.
constexpr unsigned char kHttp11Protocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPointer = std::unique_ptr<BIO, Deleter<BIO_free>>;
using CertificatePointer = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

// What OpenSSL had to say last, in its words; empties its queue.
std::string OpenSslReason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown TLS error" : reason;
}

Result<std::string> ReadFile(std::string_view what, const std::string& path, std::string_view expected) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kMaxFileBytes + 1, '\0');
  if (file) file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file && !file.eof()) {
    const std::string why = errno == 0 ? "cannot be read" : std::generic_category().message(errno);
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} {}: {}; expected {}", what, path, why, expected));
  }
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > kMaxFileBytes) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} {}: larger than 1 MiB; expected {}", what, path, expected));
  }
  return bytes;
}

BioPointer MemoryBio(const std::string& bytes) {
  return BioPointer(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// All certificates of a PEM text, in order; text between them is ignored as PEM allows. Empty when one of them is broken.
std::vector<CertificatePointer> ReadCertificates(const std::string& pem) {
  ERR_clear_error();
  std::vector<CertificatePointer> certificates;
  const BioPointer bio = MemoryBio(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (at_end) {
    ERR_clear_error();
  } else {
    certificates.clear();
  }
  return certificates;
}

Time NotAfter(const X509* certificate) {
  std::tm utc{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc);
  return Time(std::chrono::seconds(timegm(&utc)));
}

// OpenSSL would ask at the terminal for the password of an encrypted key.
int RefusePassword(char*, int, int, void*) {
  return -1;
}

Result<Time> UseCertificate(SSL_CTX* context, const std::string& path) {
  constexpr std::string_view kExpected = "a PEM chain, leaf first";
  const auto bytes = ReadFile("certificate file", path, kExpected);
  if (!bytes) return std::unexpected(bytes.error());
  auto chain = ReadCertificates(*bytes);
  if (chain.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("certificate file {}: no readable certificate ({}); expected {}", path, OpenSslReason(), kExpected));
  }
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("certificate file {}: the leaf cannot be used ({}); expected {}", path, OpenSslReason(), kExpected));
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add0_chain_cert(context, chain[i].get()) != 1) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("certificate file {}: certificate {} of the chain cannot be used ({}); expected {}",
                                                        path, i + 1, OpenSslReason(), kExpected));
    }
    chain[i].release();  // the context owns it now
  }
  return NotAfter(chain.front().get());
}

Result<void> UseKey(SSL_CTX* context, const std::string& path, const std::string& certificate_path) {
  constexpr std::string_view kExpected = "a PEM private key without a password";
  const auto bytes = ReadFile("key file", path, kExpected);
  if (!bytes) return std::unexpected(bytes.error());
  const BioPointer bio = MemoryBio(*bytes);
  const KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassword, nullptr));
  if (!key) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("key file {}: no readable key ({}); expected {}", path, OpenSslReason(), kExpected));
  }
  // SSL_CTX_use_PrivateKey would silently drop the certificate when a key of another type comes.
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("key file {}: does not fit the certificate in {} ({}); expected the key of the leaf",
                                                      path, certificate_path, OpenSslReason()));
  }
  return {};
}

Result<void> UseClientCa(SSL_CTX* context, const TlsFiles& files) {
  if (files.client_ca_file.empty()) return {};
  constexpr std::string_view kExpected = "PEM certificates of the CAs that sign clients";
  const auto bytes = ReadFile("client CA file", files.client_ca_file, kExpected);
  if (!bytes) return std::unexpected(bytes.error());
  const auto authorities = ReadCertificates(*bytes);
  if (authorities.empty()) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("client CA file {}: no readable certificate ({}); expected {}", files.client_ca_file,
                                                      OpenSslReason(), kExpected));
  }
  for (const auto& authority : authorities) {
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
  const auto expiry = UseCertificate(context->get(), files.certificate_file);
  if (!expiry) return std::unexpected(expiry.error());
  if (const auto used = UseKey(context->get(), files.key_file, files.certificate_file); !used) return std::unexpected(used.error());
  if (const auto used = UseClientCa(context->get(), files); !used) return std::unexpected(used.error());
  return std::shared_ptr<const TlsContext>(new TlsContext(context->release(), *expiry));
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
