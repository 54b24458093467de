#include "http/certificate_files.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace hullwright::http {
namespace {

using BioPointer = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::string_view kExpectedChain = "a PEM chain, leaf first";

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

// OpenSSL would ask at the terminal for the password of an encrypted key.
int RefusePassword(char*, int, int, void*) {
  return -1;
}

constexpr std::string_view kExpectedKey = "a PEM private key without a password";

// what: "key file server.key".
Result<KeyPointer> ParseKey(const std::string& what, const std::string& pem) {
  const BioPointer bio = MemoryBio(pem);
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassword, nullptr));
  if (!key) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: no readable key ({}); expected {}", what, OpenSslReason(), kExpectedKey));
  }
  return key;
}

Result<KeyPointer> ReadKey(const std::string& path) {
  const auto bytes = ReadFile("key file", path, kExpectedKey);
  if (!bytes) return std::unexpected(bytes.error());
  return ParseKey("key file " + path, *bytes);
}

Result<Identity> Pair(std::vector<CertificatePointer> chain, KeyPointer key, std::string_view key_name, std::string_view chain_name) {
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: does not fit the certificate in {} ({}); expected the key of the leaf", key_name,
                                                      chain_name, OpenSslReason()));
  }
  return Identity{std::move(chain), std::move(key)};
}

}  // namespace

std::string OpenSslReason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown TLS error" : reason;
}

Result<std::vector<CertificatePointer>> ReadCertificates(std::string_view what, const std::string& path, std::string_view expected) {
  const auto bytes = ReadFile(what, path, expected);
  if (!bytes) return std::unexpected(bytes.error());
  return ParseCertificates(fmt::format("{} {}", what, path), *bytes, expected);
}

Result<std::vector<CertificatePointer>> ParseCertificates(std::string_view what, const std::string& pem, std::string_view expected) {
  ERR_clear_error();
  std::vector<CertificatePointer> certificates;
  const BioPointer bio = MemoryBio(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // Text between certificates is ignored, as PEM allows; a certificate that is torn is not.
  const unsigned long error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: no readable certificate at position {} ({}); expected {}", what,
                                                      certificates.size() + 1, OpenSslReason(), expected));
  }
  ERR_clear_error();
  return certificates;
}

Result<Identity> ReadIdentity(const std::string& certificate_file, const std::string& key_file) {
  auto chain = ReadCertificates("certificate file", certificate_file, kExpectedChain);
  if (!chain) return std::unexpected(chain.error());
  auto key = ReadKey(key_file);
  if (!key) return std::unexpected(key.error());
  return Pair(std::move(*chain), std::move(*key), "key file " + key_file, certificate_file);
}

Result<Identity> ParseIdentity(const std::string& certificate_pem, const std::string& key_pem, std::string_view whose) {
  const std::string certificate_name = fmt::format("{} certificate", whose), key_name = fmt::format("{} key", whose);
  auto chain = ParseCertificates(certificate_name, certificate_pem, kExpectedChain);
  if (!chain) return std::unexpected(chain.error());
  auto key = ParseKey(key_name, key_pem);
  if (!key) return std::unexpected(key.error());
  return Pair(std::move(*chain), std::move(*key), key_name, "the " + certificate_name);
}

Result<void> UseIdentity(SSL_CTX* context, const Identity& identity, std::string_view certificate_file) {
  bool used = SSL_CTX_use_certificate(context, identity.chain.front().get()) == 1;
  for (std::size_t i = 1; used && i < identity.chain.size(); ++i) {
    used = SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) == 1;
  }
  used = used && SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1;
  if (!used) {
    return Fail(
        ErrorCode::kInvalidInput,
        fmt::format("certificate file {}: cannot be used for TLS ({}); expected {} with a key of at least 2048 bits RSA or 256 bits EC",
                    certificate_file, OpenSslReason(), kExpectedChain));
  }
  return {};
}

Time NotAfter(const X509* certificate) {
  std::tm utc{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc);
  return Time(std::chrono::seconds(timegm(&utc)));
}

}  // namespace hullwright::http
