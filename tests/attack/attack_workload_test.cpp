// Attacks through owners, identities and templates: rows 12 to 23 and 26 of the catalogue (docs/attacks.md).
#include <catch2/catch.hpp>

#include "attack/gate.h"

using namespace hullwright::test;

namespace {

const As kReplicaSetController{"system:serviceaccount:kube-system:replicaset-controller",
                               {"system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"}};

Json Owned(Json pod, const std::string& kind, const std::string& name, const std::string& uid) {
  pod["metadata"]["ownerReferences"] = {
      {{"apiVersion", "apps/v1"}, {"kind", kind}, {"name", name}, {"uid", uid}, {"controller", true}, {"blockOwnerDeletion", false}}};
  return pod;
}

Json StoredDeployment(Gate& gate, const std::string& image) {
  Json deployment = Workload("Deployment", UniqueName("web"), image);
  RequireAdmitted(gate.Create(deployment));
  return deployment;
}

Json TemplateImage(const std::string& image) {
  return {{"spec", {{"template", {{"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}}}}}};
}

Json CustomKind(const std::string& kind, const std::string& version, const std::string& image) {
  Json object = Workload("Deployment", UniqueName("custom"), image);
  object["apiVersion"] = "rollouts.example.com/" + version;
  object["kind"] = kind;
  return object;
}

}  // namespace

TEST_CASE("a workload that is being deleted cannot take a bad image", "[attack][attack-12]") {
  Gate& gate = Gate::Get();
  Json deployment = Workload("Deployment", UniqueName("terminating"), gate.good());
  deployment["metadata"]["finalizers"] = {"example.com/hold"};
  RequireAdmitted(gate.Create(deployment));
  gate.Delete(deployment);
  REQUIRE(gate.Read(deployment).body["metadata"].contains("deletionTimestamp"));
  RequireDenied(gate.Patch(deployment, PatchType::kStrategic, TemplateImage(gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Patch(deployment, PatchType::kStrategic, TemplateImage(gate.Image("other-good", ScanState::kClean))));
  RequireAdmitted(gate.Patch(deployment, PatchType::kMerge, {{"metadata", {{"finalizers", nullptr}}}}));
}

TEST_CASE("scaling down does not hide a bad image", "[attack][attack-13]") {
  Gate& gate = Gate::Get();
  const Json deployment = StoredDeployment(gate, gate.good());
  Json change = TemplateImage(gate.bad());
  change["spec"]["replicas"] = 0;
  RequireDenied(gate.Patch(deployment, PatchType::kStrategic, change), "VulnerabilityForbidden");
  change = TemplateImage(gate.Image("other-good", ScanState::kClean));
  change["spec"]["replicas"] = 0;
  RequireAdmitted(gate.Patch(deployment, PatchType::kStrategic, change));
}

TEST_CASE("a workload whose unchanged image has turned bad can be scaled", "[attack][attack-14]") {
  Gate& gate = Gate::Get();
  const std::string name = UniqueName("turned");
  const Json deployment = StoredDeployment(gate, gate.Image(name, ScanState::kClean));
  gate.Image(name, ScanState::kCritical);
  RequireAdmitted(gate.Patch(deployment, PatchType::kMerge, {{"spec", {{"replicas", 3}}}}));
  RequireAdmitted(gate.Patch(deployment, PatchType::kMerge, {{"spec", {{"replicas", 5}}}}, "scale"));
}

TEST_CASE("a real owner's uid does not vouch for a Pod", "[attack][attack-15]") {
  Gate& gate = Gate::Get();
  const Json owner = Workload("ReplicaSet", UniqueName("owner"), gate.good());
  RequireAdmitted(gate.Create(owner));
  const std::string uid = gate.Read(owner).body["metadata"]["uid"];
  const std::string name = owner["metadata"]["name"];
  RequireDenied(gate.Create(Owned(Pod(UniqueName("owned"), gate.bad()), "ReplicaSet", name, uid)), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(Owned(Pod(UniqueName("owned"), gate.good()), "ReplicaSet", name, uid)));
}

TEST_CASE("an invented owner does not vouch for a Pod", "[attack][attack-16]") {
  Gate& gate = Gate::Get();
  const std::string uid = "3c9ff4f6-0000-4000-8000-000000000001";
  RequireDenied(gate.Create(Owned(Pod(UniqueName("owned"), gate.bad()), "ReplicaSet", "invented", uid)), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(Owned(Pod(UniqueName("owned"), gate.good()), "ReplicaSet", "invented", uid)));
}

TEST_CASE("the identity of a controller does not vouch for a Pod", "[attack][attack-17]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(Pod(UniqueName("controller"), gate.bad()), kReplicaSetController), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(Pod(UniqueName("controller"), gate.good()), kReplicaSetController));
}

TEST_CASE("the identity of a node does not vouch for an ordinary Pod", "[attack][attack-18]") {
  Gate& gate = Gate::Get();
  Json pod = MirrorPod(UniqueName("mirror"), gate.bad());
  pod["metadata"].erase("annotations");
  RequireDenied(gate.Create(pod, kNode), "VulnerabilityForbidden");
  pod = MirrorPod(UniqueName("mirror"), gate.good());
  pod["metadata"].erase("annotations");
  RequireAdmitted(gate.Create(pod, kNode));
}

TEST_CASE("a mirror annotation set by a user or for another node does not vouch for a Pod", "[attack][attack-19]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(MirrorPod(UniqueName("mirror"), gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(MirrorPod(UniqueName("mirror"), gate.good())));
  Json elsewhere = MirrorPod(UniqueName("mirror"), gate.bad());
  elsewhere["spec"]["nodeName"] = "n2";
  RequireDenied(gate.Create(elsewhere, kNode), "VulnerabilityForbidden");
}

TEST_CASE("a node's own mirror Pod is admitted with a warning, since the static Pod runs anyway", "[attack][attack-20]") {
  Gate& gate = Gate::Get();
  const Json pod = MirrorPod(UniqueName("mirror"), gate.bad());
  const Answer answer = gate.Create(pod, kNode);
  RequireAdmitted(answer);
  REQUIRE(answer.warnings.size() >= 1);
  CHECK_THAT(answer.warnings[0], Catch::Contains("mirror"));
  CHECK(gate.Read(pod).body["spec"]["containers"][0]["image"] == gate.bad());
}

TEST_CASE("every kind with a Pod template is judged, and a Pod always", "[attack][attack-21]") {
  Gate& gate = Gate::Get();
  for (const std::string kind :
       {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController", "PodTemplate"}) {
    INFO(kind);
    RequireDenied(gate.Create(Workload(kind, UniqueName("kind"), gate.bad())), "VulnerabilityForbidden");
    RequireDenied(gate.Apply(Workload(kind, UniqueName("kind"), gate.bad())), "VulnerabilityForbidden");
    const Json good = Workload(kind, UniqueName("kind"), gate.good());
    RequireAdmitted(gate.Create(good));
    if (kind == "Job") continue;  // a Job's template is immutable
    Json changed = gate.Read(good).body;
    PodSpecOf(changed)["containers"][0]["image"] = gate.bad();
    RequireDenied(gate.Put(changed), "VulnerabilityForbidden");
  }
  RequireDenied(gate.Create(Pod(UniqueName("kind"), gate.bad())), "VulnerabilityForbidden");
}

TEST_CASE("a rollback to a revision with a bad image ends at the Pod", "[attack][attack-22]") {
  Gate& gate = Gate::Get();
  const Json deployed = Workload("DaemonSet", UniqueName("rollback"), gate.good());
  RequireAdmitted(gate.Create(deployed));
  // The revision itself is data nobody runs; undoing to it writes the template, and the controller then makes Pods.
  const Json revision = {{"apiVersion", "apps/v1"},
                         {"kind", "ControllerRevision"},
                         {"metadata", {{"name", UniqueName("revision")}, {"namespace", "default"}}},
                         {"revision", 1},
                         {"data", TemplateImage(gate.bad())}};
  RequireAdmitted(gate.Create(revision));
  RequireDenied(gate.Patch(deployed, PatchType::kStrategic, revision["data"]), "VulnerabilityForbidden");
  RequireDenied(gate.Create(Pod(UniqueName("rollback"), gate.bad()), kReplicaSetController), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(Pod(UniqueName("rollback"), gate.good()), kReplicaSetController));
}

TEST_CASE("a custom workload is judged at its configured path, and its Pods always", "[attack][attack-23]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(CustomKind("Rollout", "v1", gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(CustomKind("Rollout", "v1", gate.good())));
  RequireDenied(gate.Create(Pod(UniqueName("rollout"), gate.bad()), kReplicaSetController), "VulnerabilityForbidden");
}

TEST_CASE("a request through another served version is converted and judged", "[attack][attack-26]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(CustomKind("Rollout", "v1alpha1", gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(CustomKind("Rollout", "v1alpha1", gate.good())));
}
