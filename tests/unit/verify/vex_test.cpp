#include "verify/vex.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "base/rfc3339.h"
#include "support/paths.h"
#include "verify/predicate.h"

namespace hullwright::verify {
namespace {

using policy::VexImage;
using policy::VexStatement;
using policy::VexStatus;

const std::string kOpenVexType = "https://openvex.dev/ns", kCycloneDxType = "https://cyclonedx.org/vex",
                  kCsafType = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json";

std::string OpenVex(const std::string& statements) {
  return R"({"@context":"https://openvex.dev/ns/v0.2.0","author":"a","timestamp":"2026-01-01T00:00:00Z","statements":[)" + statements +
         "]}";
}

std::string CycloneDx(const std::string& vulnerability, const std::string& more = "") {
  return R"({"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"timestamp":"2026-01-01T00:00:00Z","component":{"type":"container",
             "name":"app","bom-ref":"image"}},"components":[{"bom-ref":"lib","purl":"pkg:npm/lib@1","components":[{"bom-ref":"deep","purl":"pkg:npm/deep@2"}]},
             {"bom-ref":"nameless"}],"vulnerabilities":[)" +
         vulnerability + "]" + more + "}";
}

std::string Csaf(const std::string& vulnerability, const std::string& status = "final") {
  return R"({"document":{"category":"csaf_vex","csaf_version":"2.0","tracking":{"id":"1","version":"1","status":")" + status +
         R"(","current_release_date":"2026-01-01T00:00:00Z"}},"product_tree":{"full_product_names":[{"product_id":"os","name":"OS",
            "product_identification_helper":{"cpe":"cpe:/o:acme:os:1"}}],"branches":[{"category":"vendor","name":"acme","branches":[
            {"category":"product_version","name":"app","product":{"product_id":"app","name":"app","product_identification_helper":
            {"purl":"pkg:oci/app?repository_url=registry.example/acme"}}},{"category":"product_version","name":"lib","product":{"product_id":"lib",
            "name":"lib","product_identification_helper":{"purl":"pkg:npm/lib@1"}}}]}],"relationships":[
            {"category":"default_component_of","product_reference":"lib","relates_to_product_reference":"app","full_product_name":
            {"product_id":"app:lib","name":"lib in app"}},{"category":"default_component_of","product_reference":"lib",
            "relates_to_product_reference":"os","full_product_name":{"product_id":"os:lib","name":"lib in OS"}},
            {"category":"default_component_of","product_reference":"app","relates_to_product_reference":"os","full_product_name":
            {"product_id":"os:app","name":"app in OS"}}],
            "product_groups":[{"group_id":"all","product_ids":["app","lib"]}]},"vulnerabilities":[)" +
         vulnerability + "]}";
}

std::vector<VexStatement> Read(const std::string& type, const std::string& text) {
  const auto document = ReadVex(type, text);
  INFO(text);
  if (!document) FAIL(document.error().message);
  return document->statements();
}

std::string Refusal(const std::string& type, const std::string& text) {
  const auto document = ReadVex(type, text);
  INFO(text);
  REQUIRE_FALSE(document);
  CHECK(document.error().step == Step::kPredicate);
  return document.error().message;
}

void CheckRefused(const std::string& type, const std::string& text, const std::string& mentions) {
  CHECK_THAT(Refusal(type, text), Catch::Contains(mentions));
}

std::string Url(const policy::VexPackage& package) {
  return package.url ? package.url->identity + "@" + package.url->version : "";
}

// ---- OpenVEX

TEST_CASE("an OpenVEX statement is read whole", "[verify]") {
  const auto statements = Read(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1","aliases":["GHSA-1"]},"status":"not_affected",
      "justification":"component_not_present","impact_statement":"why","timestamp":"2026-02-01T00:00:00Z",
      "products":[{"@id":"pkg:oci/app","subcomponents":[{"@id":"pkg:deb/debian/openssl@1"}]},{"@id":"x","identifiers":{"purl":"pkg:oci/two"}}]})"));
  REQUIRE(statements.size() == 1);
  const VexStatement& statement = statements[0];
  CHECK(statement.names == std::vector<std::string>{"CVE-1", "GHSA-1"});
  CHECK(statement.status == VexStatus::kNotAffected);
  CHECK(statement.justification == "component_not_present");
  CHECK(statement.text == "why");
  CHECK(statement.timestamp == *ParseRfc3339("2026-02-01T00:00:00Z"));
  CHECK(statement.defect.empty());
  REQUIRE(statement.products.size() == 2);
  CHECK(statement.products[0].image.last_segment == "app");
  REQUIRE(statement.products[0].packages.size() == 1);
  CHECK(Url(statement.products[0].packages[0]) == "deb/debian/openssl@1");
  CHECK(statement.products[1].image.last_segment == "two");
}

