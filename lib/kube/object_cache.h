// The objects of one resource as values, by key and by index: what a list-watch tells (ObjectSink), decoded once.
//
//   ListWatch ─► ObjectCache<T> ─► on_change(key …)  ─► WorkQueue
//                     │
//                     └─► Get, List, ByIndex: snapshots, for any thread
//
// An object that does not decode is a problem, told by Problem(key) and status(); its last good version stays (docs/decisions/0008). An
// object that finds no room is one as well, and then Complete() is false: what is not here may still be there.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/guarded.h"
#include "base/json.h"
#include "base/text.h"
#include "kube/list_watch.h"

namespace hullwright::kube {

// "namespace/name", or "name" of a cluster-scoped object. kInvalidInput for an object without a name.
Result<std::string> ObjectKeyOf(JsonElement object);
std::string ObjectKeyOf(std::string_view namespace_, std::string_view name);
// "" and the name when there is no slash.
std::pair<std::string, std::string> SplitObjectKey(std::string_view key);

// What has happened to one object. Both versions are null when an object that never decoded came or went.
template <class T>
struct ObjectChange {
  std::string key;
  std::shared_ptr<const T> before, after;
  std::string problem;  // why after is not what the API server holds; "" when it is
};

template <class T>
struct ObjectCacheOptions {
  // Called once for each version of an object; the element lives for the call alone.
  std::function<Result<T>(JsonElement object)> decode;
  // By the index's name: the values under which an object is found.
  std::map<std::string, std::function<std::vector<std::string>(const T&)>> indexes = {};
  // Called after each change, on the list-watch's thread and outside the lock: quick, such as WorkQueue::Add. Versions that are the same
  // (metadata.resourceVersion), as after a second list, are no change.
  std::function<void(const ObjectChange<T>&)> on_change = {};
  std::size_t max_objects = 100'000;
};

struct ObjectCacheStatus {
  std::size_t objects = 0;                                          // that have a good version
  std::size_t problems = 0;                                         // objects that do not decode
  std::vector<std::pair<std::string, std::string>> first_problems;  // key and why, at most 10
  std::uint64_t nameless = 0;                                       // told of without a usable name; never happens with a real API server
  bool complete = false;
};

// Thread-safe.
template <class T>
class ObjectCache final : public ObjectSink {
 public:
  using Object = std::shared_ptr<const T>;

  explicit ObjectCache(ObjectCacheOptions<T> options) : options_(std::move(options)) {}

  // The last good version; null when there is none.
  Object Get(const std::string& key) const;
  std::vector<Object> List() const;  // by key
  std::vector<std::string> Keys() const;
  // Those whose index function named the value, by key. An index that was not declared is a bug (assert).
  std::vector<Object> ByIndex(const std::string& index, const std::string& value) const;
  std::vector<std::string> KeysByIndex(const std::string& index, const std::string& value) const;

  // Why the object's newest version is not what Get answers.
  std::optional<std::string> Problem(const std::string& key) const;
  // The first list has arrived, and nothing was left out for want of room: an absent key is an absent object.
  bool Complete() const;
  ObjectCacheStatus status() const;

  void BeginList() override;
  void Upsert(JsonElement object) override;
  void EndList() override;
  void Remove(JsonElement last_state) override;

 private:
  using IndexValue = std::pair<std::string, std::string>;  // index, value

  struct Entry {
    Object object;  // null: never decoded
    std::string resource_version, problem;
    std::vector<IndexValue> index_values;
  };
  struct State {
    std::map<std::string, Entry> entries;
    std::map<IndexValue, std::set<std::string>> by_index;  // → keys
    std::set<std::string> listed;                          // keys since BeginList
    bool listing = false, listed_once = false;
    bool overflowed = false, overflowed_in_list = false;
    std::uint64_t nameless = 0;
  };
  using Changes = std::vector<ObjectChange<T>>;

  std::vector<IndexValue> IndexValues(const T& object) const;
  void Store(State& state, const std::string& key, const std::string& version, Result<T>&& decoded, Changes& changes);
  static void Index(State& state, const std::string& key, Entry& entry, std::vector<IndexValue> values);
  static void Erase(State& state, typename std::map<std::string, Entry>::iterator entry, Changes& changes);
  void Tell(const Changes& changes) const;

