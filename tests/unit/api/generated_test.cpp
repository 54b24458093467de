#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "api/generate.h"
#include "support/paths.h"
#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Calls visit(schema, path) for a schema and all schemas inside it.
template <class Visit>
void ForEachSchema(const Json& schema, const std::string& path, const Visit& visit) {
  visit(schema, path);
  if (schema.contains("properties")) {
    for (const auto& [name, property] : schema["properties"].items()) ForEachSchema(property, path + "." + name, visit);
  }
  if (schema.contains("items")) ForEachSchema(schema["items"], path + "[]", visit);
  if (schema.contains("additionalProperties")) ForEachSchema(schema["additionalProperties"], path + "{}", visit);
}

const Json& RootSchemaOf(const Json& crd) {
  return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

}  // namespace

TEST_CASE("crds/ holds what the field tables generate; otherwise run make generate", "[api]") {
  for (const GeneratedFile& file : GenerateCrds()) {
    INFO(file.name);
    CHECK(FileText(testing::SourcePath("crds/") + file.name) == file.text);
  }
}

TEST_CASE("docs/reference/api.md holds what the field tables generate; otherwise run make generate", "[api]") {
  GeneratedFile page = GenerateReference();
  CHECK(FileText(testing::SourcePath("docs/reference/") + page.name) == page.text);
}

TEST_CASE("every CRD is bounded and lets unknown fields of spec through to the webhook", "[api]") {
  for (const GeneratedFile& file : GenerateCrds()) {
    Json crd = FromYaml(file.text);
    for (std::string part : {"spec", "status"}) {
      ForEachSchema(RootSchemaOf(crd)["properties"][part], part, [&](const Json& schema, const std::string& path) {
        INFO(file.name << " " << path << " " << schema.dump());
        std::string type = schema["type"];
        if (type == "string") CHECK((schema.contains("maxLength") || schema.contains("enum")));
        if (type == "array") CHECK(schema.contains("maxItems"));
        if (type == "array") CHECK(schema.contains("x-kubernetes-list-type"));
        if (schema.contains("additionalProperties")) CHECK(schema.contains("maxProperties"));
        if (type == "object" && part == "spec" && !schema.contains("additionalProperties")) {
          CHECK(schema.value("x-kubernetes-preserve-unknown-fields", false));
        }
        if (part == "status") CHECK_FALSE(schema.contains("x-kubernetes-preserve-unknown-fields"));
      });
    }
  }
}

TEST_CASE("every field of a CRD has a description", "[api]") {
  for (const GeneratedFile& file : GenerateCrds()) {
    Json crd = FromYaml(file.text);
    ForEachSchema(RootSchemaOf(crd), "", [&](const Json& schema, const std::string& path) {
      if (!schema.contains("properties")) return;
      for (const auto& [name, property] : schema["properties"].items()) {
        INFO(file.name << " " << path << "." << name);
        if (name != "metadata") CHECK_FALSE(property.value("description", "").empty());
      }
    });
  }
}

TEST_CASE("CRDs have the names that people type", "[api]") {
  std::map<std::string, std::string> short_names;
  for (const GeneratedFile& file : GenerateCrds()) {
    Json crd = FromYaml(file.text);
    const Json& names = crd["spec"]["names"];
    short_names[names["kind"]] = names["shortNames"][0];
    CHECK(names["categories"] == Json{"hullwright"});
    CHECK(crd["metadata"]["name"].get<std::string>() + ".yaml" == file.name);
    CHECK(crd["spec"]["versions"][0]["subresources"].contains("status"));
  }
  CHECK(short_names == std::map<std::string, std::string>{{"ClusterImageAdmissionPolicy", "ciap"},
                                                          {"ImageAdmissionPolicy", "iap"},
                                                          {"TrustedPublisher", "tp"},
                                                          {"TrustRoot", "troot"},
                                                          {"Registry", "reg"},
                                                          {"VulnerabilityException", "vexc"},
                                                          {"ClusterVulnerabilityException", "cvexc"},
                                                          {"BreakGlass", "bg"},
                                                          {"ImageScan", "iscan"}});
}

}  // namespace hullwright::api