TEST_CASE("an OpenVEX statement inherits the document's time, and without products is about what it is attached to", "[verify]") {
  const auto statements = Read(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed"})"));
  CHECK(statements.at(0).timestamp == *ParseRfc3339("2026-01-01T00:00:00Z"));
  REQUIRE(statements[0].products.size() == 1);
  CHECK(statements[0].products[0].image.kind == VexImage::Kind::kAttached);
}

TEST_CASE("OpenVEX documents of before 0.2.0 write strings", "[verify]") {
  const auto statements =
      Read(kOpenVexType, R"({"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-1","status":"fixed",
      "products":["pkg:oci/app","registry.example/acme/app"],"subcomponents":["pkg:deb/debian/openssl"]}]})");
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].names == std::vector<std::string>{"CVE-1"});
  CHECK_FALSE(statements[0].timestamp);
  REQUIRE(statements[0].products.size() == 2);
  for (const auto& product : statements[0].products) {
    CHECK(product.image.kind == VexImage::Kind::kNamed);
    REQUIRE(product.packages.size() == 1);
    CHECK(Url(product.packages[0]) == "deb/debian/openssl@");
  }
}

TEST_CASE("an OpenVEX product may be known by its hash", "[verify]") {
  const std::string hex(64, 'a');
  const auto statements =
      Read(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed","products":[{"@id":"urn:x","hashes":{"sha-256":")" +
                                 hex + R"("}},{"@id":"urn:y"}]})"));
  CHECK(statements.at(0).products.at(0).image.digest->text() == "sha256:" + hex);
  CHECK(statements[0].products.at(1).image.kind == VexImage::Kind::kOther);
}

TEST_CASE("OpenVEX: not_affected needs a justification of the specification or an impact statement", "[verify]") {
  const auto statements = Read(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"not_affected"},
                                    {"vulnerability":{"name":"CVE-2"},"status":"not_affected","justification":"trust_me"},
                                    {"vulnerability":{"name":"CVE-3"},"status":"not_affected","impact_statement":"the code is not built"},
                                    {"vulnerability":{"name":"CVE-4"},"status":"affected","action_statement":"update"})"));
  REQUIRE(statements.size() == 4);
  CHECK_THAT(statements[0].defect, Catch::Contains("statements[0]") && Catch::Contains("impact_statement"));
  CHECK_FALSE(statements[0].Suppresses());
  CHECK_FALSE(statements[1].Suppresses());
  CHECK(statements[2].Suppresses());
  CHECK(statements[3].defect.empty());
  CHECK_FALSE(statements[3].Suppresses());
}

TEST_CASE("an OpenVEX document that is none is refused with the place", "[verify]") {
  CheckRefused(kOpenVexType, "{", "");
  CheckRefused(kOpenVexType, "[]", "not a JSON object");
  CheckRefused(kOpenVexType, R"({"@context":"https://example.com","statements":[]})", "must begin with https://openvex.dev/ns");
  CheckRefused(kOpenVexType, OpenVex(R"({"status":"fixed"})"), "statements[0] names no vulnerability");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":""},"status":"fixed"})"), "is empty");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE\n1"},"status":"fixed"})"), "control characters");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"harmless"})"), "must be one of not_affected");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed","timestamp":"yesterday"})"), "timestamp");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed","products":{}})"), "products");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed","products":[1]})"),
               "products[0] of statements[0]");
  CheckRefused(kOpenVexType,
               OpenVex(R"({"vulnerability":{"name":"CVE-1"},"status":"fixed","products":[{"@id":"a","subcomponents":[null]}]})"),
               "subcomponents[0] of products[0] of statements[0]");
}

// ---- CycloneDX

