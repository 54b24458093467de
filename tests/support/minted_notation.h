// Notary Project envelopes made for one test, in both formats, from parts that a test can change one at a time before they are signed.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/minted_certificate.h"

namespace hullwright::testing {

// CBOR, written value by value (RFC 8949).
namespace cbor {
std::string Head(int major, std::uint64_t argument);
std::string Integer(std::int64_t value);
std::string Bytes(std::string_view bytes);
std::string Text(std::string_view text);
std::string Tag(std::uint64_t number, std::string_view value);
std::string Array(const std::vector<std::string>& values);
// Keys and values are encoded already.
using Entries = std::vector<std::pair<std::string, std::string>>;
std::string Map(const Entries& entries);
}  // namespace cbor

inline constexpr std::string_view kNotationDigest = "sha256:60043cf45eaebc4c0867fea485a039b598f52fd09fd5b07b0b2d2f88fad9d74e";
inline const Time kNotationNow{std::chrono::sys_days{std::chrono::June / 1 / 2026}};

// "ES256" for a P-256 key and so on: what the key must sign with.
std::string NotationAlgorithm(const MintedKey& key);
std::string SignForNotation(const MintedKey& key, std::string_view message);

// {"targetArtifact": …} about kNotationDigest, 528 bytes, an OCI manifest, with the annotation "build": "7".
nlohmann::json NotationPayloadJson();

struct JwsParts {
  JwsParts(const MintedKey& key, const std::vector<std::string>& chain, bool signing_authority = false);

  std::string payload;              // JSON text
  nlohmann::json protected_header;  // alg, cty, crit, scheme, time
  nlohmann::json header;            // x5c
  // Signed by the key; then what is left is changed by `after`, if any.
  std::string Sign(const MintedKey& key, const std::function<void(nlohmann::json&)>& after = {}) const;
};

struct CoseParts {
  CoseParts(const MintedKey& key, const std::vector<std::string>& chain, bool signing_authority = false);

  cbor::Entries protected_header;
  cbor::Entries unprotected_header;
  std::string payload;

  struct Signed {
    std::string protected_bytes;  // what goes into the byte string
    std::string unprotected;      // encoded map
    std::string payload;
    std::string signature;
    std::string Encode() const;  // COSE_Sign1_Tagged
  };
  Signed Sign(const MintedKey& key) const;

  // Replaces the value under an encoded key, adds it when it is not there, removes it when value is empty.
  static void Set(cbor::Entries& entries, const std::string& key, const std::string& value);
};

}  // namespace hullwright::testing
