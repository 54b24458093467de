// Where the kubelet would look for the credentials of a Pod's images: what it names itself, and what its ServiceAccount names.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace hullwright::api {

struct PullContext {
  std::string namespace_;
  std::string service_account;            // "" when it is not known whose; then none is asked
  std::vector<std::string> pull_secrets;  // spec.imagePullSecrets, in order

  auto operator<=>(const PullContext&) const = default;
};

}  // namespace hullwright::api
