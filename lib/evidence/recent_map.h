// A bounded map from texts to values: when it is full, what was put first goes first.
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
  explicit RecentMap(std::size_t max_entries) : max_entries_(max_entries) {}

  std::optional<Value> Find(const std::string& key) const {
    return entries_.With([&](const Entries& entries) -> std::optional<Value> {
      const auto found = entries.by_key.find(key);
      if (found == entries.by_key.end()) return std::nullopt;
      return found->second->second;
    });
  }

  void Put(const std::string& key, Value value) {
    entries_.With([&](Entries& entries) {
      Remove(entries, key);
      entries.in_order.emplace_back(key, std::move(value));
      const auto last = std::prev(entries.in_order.end());
      entries.by_key.emplace(last->first, last);
      if (entries.in_order.size() > max_entries_) Remove(entries, std::string(entries.in_order.front().first));
    });
  }

  void Erase(const std::string& key) {
    entries_.With([&](Entries& entries) { Remove(entries, key); });
  }

  std::size_t size() const {
    return entries_.With([](const Entries& entries) { return entries.in_order.size(); });
  }

 private:
  using List = std::list<std::pair<std::string, Value>>;
  struct Entries {
    List in_order;  // as put
    std::unordered_map<std::string_view, typename List::iterator> by_key;
  };

  static void Remove(Entries& entries, const std::string& key) {
    const auto found = entries.by_key.find(key);
    if (found == entries.by_key.end()) return;
    const auto entry = found->second;
    entries.by_key.erase(found);
    entries.in_order.erase(entry);
  }

  const std::size_t max_entries_;
  Guarded<Entries> entries_;
};

}  // namespace hullwright::evidence
