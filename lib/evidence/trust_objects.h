// The objects that trust and registries are made from, as the catalogue has them. Immutable.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/registry.h"
#include "api/trust_root.h"
#include "api/trusted_publisher.h"

namespace hullwright::evidence {

struct TrustObjects {
  std::vector<api::TrustedPublisher> publishers;
  std::map<std::string, api::TrustRoot, std::less<>> roots;
  std::vector<api::Registry> registries;
  // Whether any policy has rules about who made an image or what is in it: without one, an image named by digest needs no registry.
  bool asks_origin = false;
};

}  // namespace hullwright::evidence
