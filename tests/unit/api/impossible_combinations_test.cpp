// What each field allows alone and the whole does not, told with path and remedy; beside each refused case one that is accepted.
#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

// A change of the kind's example and what the decoder says to it; "" accepts it.
struct Case {
  std::string_view pointer, value, message;
};

void Check(std::string_view kind, const std::vector<Case>& cases) {
  for (const Case& expected : cases) {
    INFO(kind << " " << expected.pointer << " = " << expected.value);
    CHECK(MessageOf(Changed(kind, expected.pointer, expected.value)) == expected.message);
  }
}

constexpr std::string_view kPolicy = "ClusterImageAdmissionPolicy";
constexpr std::string_view kException = "VulnerabilityException";
constexpr std::string_view kClusterException = "ClusterVulnerabilityException";

const ImageAdmissionPolicy& AsPolicy(const Result<Object>& object) {
  return std::get<ImageAdmissionPolicy>(*object);
}

}  // namespace

TEST_CASE("nothing acts harder than newImages", "[api]") {
  Check(kPolicy,
        {{"/spec/enforcement", R"({"newImages": "Deny", "noData": "Deny", "templates": "Deny", "admittedImages": "Deny"})", ""},
         {"/spec/enforcement", R"({"newImages": "Warn", "noData": "Warn", "templates": "Audit", "admittedImages": "Warn"})", ""},
         {"/spec/enforcement", R"({"newImages": "Audit", "noData": "Audit", "templates": "Audit", "admittedImages": "Audit"})", ""},
         {"/spec/enforcement", R"({"newImages": "Warn", "noData": "Deny"})",
          "spec.enforcement.noData: Deny is harder than newImages, which is Warn: write Audit or Warn here, or make newImages harder"},
         {"/spec/enforcement", R"({"newImages": "Audit", "templates": "Warn"})",
          "spec.enforcement.templates: Warn is harder than newImages, which is Audit: write Audit here, or make newImages harder"},
         {"/spec/enforcement", R"({"newImages": "Warn", "admittedImages": "Deny"})",
          "spec.enforcement.admittedImages: Deny is harder than newImages, which is Warn: write Audit or Warn here, or make newImages "
          "harder"}});
}

TEST_CASE("forbidden licenses are SPDX ids, with wildcards", "[api]") {
  const std::string_view place = "/spec/rules/image/licenses";
  Check(kPolicy,
        {{place, R"({"forbidden": ["AGPL-3.0-only", "GPL-2.0+", "LicenseRef-*", "*GPL*"], "unknown": "Allowed"})", ""},
         {place, R"({"forbidden": ["MIT OR ISC"]})",
          "spec.rules.image.licenses.forbidden[0]: must be an SPDX license id like \"AGPL-3.0-only\", in which \"*\" stands for any "
          "characters, not \"MIT OR ISC\""},
         {place, R"({"forbidden": []})", "spec.rules.image.licenses.forbidden: must have at least 1 item, not 0"},
         {place, R"({"forbidden": ["MIT", "MIT"]})", "spec.rules.image.licenses.forbidden[1]: stands here twice, every item must differ"},
         {place, R"({"forbidden": ["MIT"], "unknown": "Forbidden"})",
          "spec.rules.image.licenses.unknown: must be one of NoData, Allowed, not \"Forbidden\""}});
}

TEST_CASE("what enforcement leaves out follows newImages", "[api]") {
  struct Derived {
    std::string_view new_images;
    Enforcement no_data, templates, admitted_images;
  };
  for (const Derived& expected : {Derived{"Deny", Enforcement::kDeny, Enforcement::kWarn, Enforcement::kDeny},
                                  Derived{"Warn", Enforcement::kWarn, Enforcement::kWarn, Enforcement::kWarn},
                                  Derived{"Audit", Enforcement::kAudit, Enforcement::kAudit, Enforcement::kAudit}}) {
    INFO(expected.new_images);
    auto object = Decode(Changed(kPolicy, "/spec/enforcement", R"({"newImages": ")" + std::string(expected.new_images) + "\"}"));
    REQUIRE(object.has_value());
    const PolicyEnforcement& enforcement = AsPolicy(object).spec.enforcement;
    CHECK(enforcement.no_data == expected.no_data);
    CHECK(enforcement.templates == expected.templates);
    CHECK(enforcement.admitted_images == expected.admitted_images);
    CHECK(enforcement.admitted_hours == 168);
  }
}

