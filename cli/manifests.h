// The Kubernetes objects in files, folders and standard input, each with the place it came from.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

namespace hullwright::cli {

struct Place {
  std::string file;  // as named on the command line; "<stdin>"
  int line = 0;      // where the document begins, 1-based; 0: the file as a whole
  std::string item;  // "items[3]" inside a List

  std::string ToString() const;  // "pods.yaml:12", "pods.yaml:1 items[3]"
};

// What says that two documents are the same object. The version is left out: one object can be written in several.
struct ObjectIdentity {
  std::string group, kind, namespace_, name;

  auto operator<=>(const ObjectIdentity&) const = default;
};

struct ManifestObject {
  Place place;
  std::string api_version;  // "apps/v1"
  ObjectIdentity identity;  // namespace_ as written, "" when absent; name: that of metadata, or generateName with a "*" behind
  std::string json;
  std::string text;  // the document as written, from place.line on; "" for an item of a List

  std::string ToString() const;  // "Pod shop/api", "Namespace shop"
};

// Something that could not be read; never passed over in silence.
struct ManifestError {
  Place place;
  std::string error;
};

// A YAML file that a folder happens to hold and that is no Kubernetes object (chart values, CI settings).
struct ForeignDocument {
  Place place;
};

struct Manifests {
  std::vector<ManifestObject> objects;
  std::vector<ManifestError> errors;
  std::vector<ForeignDocument> foreign;
  std::size_t documents = 0;
};

inline constexpr std::size_t kMaxManifestBytes = 8u << 20;
inline constexpr std::size_t kMaxManifestFiles = 10'000;

// Reads files, whole folders and "-" (standard input, at most once). Lists are taken apart. A document that is no Kubernetes object is an
// error in a file that was named, and merely listed in a folder that was walked.
Manifests ReadManifests(const std::vector<std::string>& paths, const Environment& environment);

}  // namespace hullwright::cli
