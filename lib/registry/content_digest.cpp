#include "registry/content_digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace hullwright::registry {

Digest DigestOf(std::string_view bytes, std::string_view algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  const EVP_MD* type = algorithm == "sha512" ? EVP_sha512() : EVP_sha256();
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, type, nullptr) != 1) throw std::runtime_error("OpenSSL cannot hash");
  std::string text = algorithm == "sha512" ? "sha512:" : "sha256:";
  for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", hash[i]);
  return *Digest::Parse(text);
}

bool IsDigestOf(const Digest& digest, std::string_view bytes) {
  return !digest.text().empty() && DigestOf(bytes, digest.algorithm()) == digest;
}

}  // namespace hullwright::registry
