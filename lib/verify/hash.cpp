#include "verify/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "base/text.h"

namespace hullwright::verify {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"sha256", "sha384", "sha512"};

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

std::string_view ToString(HashAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

Checked<HashAlgorithm> ParseHashAlgorithm(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<HashAlgorithm>(i);
  }
  return Reject(Step::kAlgorithm, fmt::format("hash algorithm \"{}\" is not sha256, sha384 or sha512", Printable(name, 32)));
}

std::size_t Size(HashAlgorithm algorithm) {
  return static_cast<std::size_t>(EVP_MD_get_size(MessageDigest(algorithm)));
}

std::string Hash(HashAlgorithm algorithm, std::string_view bytes) {
  std::string digest(Size(algorithm), '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, MessageDigest(algorithm), nullptr) !=
      1) {
    throw std::runtime_error("OpenSSL cannot compute a SHA-2 digest");  // no provider: the installation is broken, not the input
  }
  return digest;
}

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Checked<std::string> FromHex(std::string_view lower_case) {
  if (lower_case.size() % 2 != 0) return Reject(Step::kParse, "hex text has an odd number of digits");
  std::string bytes;
  bytes.reserve(lower_case.size() / 2);
  for (std::size_t i = 0; i < lower_case.size(); i += 2) {
    const int high = HexValue(lower_case[i]);
    const int low = HexValue(lower_case[i + 1]);
    if (high < 0 || low < 0) return Reject(Step::kParse, "not lower-case hex");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

const evp_md_st* MessageDigest(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace hullwright::verify
