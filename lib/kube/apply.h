// Server-side apply (Kubernetes documentation, "Server-Side Apply"): says what we want of an object and owns those fields; what others set
// elsewhere in it stays, and what we no longer name goes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "kube/client.h"

namespace hullwright::kube {

struct ApplyOptions {
  std::string field_manager;  // 1 to 128 printable bytes: "hullwright-operator"; the same one always, since fields belong to it
  bool force = false;         // take fields that another manager owns; without: kDenied, whose message names field and manager
};

// path: of the object itself, "/api/v1/namespaces/shop/configmaps/colors". object: apiVersion, kind, metadata.name and what we want,
// without managedFields. Creates the object when there is none. Answers the whole object as it is now. Errors: those of KubeClient;
// kInvalidInput, without asking, for an object that lacks these or whose name is not the path's.
Result<KubeReply> Apply(KubeClient& client, const std::string& path, const nlohmann::json& object, const ApplyOptions& options,
                        Deadline deadline);

// The same of the status alone: object has apiVersion, kind, metadata.name and status. kNotFound when there is no object.
Result<KubeReply> ApplyStatus(KubeClient& client, const std::string& path, const nlohmann::json& object, const ApplyOptions& options,
                              Deadline deadline);

}  // namespace hullwright::kube
