// The cases of a vectors index (index.json with its FORMAT.md) put to the production verifier: each kind is one function that calls
// lib/verify and nothing else. Success means "verifies"; a Failure is a rejection.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "verify/failure.h"

namespace hullwright::vectors {

// One entry of the index and the folder its paths are relative to. The entry lives as long as its JsonReader's document.
class Vector {
 public:
  Vector(JsonElement entry, std::filesystem::path folder) : entry_(entry), folder_(std::move(folder)) {}

  std::string_view id() const { return TextMember(entry_, "id"); }
  std::string_view kind() const { return TextMember(entry_, "kind"); }
  bool expects_valid() const { return TextMember(entry_, "expect") == "valid"; }

  JsonElement entry() const { return entry_; }
  std::string Text(std::string_view key) const { return std::string(TextMember(entry_, key)); }  // "" when absent or null
  std::vector<std::string> Texts(std::string_view key) const;                                    // a string or a list of them
  std::optional<JsonElement> Option(std::string_view key) const;                                 // entry.options.<key>

  // The bytes of a file below the folder; throws std::runtime_error when it cannot be read: the suite is broken then, not the case.
  std::string Read(std::string_view path) const;
  std::string ReadFileOf(std::string_view key) const { return Read(Text(key)); }  // the file that the member names
  std::filesystem::path Path(std::string_view path) const { return folder_ / path; }

 private:
  JsonElement entry_;
  std::filesystem::path folder_;
};

using Run = verify::Checked<void> (*)(const Vector&);

struct Kind {
  std::string_view name;  // "dsse"
  Run run;
};

// The kinds by the part of lib/verify that they stand on. A new kind is a function in a file of its own and a row in one of these.
std::span<const Kind> CoreKinds();      // core_kinds.cpp: keys, certificates, timestamps, statements
std::span<const Kind> LogKinds();       // log_kinds.cpp: logs, bundles, cosign's layouts
std::span<const Kind> NotationKinds();  // notation_kinds.cpp: JWS, COSE, Notary Project certificates

}  // namespace hullwright::vectors
