// Reading a scanner's report: lenient where the formats are (absent, null, "" and the zero time all mean "not known"), strict about types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/mistakes.h"
#include "base/clock.h"
#include "base/json.h"

namespace hullwright::scan {

// Longest values that are kept, in bytes: the bounds of the ImageScan's fields (api/image_scan.cpp), so that what was decoded also fits
// there.
inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxPackageBytes = 1024;
inline constexpr std::size_t kMaxVersionBytes = 256;
inline constexpr std::size_t kMaxFixedInBytes = 1024;
inline constexpr std::size_t kMaxOsBytes = 64;
inline constexpr std::size_t kMaxTextBytes = 253;  // every other text

// An object of the report, or its absence; it knows its path, so a mistake can be told with its place. Lives on the stack, inside its
// parent's life. After a mistake reading goes on with "not known"; the caller looks at the mistakes once, at the end.
class ReportNode {
 public:
  ReportNode(JsonElement root, api::Mistakes& mistakes);

  bool present() const { return object_.has_value(); }
  const api::Path& path() const { return path_; }

  // The member object; absent when there is none or it is null.
  ReportNode Object(std::string_view key) const&;
  ReportNode Object(std::string_view key) && = delete;  // the child keeps a pointer to its parent

  bool Has(std::string_view key) const;  // a member other than null
  bool HasNumber(std::string_view key) const;
  bool HasText(std::string_view key) const;
  bool HasList(std::string_view key) const;
  bool IsSwitchedOn(std::string_view key) const;  // a setting of any type other than null, false and ""

  // "" for not known. A text that is too long or holds a control character is a mistake: cutting it would make it another name.
  std::string_view Text(std::string_view key, std::size_t max_bytes) const;
  // The same for a text that only people read: cut instead of refused.
  std::string DisplayText(std::string_view key, std::size_t max_bytes) const;
  std::optional<bool> Flag(std::string_view key) const;
  std::optional<std::int64_t> Integer(std::string_view key) const;
  std::optional<double> Number(std::string_view key) const;
  std::optional<Time> Timestamp(std::string_view key) const;
  std::vector<std::string_view> Texts(std::string_view key, std::size_t max_bytes) const;
  // Prose as it stands, line breaks and all, to look for a word in: what is cut out of it has been checked by nobody.
  std::string_view Prose(std::string_view key) const;
  std::vector<std::string_view> ProseList(std::string_view key) const;

  std::size_t Count(std::string_view key) const;  // items of a list; 0 when absent

  // Calls use(ReportNode) for every object in the list, or (ForEachMember) use(key, ReportNode) for every member of the object.
  template <class Use>
  void ForEach(std::string_view key, Use use) const;
  template <class Use>
  void ForEachMember(Use use) const;
  // For an object of lists: use(key, ReportNode) for every object in the list of every member, or use(key, text) for every text there.
  template <class Use>
  void ForEachInMembers(Use use) const;
  template <class Use>
  void ForEachTextInMembers(std::size_t max_bytes, Use use) const;
  // For a document that is a list: use(ReportNode) for every object in it.
  template <class Use>
  static void ForEachIn(JsonArray document, api::Mistakes& mistakes, Use use);

  void Mistake(std::string_view key, std::string_view what) const;

 private:
  ReportNode(api::Path path, std::optional<JsonElement> element, api::Mistakes& mistakes);

  std::optional<JsonElement> Find(std::string_view key) const;
  std::optional<JsonArray> List(std::string_view key) const;
  std::optional<JsonArray> ListAt(const api::Path& path, JsonElement element) const;
  // use(path, element) for every item of the list.
  template <class Use>
  void ForEachItem(std::string_view key, Use use) const;
  void WrongType(const api::Path& path, std::string_view wanted, JsonElement found) const;
  std::string_view CheckedText(const api::Path& path, JsonElement element, std::size_t max_bytes) const;

  api::Path path_;
  std::optional<JsonObject> object_;
  api::Mistakes* mistakes_;
};

template <class Use>
void ReportNode::ForEachItem(std::string_view key, Use use) const {
  const auto list = List(key);
  if (!list) return;
  const api::Path list_path(path_, key);
  std::size_t index = 0;
  for (const JsonElement item : *list) use(api::Path(list_path, index++), item);
}

template <class Use>
void ReportNode::ForEach(std::string_view key, Use use) const {
  ForEachItem(key, [&](const api::Path& path, JsonElement item) { use(ReportNode(path, item, *mistakes_)); });
}

template <class Use>
void ReportNode::ForEachMember(Use use) const {
  if (!object_) return;
  for (const auto member : *object_) {
    if (!member.value.is_null()) use(std::string_view(member.key), ReportNode(api::Path(path_, member.key), member.value, *mistakes_));
  }
}

template <class Use>
void ReportNode::ForEachInMembers(Use use) const {
  if (!object_) return;
  for (const auto member : *object_) {
    const api::Path list_path(path_, member.key);
    const auto list = ListAt(list_path, member.value);
    std::size_t index = 0;
    if (!list) continue;
    for (const JsonElement item : *list) {
      use(std::string_view(member.key), ReportNode(api::Path(list_path, index++), item, *mistakes_));
    }
  }
}

template <class Use>
void ReportNode::ForEachTextInMembers(std::size_t max_bytes, Use use) const {
  if (!object_) return;
  for (const auto member : *object_) {
    const api::Path list_path(path_, member.key);
    const auto list = ListAt(list_path, member.value);
    std::size_t index = 0;
    if (!list) continue;
    for (const JsonElement item : *list) {
      use(std::string_view(member.key), CheckedText(api::Path(list_path, index++), item, max_bytes));
    }
  }
}

template <class Use>
void ReportNode::ForEachIn(JsonArray document, api::Mistakes& mistakes, Use use) {
  const api::Path root;
  std::size_t index = 0;
  for (const JsonElement item : document) use(ReportNode(api::Path(root, index++), item, mistakes));
}

}  // namespace hullwright::scan
