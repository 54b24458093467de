// The hashes that signatures here may use. SHA-1 and MD5 are not among them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "verify/failure.h"

struct evp_md_st;

namespace hullwright::verify {

enum class HashAlgorithm { kSha256, kSha384, kSha512 };

std::string_view ToString(HashAlgorithm algorithm);  // "sha256": as OCI and Rekor write it
Checked<HashAlgorithm> ParseHashAlgorithm(std::string_view name);
std::size_t Size(HashAlgorithm algorithm);  // bytes of a digest

// The raw bytes of the digest.
std::string Hash(HashAlgorithm algorithm, std::string_view bytes);
inline std::string Sha256(std::string_view bytes) {
  return Hash(HashAlgorithm::kSha256, bytes);
}

std::string ToHex(std::string_view bytes);                  // lower case
Checked<std::string> FromHex(std::string_view lower_case);  // refuses upper case and odd length

const evp_md_st* MessageDigest(HashAlgorithm algorithm);  // for calls into OpenSSL; never null, never freed

}  // namespace hullwright::verify
