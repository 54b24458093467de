// A TUF repository made for one test: metadata of every role, signed with keys that a test may leave out, repeat or replace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/minted_key.h"

namespace hullwright::testing {

inline constexpr std::string_view kTufSoon = "2026-03-02T00:00:00Z";  // where a test says that now is 2026-03-01
inline constexpr std::string_view kTufPast = "2026-02-28T00:00:00Z";

// {"signatures": …, "signed": part}, in the canonical form. Keys are Ed25519.
std::string SignTuf(const std::string& part, const std::vector<const MintedKey*>& keys);

// The signed part of a root: root_keys with their threshold, one online key for all other roles.
std::string TufRootPart(int version, const std::vector<const MintedKey*>& root_keys, int threshold, const MintedKey& online,
                        std::string_view expires = kTufSoon);
// The signed part of a timestamp, snapshot or targets file; files: entries joined by commas.
std::string TufListingPart(std::string_view type, int version, std::string_view files, std::string_view expires = kTufSoon);
// What one metadata file says of another.
std::string TufFileEntry(std::string_view name, const std::string& content, int version);

// Root version 1 of two keys; every other role by one online key; the target trusted_root.json.
struct TufRepository {
  MintedKey a{MintedKey::kEd25519}, b{MintedKey::kEd25519}, online{MintedKey::kEd25519};
  std::string target = "trusted root";

  std::string Root(int version, std::string_view expires = kTufSoon) const;
  std::string TargetFile() const;  // what targets metadata says of the target
  std::string Targets(int version, std::string_view expires = kTufSoon) const;
  std::string Snapshot(int version, int targets, std::string_view expires = kTufSoon) const;
  std::string Timestamp(int version, int snapshot, int targets, std::string_view expires = kTufSoon) const;
};

}  // namespace hullwright::testing
