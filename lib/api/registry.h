// Registry: how to ask one registry host. A host without such an object is asked over https with the system's certificate authorities and
// the pull secrets of the namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/common.h"

namespace hullwright::api {

struct RegistrySpec {
  std::string host;                               // "registry.example:5000", "docker.io"; images under it keep this name
  std::optional<NameRef> pull_secret_ref;         // kubernetes.io/dockerconfigjson in the release namespace
  std::optional<PemSource> ca;                    // certificate authorities of the host, instead of the system's
  std::optional<NameRef> client_certificate_ref;  // kubernetes.io/tls in the release namespace
  bool plain_http = false;
  std::vector<std::string> fetch_from;  // mirrors that are asked first, in this order, by digest alone; identity stays that of host
  std::int64_t requests_per_second = 20;
};

struct RegistryStatus {
  std::vector<Condition> conditions;  // Ready
};

struct Registry {
  ObjectMeta metadata;
  RegistrySpec spec;
  RegistryStatus status;
};

}  // namespace hullwright::api