TEST_CASE("a policy without match, or without container types, covers all four lists", "[api]") {
  for (auto [pointer, value] : {std::pair{"/spec/match", "-"}, {"/spec/match", "{}"}, {"/spec/match/containerTypes", "-"}}) {
    auto object = Decode(Changed(kPolicy, pointer, value));
    REQUIRE(object.has_value());
    CHECK(AsPolicy(object).spec.match.container_types.size() == 4);
  }
}

TEST_CASE("a rule, block or entry that asks for nothing is refused", "[api]") {
  Check(kPolicy,
        {{"/spec/rules", "{}",
          "spec.rules: a policy needs at least one rule: write reference, publishers, attestations, "
          "vulnerabilities or image"},
         {"/spec/rules/reference", "{}", "spec.rules.reference: an empty rule asks for nothing: write digest or forbiddenTags"},
         {"/spec/rules/reference", R"({"digest": "FromAuthor"})", ""},
         {"/spec/rules/reference", R"({"forbiddenTags": ["dev-*"]})", ""},
         {"/spec/rules/vulnerabilities/scan", "{}",
          "spec.rules.vulnerabilities.scan: an empty block asks for nothing: write maxAgeHours, maxDatabaseAgeHours or scannerRefs, or "
          "leave scan out"},
         {"/spec/rules/vulnerabilities/scan", R"({"maxAgeHours": 1})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "moreThan": 3, "waivable": false})",
          "spec.rules.vulnerabilities.forbid[0]: an entry needs a condition, or every finding would meet it: write severities, fix, "
          "layers, minCVSS, minEPSS, knownExploited or ids"},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "fix": "Any"})",
          "spec.rules.vulnerabilities.forbid[0]: an entry needs a condition, or every finding would meet it: write severities, fix, "
          "layers, minCVSS, minEPSS, knownExploited or ids"},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "fix": "None"})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "minCVSS": "0.0"})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "knownExploited": false})",
          "spec.rules.vulnerabilities.forbid[0]: an entry needs a condition, or every finding would meet it: write severities, fix, "
          "layers, minCVSS, minEPSS, knownExploited or ids"},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "knownExploited": true})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "minEPSS": "0.0"})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "layers": ["Unknown"]})", ""},
         {"/spec/rules/vulnerabilities/forbid/0", R"({"name": "a", "ids": ["ghsa-jfh8-c2jp-5v3q"]})", ""}});
}

TEST_CASE("no more publishers can be wanted than are named", "[api]") {
  Check(kPolicy,
        {{"/spec/rules/publishers/minimum", "2", ""},
         {"/spec/rules/publishers/minimum", "3", "spec.rules.publishers.minimum: must be at most 2, as many as there are refs, not 3"}});
}

TEST_CASE("consent names a severity that others lie below", "[api]") {
  Check(kPolicy, {{"/spec/rules/vulnerabilities/waivers/maxSeverity", R"("Low")", ""},
                  {"/spec/rules/vulnerabilities/waivers/maxSeverity", R"("Unknown")",
                   "spec.rules.vulnerabilities.waivers.maxSeverity: must be one of Negligible, Low, Medium, High, Critical: no finding is "
                   "below Unknown"}});
}

TEST_CASE("a policy of a namespace selects no namespaces", "[api]") {
  Check("ImageAdmissionPolicy", {{"/spec/match", R"({"images": ["nginx"]})", ""},
                                 {"/spec/match", R"({"namespaceSelector": {}})",
                                  "spec.match.namespaceSelector: is for the cluster-scoped twin only: a policy of kind "
                                  "ImageAdmissionPolicy covers its own namespace"}});
}