TEST_CASE("the states of a CycloneDX analysis are mapped", "[verify]") {
  const std::vector<std::pair<std::string, VexStatus>> states = {{"resolved", VexStatus::kFixed},
                                                                 {"resolved_with_pedigree", VexStatus::kFixed},
                                                                 {"exploitable", VexStatus::kAffected},
                                                                 {"in_triage", VexStatus::kUnderInvestigation},
                                                                 {"false_positive", VexStatus::kNotAffected},
                                                                 {"not_affected", VexStatus::kNotAffected}};
  for (const auto& [word, status] : states) {
    INFO(word);
    const auto statements = Read(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","analysis":{"state":")" + word +
                                                           R"(","justification":"code_not_reachable"},"affects":[{"ref":"lib"}]})"));
    REQUIRE(statements.size() == 1);
    CHECK(statements[0].status == status);
    CHECK(statements[0].defect.empty());
    CHECK(statements[0].justification == "code_not_reachable");
    CHECK(statements[0].timestamp == *ParseRfc3339("2026-01-01T00:00:00Z"));
  }
  CheckRefused(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","analysis":{"state":"harmless"}})"), "analysis of vulnerabilities[0]");
}

TEST_CASE("a CycloneDX statement is about the components that it refers to", "[verify]") {
  const auto statements = Read(kCycloneDxType, CycloneDx(R"({"id":"SNYK-1","references":[{"id":"CVE-1"}],
      "analysis":{"state":"resolved","lastUpdated":"2026-02-01T00:00:00Z","firstIssued":"2025-01-01T00:00:00Z"},
      "affects":[{"ref":"lib"},{"ref":"deep"},{"ref":"image"},{"ref":"nameless"},{"ref":"pkg:npm/other@3"},{"ref":"gone"},
                 {"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Flinked%404"},{"ref":"pkg:oci/app"}]})"));
  REQUIRE(statements.size() == 1);
  CHECK(statements[0].names == std::vector<std::string>{"SNYK-1", "CVE-1"});
  CHECK(statements[0].timestamp == *ParseRfc3339("2026-02-01T00:00:00Z"));
  const auto& products = statements[0].products;
  REQUIRE(products.size() == 8);
  const auto package = [&](std::size_t i) { return products[i].packages.size() == 1 ? Url(products[i].packages[0]) : "no package"; };
  CHECK(package(0) == "npm/lib@1");
  CHECK(package(1) == "npm/deep@2");
  CHECK(package(2) == "no package");  // the image
  CHECK(products[2].image.kind == VexImage::Kind::kAttached);
  CHECK(package(3).empty());
  CHECK(package(4) == "npm/other@3");
  CHECK(package(5).empty());
  CHECK(package(6) == "npm/linked@4");
  CHECK(products[7].image.last_segment == "app");
}

TEST_CASE("CycloneDX: what was only found is no statement, and what is about nothing may be about anything", "[verify]") {
  CHECK(Read(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","affects":[{"ref":"lib"}]},{"id":"CVE-2","analysis":{"detail":"x"}})")).empty());
  const auto statements = Read(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","analysis":{"state":"resolved"}})"));
  CHECK(statements.at(0).products.at(0).image.kind == VexImage::Kind::kOther);
}

TEST_CASE("CycloneDX: not_affected and false_positive need a justification or a detail", "[verify]") {
  for (const std::string state : {"not_affected", "false_positive"}) {
    const std::string begin = R"({"id":"CVE-1","affects":[{"ref":"lib"}],"analysis":{"state":")" + state + "\"";
    CHECK_THAT(Read(kCycloneDxType, CycloneDx(begin + "}}")).at(0).defect, Catch::Contains("without a justification"));
    CHECK(Read(kCycloneDxType, CycloneDx(begin + R"(,"detail":"why"}})")).at(0).Suppresses());
  }
}

TEST_CASE("CycloneDX: version ranges leave open what is meant of a component without a version", "[verify]") {
  const auto product = [](const std::string& ref) {
    return Read(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","analysis":{"state":"resolved"},"affects":[{"ref":")" + ref +
                                          R"(","versions":[{"range":"vers:npm/<2"}]}]})"))
        .at(0)
        .products.at(0);
  };
  CHECK(Url(product("pkg:npm/a").packages.at(0)).empty());
  CHECK(Url(product("pkg:npm/a@1").packages.at(0)) == "npm/a@1");
}

