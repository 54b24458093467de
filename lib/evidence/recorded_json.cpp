#include "evidence/recorded_json.h"

#include <fmt/format.h>

#include "base/rfc3339.h"
#include "base/text.h"

namespace hullwright::evidence {

void RecordedNode::AddMistake(std::string_view where, std::string_view what) const {
  if (mistake_->message.empty()) mistake_->message = fmt::format("{} {}", where, what);
}

std::optional<RecordedNode> RecordedNode::Find(std::string_view key) const {
  const auto member = Member(element_, key);
  if (!member) return std::nullopt;
  return RecordedNode(*member, *mistake_);
}

std::vector<RecordedNode> RecordedNode::Items(std::string_view key) const {
  std::vector<RecordedNode> items;
  const auto member = Member(element_, key);
  if (!member) return items;
  JsonArray array;
  if (member->get(array) != simdjson::SUCCESS) {
    AddMistake(key, "is no list");
    return items;
  }
  for (const JsonElement item : array) items.emplace_back(item, *mistake_);
  return items;
}

std::string RecordedNode::AsText() const {
  std::string_view text;
  if (element_.get(text) != simdjson::SUCCESS) AddMistake("a value", "is no text");
  return std::string(text);
}

std::string RecordedNode::Text(std::string_view key) const {
  const auto member = Find(key);
  if (!member) AddMistake(key, "is missing");
  return member ? member->AsText() : "";
}

std::string RecordedNode::TextOr(std::string_view key) const {
  const auto member = Find(key);
  return member ? member->AsText() : "";
}

Digest RecordedNode::AsDigest() const {
  auto digest = Digest::Parse(AsText());
  if (!digest) AddMistake("a digest", Printable(digest.error().message));
  return digest ? std::move(*digest) : Digest();
}

Digest RecordedNode::DigestAt(std::string_view key) const {
  const auto member = Find(key);
  if (!member) AddMistake(key, "is missing");
  return member ? member->AsDigest() : Digest();
}

std::optional<Digest> RecordedNode::DigestIf(std::string_view key) const {
  return Has(key) ? std::optional(DigestAt(key)) : std::nullopt;
}

Time RecordedNode::TimeAt(std::string_view key) const {
  const auto time = ParseRfc3339(Text(key));
  if (!time) AddMistake(key, "is no time");
  return time.value_or(Time());
}

std::optional<Time> RecordedNode::TimeIf(std::string_view key) const {
  return Has(key) ? std::optional(TimeAt(key)) : std::nullopt;
}

std::optional<bool> RecordedNode::FlagIf(std::string_view key) const {
  const auto member = Member(element_, key);
  bool flag = false;
  if (!member) return std::nullopt;
  if (member->get(flag) != simdjson::SUCCESS) AddMistake(key, "is neither true nor false");
  return flag;
}

bool RecordedNode::Flag(std::string_view key) const {
  const auto flag = FlagIf(key);
  if (!flag) AddMistake(key, "is missing");
  return flag.value_or(false);
}

std::optional<std::int64_t> RecordedNode::NumberIf(std::string_view key) const {
  const auto member = Member(element_, key);
  std::int64_t number = 0;
  if (!member) return std::nullopt;
  if (member->get(number) != simdjson::SUCCESS) AddMistake(key, "is no whole number");
  return number;
}

std::int64_t RecordedNode::Number(std::string_view key) const {
  const auto number = NumberIf(key);
  if (!number) AddMistake(key, "is missing");
  return number.value_or(0);
}

std::vector<std::string> RecordedNode::Texts(std::string_view key) const {
  std::vector<std::string> texts;
  for (const RecordedNode& item : Items(key)) texts.push_back(item.AsText());
  return texts;
}

std::map<std::string, std::string> RecordedNode::TextMap(std::string_view key) const {
  std::map<std::string, std::string> texts;
  const auto member = Member(element_, key);
  if (!member) return texts;
  JsonObject object;
  if (member->get(object) != simdjson::SUCCESS) {
    AddMistake(key, "is no object");
    return texts;
  }
  for (const auto field : object) texts.emplace(field.key, RecordedNode(field.value, *mistake_).AsText());
  return texts;
}

policy::Doubt RecordedNode::AsDoubt() const {
  return {Word("reason", policy::FindReasonWord), Text("message")};
}

}  // namespace hullwright::evidence
