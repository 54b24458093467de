// Certificates and keys read from PEM files, for server and client alike. Errors name the file, what is wrong and what would be
// right; kInvalidInput throughout.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::http {

template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CertificatePointer = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;
using StorePointer = std::unique_ptr<X509_STORE, OpenSslDeleter<X509_STORE_free>>;

// What OpenSSL had to say last, in its words; empties its queue.
std::string OpenSslReason();

// All certificates of a file, at least one. what: "client CA file"; expected: "a PEM chain, leaf first".
Result<std::vector<CertificatePointer>> ReadCertificates(std::string_view what, const std::string& path, std::string_view expected);

// The same of text that is held already; `what` names it in errors.
Result<std::vector<CertificatePointer>> ParseCertificates(std::string_view what, const std::string& pem, std::string_view expected);

// A certificate chain, leaf first, with the key of the leaf: proven to belong together.
struct Identity {
  std::vector<CertificatePointer> chain;
  KeyPointer key;
};
Result<Identity> ReadIdentity(const std::string& certificate_file, const std::string& key_file);
// whose: for errors, "client": "client certificate: …", "client key: …".
Result<Identity> ParseIdentity(const std::string& certificate_pem, const std::string& key_pem, std::string_view whose = "client");
// Makes it what the context presents to peers. The context takes its own references.
Result<void> UseIdentity(SSL_CTX* context, const Identity& identity, std::string_view certificate_file);

Time NotAfter(const X509* certificate);

}  // namespace hullwright::http
