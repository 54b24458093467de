// One place in a PodSpec that names an image: what the iterator in kube/pod_spec.h yields and the policy engine judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/common.h"

namespace hullwright::api {

struct ImageUse {
  ContainerType type = ContainerType::kContainers;
  std::string name;        // of the container or volume
  std::string field_path;  // "spec.template.spec.initContainers[0].image"
  std::string reference;   // as written; hostile
  // Of the container's securityContext, otherwise of the Pod's; nullopt when neither says it. Not for image volumes, which run nothing.
  std::optional<std::int64_t> run_as_user = std::nullopt;
  std::optional<bool> run_as_non_root = std::nullopt;
};

}  // namespace hullwright::api
