#include "kube/list_watch.h"

#include <fmt/format.h>

#include <optional>
#include <random>
#include <stop_token>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "base/pause.h"
#include "kube/backoff.h"
#include "kube/list_page.h"
#include "kube/status.h"

namespace hullwright::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Failures in a row, other than "not reachable now", after which a watch is no longer tried from the same version.
constexpr int kMostWatchFailures = 5;
// After two lists that were too old at once, the next waits its turn like any other failure.
constexpr int kMostExpiredAtOnce = 2;

}  // namespace

class ListWatch::Loop {
 public:
  Loop(KubeClient& client, ListWatchOptions options, ObjectSink& sink)
      : client_(client),
        options_(std::move(options)),
        sink_(sink),
        typed_({options_.api_version, options_.list_kind}),
        backoff_(options_.first_backoff, options_.most_backoff, options_.backoff_reset),
        page_size_(options_.page_size),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  ListWatchStatus status() const {
    return status_.With([](const ListWatchStatus& status) { return status; });
  }

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto done = version_.empty() ? List(stop) : Watch(stop);
      status_.With([](ListWatchStatus& status) { status.connected = false; });
      if (!done && !stop.stop_requested()) Recover(done.error(), stop);
    }
  }

  // ── Listing ──

  Result<void> List(const std::stop_token& stop) {
    auto version = ListPages(page_size_, stop);
    // The token of the next page has expired: once more, as a whole, which cannot expire (client-go: tools/pager).
    if (!version && version.error().code == ErrorCode::kExpired) version = ListPages(0, stop);
    if (!version && version.error().code == ErrorCode::kTooLarge && page_size_ > 1) {
      page_size_ /= 2;
      return {};  // the version is still empty: listed again with the smaller page
    }
    if (!version) return std::unexpected(version.error());
    version_ = std::move(*version);
    watch_failures_ = 0;
    status_.With([](ListWatchStatus& status) {
      status.synced = true;
      status.last_error.clear();
      ++status.lists;
    });
    return {};
  }

  // page_size 0: everything in one page. Returns the version of the list.
  Result<std::string> ListPages(int page_size, const std::stop_token& stop) {
    JsonReader reader;  // its buffers are as large as a page: not kept between lists
    std::string version, next;
    sink_.BeginList();
    do {
      auto reply = client_.GetLong(ListPath(page_size, next), options_.max_page_bytes, options_.list_idle, stop);
      if (!reply) return std::unexpected(reply.error());
      auto list = reader.Read(reply->body, StoredObjectLimits(options_.max_page_bytes));
      if (!list) return std::unexpected(list.error().Within(options_.resource_path));
      auto page = ReadListPage(*list);
      if (!page) return std::unexpected(page.error().Within(options_.resource_path));
      if (auto handed = page->items ? HandOn(*page->items) : Result<void>(); !handed) return std::unexpected(handed.error());
      // All pages show the state of the first (API concepts): its version is the one to watch from.
      if (version.empty()) version = page->resource_version;
      next = std::exchange(page->next, "");
    } while (!next.empty());
    sink_.EndList();
    return version;
  }

  std::string ListPath(int page_size, std::string_view next) const {
    const std::string& selector = options_.selector;
    if (page_size == 0) return selector.empty() ? options_.resource_path : options_.resource_path + "?" + selector;
    const std::string first = fmt::format("{}?limit={}{}{}", options_.resource_path, page_size, selector.empty() ? "" : "&", selector);
    return next.empty() ? first : fmt::format("{}&continue={}", first, PercentEncode(next));
  }

  Result<void> HandOn(JsonArray items) {
    for (const JsonElement item : items) {
      auto object = typed_.Complete(item);
      if (!object) return std::unexpected(object.error().Within(options_.resource_path));
      sink_.Upsert(*object);
    }
    return {};
  }

  // ── Watching ──

  Result<void> Watch(const std::stop_token& stop) {
    const auto begun = steady_clock::now();
    int events = 0;
    bool open = false;
    std::optional<Error> failure;
    const auto on_open = [&] {
      open = true;
      status_.With([](ListWatchStatus& status) {
        status.connected = true;
        ++status.watches;
      });
    };
    const auto on_line = [&](std::string_view line) {
      auto handled = HandleLine(line);
      if (!handled) failure = handled.error();
      if (handled && events++ == 0) NoteProgress();
      return handled.has_value();
    };
    const auto ended = client_.Watch(WatchPath(), on_open, on_line, options_.watch_idle, stop);
    if (failure) return std::unexpected(*failure);
    // Silence on an open watch: perhaps nothing happened, perhaps the connection is dead. Another one tells.
    const bool silent = !ended && ended.error().code == ErrorCode::kDeadline && open;
    if (!ended && !silent) return std::unexpected(ended.error());
    if (!silent && events == 0 && steady_clock::now() - begun < options_.short_watch) {
      return Fail(ErrorCode::kUnavailable, fmt::format("{}: the watch was closed at once", options_.resource_path));
    }
    NoteProgress();
    return {};
  }

  void NoteProgress() {
    watch_failures_ = 0;
    expired_in_a_row_ = 0;
    status_.With([](ListWatchStatus& status) { status.last_error.clear(); });
  }

  // The server ends a watch after timeoutSeconds; by chance, so that not all clients come back together (client-go: 5 to 10 minutes).
  std::string WatchPath() {
    const int seconds = std::uniform_int_distribution(300, 600)(random_);
    return fmt::format("{}?watch=1&resourceVersion={}&allowWatchBookmarks=true&timeoutSeconds={}{}{}", options_.resource_path,
                       PercentEncode(version_), seconds, options_.selector.empty() ? "" : "&", options_.selector);
  }

  Result<void> HandleLine(std::string_view line) {
    auto json = event_reader_.Read(line, StoredObjectLimits(line.size()));
    if (!json) return Unreadable(json.error());
    auto event = ReadWatchEvent(*json);
    if (!event) return Unreadable(event.error());
    if (event->type == EventType::kError) return std::unexpected(ErrorInWatch(event->object));
    if (event->type != EventType::kBookmark) {
      auto object = typed_.Complete(event->object);
      if (!object) return Unreadable(object.error());
      event->type == EventType::kDeleted ? sink_.Remove(*object) : sink_.Upsert(*object);
    }
    version_ = std::move(event->resource_version);
    status_.With([](ListWatchStatus& status) { ++status.events; });
    return {};
  }

  // A server that breaks off a watch with an error of its own may do so for ever from that version; one that asks for patience will not.
  Error ErrorInWatch(JsonElement status) const {
    Error error = ErrorOf(status, "watch of " + options_.resource_path);
    if (error.code == ErrorCode::kUnavailable && StatusCode(status) != 429) error.code = ErrorCode::kInternal;
    return error;
  }

  // An event is lost: only a list can tell what it said.
  std::unexpected<Error> Unreadable(const Error& error) {
    version_.clear();
    return std::unexpected(error.Within("watch of " + options_.resource_path));
  }

  // ── When something fails ──

  void Recover(const Error& error, const std::stop_token& stop) {
    const bool expired = error.code == ErrorCode::kExpired;
    if (expired || (error.code != ErrorCode::kUnavailable && ++watch_failures_ >= kMostWatchFailures)) version_.clear();
    status_.With([&](ListWatchStatus& status) {
      status.last_error = Explain(error);
      status.expired += expired ? 1 : 0;
    });
    if (expired && ++expired_in_a_row_ < kMostExpiredAtOnce) {
      log::Info("watch expired, listing again", {{"resource", options_.resource_path}});
      return;
    }
    const auto pause = backoff_.Next(steady_clock::now(), std::uniform_real_distribution(0.0, 1.0)(random_));
    log::Warn("list or watch failed", {{"resource", options_.resource_path}, {"error", Explain(error)}, {"retry_ms", pause.count()}});
    Pause(pause, stop);
  }

  static std::string Explain(const Error& error) {
    if (error.code != ErrorCode::kNotFound) return error.message;
    return error.message + " (is the CustomResourceDefinition installed?)";
  }

  KubeClient& client_;
  const ListWatchOptions options_;
  ObjectSink& sink_;
  Guarded<ListWatchStatus> status_;

  // Of the thread alone.
  TypedObjects typed_;
  JsonReader event_reader_;
  Backoff backoff_;
  int page_size_;
  std::string version_;  // where to watch from; "": a list is due
  int watch_failures_ = 0, expired_in_a_row_ = 0;
  std::mt19937 random_{std::random_device{}()};

  std::jthread thread_;  // last: runs on all of the above
};

ListWatch::ListWatch(KubeClient& client, ListWatchOptions options, ObjectSink& sink)
    : loop_(std::make_unique<Loop>(client, std::move(options), sink)) {}
ListWatch::~ListWatch() = default;

ListWatchStatus ListWatch::status() const {
  return loop_->status();
}

}  // namespace hullwright::kube
