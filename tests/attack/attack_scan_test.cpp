// Attacks through the evidence itself: row 73 of the catalogue (docs/attacks.md).
#include <catch2/catch.hpp>
#include <chrono>

#include "attack/gate.h"
#include "support/process.h"

using namespace hullwright::test;

namespace {

const As kMallory{"mallory", {"system:authenticated"}};
const As kPipeline{"pipeline", {"system:authenticated"}};
constexpr std::chrono::seconds kPatience{20};

void Bind(Gate& gate, const std::string& role, const As& who) {
  gate.Require({{"apiVersion", "rbac.authorization.k8s.io/v1"},
                {"kind", "ClusterRoleBinding"},
                {"metadata", {{"name", UniqueName(role)}}},
                {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", role}}},
                {"subjects", {{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "User"}, {"name", who.user}}}}});
}

// Mallory has every verb of Kubernetes on scans.
void BindMallory(Gate& gate) {
  const std::string role = UniqueName("test-scans");
  gate.Require({{"apiVersion", "rbac.authorization.k8s.io/v1"},
                {"kind", "ClusterRole"},
                {"metadata", {{"name", role}}},
                {"rules",
                 {{{"apiGroups", {"hullwright.dev"}},
                   {"resources", {"imagescans", "imagescans/status"}},
                   {"verbs", {"get", "list", "create", "update", "patch", "delete", "deletecollection"}}}}}});
  Bind(gate, role, kMallory);
}

Json ScanNamed(const std::string& digest) {
  std::string name = digest;
  name[name.find(':')] = '-';
  return {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", "ImageScan"}, {"metadata", {{"name", name}}}, {"spec", {{"digest", digest}}}};
}

Json CleanStatus(const std::string& imported_by) {
  return {{"repositories", {"registry.example/ok/app"}},
          {"results",
           {{{"scannerRef", {{"name", "trivy"}}},
             {"scannedAt", "2026-01-01T00:00:00Z"},
             {"source", "Import"},
             {"outcome", "Complete"},
             {"importedBy", imported_by}}}}};
}

// Roles take effect a moment after they are bound.
void WaitUntilLabelled(Gate& gate, const Json& scan, const As& as) {
  const Json label = {{"metadata", {{"labels", {{"test", "yes"}}}}}};
  REQUIRE(hullwright::testing::WaitUntil([&] { return gate.Patch(scan, PatchType::kMerge, label, "", as).ok(); }, kPatience));
}

}  // namespace

TEST_CASE("without the verb import nobody writes, empties or deletes a scan", "[attack][attack-73]") {
  Gate& gate = Gate::Get();
  BindMallory(gate);
  const Json scan = ScanNamed(gate.bad().substr(gate.bad().find('@') + 1));
  // What Kubernetes allows she may do: labels are no evidence.
  WaitUntilLabelled(gate, scan, kMallory);

  RequireDenied(gate.Create(ScanNamed("sha256:" + std::string(64, '7')), kMallory), "ImportDenied");
  Json emptied = gate.Read(scan).body;
  emptied["status"] = CleanStatus("admin");
  RequireDenied(gate.Put(emptied, "status", kMallory), "ImportDenied");
  emptied["status"] = CleanStatus("mallory");
  RequireDenied(gate.Put(emptied, "status", kMallory), "ImportDenied");
  const Json no_findings = {{"status", {{"findings", nullptr}}}};
  RequireDenied(gate.Patch(scan, PatchType::kMerge, no_findings, "status", kMallory), "ImportDenied");
  const Json removal = Json::array({{{"op", "remove"}, {"path", "/status/findings/0"}}});
  RequireDenied(gate.Patch(scan, PatchType::kJson, removal, "status", kMallory), "ImportDenied");
  RequireDenied(gate.Delete(scan, kMallory), "ImportDenied");

  CHECK(gate.Read(scan).body["status"]["findings"].size() == 1);
  RequireDenied(gate.Create(Pod(UniqueName("still"), gate.bad())), "VulnerabilityForbidden");
}

TEST_CASE("who has the role of scan pipelines imports, in no other name than his own", "[attack][attack-73]") {
  Gate& gate = Gate::Get();
  Bind(gate, "hullwright-import", kPipeline);
  const std::string digest = "sha256:" + std::string(64, '8');
  const Json pod = Pod(UniqueName("imported"), "registry.example/ok/app@" + digest);
  RequireDenied(gate.Create(pod), "Unscanned");

  const Json scan = ScanNamed(digest);
  REQUIRE(hullwright::testing::WaitUntil([&] { return gate.Create(scan, kPipeline, "dryRun=All").ok(); }, kPatience));
  RequireAdmitted(gate.Create(scan, kPipeline));
  Json written = gate.Read(scan).body;
  written["status"] = CleanStatus("somebody-else");
  const Answer answer = gate.Put(written, "status", kPipeline);
  RequireAdmitted(answer);
  CHECK(answer.body["status"]["results"][0]["importedBy"] == "pipeline");
  gate.WaitUntil(pod, true);
  RequireAdmitted(gate.Create(pod));

  // Another importer's change names him, and what he leaves alone keeps its name.
  written = gate.Read(scan).body;
  written["status"]["results"].push_back(
      {{"scannerRef", {{"name", "grype"}}}, {"source", "Import"}, {"outcome", "Complete"}, {"importedBy", "pipeline"}});
  const Answer second = gate.Put(written, "status");
  RequireAdmitted(second);
  CHECK(second.body["status"]["results"][0]["importedBy"] == "pipeline");
  CHECK(second.body["status"]["results"][1]["importedBy"] == "admin");
  // The role imports, it does not take away; whoever may both delete and import does.
  CHECK(gate.Delete(scan, kPipeline).status == 403);
  CHECK(gate.Delete(scan).ok());
}
