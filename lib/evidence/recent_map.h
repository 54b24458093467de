// A map from texts to values, bounded in entries and bytes: when it is full, what was put first goes first.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/guarded.h"

namespace hullwright::evidence {

// Thread-safe. Values are cheap to copy.
template <class Value>
class RecentMap {
 public:
  struct Bounds {
    std::size_t entries;
    std::size_t bytes;  // of all keys and values, about
  };

  explicit RecentMap(Bounds bounds) : bounds_(bounds) {}

  std::optional<Value> Find(const std::string& key) const {
    return entries_.With([&](const Entries& entries) -> std::optional<Value> {
      const auto found = entries.by_key.find(key);
      if (found == entries.by_key.end()) return std::nullopt;
      return found->second->value;
    });
  }

  // bytes: what the value holds outside itself. One that alone has more than all may have is not kept, so that it drives out no others;
  // what was there of its key goes all the same.
  void Put(const std::string& key, Value value, std::size_t bytes) {
    List added, gone;  // made and destroyed without the lock: both may take long
    added.push_back({key, std::move(value), kEntryBytes + key.size() + bytes});
    entries_.With([&](Entries& entries) {
      Remove(entries, key, gone);
      if (added.front().bytes > bounds_.bytes) return;
      entries.by_key.emplace(added.front().key, added.begin());
      entries.bytes += added.front().bytes;
      entries.in_order.splice(entries.in_order.end(), added);
      while (entries.in_order.size() > bounds_.entries || entries.bytes > bounds_.bytes)
        Remove(entries, entries.in_order.front().key, gone);
    });
  }

  std::size_t size() const {
    return entries_.With([](const Entries& entries) { return entries.in_order.size(); });
  }
  std::size_t bytes() const {
    return entries_.With([](const Entries& entries) { return entries.bytes; });
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t bytes;
  };
  using List = std::list<Entry>;
  struct Entries {
    List in_order;  // as put
    std::unordered_map<std::string_view, typename List::iterator> by_key;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kEntryBytes = sizeof(Entry) + 96;  // with its nodes in the list and the index, about

  static void Remove(Entries& entries, const std::string& key, List& gone) {
    const auto found = entries.by_key.find(key);
    if (found == entries.by_key.end()) return;
    const auto entry = found->second;
    entries.by_key.erase(found);
    entries.bytes -= entry->bytes;
    gone.splice(gone.end(), entries.in_order, entry);
  }

  const Bounds bounds_;
  Guarded<Entries> entries_;
};

}  // namespace hullwright::evidence
