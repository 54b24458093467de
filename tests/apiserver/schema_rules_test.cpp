// What the CRDs refuse by themselves, on the real API server without our webhook: each validation rule (CEL) of the kinds about trust, of
// Registry and of policies, with a spec that keeps it and one that differs only in breaking it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "api/object.h"
#include "apiserver/own_kinds.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;

struct Rule {
  std::string kind, field, message;
  std::string kept, broken;  // specs
};

constexpr char kOnePem[] = "write exactly one of pem, configMapKeyRef and secretKeyRef";
constexpr char kOneJson[] = "write exactly one of json, configMapKeyRef and secretKeyRef";
constexpr char kSelectorValues[] = "values are for the operators In and NotIn, and only for them";

std::string Notation(const std::string& members) {
  return R"({"type": "Notation", "notation": {)" + members + "}}";
}
std::string Authority(const std::string& members) {
  return R"({"repositories": ["registry.example/**"], "verification": "Signature", "authorities": [{"name": "release", )" + members + "}]}";
}
std::string Policy(const std::string& rules, const std::string& enforcement = R"({"newImages": "Deny"})", const std::string& match = "{}") {
  return R"({"match": )" + match + R"(, "enforcement": )" + enforcement + R"(, "rules": {)" + rules + "}}";
}
const std::string kAnyRule = R"("reference": {"digest": "FromAuthor"})";

std::string Selecting(const std::string& expression) {
  return Policy(kAnyRule, R"({"newImages": "Deny"})", R"({"namespaceSelector": {"matchExpressions": [)" + expression + "]}}");
}
std::string Waiving(const std::string& expression) {
  return Policy(R"("vulnerabilities": {"forbid": [{"name": "critical", "severities": ["Critical"]}],
                   "waivers": {"kinds": ["BreakGlass"], "namespaceSelector": {"matchExpressions": [)" +
                expression + "]}}}");
}
std::string Forbidding(const std::string& conditions) {
  return Policy(R"("vulnerabilities": {"forbid": [{"name": "any", )" + conditions + "}]}");
}
std::string Attested(const std::string& expression) {
  return Policy(
      R"("attestations": [{"name": "built", "predicateType": "https://slsa.dev/provenance/v1", "publisherRefs": [{"name": "acme"}],
                   "matchExpressions": [)" +
      expression + "]}]");
}

std::vector<Rule> RulesOfTrustRoots() {
  const std::string kind = "TrustRoot", sigstore = R"({"type": "Sigstore", "sigstore": {"trustedRoot": )",
                    tuf = R"({"type": "TUF", "tuf": {"mirror": "https://tuf.example", "initialRoot": )";
  std::vector<Rule> rules = {
      {kind, "spec", "write the one of sigstore, tuf and notation that goes with type", sigstore + R"({"json": "{}"}}})",
       R"({"type": "TUF", "sigstore": {"trustedRoot": {"json": "{}"}}})"},
      {kind, "spec.sigstore.trustedRoot", kOneJson, sigstore + R"({"json": "{}"}}})",
       sigstore + R"({"json": "{}", "configMapKeyRef": {"name": "roots", "key": "root.json"}}}})"},
      {kind, "spec.tuf.initialRoot", kOneJson, tuf + R"({"secretKeyRef": {"name": "roots", "key": "root.json"}}}})", tuf + "{}}}"},
      {kind, "spec.notation", "write certificates or signingAuthorities", Notation(R"("certificates": {"pem": "x"})"),
       Notation(R"("timestampCertificates": {"pem": "x"})")},
      {kind, "spec.notation", "revocationLists are for revocation: Required",
       Notation(R"("certificates": {"pem": "x"}, "revocationLists": {"pem": "x"}, "revocation": "Required")"),
       Notation(R"("certificates": {"pem": "x"}, "revocationLists": {"pem": "x"}, "revocation": "Ignore")")}};
  for (const std::string list : {"certificates", "signingAuthorities", "timestampCertificates", "revocationLists"}) {
    const auto with = [&](const std::string& source) {
      const std::string other = list == "certificates" ? "signingAuthorities" : "certificates";
      return Notation("\"" + list + "\": " + source + ", \"" + other + R"(": {"pem": "x"})");
    };
    rules.push_back({kind, "spec.notation." + list, kOnePem, with(R"({"pem": "x"})"),
                     with(R"({"pem": "x", "secretKeyRef": {"name": "certificates", "key": "ca.pem"}})")});
  }
  return rules;
}

std::vector<Rule> RulesOfRegistries() {
  return {{"Registry", "spec", "ca and clientCertificateRef mean nothing with plainHTTP",
           R"({"host": "registry.example", "plainHTTP": false, "ca": {"pem": "x"}, "clientCertificateRef": {"name": "client"}})",
           R"({"host": "registry.example", "plainHTTP": true, "clientCertificateRef": {"name": "client"}})"},
          {"Registry", "spec.ca", kOnePem, R"({"host": "registry.example", "ca": {"configMapKeyRef": {"name": "ca", "key": "ca.pem"}}})",
           R"({"host": "registry.example", "ca": {}})"}};
}

std::vector<Rule> RulesOfPublishers() {
  const std::string kind = "TrustedPublisher", key = R"("type": "Key", "key": )", keyless = R"("type": "Keyless", "keyless": )";
  return {
      {kind, "spec", "authorities, signatureRepository and aliases go with verification: Signature, which needs authorities",
       R"({"repositories": ["registry.example/**"], "verification": "NameOnly"})",
       R"({"repositories": ["registry.example/**"], "verification": "Signature"})"},
      {kind, "spec.authorities[]", "write the one of key, keyless and notation that goes with type", Authority(key + R"({"pem": "x"})"),
       Authority(R"("type": "Keyless", "key": {"pem": "x"})")},
      {kind, "spec.authorities[].key", kOnePem, Authority(key + R"({"pem": "x"})"), Authority(key + R"({"transparencyLog": "Ignore"})")},
      {kind, "spec.authorities[].key", "trustRootRef is for transparencyLog: Required",
       Authority(key + R"({"pem": "x", "trustRootRef": {"name": "ours"}, "transparencyLog": "Required"})"),
       Authority(key + R"({"pem": "x", "trustRootRef": {"name": "ours"}, "transparencyLog": "Ignore"})")},
      {kind, "spec.authorities[].keyless", "write exactly one of subject and subjectRegExp",
       Authority(keyless + R"({"issuer": "https://issuer.example", "subject": "alice@example.com"})"),
       Authority(keyless + R"({"issuer": "https://issuer.example", "subject": "alice@example.com", "subjectRegExp": ".+"})")},
  };
}

std::vector<Rule> RulesOfPolicies() {
  const std::string kind = "ClusterImageAdmissionPolicy", exists = R"({"key": "env", "operator": "Exists")",
                    path = R"({"path": "/builder/id", )";
  std::vector<Rule> rules = {
      {kind, "spec.match.namespaceSelector.matchExpressions[]", kSelectorValues, Selecting(exists + "}"),
       Selecting(exists + R"(, "values": ["prod"]})")},
      {kind, "spec.rules.vulnerabilities.waivers.namespaceSelector.matchExpressions[]", kSelectorValues,
       Waiving(R"({"key": "env", "operator": "In", "values": ["prod"]})"), Waiving(R"({"key": "env", "operator": "In"})")},
      {kind, "spec.rules.reference", "write digest or forbiddenTags", Policy(kAnyRule), Policy(R"("reference": {})")},
      {kind, "spec.rules.publishers", "minimum must be at most the number of refs",
       Policy(R"("publishers": {"refs": [{"name": "acme"}, {"name": "qa"}], "minimum": 2})"),
       Policy(R"("publishers": {"refs": [{"name": "acme"}, {"name": "qa"}], "minimum": 3})")},
      {kind, "spec.rules.vulnerabilities.forbid[]",
       "an entry needs a condition: severities, fix, layers, minCVSS, minEPSS, knownExploited or ids", Forbidding(R"("fix": "Available")"),
       Forbidding(R"("fix": "Any")")},
      {kind, "spec.rules.vulnerabilities.forbid[]", "graceHours and graceFrom are given together",
       Forbidding(R"("severities": ["High"], "graceHours": 24, "graceFrom": "FirstSeen")"),
       Forbidding(R"("severities": ["High"], "graceHours": 24)")},
      {kind, "spec.rules.vulnerabilities.forbid[]", "graceFrom FixFirstSeen needs fix: Available",
       Forbidding(R"("fix": "Available", "graceHours": 24, "graceFrom": "FixFirstSeen")"),
       Forbidding(R"("fix": "None", "graceHours": 24, "graceFrom": "FixFirstSeen")")},
      {kind, "spec.rules.attestations[].matchExpressions[]", "values are for the operators In, NotIn and Matches, and only for them",
       Attested(path + R"("operator": "Matches", "values": ["https://ci\\.example/.*"]})"), Attested(path + R"("operator": "Matches"})")}};
  for (const std::string state : {"noData", "templates", "admittedImages"}) {
    const auto with = [&](const std::string& word) {
      return Policy(kAnyRule, R"({"newImages": "Warn", ")" + state + R"(": ")" + word + "\"}");
    };
    rules.push_back({kind, "spec.enforcement", state + " must not be harder than newImages", with("Warn"), with("Deny")});
  }
  return rules;
}

std::vector<Rule> AllRules() {
  std::vector<Rule> all;
  for (const auto& rules : {RulesOfTrustRoots(), RulesOfRegistries(), RulesOfPublishers(), RulesOfPolicies()})
    all.insert(all.end(), rules.begin(), rules.end());
  return all;
}

const api::KindInfo& Kind(const std::string& name) {
  return *std::ranges::find_if(api::Kinds(), [&](const api::KindInfo& kind) { return kind.kind == name; });
}

// A dry run: nothing is stored, and nothing of one case is in the way of another.
ApiServerReply Write(ApiServer& server, const Rule& rule, const std::string& spec) {
  const json object = {
      {"apiVersion", api::kApiVersion}, {"kind", rule.kind}, {"metadata", {{"name", "rule"}}}, {"spec", json::parse(spec)}};
  const std::string path = "/apis/" + std::string(api::kApiVersion) + "/" + Kind(rule.kind).plural + "?dryRun=All";
  return server.Request("POST", path, object.dump());
}

// As the API server names it of the first entry of each list.
std::string FirstOf(std::string field) {
  for (auto at = field.find("[]"); at != std::string::npos; at = field.find("[]", at)) field.replace(at, 2, "[0]");
  return field;
}

std::string Identify(const std::string& kind, const std::string& field, const std::string& message) {
  return kind + " " + field + ": " + message;
}

// Every rule of a schema and what is below it.
void Collect(const std::string& kind, const json& schema, const std::string& field, std::set<std::string>& rules) {
  for (const json& rule : schema.value("x-kubernetes-validations", json::array())) rules.insert(Identify(kind, field, rule.at("message")));
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) Collect(kind, property, field.empty() ? name : field + "." + name, rules);
  if (schema.contains("items")) Collect(kind, schema.at("items"), field + "[]", rules);
}

}  // namespace

TEST_CASE("each rule of a schema takes what keeps it and refuses what breaks it, at its field and with its words", "[apiserver]") {
  ApiServer& server = ServerWithOurKinds();
  for (const Rule& rule : AllRules()) {
    INFO(Identify(rule.kind, rule.field, rule.message));
    const auto kept = Write(server, rule, rule.kept);
    INFO(kept.text);
    CHECK(kept.status == 201);
    const auto broken = Write(server, rule, rule.broken);
    INFO(broken.text);
    CHECK(broken.status == 422);
    CHECK_THAT(broken.message(), Catch::Contains(FirstOf(rule.field) + ": Invalid value") && Catch::Contains(rule.message));
  }
}

TEST_CASE("no rule of these kinds is without such a pair", "[apiserver]") {
  ApiServer& server = ServerWithOurKinds();
  std::set<std::string> shown, written;
  for (const Rule& rule : AllRules()) {
    shown.insert(Identify(rule.kind, rule.field, rule.message));
    const auto definition =
        server.Get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + Kind(rule.kind).plural + ".hullwright.dev");
    REQUIRE(definition.status == 200);
    Collect(rule.kind, definition.json["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "", written);
  }
  CHECK(shown == written);
  CHECK(written.size() > 20);
}

}  // namespace hullwright::testing
