// Short texts of objects for the tests of this layer.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "api/object.h"
#include "base/json.h"
#include "evidence/judge.h"

namespace hullwright::evidence {

// "sha256:" and 64 times the digit.
inline std::string DigestText(char digit) {
  return "sha256:" + std::string(64, digit);
}

inline std::string ScanName(char digit) {
  return "sha256-" + std::string(64, digit);
}

inline std::string ScanText(char digit, std::string_view severity = "Low", std::string_view index_digests = "") {
  return fmt::format(R"({{"apiVersion":"hullwright.dev/v1alpha1","kind":"ImageScan","metadata":{{"name":"{}"}},"spec":{{"digest":"{}"}},
"status":{{"indexDigests":[{}],"results":[{{"scannerRef":{{"name":"trivy"}},"scannedAt":"2026-01-01T00:00:00Z","source":"Import","outcome":"Complete"}}],
"findings":[{{"id":"CVE-2024-1","package":"pkg:deb/debian/openssl","version":"1","severity":"{}","fix":"Available","fixedIn":"2","scanners":["trivy"]}}]}}}})",
                     ScanName(digit), DigestText(digit), index_digests, severity);
}

// Forbids one severity.
inline std::string PolicyText(std::string_view name, std::string_view severity = "Critical") {
  return fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: {}}}
spec:
  enforcement: {{newImages: Deny}}
  rules: {{vulnerabilities: {{forbid: [{{name: severe, severities: [{}]}}]}}}}
)",
                     name, severity);
}

inline std::string NamespaceText(std::string_view name, std::string_view label) {
  return fmt::format("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}, labels: {{env: {}}}}}\n", name, label);
}

inline Result<api::Object> Decode(std::string_view json) {
  JsonReader reader;
  const auto root = reader.Read(json);
  REQUIRE(root);
  return api::DecodeObject(*root);
}

inline api::ObjectKey ScanKey(char digit) {
  return {"ImageScan", "", ScanName(digit)};
}

// What is decided about one image in namespace shop.
inline policy::Decision DecideOn(const Catalogue& catalogue, std::string_view reference,
                                 policy::Unmatched unmatched = policy::Unmatched::kAllow) {
  Question question{policy::SubjectKind::kPod, "Pod shop/app", "shop", {}};
  question.images.push_back({api::ContainerType::kContainers, "app", "spec.containers[0].image", std::string(reference)});
  const Time now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
  const AdmittedImages admitted;
  return JudgeFromMemory({catalogue, admitted}, question, now, {unmatched}).value();
}

inline policy::Decision DecideOnDigest(const Catalogue& catalogue, char digit) {
  return DecideOn(catalogue, "registry.example/app@" + DigestText(digit));
}

inline std::vector<policy::ReasonWord> WordsOf(const policy::Decision& decision) {
  std::vector<policy::ReasonWord> words;
  for (const auto& image : decision.images) {
    for (const auto& reason : image.reasons) words.push_back(reason.word);
  }
  return words;
}

using Words = std::vector<policy::ReasonWord>;

}  // namespace hullwright::evidence
