// Owning handles for OpenSSL's structures and the end of its error queue; for the .cpp files of this layer, not for its public headers.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "verify/failure.h"

namespace hullwright::verify::openssl {

template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};

template <class T, auto kFree>
using Handle = std::unique_ptr<T, Deleter<kFree>>;

using Bio = Handle<BIO, BIO_free_all>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EcdsaSignature = Handle<ECDSA_SIG, ECDSA_SIG_free>;
using Certificate = Handle<X509, X509_free>;
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using OctetString = Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

// Leaves OpenSSL's per-thread error queue empty at the end of a scope: what we report is our own words, and an error left behind would
// be read by somebody else as theirs.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() = default;
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
  ~ErrorQueueGuard();
};

inline const unsigned char* Data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// What OpenSSL's i2d function writes for the value, or "" when it cannot be encoded.
template <class T>
std::string Encode(int (*encode)(T*, unsigned char**), std::type_identity_t<T>* value) {
  unsigned char* bytes = nullptr;
  const int length = encode(value, &bytes);
  if (length <= 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return text;
}

// An object identifier in dots: "1.3.6.1.4.1.57264.1.8".
std::string ToText(const ASN1_OBJECT* object);

// UTCTime or GeneralizedTime, to the second.
Checked<Time> ToTime(const ASN1_TIME* value);

}  // namespace hullwright::verify::openssl
