#include "attack/trust_objects.h"

#include <catch2/catch.hpp>

namespace hullwright::test {
namespace {

Json Object(const std::string& kind, const std::string& name, const Json& spec) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", kind}, {"metadata", {{"name", name}}}, {"spec", spec}};
}

Json Named(const std::string& name) {
  return {{"name", name}};
}

}  // namespace

Json RegistryAt(const std::string& host) {
  return Object("Registry", "at-" + host.substr(host.find(':') + 1), {{"host", host}, {"plainHTTP", true}, {"requestsPerSecond", 1000}});
}

Json KeyAuthority(const std::string& pem) {
  return {{"name", "release"}, {"type", "Key"}, {"key", {{"pem", pem}, {"transparencyLog", "Ignore"}}}};
}

Json LoggedKeyAuthority(const std::string& pem, const std::string& root) {
  return {{"name", "release"}, {"type", "Key"}, {"key", {{"pem", pem}, {"transparencyLog", "Required"}, {"trustRootRef", Named(root)}}}};
}

Json KeylessAuthority(const Json& criteria, const std::string& root) {
  Json keyless = criteria;
  keyless["trustRootRef"] = Named(root);
  return {{"name", "release"}, {"type", "Keyless"}, {"keyless", keyless}};
}

Json NotationAuthority(const std::string& identity, const std::string& root) {
  return {{"name", "release"},
          {"type", "Notation"},
          {"notation", {{"trustRootRef", Named(root)}, {"identities", Json::array({"x509.subject: " + identity})}}}};
}

Json Publisher(const std::string& name, const std::vector<std::string>& repositories, const Json& authority) {
  return Object(
      "TrustedPublisher", name,
      {{"displayName", name}, {"repositories", repositories}, {"verification", "Signature"}, {"authorities", Json::array({authority})}});
}

Json SigstoreRoot(const std::string& name, const std::string& trusted_root_json) {
  return Object("TrustRoot", name, {{"type", "Sigstore"}, {"sigstore", {{"trustedRoot", {{"json", trusted_root_json}}}}}});
}

Json NotationRoot(const std::string& name, const std::string& certificates_pem, const std::string& timestamp_pem) {
  return Object(
      "TrustRoot", name,
      {{"type", "Notation"},
       {"notation",
        {{"certificates", {{"pem", certificates_pem}}}, {"timestampCertificates", {{"pem", timestamp_pem}}}, {"revocation", "Ignore"}}}});
}

Json PolicyFor(const std::string& name, const std::vector<std::string>& images, const Json& rules) {
  return Object("ClusterImageAdmissionPolicy", name,
                {{"match", {{"images", images}}}, {"enforcement", {{"newImages", "Deny"}, {"templates", "Deny"}}}, {"rules", rules}});
}

Json SignedBy(const std::string& publisher) {
  return {{"publishers", {{"refs", Json::array({Named(publisher)})}}}};
}

Json AttestedBy(const std::string& publisher, const std::string& predicate_type) {
  return {{"attestations",
           Json::array({{{"name", "wanted"}, {"predicateType", predicate_type}, {"publisherRefs", Json::array({Named(publisher)})}}})}};
}

Installed::Installed(const std::vector<Json>& objects) {
  for (const Json& object : objects) {
    Gate::Get().Require(object);
    objects_.push_back(object);
  }
}

Installed::~Installed() {
  for (auto object = objects_.rbegin(); object != objects_.rend(); ++object) Gate::Get().Delete(*object);
}

void Installed::Change(const Json& object) {
  Json stored = Gate::Get().Read(object).body;
  stored["spec"] = object["spec"];
  RequireAdmitted(Gate::Get().Put(stored));
}

}  // namespace hullwright::test
