// The guard of docs/decisions/0007-one-iterator.md: when Kubernetes grows another field of a PodSpec that names an image, this fails.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/api_server.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;

constexpr const char* kPodSpec = "io.k8s.api.core.v1.PodSpec";
const std::string kReference = "#/components/schemas/";

// Schema and property. Those that kube/pod_spec.cpp lists:
const std::set<std::string> kImages = {
    "io.k8s.api.core.v1.Container.image", "io.k8s.api.core.v1.EphemeralContainer.image", "io.k8s.api.core.v1.ImageVolumeSource.reference",
    "io.k8s.api.core.v1.Volume.image",  // holds the ImageVolumeSource
};
// And those that are named like one, but are none.
const std::set<std::string> kNotImages = {
    "io.k8s.api.core.v1.Container.imagePullPolicy", "io.k8s.api.core.v1.EphemeralContainer.imagePullPolicy",
    "io.k8s.api.core.v1.PodSpec.imagePullSecrets",
    "io.k8s.api.core.v1.RBDVolumeSource.image",  // of a Ceph block device
};

void Collect(const json& schema, std::set<std::string>& references) {
  if (schema.is_object()) {
    if (const auto reference = schema.find("$ref"); reference != schema.end() && reference->is_string()) {
      references.insert(reference->get<std::string>().substr(kReference.size()));
    }
  }
  if (schema.is_structured()) {
    for (const auto& member : schema) Collect(member, references);
  }
}

// Every schema that a value of that type can hold, however deep.
std::set<std::string> Reachable(const json& schemas, const std::string& from) {
  std::set<std::string> found;
  std::vector<std::string> due{from};
  while (!due.empty()) {
    const std::string name = due.back();
    due.pop_back();
    if (!found.insert(name).second) continue;
    std::set<std::string> references;
    Collect(schemas.at(name), references);
    due.insert(due.end(), references.begin(), references.end());
  }
  return found;
}

bool NamesAnImage(std::string schema, std::string property) {
  const auto lower = [](std::string& text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  };
  lower(property);
  lower(schema);
  const bool in_image_schema =
      schema.find("image") != std::string::npos && (property.find("reference") != std::string::npos || property == "url");
  return property.find("image") != std::string::npos || in_image_schema;
}

std::set<std::string> ImageFields(const json& schemas) {
  std::set<std::string> fields;
  for (const std::string& name : Reachable(schemas, kPodSpec)) {
    const json& schema = schemas.at(name);
    if (!schema.contains("properties")) continue;
    for (const auto& [property, unused] : schema.at("properties").items()) {
      if (NamesAnImage(name, property)) fields.insert(name + "." + property);
    }
  }
  return fields;
}

TEST_CASE("Every field of a PodSpec that names an image is one that we read", "[apiserver]") {
  const auto document = ApiServer::Shared().Get("/openapi/v3/api/v1");
  REQUIRE(document.status == 200);
  const json& schemas = document.json.at("components").at("schemas");
  REQUIRE(Reachable(schemas, kPodSpec).size() > 50);
  std::set<std::string> known = kImages;
  known.insert(kNotImages.begin(), kNotImages.end());
  // A new field: let kube/pod_spec.cpp read it, or say here why it is no image.
  CHECK(ImageFields(schemas) == known);
  CHECK(Reachable(schemas, kPodSpec).contains("io.k8s.api.core.v1.ImageVolumeSource"));
}

TEST_CASE("The guard sees a new image field, in a new list and deep inside a volume", "[apiserver]") {
  json schemas = ApiServer::Shared().Get("/openapi/v3/api/v1").json.at("components").at("schemas");
  schemas["io.k8s.api.core.v1.NewVolumeSource"] = {{"properties", {{"baseImage", {{"type", "string"}}}}}};
  schemas["io.k8s.api.core.v1.Volume"]["properties"]["new"] = {{"allOf", {{{"$ref", kReference + "io.k8s.api.core.v1.NewVolumeSource"}}}}};
  schemas[kPodSpec]["properties"]["sandboxImage"] = {{"type", "string"}};
  const auto fields = ImageFields(schemas);
  CHECK(fields.contains("io.k8s.api.core.v1.NewVolumeSource.baseImage"));
  CHECK(fields.contains("io.k8s.api.core.v1.PodSpec.sandboxImage"));
}

}  // namespace
}  // namespace hullwright::testing
