// A list-watch over one resource: keeps a sink true to the API server (client-go's reflector, tools/cache/reflector.go).
//
//   LIST (in pages) ─► BeginList, Upsert …, EndList ─► WATCH ─► Upsert / Remove …
//     ▲                                                 │ closed: WATCH again from the last resourceVersion
//     │                                                 │ 429, 5xx or no connection: back off, then WATCH from the same one
//     └───── 410 Gone, or an event nobody can read ─────┘
//
// The sink keeps what it has until the new list is complete. Pages are handed on one by one, so that a list of ten thousand scans is never
// in memory as a whole.
//
// Unlike client-go's, every list asks for the newest state (no resourceVersion, in pages) instead of what a server's cache holds
// (resourceVersion=0, which ignores the page size): a gate must not begin with policies of yesterday because the API server it met lags,
// and its lists must not be in memory as a whole. Few replicas list few kinds, and since Kubernetes 1.34 the cache serves such lists too.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "kube/client.h"

namespace hullwright::kube {

// Receives the objects; all calls come from the list-watch's own thread, one at a time.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // A list begins: until EndList, Upsert is called for everything there is. A list that fails half-way is begun again without an EndList.
  virtual void BeginList() = 0;
  virtual void Upsert(JsonElement object) = 0;
  virtual void EndList() = 0;  // what was not upserted since the last BeginList is gone
  virtual void Remove(JsonElement last_state) = 0;
};

struct ListWatchOptions {
  std::string resource_path;  // "/apis/hullwright.dev/v1alpha1/imagescans"
  std::string list_kind;      // kind of the items, set on list items, which the API server sends without: "ImageScan"
  std::string api_version;    // likewise: "hullwright.dev/v1alpha1"
  // Which objects, in the words of the API, percent-encoded: "fieldSelector=metadata.name%3Dhullwright"; "": all.
  std::string selector = {};
  // Doubled up to the most, then up to as much again by chance, at most the most; from the first again when none was needed for
  // backoff_reset (client-go's values).
  std::chrono::milliseconds first_backoff{800}, most_backoff{30'000}, backoff_reset{120'000};
  int page_size = 500;  // halved when a page has more than max_page_bytes
  std::size_t max_page_bytes = 64u << 20;
  std::chrono::milliseconds list_idle{30'000};    // silence after which a list has failed
  std::chrono::milliseconds watch_idle{180'000};  // silence after which a watch is begun again; a bookmark comes about every minute
  std::chrono::milliseconds short_watch{1'000};   // a watch that ends sooner, without an event, has failed
};

struct ListWatchStatus {
  bool synced = false;     // the first list has reached the sink; never false again
  bool connected = false;  // a watch is established now
  std::string last_error;  // of the last failure; "" when a list or watch has succeeded since
  std::uint64_t lists = 0, watches = 0, events = 0, expired = 0;
};

// Runs on its own thread from construction to destruction, which ends it at once, also in the middle of a list. status() is thread-safe.
class ListWatch {
 public:
  ListWatch(KubeClient& client, ListWatchOptions options, ObjectSink& sink);
  ~ListWatch();

  ListWatchStatus status() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace hullwright::kube
