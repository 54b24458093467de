#include "scan/kev.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/text.h"

namespace hullwright::scan {
namespace {

using policy::KnownExploit;
using policy::KnownExploits;

std::unexpected<Error> WrongKev(std::string_view path, std::string_view what) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: {}", path, what));
}

// "" when it is absent or null; an Error when it is something else than text.
Result<std::string_view> TextOf(JsonElement object, std::string_view key) {
  const auto member = Member(object, key);
  if (!member) return std::string_view();
  std::string_view text;
  if (member->get_string().get(text) == simdjson::SUCCESS) return text;
  return WrongKev(key, fmt::format("must be a text, not {}", JsonTypeName(*member)));
}

// "2021-12-24"
Result<std::optional<Time>> DayOf(JsonElement object, std::string_view key) {
  const auto text = TextOf(object, key);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::optional<Time>();
  const auto day = ParseRfc3339(std::string(*text) + "T00:00:00Z");
  if (!day) return WrongKev(key, fmt::format("\"{}\" is no date", Printable(*text, 32)));
  return std::optional(*day);
}

// The catalogue while it is read: its entries stand as they are listed.
struct KevListing {
  std::string version;
  Time date{};
  std::vector<KnownExploit> entries;
};

struct KevEntry {
  KnownExploit exploit;
  std::optional<Time> added;
};

Result<KevEntry> ReadExploit(JsonElement element) {
  if (!element.is_object()) return WrongKev("entry", "must be an object");
  const auto name = TextOf(element, "cveID");
  if (!name) return std::unexpected(name.error());
  const auto cve = policy::ParseCve(*name);
  if (!cve) return WrongKev("cveID", fmt::format("\"{}\" is no CVE", Printable(*name, 64)));
  const auto due = DayOf(element, "dueDate");
  if (!due) return std::unexpected(due.error());
  const auto added = DayOf(element, "dateAdded");
  if (!added) return std::unexpected(added.error());
  const auto ransomware = TextOf(element, "knownRansomwareCampaignUse");
  if (!ransomware) return std::unexpected(ransomware.error());
  KevEntry entry{{*cve, 0, EqualWithoutCase(*ransomware, "Known")}, *added};
  if (*due) entry.exploit.due_day = static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(**due).time_since_epoch().count());
  return entry;
}

Result<KevListing> ReadEntries(JsonArray list, const KevLimits& limits) {
  KevListing known;
  if (list.size() > limits.max_entries)
    return Fail(ErrorCode::kTooLarge, fmt::format("lists more than {} vulnerabilities", limits.max_entries));
  std::size_t index = 0;
  for (const JsonElement element : list) {
    const auto entry = ReadExploit(element);
    if (!entry) return std::unexpected(entry.error().Within(fmt::format("vulnerabilities[{}]", index)));
    known.entries.push_back(entry->exploit);
    if (entry->added) known.date = std::max(known.date, *entry->added);
    ++index;
  }
  return known;
}

Result<void> ReadFrame(JsonElement catalogue, KevListing& known) {
  const auto version = TextOf(catalogue, "catalogVersion");
  if (!version) return std::unexpected(version.error());
  if (version->size() > 128) return WrongKev("catalogVersion", "is longer than 128 bytes");
  known.version = *version;
  const auto released = TextOf(catalogue, "dateReleased");
  if (!released) return std::unexpected(released.error());
  if (!released->empty()) {
    const auto date = ParseRfc3339(*released);
    if (!date) return std::unexpected(date.error().Within("dateReleased"));
    known.date = *date;
  }
  const auto count = Member(catalogue, "count");
  std::int64_t number = 0;
  if (count && (count->get_int64().get(number) != simdjson::SUCCESS || number != static_cast<std::int64_t>(known.entries.size())))
    return WrongKev("count", fmt::format("does not agree with the {} vulnerabilities listed: was the list cut?", known.entries.size()));
  return {};
}

Result<KnownExploits> InOrder(KevListing known) {
  if (known.entries.empty()) return WrongKev("vulnerabilities", "lists none");
  if (known.date == Time{}) return WrongKev("dateReleased", "is missing, and no entry has dateAdded: nothing says how old the list is");
  std::ranges::sort(known.entries, {}, &KnownExploit::cve);
  const auto same = std::ranges::adjacent_find(known.entries, {}, &KnownExploit::cve);
  if (same != known.entries.end()) return WrongKev("vulnerabilities", "lists a CVE twice");
  known.entries.shrink_to_fit();
  return KnownExploits{std::move(known.version), known.date, std::move(known.entries)};
}

}  // namespace

Result<KnownExploits> DecodeKev(std::string_view json, const KevLimits& limits) {
  JsonReader reader;
  const auto root = reader.Read(json, {.max_bytes = limits.max_bytes});
  if (!root) return std::unexpected(root.error());
  const auto list = root->is_array() ? std::optional(*root) : Member(*root, "vulnerabilities");
  if (!list || !list->is_array()) return WrongKev("vulnerabilities", "must be a list");
  auto known = ReadEntries(JsonArray(*list), limits);
  if (!known) return std::unexpected(known.error());
  if (!root->is_array()) {
    if (auto frame = ReadFrame(*root, *known); !frame) return std::unexpected(frame.error());
  }
  return InOrder(std::move(*known));
}

}  // namespace hullwright::scan
