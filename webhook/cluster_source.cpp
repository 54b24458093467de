#include "webhook/cluster_source.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/object.h"
#include "base/log.h"
#include "base/text.h"
#include "webhook/namespace_name.h"

namespace hullwright::webhook {
namespace {

constexpr std::string_view kOrigin = "cluster";
constexpr int kMaxFetchesPerSecond = 20;
constexpr std::size_t kLongList = 1000;
constexpr std::chrono::seconds kMaxFetchTime{2};

// What an object calls itself, even when it is not what we understand: a policy that cannot be read must still be seen.
api::ObjectKey KeyOf(JsonElement object, const std::string& kind) {
  if (auto key = api::ReadKey(object); key && key->kind == kind) return std::move(*key);
  const auto metadata = Member(object, "metadata");
  if (!metadata) return {kind, "", ""};
  return {kind, std::string(TextMember(*metadata, "namespace")), std::string(TextMember(*metadata, "name"))};
}

void Put(evidence::Catalogue& catalogue, const api::ObjectKey& key, JsonElement element) {
  auto object = api::DecodeObject(element);
  std::optional<api::PolicyMatch> match;
  if (!object && api::IsPolicyKind(key.kind)) {
    if (auto decoded = api::DecodePolicyMatch(element)) match = std::move(*decoded);
  }
  catalogue.Put(key, kOrigin, std::move(object), std::move(match));
}

}  // namespace

// Objects of one kind. All calls come from one thread.
class ClusterSource::Sink final : public kube::ObjectSink {
 public:
  Sink(std::string kind, evidence::Catalogue& catalogue) : kind_(std::move(kind)), catalogue_(catalogue) {}

  void BeginList() override { listed_.emplace(); }

  void Upsert(JsonElement object) override {
    api::ObjectKey key = KeyOf(object, kind_);
    Put(catalogue_, key, object);
    if (listed_) {
      listed_->insert(std::move(key));  // published as a whole, by EndList
      return;
    }
    known_.insert(std::move(key));
    catalogue_.Publish();
  }

  void EndList() override {
    for (const api::ObjectKey& key : known_) {
      if (!listed_->contains(key)) catalogue_.Remove(key);
    }
    known_ = std::move(*listed_);
    listed_.reset();
    catalogue_.Publish();
    // What decoding a long list took is given back.
    if (known_.size() >= kLongList) ::malloc_trim(0);
  }

  void Remove(JsonElement last_state) override {
    const api::ObjectKey key = KeyOf(last_state, kind_);
    known_.erase(key);
    catalogue_.Remove(key);
    catalogue_.Publish();
  }

 private:
  const std::string kind_;
  evidence::Catalogue& catalogue_;
  std::set<api::ObjectKey> known_;
  std::optional<std::set<api::ObjectKey>> listed_;  // while a list is under way
};

// Heap-allocated: the list-watch refers to the sink from its own thread.
struct ClusterSource::Followed {
  Followed(std::string name, std::string kind, kube::ListWatchOptions options, kube::KubeClient& client, evidence::Catalogue& catalogue)
      : resource(std::move(name)), sink(std::move(kind), catalogue), watch(client, std::move(options), sink) {}

  const std::string resource;
  Sink sink;
  kube::ListWatch watch;
};

ClusterSource::ClusterSource(kube::KubeClient& client, evidence::Catalogue& catalogue) : client_(client), catalogue_(catalogue) {
  const auto follow = [&](const std::string& resource, const std::string& kind, const std::string& api_version, const std::string& path) {
    kube::ListWatchOptions options;
    options.resource_path = path + resource;
    options.list_kind = kind;
    options.api_version = api_version;
    followed_.push_back(std::make_unique<Followed>(resource, kind, std::move(options), client_, catalogue_));
  };
  follow("namespaces", "Namespace", "v1", "/api/v1/");
  const std::string group_version(api::kApiVersion);
  for (const api::KindInfo& kind : api::Kinds()) follow(kind.plural, kind.kind, group_version, "/apis/" + group_version + "/");
}

ClusterSource::~ClusterSource() = default;

std::optional<std::string> ClusterSource::Missing() const {
  if (all_synced_.load(std::memory_order_acquire)) return std::nullopt;  // every request asks
  std::string missing;
  for (const auto& followed : followed_) {
    const kube::ListWatchStatus status = followed->watch.status();
    if (status.synced) continue;
    missing += fmt::format("{}{} not listed yet{}{}", missing.empty() ? "" : "; ", followed->resource,
                           status.last_error.empty() ? "" : ": ", Printable(status.last_error, 256));
  }
  if (!missing.empty()) return missing;
  all_synced_.store(true, std::memory_order_release);
  return std::nullopt;
}

std::vector<WatchState> ClusterSource::States() const {
  std::vector<WatchState> states;
  for (const auto& followed : followed_) {
    const kube::ListWatchStatus status = followed->watch.status();
    states.push_back({followed->resource, status.synced, status.connected, status.lists, status.events, status.expired});
  }
  return states;
}

void ClusterSource::FetchNamespace(std::string_view name, Deadline deadline) {
  if (!IsNamespaceName(name) || !MayFetch()) return;
  const auto reply =
      client_.Get(fmt::format("/api/v1/namespaces/{}", name), std::min(deadline, std::chrono::steady_clock::now() + kMaxFetchTime));
  if (!reply) {
    log::Debug("namespace not found", {{"namespace", name}, {"error", reply.error().message}});
    return;
  }
  JsonReader reader;
  const auto object = reader.Read(reply->body);
  if (!object) return;
  const auto key = api::ReadKey(*object);
  if (!key || key->kind != "Namespace" || key->name != name) return;
  Put(catalogue_, *key, *object);
  catalogue_.Publish();
}

bool ClusterSource::MayFetch() {
  return fetch_budget_.With([](FetchBudget& budget) {
    const auto now = std::chrono::steady_clock::now();
    if (now - budget.second_begins >= std::chrono::seconds(1)) budget = {now, kMaxFetchesPerSecond};
    return budget.left-- > 0;
  });
}

}  // namespace hullwright::webhook
