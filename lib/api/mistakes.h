// What is wrong with an object, collected while it is decoded, so that its author sees everything at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hullwright::api {

// Where in the object the decoder is: a chain on the stack that becomes text only when there is a mistake to tell.
class Path {
 public:
  Path() = default;  // the object itself
  Path(const Path& parent, std::string_view member) : parent_(&parent), member_(member) {}
  Path(const Path& parent, std::size_t index) : parent_(&parent), index_(index), kind_(Kind::kIndex) {}

  // The parent must outlive the path.
  Path(const Path&& parent, std::string_view member) = delete;
  Path(const Path&& parent, std::size_t index) = delete;

  // A key of a map, which may hold any character: matchLabels["example.com/team"].
  static Path ForKey(const Path& parent, std::string_view key);

  std::string ToString() const;  // "spec.rules.vulnerabilities.forbid[0].minCVSS"

 private:
  enum class Kind { kMember, kIndex, kKey };

  const Path* parent_ = nullptr;
  std::string_view member_;
  std::size_t index_ = 0;
  Kind kind_ = Kind::kMember;
};

class Mistakes {
 public:
  static constexpr std::size_t kMaxReported = 20;

  // what says what would be right: "must be at most 64 items, not 70".
  void Add(const Path& path, std::string_view what);
  // The field is right, but this version cannot enforce it.
  void AddUnsupported(const Path& path, std::string_view why);

  // Also those beyond the reported ones.
  std::size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  // "spec.rules: …", one each, and "and 7 more" where there are more than are reported.
  std::vector<std::string> Told() const;
  // All of them joined by "; ". kUnsupported when nothing else is wrong with the object.
  Error ToError() const;

 private:
  void Keep(const Path& path, std::string_view what);

  std::vector<std::string> texts_;
  std::size_t count_ = 0;
  std::size_t unsupported_ = 0;
};

// The known word nearest to what was written, "" when none is near enough to be what was meant.
std::string_view Nearest(std::string_view written, const std::vector<std::string_view>& known);

// A value as messages show it: quoted, printable, short.
std::string Quoted(std::string_view text);

// "Audit, Warn, Deny".
std::string Listed(const std::vector<std::string_view>& words);

}  // namespace hullwright::api
