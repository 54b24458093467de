// Attacks through missing policies, exceptions and labels: rows 57 to 60 of the catalogue (docs/attacks.md).
#include <catch2/catch.hpp>

#include "attack/gate.h"

using namespace hullwright::test;

namespace {

const As kAlice{"alice", {"system:authenticated"}};

// Alice may do everything in her namespace and write our namespaced kinds, but waive nothing.
std::string NamespaceOfAlice(Gate& gate) {
  const std::string name = gate.MakeNamespace(UniqueName("alice"));
  gate.Require({{"apiVersion", "rbac.authorization.k8s.io/v1"},
                {"kind", "RoleBinding"},
                {"metadata", {{"name", "alice"}, {"namespace", name}}},
                {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "test-everything"}}},
                {"subjects", {{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "User"}, {"name", "alice"}}}}});
  return name;
}

Json Exception(const std::string& name_space, const std::string& vulnerability, const std::string& package) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "VulnerabilityException"},
          {"metadata", {{"name", UniqueName("exception")}, {"namespace", name_space}}},
          {"spec",
           {{"policyRefs", {{{"name", "ok"}}}},
            {"vulnerabilities", {{{"id", vulnerability}, {"packages", {package}}}}},
            {"images", {"registry.example/ok/**"}},
            {"assessment", "RiskAccepted"},
            {"reason", "a test"},
            {"owner", "the tests"},
            {"expiresAt", "2099-01-01T00:00:00Z"}}}};
}

}  // namespace

TEST_CASE("an image that no policy covers is denied", "[attack][attack-57]") {
  Gate& gate = Gate::Get();
  const std::string digest = gate.good().substr(gate.good().find('@'));
  RequireDenied(gate.Create(Pod(UniqueName("unmatched"), "registry.example/elsewhere/app" + digest)), "Unmatched");
  RequireAdmitted(gate.Create(Pod(UniqueName("matched"), "registry.example/ok/app" + digest)));
}

TEST_CASE("an exception needs the verb waive, and has no effect outside its namespace", "[attack][attack-58]") {
  Gate& gate = Gate::Get();
  const std::string hers = NamespaceOfAlice(gate);
  const Json pod = Pod("app", gate.bad(), hers);
  RequireDenied(gate.Create(pod, kAlice), "VulnerabilityForbidden");

  const Answer refused = gate.Create(Exception(hers, "CVE-2026-1000", "pkg:deb/debian/openssl"), kAlice);
  CHECK(refused.status == 403);
  CHECK_THAT(refused.message(), Catch::Contains("waive"));

  // Somebody who may waive accepts it in another namespace: no effect here. In this namespace: admitted.
  gate.Require(Exception(gate.MakeNamespace(UniqueName("other")), "CVE-2026-1000", "pkg:deb/debian/openssl"));
  RequireDenied(gate.Create(pod, kAlice), "VulnerabilityForbidden");
  gate.Require(Exception(hers, "CVE-2026-1000", "pkg:deb/debian/openssl"));
  gate.WaitUntil(pod, true);
  RequireAdmitted(gate.Create(pod, kAlice));
}

TEST_CASE("two exceptions never add up", "[attack][attack-58]") {
  Gate& gate = Gate::Get();
  const std::string name_space = gate.MakeNamespace(UniqueName("adding"));
  Json wrong_package = Exception(name_space, "CVE-2026-1000", "pkg:deb/debian/zlib");
  Json wrong_vulnerability = Exception(name_space, "CVE-2026-9999", "pkg:deb/debian/openssl");
  gate.Require(wrong_package);
  gate.Require(wrong_vulnerability);
  // A third one, for another image, shows when the webhook has seen the first two: watches deliver a kind's objects in order.
  const std::string marker = gate.Image(UniqueName("marker"), ScanState::kCritical);
  Json third = Exception(name_space, "CVE-2026-1000", "pkg:deb/debian/openssl");
  third["spec"]["images"] = {marker.substr(0, marker.find('@'))};
  gate.Require(third);
  gate.WaitUntil(Pod("marker", marker, name_space), true);
  RequireDenied(gate.Create(Pod("app", gate.bad(), name_space)), "VulnerabilityForbidden");
}

TEST_CASE("who asked for an exception cannot be forged", "[attack][attack-58]") {
  Gate& gate = Gate::Get();
  Json forged = Exception(gate.MakeNamespace(UniqueName("forged")), "CVE-2026-1000", "pkg:deb/debian/openssl");
  forged["spec"]["requestedBy"] = {{"username", "somebody-else"}, {"groups", {"system:masters"}}};
  const Answer answer = gate.Create(forged);
  // The stamping hook overwrites it with the real user, or the validating hook refuses it: it never stands.
  if (answer.ok()) CHECK(answer.body["spec"]["requestedBy"]["username"] != "somebody-else");
}

TEST_CASE("labels on a namespace exempt nothing", "[attack][attack-59]") {
  Gate& gate = Gate::Get();
  const std::string name = gate.MakeNamespace(UniqueName("labelled"), {{"hullwright.dev/exempt", "true"},
                                                                       {"hullwright.dev/ignore", "true"},
                                                                       {"admission.gatekeeper.sh/ignore", "true"},
                                                                       {"control-plane", "true"}});
  RequireDenied(gate.Create(Pod("app", gate.bad(), name)), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(Pod("app", gate.good(), name)));
}

TEST_CASE("labels and annotations of a Pod break no glass; an authorised BreakGlass object does", "[attack][attack-60]") {
  Gate& gate = Gate::Get();
  const std::string hers = NamespaceOfAlice(gate);
  Json pod = Pod("app", gate.bad(), hers);
  pod["metadata"]["labels"] = {{"hullwright.dev/break-glass", "true"}, {"hullwright.dev/exempt", "true"}};
  pod["metadata"]["annotations"] = {{"hullwright.dev/break-glass", "incident 42"}, {"admission.stackrox.io/break-glass", "true"}};
  RequireDenied(gate.Create(pod, kAlice), "VulnerabilityForbidden");

  const Json glass = {{"apiVersion", "hullwright.dev/v1alpha1"},
                      {"kind", "BreakGlass"},
                      {"metadata", {{"name", "tonight"}, {"namespace", hers}}},
                      {"spec",
                       {{"policyRefs", {{{"name", "ok"}}}},
                        {"images", {gate.bad()}},
                        {"reason", "the shop is down"},
                        {"ticket", "INC-42"},
                        {"durationSeconds", 3600}}}};
  CHECK(gate.Create(glass, kAlice).status == 403);
  gate.Require(glass);
  gate.WaitUntil(pod, true);
  RequireAdmitted(gate.Create(pod, kAlice));
  // It is immutable.
  CHECK_FALSE(gate.Patch(glass, PatchType::kMerge, {{"spec", {{"durationSeconds", 86400}}}}).ok());
}
