// The cases of a vectors index (index.json with its FORMAT.md) put to the production verifier: each kind is one function that calls
// lib/verify and nothing else. Success means "verifies"; a Failure is a rejection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
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

  bool Has(std::string_view key) const;  // there, and not null
  // nullopt when absent or null; throws std::runtime_error when it is of another type.
  std::optional<std::string> OptionText(std::string_view key) const;
  std::optional<std::int64_t> OptionNumber(std::string_view key) const;

  // The bytes of a file below the folder; throws std::runtime_error when it cannot be read: the suite is broken then, not the case.
  std::string Read(std::string_view path) const;
  std::string ReadFileOf(std::string_view key) const { return Read(Text(key)); }  // the file that the member names
  // Where it lies; throws like Read when it is not below the folder.
  std::filesystem::path Path(std::string_view path) const;

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

enum class Got { kValid, kInvalid, kDeclined, kError };  // kError: the case cannot be run (unknown kind, unreadable file)
std::string_view ToString(Got got);

struct Verdict {
  Got got;
  std::string reason;  // of everything but kValid
};

// Never throws: a case that cannot be run is kError, which is never right.
Verdict Judge(const Vector& vector);

struct Tally {
  std::size_t right = 0, wrong = 0, declined = 0;

  void Add(const Vector& vector, const Verdict& verdict);
};

// For indexes: a regular file of bounded size; throws std::runtime_error.
inline constexpr std::size_t kMaxIndexBytes = 64u << 20;
std::string ReadRegularFile(const std::filesystem::path& path);

}  // namespace hullwright::vectors
