#include "operator/status_controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "api/object.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "kube/apply.h"
#include "kube/condition.h"
#include "kube/informer.h"
#include "operator/cluster_object.h"
#include "operator/names.h"
#include "operator/object_status.h"

namespace hullwright::controller {
namespace {

using std::chrono::milliseconds;
using OwnInformer = kube::Informer<OwnObject>;

// An end that is far is looked at again now and then: the clock may be set meanwhile.
constexpr milliseconds kMostWait = std::chrono::hours(1);
constexpr const char* kRefersTo = "refers-to";
// A key of the queue is "KIND|namespace/name", or "?KIND|…" for all that refer to that object.
constexpr char kDependents = '?';

std::string QueueKey(const std::string& kind, const std::string& cache_key) {
  return kind + "|" + cache_key;
}

const api::KindInfo* FindKind(const std::string& kind) {
  const auto found = std::ranges::find(api::Kinds(), kind, &api::KindInfo::kind);
  return found == api::Kinds().end() ? nullptr : &*found;
}

// Clients write what ImageScans hold; their conditions come with it.
bool HasOwnStatus(const api::KindInfo& info) {
  return info.kind != "ImageScan";
}

std::string ObjectPath(const api::KindInfo& info, const api::ObjectKey& key) {
  const std::string scope = info.namespaced ? fmt::format("/namespaces/{}", key.namespace_) : "";
  return fmt::format("/apis/{}{}/{}/{}", std::string(api::kApiVersion), scope, info.plural, key.name);
}

}  // namespace

class StatusController::Parts {
 public:
  Parts(kube::KubeClient& client, kube::KubeClient& writer, const Clock& clock) : writer_(writer), clock_(clock), queue_(Options()) {
    for (const api::KindInfo& info : api::Kinds()) {
      if (HasOwnStatus(info)) informers_.emplace(info.kind, Follow(client, info));
    }
  }

  void Lead() {
    for (const auto& [kind, informer] : informers_) {
      for (const std::string& key : informer->cache().Keys()) queue_.Add(QueueKey(kind, key));
    }
    auto workers = std::make_unique<kube::Workers>("status", queue_,
                                                   [this](const std::string& key, const std::stop_token&) { return Reconcile(key); });
    workers_.With([&](auto& held) { held = std::move(workers); });
  }

  void Stop() {
    workers_.With([](auto& held) { return std::move(held); }).reset();
  }

  std::optional<std::string> Missing() const {
    std::string missing;
    for (const auto& [kind, informer] : informers_) {
      if (informer->status().watch.synced) continue;
      const std::string error = informer->status().watch.last_error;
      missing +=
          fmt::format("{}{} not listed yet{}{}", missing.empty() ? "" : "; ", kind, error.empty() ? "" : ": ", Printable(error, 256));
    }
    if (missing.empty()) return std::nullopt;
    return missing;
  }

  kube::WorkQueueStatus queue() const { return queue_.status(); }
  std::uint64_t writes() const { return writes_; }

 private:
  static kube::WorkQueueOptions Options() {
    kube::WorkQueueOptions options;
    options.first_retry = std::chrono::milliseconds(200);
    options.most_retry = std::chrono::minutes(1);
    return options;
  }

  std::unique_ptr<OwnInformer> Follow(kube::KubeClient& client, const api::KindInfo& info) {
    kube::ListWatchOptions watch;
    watch.resource_path = fmt::format("/apis/{}/{}", std::string(api::kApiVersion), info.plural);
    watch.list_kind = info.kind;
    watch.api_version = std::string(api::kApiVersion);
    kube::ObjectCacheOptions<OwnObject> cache;
    cache.decode = ReadOwnObject;
    cache.indexes[kRefersTo] = [](const OwnObject& object) {
      std::vector<std::string> keys;
      keys.reserve(object.refers_to.size());
      for (const api::ObjectKey& key : object.refers_to) keys.push_back(key.ToString());
      return keys;
    };
    cache.on_change = [this, kind = info.kind](const kube::ObjectChange<OwnObject>& change) {
      queue_.Add(QueueKey(kind, change.key));
      if ((change.before == nullptr) != (change.after == nullptr)) queue_.Add(kDependents + QueueKey(kind, change.key));
    };
    return std::make_unique<OwnInformer>(client, std::move(watch), std::move(cache));
  }