TEST_CASE("a selector's operator and values fit together", "[api]") {
  std::string_view at = "/spec/match/namespaceSelector";
  std::string path = "spec.match.namespaceSelector.matchExpressions[0].values: ";
  std::string needed = path + "is required with the operators In and NotIn";
  std::string refused = path + "must be left out with the operators Exists and DoesNotExist";
  Check(kPolicy, {{at, R"({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b", ""]}]})", ""},
                  {at, R"({"matchExpressions": [{"key": "example.com/a", "operator": "Exists"}]})", ""},
                  {at, R"({"matchExpressions": [{"key": "a", "operator": "In"}]})", needed},
                  {at, R"({"matchExpressions": [{"key": "a", "operator": "NotIn"}]})", needed},
                  {at, R"({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]})", refused},
                  {at, R"({"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": ["b"]}]})", refused}});
}

TEST_CASE("label keys and values have the form that Kubernetes gives them", "[api]") {
  std::string_view at = "/spec/match/namespaceSelector/matchLabels";
  std::string path = "spec.match.namespaceSelector.matchLabels";
  std::string key =
      "the key must be a label key: letters, digits, \"-\", \"_\" and \".\", at most 63 bytes, with an optional DNS name and "
      "\"/\" before it";
  Check(kPolicy, {{at, R"({"app.kubernetes.io/name": "a_b.c-D", "x": ""})", ""},
                  {at, R"({"-a": "b"})", path + "[\"-a\"]: " + key},
                  {at, R"({"A.example/a": "b"})", path + "[\"A.example/a\"]: " + key},
                  {at, R"({"a/b/c": "b"})", path + "[\"a/b/c\"]: " + key},
                  {at, R"({"a": "b c"})",
                   path + "[\"a\"]: must be a label value: at most 63 letters, digits, \"-\", \"_\" and \".\", beginning and ending with a "
                          "letter or digit, not \"b c\""}});
}

TEST_CASE("a justification stands with NotAffected, and only there", "[api]") {
  Check(kException, {{"/spec/justification", R"("component_not_present")", ""},
                     {"/spec/justification", "-",
                      "spec.justification: is required with the assessment NotAffected: one of component_not_present, "
                      "vulnerable_code_not_present, vulnerable_code_not_in_execute_path, "
                      "vulnerable_code_cannot_be_controlled_by_adversary, inline_mitigations_already_exist"},
                     {"/spec/assessment", R"("Mitigated")", "spec.justification: must be left out unless the assessment is NotAffected"}});
  Check(kClusterException, {{"/spec/assessment", R"("FalsePositive")", ""}});
}

TEST_CASE("a policy of a namespace can be waived only from its namespace", "[api]") {
  Check(kException, {{"/spec/policyRefs", R"([{"name": "extra", "kind": "ImageAdmissionPolicy"}])", ""},
                     {"/spec/policyRefs", R"([{"name": "a"}, {"name": "a", "kind": "ImageAdmissionPolicy"}])", ""}});
  Check(kClusterException, {{"/spec/policyRefs", R"([{"name": "a"}, {"name": "extra", "kind": "ImageAdmissionPolicy"}])",
                             "spec.policyRefs[1].kind: must be ClusterImageAdmissionPolicy: an ImageAdmissionPolicy can be named only by a "
                             "VulnerabilityException in its own namespace"}});
}

TEST_CASE("excepted packages are package URLs without version", "[api]") {
  std::string_view at = "/spec/vulnerabilities/0/packages";
  std::string path =
      "spec.vulnerabilities[0].packages[0]: must be a package URL without version and qualifiers, like "
      "\"pkg:deb/debian/openssl\", not ";
  Check(kException, {{at, R"(["pkg:npm/%40angular/core", "pkg:golang/golang.org/x/net"])", ""},
                     {at, R"(["pkg:deb/debian/openssl@3.0"])", path + R"("pkg:deb/debian/openssl@3.0")"},
                     {at, R"(["pkg:deb/debian/openssl?arch=amd64"])", path + R"("pkg:deb/debian/openssl?arch=amd64")"},
                     {at, R"(["openssl"])", path + R"("openssl")"},
                     {at, R"(["pkg:deb/"])", path + R"("pkg:deb/")"}});
}