TEST_CASE("a CycloneDX document that is none is refused with the place", "[verify]") {
  CheckRefused(kCycloneDxType, R"({"bomFormat":"SPDX"})", "must be CycloneDX");
  CheckRefused(kCycloneDxType, "{}", "bomFormat");
  CheckRefused(kCycloneDxType, CycloneDx(R"({"analysis":{"state":"resolved"}})"), "\"id\"");
  CheckRefused(kCycloneDxType, CycloneDx(R"({"id":"CVE-1","analysis":{"state":"resolved"},"affects":[{}]})"),
               "affects[0] of vulnerabilities[0]");
  CheckRefused(kCycloneDxType, R"({"bomFormat":"CycloneDX","components":[{"bom-ref":"a"},{"bom-ref":"a"}]})", "components[1]");
}

// ---- CSAF

TEST_CASE("the products of each CSAF status are one statement for each reason", "[verify]") {
  const auto statements = Read(kCsafType, Csaf(R"({"cve":"CVE-1","ids":[{"system_name":"x","text":"BUG-1"}],
      "product_status":{"known_not_affected":["app:lib","os:lib","os:app","app","lib","os"],"known_affected":["app"],"fixed":["lib"],"first_fixed":["lib"],
                        "under_investigation":["os"],"recommended":["app"]},
      "flags":[{"label":"vulnerable_code_not_present","product_ids":["app:lib","os:lib","os:app","os"]},{"label":"unheard_of","product_ids":["app"]}],
      "threats":[{"category":"impact","details":"words","group_ids":["all"]},{"category":"exploit_status","details":"none"}]})"));
  REQUIRE(statements.size() == 6);
  std::size_t products = 0;
  for (const VexStatement& statement : statements) {
    CHECK(statement.names == std::vector<std::string>{"CVE-1", "BUG-1"});
    CHECK(statement.timestamp == *ParseRfc3339("2026-01-01T00:00:00Z"));
    CHECK(statement.defect.empty());
    if (statement.status != VexStatus::kNotAffected) continue;
    products += statement.products.size();
    CHECK(statement.text == (statement.justification.empty() ? "words" : ""));
  }
  CHECK(products == 6);
}

TEST_CASE("a product that CSAF composes is the image of its two parts, and the package beside it", "[verify]") {
  const auto product = [](const std::string& id) {
    return Read(kCsafType, Csaf(R"({"cve":"CVE-1","product_status":{"fixed":[")" + id + R"("]}})")).at(0).products.at(0);
  };
  CHECK(product("app:lib").image.last_segment == "app");
  CHECK(Url(product("app:lib").packages.at(0)) == "npm/lib@1");
  CHECK(product("os:lib").image.kind == VexImage::Kind::kOther);
  CHECK(Url(product("os:lib").packages.at(0)) == "npm/lib@1");
  CHECK(product("os:app").image.last_segment == "app");
  CHECK(product("os:app").packages.empty());
  CHECK(product("lib").image.kind == VexImage::Kind::kAttached);
  CHECK(product("os").image.kind == VexImage::Kind::kOther);
}

TEST_CASE("CSAF: known_not_affected needs a flag or an impact", "[verify]") {
  const std::string begin = R"({"cve":"CVE-1","product_status":{"known_not_affected":["app","lib"]})";
  const auto bare = Read(kCsafType, Csaf(begin + "}"));
  REQUIRE(bare.size() == 1);
  CHECK_FALSE(bare[0].Suppresses());
  const auto half = Read(kCsafType, Csaf(begin + R"(,"flags":[{"label":"component_not_present","product_ids":["app"]}]})"));
  REQUIRE(half.size() == 2);
  CHECK(half[0].Suppresses() != half[1].Suppresses());
  const auto all = Read(kCsafType, Csaf(begin + R"(,"threats":[{"category":"impact","details":"why"}]})"));
  REQUIRE(all.size() == 1);
  CHECK(all[0].Suppresses());
}

TEST_CASE("a CSAF document that is none is refused with the place", "[verify]") {
  CheckRefused(kCsafType, "{}", "\"document\"");
  CheckRefused(kCsafType, R"({"document":{"category":"csaf_security_advisory","csaf_version":"2.0"}})", "must be csaf_vex");
  CheckRefused(kCsafType, R"({"document":{"category":"csaf_vex","csaf_version":"1.0"}})", "must be 2.0");
  CheckRefused(kCsafType, Csaf("", "draft"), "must be final or interim");
  CheckRefused(kCsafType, Csaf("{}"), "vulnerabilities[0] names no vulnerability");
  CheckRefused(kCsafType, Csaf(R"({"cve":"CVE-1","product_status":{"fixed":["gone"]}})"),
               "product_status.fixed[0] of vulnerabilities[0] is \"gone\", which product_tree does not hold");
  CheckRefused(kCsafType, Csaf(R"({"cve":"CVE-1","flags":[{"label":"component_not_present","group_ids":["gone"]}]})"),
               "names the group \"gone\"");
}