  Result<kube::Reconciled> Reconcile(const std::string& queue_key) {
    const bool dependents = queue_key.starts_with(kDependents);
    const std::string key = queue_key.substr(dependents ? 1 : 0);
    const auto bar = key.find('|');
    const std::string kind = key.substr(0, bar), cache_key = key.substr(bar + 1);
    return dependents ? AddDependents(kind, cache_key) : Write(kind, cache_key);
  }

  Result<kube::Reconciled> AddDependents(const std::string& kind, const std::string& cache_key) {
    const std::string referred = kind + "/" + cache_key;  // ObjectKey::ToString()
    for (const auto& [other, informer] : informers_) {
      for (const std::string& dependent : informer->cache().KeysByIndex(kRefersTo, referred)) queue_.Add(QueueKey(other, dependent));
    }
    return kube::Reconciled::Done();
  }

  Result<kube::Reconciled> Write(const std::string& kind, const std::string& cache_key) {
    // Before all lists have arrived an absent object may only be unknown: each of its dependents is added when it is told of.
    if (Missing()) return kube::Reconciled::Again(std::chrono::seconds(1));
    const auto object = informers_.at(kind)->cache().Get(cache_key);
    if (!object) return kube::Reconciled::Done();
    const Time now = clock_.Now();
    std::vector<api::Condition> conditions = object->conditions;
    const bool changed =
        kube::SetCondition(conditions, JudgeReady(*object, [this](const api::ObjectKey& wanted) { return Exists(wanted); }, now), now);
    if (changed) {
      if (auto written = Apply(*object, conditions); !written) return std::unexpected(written.error());
    }
    if (!object->ends || *object->ends <= now) return kube::Reconciled::Done();
    return kube::Reconciled::Again(std::clamp<milliseconds>(*object->ends - now, milliseconds(100), kMostWait));
  }

  bool Exists(const api::ObjectKey& key) const {
    const auto informer = informers_.find(key.kind);
    return informer != informers_.end() && informer->second->cache().Get(kube::ObjectKeyOf(key.namespace_, key.name)) != nullptr;
  }

  Result<void> Apply(const OwnObject& object, const std::vector<api::Condition>& conditions) {
    nlohmann::json metadata = {{"name", object.key.name}};
    if (!object.key.namespace_.empty()) metadata["namespace"] = object.key.namespace_;
    const nlohmann::json status = {{"apiVersion", std::string(api::kApiVersion)},
                                   {"kind", object.key.kind},
                                   {"metadata", std::move(metadata)},
                                   {"status", {{"conditions", kube::WriteConditions(conditions)}}}};
    const auto applied =
        kube::ApplyStatus(writer_, ObjectPath(*FindKind(object.key.kind), object.key), status, {kFieldManager, true}, CallDeadline());
    if (!applied && applied.error().code == ErrorCode::kNotFound) return {};  // deleted meanwhile
    if (!applied) return std::unexpected(applied.error());
    ++writes_;
    return {};
  }

  kube::KubeClient& writer_;
  const Clock& clock_;
  std::atomic<std::uint64_t> writes_ = 0;
  kube::WorkQueue queue_;
  std::map<std::string, std::unique_ptr<OwnInformer>> informers_;  // by kind; not changed after construction
  Guarded<std::unique_ptr<kube::Workers>> workers_;                // last: works on the above
};

StatusController::StatusController(kube::KubeClient& client, kube::KubeClient& writer, const Clock& clock)
    : parts_(std::make_unique<Parts>(client, writer, clock)) {}
StatusController::~StatusController() = default;

void StatusController::Lead() {
  parts_->Lead();
}
void StatusController::Stop() {
  parts_->Stop();
}
std::optional<std::string> StatusController::Missing() const {
  return parts_->Missing();
}
kube::WorkQueueStatus StatusController::queue() const {
  return parts_->queue();
}
std::uint64_t StatusController::writes() const {
  return parts_->writes();
}

}  // namespace hullwright::controller
