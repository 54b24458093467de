// An OCI layout folder written by a test, as image tools write them, to be damaged at will.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "registry/media_type.h"
#include "support/memory_registry.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {

using LayoutAnnotations = std::map<std::string, std::string>;

class LayoutFolder {
 public:
  LayoutFolder();

  std::string path() const { return folder_.path().string(); }
  std::string BlobPath(const Digest& digest) const;

  Digest PutBlob(std::string_view bytes) const;
  // Names a blob in index.json.
  void List(const Digest& digest, std::string_view media_type, const LayoutAnnotations& annotations = {});
  // A manifest with its blobs, named in index.json.
  Digest Push(const ManifestParts& parts, const LayoutAnnotations& annotations = {});
  // The same without a name.
  Digest PutManifest(const ManifestParts& parts) const;
  // An index over what was put, not named.
  Digest PutIndex(const std::vector<Digest>& manifests) const;
  std::string Write(std::string_view name, std::string_view text) const { return folder_.Write(name, text); }

 private:
  TemporaryDirectory folder_;
  nlohmann::json entries_ = nlohmann::json::array();
};

// The name that most tools give: a tag alone, or a whole reference.
LayoutAnnotations RefName(const std::string& name);

}  // namespace hullwright::testing
