// A cache of one resource that follows the API server: ObjectCache over ListWatch (client-go: tools/cache, SharedIndexInformer; without
// resync, since a lost event leads to a list).
#pragma once

#include <string>
#include <utility>

#include "kube/list_watch.h"
#include "kube/object_cache.h"

namespace hullwright::kube {

struct InformerStatus {
  ListWatchStatus watch;
  ObjectCacheStatus cache;
};

// Thread-safe. Follows from construction to destruction; client outlives it, and so does what on_change uses.
template <class T>
class Informer {
 public:
  Informer(KubeClient& client, ListWatchOptions watch, ObjectCacheOptions<T> cache)
      : cache_(std::move(cache)), list_watch_(client, std::move(watch), cache_) {}

  const ObjectCache<T>& cache() const { return cache_; }
  // An absent key is an absent object, as of the last word from the API server. Stays true through an outage.
  bool synced() const { return cache_.Complete(); }
  InformerStatus status() const { return {list_watch_.status(), cache_.status()}; }

 private:
  ObjectCache<T> cache_;
  ListWatch list_watch_;  // last: fills the cache
};

}  // namespace hullwright::kube
