// One place in a PodSpec that names an image: what the iterator in kube/pod_spec.h yields and the policy engine judges.
#pragma once

#include <string>

#include "api/common.h"

namespace hullwright::api {

struct ImageUse {
  ContainerType type = ContainerType::kContainers;
  std::string name;        // of the container or volume
  std::string field_path;  // "spec.template.spec.initContainers[0].image"
  std::string reference;   // as written; hostile
};

}  // namespace hullwright::api
