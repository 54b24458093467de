// Reading documents of the decision history: this program wrote them, and somebody may have changed them since. The first mistake is kept
// for the end, and what cannot be read is empty. Private to lib/evidence.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "policy/trust_facts.h"

namespace hullwright::evidence {

inline constexpr std::size_t kMaxRecordedBytes = 64u << 20;  // of one document

// A value of a document. Lives as long as the document and the mistake it was given.
class RecordedNode {
 public:
  RecordedNode(JsonElement element, Error& mistake) : element_(element), mistake_(&mistake) {}

  JsonElement element() const { return element_; }

  // A member that may be missing.
  std::optional<RecordedNode> Find(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key).has_value(); }
  // The items of a list; none when there is no such member.
  std::vector<RecordedNode> Items(std::string_view key) const;

  // Missing, or of another type: a mistake, and an empty value.
  std::string Text(std::string_view key) const;
  Digest DigestAt(std::string_view key) const;
  Time TimeAt(std::string_view key) const;
  bool Flag(std::string_view key) const;
  std::int64_t Number(std::string_view key) const;

  // The same of members that may be missing.
  std::string TextOr(std::string_view key) const;
  std::optional<Digest> DigestIf(std::string_view key) const;
  std::optional<Time> TimeIf(std::string_view key) const;
  std::optional<bool> FlagIf(std::string_view key) const;
  std::optional<std::int64_t> NumberIf(std::string_view key) const;
  std::vector<std::string> Texts(std::string_view key) const;
  std::map<std::string, std::string> TextMap(std::string_view key) const;

  std::string AsText() const;
  Digest AsDigest() const;
  policy::Doubt AsDoubt() const;  // {"reason", "message"}

  // Of a word that must be one of ours: find gives an optional.
  template <class Find>
  auto Word(std::string_view key, Find find) const {
    const std::string text = Text(key);
    auto found = find(text);
    if (!found) AddMistake(key, "is none of the words that are known here");
    return found.value_or(typename decltype(found)::value_type{});
  }

  void AddMistake(std::string_view where, std::string_view what) const;

 private:
  JsonElement element_;
  Error* mistake_;
};

// Reads the text with read(RecordedNode); what: "the facts", for the message.
template <class Read>
auto ReadRecorded(std::string_view text, std::string_view what, Read read) -> Result<decltype(read(std::declval<RecordedNode>()))> {
  JsonReader reader;
  const auto root = reader.Read(text, {.max_bytes = kMaxRecordedBytes});
  if (!root) return std::unexpected(root.error().Within(what));
  Error mistake{ErrorCode::kInvalidInput, ""};
  auto value = read(RecordedNode(*root, mistake));
  if (!mistake.message.empty()) return std::unexpected(mistake.Within(what));
  return value;
}

}  // namespace hullwright::evidence
