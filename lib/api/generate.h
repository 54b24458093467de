// What is generated from the field tables, as text: `make generate` writes it, a test compares it with what is in the tree.
#pragma once

#include <string>
#include <vector>

namespace hullwright::api {

struct GeneratedFile {
  std::string name;  // without folder
  std::string text;
};

// One CustomResourceDefinition (apiextensions.k8s.io/v1) per kind: crds/<plural>.hullwright.dev.yaml.
std::vector<GeneratedFile> GenerateCrds();

// The reference page: docs/reference/api.md.
GeneratedFile GenerateReference();

}  // namespace hullwright::api