  const ObjectCacheOptions<T> options_;
  Guarded<State> state_;
};

// metadata.resourceVersion; "" when there is none.
std::string ResourceVersionOf(JsonElement object);

template <class T>
std::shared_ptr<const T> ObjectCache<T>::Get(const std::string& key) const {
  return state_.With([&](const State& state) -> Object {
    const auto found = state.entries.find(key);
    return found == state.entries.end() ? nullptr : found->second.object;
  });
}

template <class T>
std::vector<std::shared_ptr<const T>> ObjectCache<T>::List() const {
  return state_.With([](const State& state) {
    std::vector<Object> objects;
    objects.reserve(state.entries.size());
    for (const auto& [key, entry] : state.entries) {
      if (entry.object) objects.push_back(entry.object);
    }
    return objects;
  });
}

template <class T>
std::vector<std::string> ObjectCache<T>::Keys() const {
  return state_.With([](const State& state) {
    std::vector<std::string> keys;
    keys.reserve(state.entries.size());
    for (const auto& [key, entry] : state.entries) keys.push_back(key);
    return keys;
  });
}

template <class T>
std::vector<std::shared_ptr<const T>> ObjectCache<T>::ByIndex(const std::string& index, const std::string& value) const {
  assert(options_.indexes.contains(index));
  return state_.With([&](const State& state) {
    std::vector<Object> objects;
    const auto found = state.by_index.find({index, value});
    if (found == state.by_index.end()) return objects;
    for (const std::string& key : found->second) objects.push_back(state.entries.at(key).object);
    return objects;
  });
}

template <class T>
std::vector<std::string> ObjectCache<T>::KeysByIndex(const std::string& index, const std::string& value) const {
  assert(options_.indexes.contains(index));
  return state_.With([&](const State& state) {
    const auto found = state.by_index.find({index, value});
    if (found == state.by_index.end()) return std::vector<std::string>();
    return std::vector<std::string>(found->second.begin(), found->second.end());
  });
}

template <class T>
std::optional<std::string> ObjectCache<T>::Problem(const std::string& key) const {
  return state_.With([&](const State& state) -> std::optional<std::string> {
    const auto found = state.entries.find(key);
    if (found == state.entries.end() || found->second.problem.empty()) return std::nullopt;
    return found->second.problem;
  });
}

template <class T>
bool ObjectCache<T>::Complete() const {
  return state_.With([](const State& state) { return state.listed_once && !state.overflowed; });
}

template <class T>
ObjectCacheStatus ObjectCache<T>::status() const {
  constexpr std::size_t kFirstProblems = 10;
  return state_.With([](const State& state) {
    ObjectCacheStatus status;
    for (const auto& [key, entry] : state.entries) {
      status.objects += entry.object ? 1 : 0;
      if (entry.problem.empty()) continue;
      if (++status.problems <= kFirstProblems) status.first_problems.emplace_back(key, entry.problem);
    }
    status.nameless = state.nameless;
    status.complete = state.listed_once && !state.overflowed;
    return status;
  });
}

template <class T>
void ObjectCache<T>::BeginList() {
  state_.With([](State& state) {
    state.listed.clear();
    state.listing = true;
    state.overflowed_in_list = false;
  });
}

template <class T>
void ObjectCache<T>::Upsert(JsonElement object) {
  const auto key = ObjectKeyOf(object);
  if (!key) return state_.With([](State& state) { ++state.nameless; });
  const std::string version = ResourceVersionOf(object);
  const bool known = state_.With([&](State& state) {
    if (state.listing) state.listed.insert(*key);
    const auto found = state.entries.find(*key);
    return found != state.entries.end() && !version.empty() && found->second.resource_version == version;
  });
  if (known) return;
  auto decoded = options_.decode(object);  // outside the lock: it may be long
  Changes changes;
  state_.With([&](State& state) { Store(state, *key, version, std::move(decoded), changes); });
  Tell(changes);
}

template <class T>
void ObjectCache<T>::EndList() {
  Changes changes;
  state_.With([&](State& state) {
    for (auto entry = state.entries.begin(); entry != state.entries.end();) {
      const auto here = entry++;
      if (!state.listed.contains(here->first)) Erase(state, here, changes);
    }
    state.listed.clear();
    state.listing = false;
    state.listed_once = true;
    state.overflowed = state.overflowed_in_list;
  });
  Tell(changes);
}

template <class T>
void ObjectCache<T>::Remove(JsonElement last_state) {
  const auto key = ObjectKeyOf(last_state);
  if (!key) return state_.With([](State& state) { ++state.nameless; });
  Changes changes;
  state_.With([&](State& state) {
    if (const auto found = state.entries.find(*key); found != state.entries.end()) Erase(state, found, changes);
  });
  Tell(changes);
}

template <class T>
void ObjectCache<T>::Store(State& state, const std::string& key, const std::string& version, Result<T>&& decoded, Changes& changes) {
  auto found = state.entries.find(key);
  if (found == state.entries.end()) {
    if (state.entries.size() >= options_.max_objects) {
      state.overflowed = state.overflowed_in_list = true;
      return;
    }
    found = state.entries.emplace(key, Entry{}).first;
  }
  Entry& entry = found->second;
  const Object before = entry.object;
  entry.resource_version = version;
  entry.problem = decoded ? "" : Printable(decoded.error().message, 512);
  if (decoded) {
    entry.object = std::make_shared<const T>(std::move(*decoded));
    Index(state, key, entry, IndexValues(*entry.object));
  }
  changes.push_back({key, before, entry.object, entry.problem});
}

template <class T>
auto ObjectCache<T>::IndexValues(const T& object) const -> std::vector<IndexValue> {
  std::vector<IndexValue> values;
  for (const auto& [index, values_of] : options_.indexes) {
    for (std::string& value : values_of(object)) values.emplace_back(index, std::move(value));
  }
  return values;
}

template <class T>
void ObjectCache<T>::Index(State& state, const std::string& key, Entry& entry, std::vector<IndexValue> values) {
  for (const IndexValue& value : entry.index_values) {
    const auto found = state.by_index.find(value);
    if (found == state.by_index.end()) continue;  // the function named it twice
    found->second.erase(key);
    if (found->second.empty()) state.by_index.erase(found);
  }
  for (const IndexValue& value : values) state.by_index[value].insert(key);
  entry.index_values = std::move(values);
}

template <class T>
void ObjectCache<T>::Erase(State& state, typename std::map<std::string, Entry>::iterator entry, Changes& changes) {
  Index(state, entry->first, entry->second, {});
  changes.push_back({entry->first, std::move(entry->second.object), nullptr, ""});
  state.entries.erase(entry);
}

template <class T>
void ObjectCache<T>::Tell(const Changes& changes) const {
  if (!options_.on_change) return;
  for (const ObjectChange<T>& change : changes) options_.on_change(change);
}

}  // namespace hullwright::kube
