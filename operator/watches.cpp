#include "operator/watches.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "kube/informer.h"
#include "operator/webhook_configuration.h"

namespace hullwright::controller {
namespace {

// Of what is read anew by the controllers only that it has changed is kept.
struct Noted {};
using NotedInformer = kube::Informer<Noted>;
using Addresses = std::vector<WebhookAddress>;
using AddressInformer = kube::Informer<Addresses>;

kube::ListWatchOptions Follow(std::string path, std::string kind, std::string api_version, std::string selector) {
  kube::ListWatchOptions options;
  options.resource_path = std::move(path);
  options.list_kind = std::move(kind);
  options.api_version = std::move(api_version);
  options.selector = std::move(selector);
  return options;
}

std::string ByName(const std::string& name) {
  return "fieldSelector=metadata.name%3D" + name;
}

}  // namespace

class Watches::Parts {
 public:
  Parts(kube::KubeClient& client, const Names& names, kube::WorkQueue& queue)
      : queue_(queue),
        config_maps_(
            client, Follow(fmt::format("/api/v1/namespaces/{}/configmaps", names.namespace_), "ConfigMap", "v1", ByName(names.ConfigMap())),
            Note({kConfigurationKey})),
        validating_(client, FollowConfiguration(HookKind::kValidating, names), Note({kConfigurationKey, kCertificatesKey})),
        mutating_(client, FollowConfiguration(HookKind::kMutating, names), Note({kConfigurationKey, kCertificatesKey})),
        slices_(client,
                Follow(fmt::format("/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices", names.namespace_), "EndpointSlice",
                       "discovery.k8s.io/v1", "labelSelector=kubernetes.io%2Fservice-name%3D" + names.Service()),
                KeepAddresses()) {}

  std::map<std::string, kube::ListWatchStatus> States() const {
    return {{"configmaps", config_maps_.status().watch},
            {"validatingwebhookconfigurations", validating_.status().watch},
            {"mutatingwebhookconfigurations", mutating_.status().watch},
            {"endpointslices", slices_.status().watch}};
  }

  std::vector<WebhookAddress> ReadyAddresses() const {
    std::vector<WebhookAddress> all;
    for (const auto& addresses : slices_.cache().List()) all.insert(all.end(), addresses->begin(), addresses->end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

 private:
  static kube::ListWatchOptions FollowConfiguration(HookKind kind, const Names& names) {
    return Follow(CollectionPath(kind), std::string(KindName(kind)), "admissionregistration.k8s.io/v1", ByName(names.Configuration()));
  }

  kube::ObjectCacheOptions<Noted> Note(std::vector<const char*> keys) {
    kube::ObjectCacheOptions<Noted> options;
    options.decode = [](JsonElement) -> Result<Noted> { return Noted{}; };
    options.on_change = [this, keys = std::move(keys)](const kube::ObjectChange<Noted>&) {
      for (const char* key : keys) queue_.Add(key);
    };
    return options;
  }

  kube::ObjectCacheOptions<Addresses> KeepAddresses() {
    kube::ObjectCacheOptions<Addresses> options;
    options.decode = [](JsonElement slice) { return controller::ReadyAddresses(slice); };
    options.on_change = [this](const kube::ObjectChange<Addresses>&) {
      queue_.Add(kConfigurationKey);
      queue_.Add(kCertificatesKey);
    };
    return options;
  }

  kube::WorkQueue& queue_;
  NotedInformer config_maps_, validating_, mutating_;
  AddressInformer slices_;
};

Watches::Watches(kube::KubeClient& client, const Names& names, kube::WorkQueue& queue)
    : parts_(std::make_unique<Parts>(client, names, queue)) {}
Watches::~Watches() = default;

std::optional<std::string> Watches::Missing() const {
  std::string missing;
  for (const auto& [resource, status] : States()) {
    if (status.synced) continue;
    missing += fmt::format("{}{} not listed yet{}{}", missing.empty() ? "" : "; ", resource, status.last_error.empty() ? "" : ": ",
                           Printable(status.last_error, 256));
  }
  if (missing.empty()) return std::nullopt;
  return missing;
}

std::map<std::string, kube::ListWatchStatus> Watches::States() const {
  return parts_->States();
}

std::vector<WebhookAddress> Watches::ReadyAddresses() const {
  return parts_->ReadyAddresses();
}

}  // namespace hullwright::controller
