// Reviews and a small catalogue for the tests of the webhook.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/object.h"
#include "base/yaml.h"
#include "evidence/catalogue.h"
#include "webhook/admission_review.h"

namespace hullwright::webhook {

using Json = nlohmann::json;

class FixedClock final : public Clock {
 public:
  Time Now() const override { return now; }
  Time now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
};

inline std::string DigestText(char digit) {
  return "sha256:" + std::string(64, digit);
}

// "registry.example/shop/app@sha256:aaa…"; 'a' has a clean scan, 'b' a critical finding, others none.
inline std::string Image(char digit, std::string_view name = "registry.example/shop/app") {
  return fmt::format("{}@{}", name, DigestText(digit));
}

inline Json Pod(const std::string& image) {
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", "app"}, {"namespace", "shop"}}},
          {"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}};
}

inline Json Deployment(const std::string& image) {
  return {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"spec", {{"template", {{"spec", Pod(image)["spec"]}}}}}};
}

// An AdmissionReview as the API server sends it; old_object makes it an UPDATE.
inline Json Review(const Json& object, const Json& old_object = nullptr) {
  const std::string version = object.value("apiVersion", "v1");
  const auto slash = version.find('/');
  const Json kind = {{"group", slash == std::string::npos ? "" : version.substr(0, slash)},
                     {"version", slash == std::string::npos ? version : version.substr(slash + 1)},
                     {"kind", object.value("kind", "Pod")}};
  return {{"apiVersion", "admission.k8s.io/v1"},
          {"kind", "AdmissionReview"},
          {"request",
           {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
            {"kind", kind},
            {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
            {"name", "app"},
            {"namespace", "shop"},
            {"operation", old_object.is_null() ? "CREATE" : "UPDATE"},
            {"userInfo", {{"username", "alice"}, {"uid", "7"}, {"groups", {"developers", "system:authenticated"}}}},
            {"object", object},
            {"oldObject", old_object},
            {"dryRun", false}}}};
}

// Keeps the document that its request points into.
class ParsedReview {
 public:
  explicit ParsedReview(const Json& review) {
    auto decoded = DecodeReview(reader_, review.dump());
    if (!decoded) FAIL(decoded.error().error.message);
    request_ = std::move(*decoded);
  }
  ParsedReview(ParsedReview&&) = delete;
  const AdmissionRequest& operator*() const { return request_; }

 private:
  JsonReader reader_;
  AdmissionRequest request_;
};

inline void PutYaml(evidence::Catalogue& catalogue, const std::string& text) {
  const auto documents = ReadYaml(text);
  REQUIRE(documents);
  for (const auto& document : *documents) {
    JsonReader reader;
    const auto root = reader.Read(document.json);
    REQUIRE(root);
    const auto key = api::ReadKey(*root);
    REQUIRE(key);
    auto object = api::DecodeObject(*root);
    if (!object) FAIL(object.error().message);
    catalogue.Put(*key, "test", std::move(object));
  }
  catalogue.Publish();
}

inline std::string ScanYaml(char digit, std::string_view severity) {
  return fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: ImageScan
metadata: {{name: sha256-{0}}}
spec: {{digest: "sha256:{0}"}}
status:
  repositories: [registry.example/shop/app]
  results: [{{scannerRef: {{name: trivy}}, scannedAt: 2026-01-01T00:00:00Z, source: Import, outcome: Complete}}]
  findings: [{{id: CVE-2024-1, package: openssl, version: "1", severity: {1}, fix: Available, fixedIn: "2", scanners: [trivy]}}]
)",
                     std::string(64, digit), severity);
}

inline std::string PolicyYaml(std::string_view new_images = "Deny", std::string_view templates = "Warn") {
  return fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: production}}
spec:
  enforcement: {{newImages: {}, templates: {}}}
  rules: {{vulnerabilities: {{forbid: [{{name: critical, severities: [Critical]}}]}}}}
)",
                     new_images, templates);
}

inline void FillCatalogue(evidence::Catalogue& catalogue, const std::string& policy = PolicyYaml()) {
  PutYaml(catalogue, policy);
  PutYaml(catalogue, ScanYaml('a', "Low"));
  PutYaml(catalogue, ScanYaml('b', "Critical"));
  PutYaml(catalogue, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
}

}  // namespace hullwright::webhook