TEST_CASE("vulnerabilities are named, never by wildcard", "[api]") {
  std::string path =
      "spec.vulnerabilities[0].id: must be a vulnerability id like \"CVE-2024-1234\" or \"GHSA-jfh8-c2jp-5v3q\", without "
      "wildcards, not ";
  for (std::string_view id :
       {"CVE-2024-1234", "cve-2024-1234", "RHSA-2024:1234", "ALAS2-2024-1", "TEMP-0000000-A1B2C3", "SUSE-SU-2023:1-1"}) {
    Check(kException, {{"/spec/vulnerabilities/0/id", "\"" + std::string(id) + "\"", ""}});
  }
  for (std::string_view id : {"CVE-*", "*", "CVE", "CVE-2024-1234 ", "CVE-"}) {
    std::string quoted = "\"" + std::string(id) + "\"";
    Check(kException, {{"/spec/vulnerabilities/0/id", quoted, path + quoted}});
  }
}

TEST_CASE("an exception says who and why", "[api]") {
  Check(kException,
        {{"/spec/reason", R"("   ")", "spec.reason: must not be empty: text, at most 1024 characters"},
         {"/spec/owner", R"("\t\n")", "spec.owner: must not be empty: text, at most 253 characters"},
         {"/spec/expiresAt", R"("2027-02-30T00:00:00Z")", MessageOf(Changed(kException, "/spec/expiresAt", R"("2027-02-30T00:00:00Z")"))}});
  CHECK(MessageOf(Changed(kException, "/spec/expiresAt", R"("tomorrow")")).starts_with("spec.expiresAt: "));
}

TEST_CASE("break-glass names digests, not tags", "[api]") {
  Check("BreakGlass", {{"/spec/images", R"(["registry.example/shop/api:1"])",
                        "spec.images[0]: \"registry.example/shop/api:1\" has no digest, write \"repository@sha256:...\""},
                       {"/spec/durationSeconds", "60", ""},
                       {"/spec/durationSeconds", "59", "spec.durationSeconds: must be between 60 and 86400, not 59"},
                       {"/spec/durationSeconds", "86401", "spec.durationSeconds: must be between 60 and 86400, not 86401"}});
  auto object = Decode(Changed("BreakGlass", "/spec/durationSeconds", "-"));
  REQUIRE(object.has_value());
  CHECK(std::get<BreakGlass>(*object).spec.duration_seconds == 14'400);
}

TEST_CASE("an ImageScan is filed under its own digest", "[api]") {
  std::string hex(kHex);
  Check("ImageScan", {{"/metadata/name", "\"other\"", "metadata.name: must be the name of spec.digest, \"sha256-" + hex + "\""},
                      {"/metadata/name", "\"sha256-" + hex.substr(1) + "0\"",
                       "metadata.name: must be the name of spec.digest, \"sha256-" + hex + "\""}});
}

TEST_CASE("a scanner has one result, and a group of findings one count", "[api]") {
  Check("ImageScan", {{"/status/results/-", R"({"scannerRef": {"name": "grype"}, "source": "Pull", "outcome": "Failed"})", ""},
                      {"/status/results/-", R"({"scannerRef": {"name": "trivy"}, "source": "Pull", "outcome": "Failed"})",
                       "status.results[1]: every item must have its own scannerRef, an earlier one has the same"},
                      {"/status/counts/-", R"({"severity": "High", "fix": "None", "layer": "Unknown", "count": 1})", ""},
                      {"/status/counts/-", R"({"severity": "High", "fix": "Available", "layer": "Unknown", "count": 2})",
                       "status.counts[1]: every item must have its own severity, fix, layer, an earlier one has the same"}});
}

TEST_CASE("a score lies between 0.0 and 10.0", "[api]") {
  std::string_view at = "/spec/rules/vulnerabilities/forbid/0/minCVSS";
  std::string path = "spec.rules.vulnerabilities.forbid[0].minCVSS: ";
  Check(kPolicy, {{at, R"("10.0")", ""},
                  {at, R"("10")", ""},
                  {at, R"("10.1")", path + R"(must be between "0.0" and "10.0", not "10.1")"},
                  {at, "9.0", path + R"(must be of type string, not number: decimal as text, "0.0" to "10.0")"}});
  CHECK(MessageOf(Changed(kPolicy, at, R"("high")")).starts_with(path));
  CHECK(MessageOf(Changed(kPolicy, at, R"("-1")")).starts_with(path));
}

}  // namespace hullwright::api
