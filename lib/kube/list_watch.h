// A list-watch over one resource: keeps a sink true to the API server (client-go's reflector, tools/cache/reflector.go).
//
//   LIST (in pages) ─► BeginList, Upsert …, EndList ─► WATCH ─► Upsert / Remove …
//     ▲                                                 │ closed: WATCH again from the last resourceVersion · 429 or no connection:
//     └──────────────────────────────────── 410 Gone ───┘ back off, same version
//
// The sink keeps what it has until the new list is complete. Pages are handed on one by one, so that a list of ten thousand scans is never in
// memory as a whole.
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
  virtual void EndList() = 0;    // what was not upserted since the last BeginList is gone
  virtual void Remove(JsonElement last_state) = 0;
};

struct ListWatchOptions {
  std::string resource_path;                 // "/apis/hullwright.dev/v1alpha1/imagescans"
  std::string list_kind;                     // kind of the items, set on list items, which the API server sends without: "ImageScan"
  std::string api_version;                   // likewise: "hullwright.dev/v1alpha1"
  std::chrono::milliseconds first_backoff{800}, most_backoff{30'000};    // doubled, jittered (client-go's values)
  int page_size = 500;
};

struct ListWatchStatus {
  bool synced = false;                       // the first list has reached the sink; never false again
  bool connected = false;                    // a watch is established now
  std::string last_error;
  std::uint64_t lists = 0, watches = 0, events = 0, expired = 0;
};

// Runs on its own thread from construction to destruction. status() is thread-safe.
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
