// What all metadata of The Update Framework have in common: a signed part, signatures over its canonical form, roles with keys and
// thresholds. Source: research section 0.13, theupdateframework specification 1.0, section 4.
//
// Pure and thread-safe. kTrustRoot: not signed as its role demands, or too old; kParse, kStructure: malformed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "verify/failure.h"
#include "verify/json_fields.h"
#include "verify/signature.h"

namespace hullwright::verify {

struct TufKey {
  PublicKey key;
  SignatureAlgorithm algorithm;
};

// Keys by their id; those of types we do not know are left out and so cannot count.
using TufKeys = std::map<std::string, TufKey, std::less<>>;

struct TufRole {
  std::map<std::string, TufKey, std::less<>> keys;
  std::size_t threshold = 1;
};

struct TufSignature {
  std::string key_id;
  std::string signature;  // raw; empty where a signer has not signed yet
};

// One document, its signatures not yet checked.
struct TufMetadata {
  std::string type;  // "root"
  std::int64_t version = 0;
  Time expires{};
  std::string canonical;  // the bytes that are signed
  std::vector<TufSignature> signatures;
};

// The members that every type has; signed_part is where the others are read. Lives as long as the reader's document.
struct TufDocument {
  TufMetadata metadata;
  JsonFields signed_part;
};
Checked<TufDocument> ReadTufDocument(JsonReader& reader, std::string_view json, std::string_view type);

Checked<TufKeys> ReadTufKeys(const JsonFields& signed_part);
// One of the roles of a root, with those of the keys that it names.
Checked<TufRole> ReadTufRole(const JsonFields& roles, std::string_view name, const TufKeys& keys);

// At least threshold different keys of the role signed: the same key under two ids counts once.
Checked<void> RequireRole(const TufMetadata& metadata, const TufRole& role);
Checked<void> RequireFresh(const TufMetadata& metadata, Time now);

}  // namespace hullwright::verify