TEST_CASE("branches of a CSAF product tree go no deeper than JSON may", "[verify]") {
  std::string branches = "[]";
  for (int i = 0; i < 40; ++i) branches = R"([{"category":"vendor","name":"x","branches":)" + branches + "}]";
  const std::string head =
      R"({"document":{"category":"csaf_vex","csaf_version":"2.0","tracking":{"status":"final","current_release_date":"2026-01-01T00:00:00Z"}},"product_tree":{"branches":)";
  CheckRefused(kCsafType, head + branches + "}}", "deep");
}

// ---- All

TEST_CASE("a VEX document with more than the limits is refused, never read in part", "[verify]") {
  std::string many;
  for (int i = 0; i <= 16384; ++i) many += std::string(many.empty() ? "" : ",") + R"({"vulnerability":"C","status":"fixed"})";
  CheckRefused(kOpenVexType, OpenVex(many), "more than 16384");
  std::string products;
  for (int i = 0; i < 40000; ++i) products += std::string(products.empty() ? "" : ",") + R"("a")";
  const std::string half = R"({"vulnerability":"C","status":"fixed","products":[)" + products + "]}";
  CHECK(Read(kOpenVexType, OpenVex(half)).size() == 1);
  CheckRefused(kOpenVexType, OpenVex(half + "," + half), "more than 65536");
  std::string aliases;
  for (int i = 0; i < 64; ++i) aliases += std::string(aliases.empty() ? "" : ",") + R"("a")";
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":{"name":"C","aliases":[)" + aliases + R"(]},"status":"fixed"})"), "aliases");
  CheckRefused(kOpenVexType, OpenVex(R"({"vulnerability":")" + std::string(1025, 'C') + R"(","status":"fixed"})"), "at most 1024 bytes");
}

TEST_CASE("other predicates are no VEX documents", "[verify]") {
  CHECK_FALSE(IsVex("https://cyclonedx.org/bom"));
  CHECK_FALSE(IsVex(""));
  CHECK_FALSE(ReadVex("https://slsa.dev/provenance/v1", "{}"));
  for (const std::string_view type : policy::kVexPredicateTypes) CHECK(IsVex(type));
}

// Reads ../shared/samples; passes, saying so, where it is absent.
std::optional<std::string> Sample(const std::string& name) {
  std::ifstream file(testing::SourcePath("../shared/samples/") + name, std::ios::binary);
  if (!file) {
    WARN(name << " is not here: not read");
    return std::nullopt;
  }
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("documents that others have published are read", "[verify]") {
  if (const auto text = Sample("format-openvex.json")) {
    const auto statements = Read(kOpenVexType, *text);
    REQUIRE(statements.size() == 5);
    CHECK(statements[4].justification == "vulnerable_code_not_present");
    CHECK(statements[4].products.at(0).image.digest->text() == "sha256:124c7d2707904eea7431fffe91522a01e5a861a624ee31d03372cc1d138a3126");
    CHECK(Url(statements[4].products[0].packages.at(1)) == "apk/alpine/libcrypto3@3.0.8-r3");
  }
  if (const auto text = Sample("format-cyclonedx-vex.json")) {
    const auto statements = Read(kCycloneDxType, *text);
    REQUIRE(statements.size() == 1);
    CHECK(statements[0].names.at(1) == "CVE-2018-7489");
    CHECK(Url(statements[0].products.at(0).packages.at(0)) == "maven/com.fasterxml.jackson.core/jackson-databind@2.9.4");
  }
  if (const auto text = Sample("format-csaf-vex.json")) {
    const auto statements = Read(kCsafType, *text);
    REQUIRE(statements.size() == 1);
    CHECK(statements[0].status == VexStatus::kNotAffected);
    CHECK(statements[0].justification == "vulnerable_code_not_present");
    CHECK(statements[0].products.size() == 26);
    CHECK(Url(statements[0].products[0].packages.at(0)) == "rpm/redhat/xz@");
  }
}

}  // namespace
}  // namespace hullwright::verify
