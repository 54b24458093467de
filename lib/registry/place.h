// Where the bytes of a repository are fetched: at the registry itself or at a mirror.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "registry/configuration.h"
#include "registry/registry.h"

namespace hullwright::registry {

struct Place {
  std::shared_ptr<const Host> host;
  std::string path;  // the repository's, at this host
  bool is_mirror = false;
  bool resolves_tags = true;

  std::string ToString() const { return host->settings.host + "/" + path; }
};

// In the order in which they are asked. Errors: kMisconfigured, when host or path are none.
Answer<std::vector<Place>> PlacesOf(const RepositoryName& repository, const Hosts& hosts);

}  // namespace hullwright::registry
