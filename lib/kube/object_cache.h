// The objects of one resource as values, by key and by index: what a list-watch tells (ObjectSink), decoded once.
//
//   ListWatch ─► ObjectCache<T> ─► on_change(key …)  ─► WorkQueue
//                     │
//                     └─► Get, List, ByIndex: snapshots, for any thread
//
// An object that does not decode is a problem, told by Problem(key) and status(); its last good version stays (docs/decisions/0008). An
// object that finds no room is one as well, and then Complete() is false: what is not here may still be there.
#pragma once

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
  struct Entry {
    Object object;  // null: never decoded
    std::string resource_version, problem;
    std::vector<std::pair<std::string, std::string>> index_values;  // (index, value)
  };
  struct State {
    std::map<std::string, Entry> entries;
    std::map<std::pair<std::string, std::string>, std::set<std::string>> by_index;  // (index, value) → keys
    std::set<std::string> listed;                                                   // keys seen since BeginList
    bool listing = false, listed_once = false, overflowed = false, overflowed_in_list = false;
    std::uint64_t nameless = 0;
  };

  const ObjectCacheOptions<T> options_;
  Guarded<State> state_;
};

}  // namespace hullwright::kube
