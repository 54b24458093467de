// Which entry of an image layout's index.json is meant by a name. Pure.
// Source: OCI image specification v1.1, annotations.md (ref.name); what containerd, docker and cosign save write beside it.
#pragma once

#include <string>
#include <string_view>

#include "registry/manifest.h"
#include "registry/registry.h"

namespace hullwright::registry {

// An entry named by the whole reference counts before one named by the tag alone; the only image of a layout, where it has no name at all,
// is whatever is asked for. A tag "sha256-….sig" or ".att" is also what cosign save
// marks by its annotation "kind" as belonging to the image of that digest. kAbsent tells the names there are; kMalformed: one name, several
// digests.
Answer<Digest> FindName(const ImageIndex& index, const RepositoryName& repository, std::string_view tag);

}  // namespace hullwright::registry
