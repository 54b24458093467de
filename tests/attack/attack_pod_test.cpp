// Attacks through the Pod itself: rows 1 to 11, 24, 25, 27, 30 to 32 and 41 of the catalogue (docs/attacks.md). Every refused request has a
// twin that differs only in the attack and is admitted.
#include <catch2/catch.hpp>

#include "attack/gate.h"
#include "attack/mutating_hook.h"

using namespace hullwright::test;

namespace {

Json WithInit(const std::string& image, bool sidecar = false) {
  Json pod = Pod(UniqueName("init"), Gate::Get().good());
  Json init = Container("init", image);
  if (sidecar) init["restartPolicy"] = "Always";
  pod["spec"]["initContainers"] = {init};
  return pod;
}

Json EphemeralContainer(const std::string& image) {
  Json container = Container("debug", image);
  container.erase("resources");
  return container;
}

// A stored Pod with an ephemeral container added, as the subresource takes it.
Json WithEphemeral(Gate& gate, const Json& pod, const std::string& image) {
  Json stored = gate.Read(pod).body;
  stored["spec"]["ephemeralContainers"] = {EphemeralContainer(image)};
  return stored;
}

Json StoredPod(Gate& gate, const std::string& image) {
  Json pod = Pod(UniqueName("stored"), image);
  RequireAdmitted(gate.Create(pod));
  return pod;
}

// A Pod that was admitted while its image's scan was clean, which it no longer is.
Json GrandfatheredPod(Gate& gate) {
  const std::string name = UniqueName("old");
  const std::string image = gate.Image(name, ScanState::kClean);
  Json pod = StoredPod(gate, image);
  gate.Image(name, ScanState::kCritical);
  return pod;
}

}  // namespace

TEST_CASE("a bad image in initContainers is denied", "[attack][attack-01]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(WithInit(gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(WithInit(gate.good())));
}

TEST_CASE("a bad image in a sidecar init container is denied", "[attack][attack-02]") {
  Gate& gate = Gate::Get();
  RequireDenied(gate.Create(WithInit(gate.bad(), true)), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(WithInit(gate.good(), true)));
}

TEST_CASE("a bad ephemeral container is denied by PUT of the subresource", "[attack][attack-03]") {
  Gate& gate = Gate::Get();
  const Json pod = StoredPod(gate, gate.good());
  RequireDenied(gate.Put(WithEphemeral(gate, pod, gate.bad()), "ephemeralcontainers"), "VulnerabilityForbidden");
  RequireAdmitted(gate.Put(WithEphemeral(gate, pod, gate.good()), "ephemeralcontainers"));
}

TEST_CASE("a bad ephemeral container is denied by server-side apply and every kind of patch", "[attack][attack-04]") {
  Gate& gate = Gate::Get();
  const auto attempt = [&](const std::string& image, int way) {
    const Json pod = StoredPod(gate, gate.good());
    const Json list = Json::array({EphemeralContainer(image)});
    const Json merge = {{"spec", {{"ephemeralContainers", list}}}};
    switch (way) {
      case 0: {
        Json applied = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", pod["metadata"]}, {"spec", {{"ephemeralContainers", list}}}};
        return gate.Apply(applied, "ephemeralcontainers");
      }
      case 1:
        return gate.Patch(pod, PatchType::kMerge, merge, "ephemeralcontainers");
      case 2:
        return gate.Patch(pod, PatchType::kStrategic, merge, "ephemeralcontainers");
      default:
        return gate.Patch(pod, PatchType::kJson, Json::array({{{"op", "add"}, {"path", "/spec/ephemeralContainers"}, {"value", list}}}),
                          "ephemeralcontainers");
    }
  };
  for (int way = 0; way < 4; ++way) {
    INFO("way " << way);
    RequireDenied(attempt(gate.bad(), way), "VulnerabilityForbidden");
    RequireAdmitted(attempt(gate.good(), way));
  }
}

TEST_CASE("a good ephemeral container is admitted into a Pod whose own image has turned bad, and that is reported", "[attack][attack-05]") {
  Gate& gate = Gate::Get();
  const Json pod = GrandfatheredPod(gate);
  const Answer answer = gate.Put(WithEphemeral(gate, pod, gate.good()), "ephemeralcontainers");
  RequireAdmitted(answer);
  REQUIRE(answer.warnings.size() >= 1);
  CHECK_THAT(answer.warnings[0], Catch::Contains("VulnerabilityForbidden"));
  RequireDenied(gate.Put(WithEphemeral(gate, GrandfatheredPod(gate), gate.bad()), "ephemeralcontainers"), "VulnerabilityForbidden");
}

TEST_CASE("a bad image volume is denied", "[attack][attack-06]") {
  Gate& gate = Gate::Get();
  const auto with_volume = [&](const std::string& image) {
    Json pod = Pod(UniqueName("volume"), gate.good());
    pod["spec"]["volumes"] = {{{"name", "data"}, {"image", {{"reference", image}}}}};
    return pod;
  };
  RequireDenied(gate.Create(with_volume(gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(with_volume(gate.good())));
}

TEST_CASE("an rbd volume's image is no container image", "[attack][attack-07]") {
  Gate& gate = Gate::Get();
  Json pod = Pod(UniqueName("rbd"), gate.good());
  pod["spec"]["volumes"] = {{{"name", "data"}, {"rbd", {{"monitors", {"10.0.0.1"}}, {"image", "evil"}}}}};
  RequireAdmitted(gate.Create(pod));
}

TEST_CASE("changing a running Pod's image to a bad one is denied, whatever the kind of request", "[attack][attack-08]") {
  Gate& gate = Gate::Get();
  const std::string other_good = gate.Image("other-good", ScanState::kClean);
  const auto attempt = [&](const std::string& image, int way) {
    Json pod = StoredPod(gate, gate.good());
    const Json change = {{"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}};
    if (way == 0) return gate.Patch(pod, PatchType::kStrategic, change);
    if (way == 1) {
      return gate.Patch(pod, PatchType::kJson, Json::array({{{"op", "replace"}, {"path", "/spec/containers/0/image"}, {"value", image}}}));
    }
    if (way == 2) {
      Json applied = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", pod["metadata"]}, {"spec", change["spec"]}};
      return gate.Apply(applied);
    }
    Json stored = gate.Read(pod).body;
    stored["spec"]["containers"][0]["image"] = image;
    return gate.Put(stored);
  };
  for (int way = 0; way < 4; ++way) {
    INFO("way " << way);
    RequireDenied(attempt(gate.bad(), way), "VulnerabilityForbidden");
    RequireAdmitted(attempt(other_good, way));
  }
}

TEST_CASE("labels and finalizers of a Pod whose image has turned bad can still change", "[attack][attack-09]") {
  Gate& gate = Gate::Get();
  const Json pod = GrandfatheredPod(gate);
  RequireAdmitted(
      gate.Patch(pod, PatchType::kMerge, {{"metadata", {{"labels", {{"step", "two"}}}, {"finalizers", {"example.com/hold"}}}}}));
  RequireAdmitted(gate.Patch(pod, PatchType::kMerge, {{"metadata", {{"finalizers", nullptr}}}}));
  RequireDenied(
      gate.Patch(pod, PatchType::kStrategic,
                 {{"metadata", {{"labels", {{"step", "three"}}}}}, {"spec", {{"containers", {{{"name", "app"}, {"image", gate.bad()}}}}}}}),
      "VulnerabilityForbidden");
}

TEST_CASE("a Pod whose image has turned bad can be resized", "[attack][attack-10]") {
  Gate& gate = Gate::Get();
  const Json pod = GrandfatheredPod(gate);
  const Json resize = {{"spec", {{"containers", {{{"name", "app"}, {"resources", {{"requests", {{"cpu", "20m"}}}}}}}}}}};
  RequireAdmitted(gate.Patch(pod, PatchType::kStrategic, resize, "resize"));
}

TEST_CASE("an image smuggled into a resize is not stored", "[attack][attack-11]") {
  Gate& gate = Gate::Get();
  const Json pod = StoredPod(gate, gate.good());
  const Json smuggle = {
      {"spec", {{"containers", {{{"name", "app"}, {"image", gate.bad()}, {"resources", {{"requests", {{"cpu", "20m"}}}}}}}}}}};
  gate.Patch(pod, PatchType::kStrategic, smuggle, "resize");
  CHECK(gate.Read(pod).body["spec"]["containers"][0]["image"] == gate.good());
}

TEST_CASE("a generated name changes nothing", "[attack][attack-24]") {
  Gate& gate = Gate::Get();
  const auto generated = [](const std::string& image) {
    Json pod = Pod("", image);
    pod["metadata"].erase("name");
    pod["metadata"]["generateName"] = "generated-";
    return pod;
  };
  RequireDenied(gate.Create(generated(gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(generated(gate.good())));
}

TEST_CASE("a Pod that comes into being by PUT or by apply is judged as created", "[attack][attack-25]") {
  Gate& gate = Gate::Get();
  const Json put = Pod(UniqueName("put"), gate.bad());
  gate.Put(put);  // the API server has no create-on-update for Pods: whatever it answers, nothing may be stored
  CHECK(gate.Read(put).status == 404);
  RequireDenied(gate.Apply(Pod(UniqueName("apply"), gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Apply(Pod(UniqueName("apply"), gate.good())));
}

TEST_CASE("a dry run is judged like the real thing and leaves nothing behind", "[attack][attack-27]") {
  Gate& gate = Gate::Get();
  const Json bad = Pod(UniqueName("dry"), gate.bad());
  RequireDenied(gate.Create(bad, {}, "dryRun=All"), "VulnerabilityForbidden");
  const Json good = Pod(UniqueName("dry"), gate.good());
  RequireAdmitted(gate.Create(good, {}, "dryRun=All"));
  CHECK(gate.Read(good).status == 404);
  RequireDenied(gate.Create(bad), "VulnerabilityForbidden");
}

TEST_CASE("annotations that claim a verdict are ignored", "[attack][attack-30]") {
  Gate& gate = Gate::Get();
  const auto claimed = [](const std::string& image) {
    Json pod = Pod(UniqueName("claimed"), image);
    pod["metadata"]["annotations"] = {{"hullwright.dev/verified", "true"},
                                      {"hullwright.dev/verdict", "pass"},
                                      {"kritis.grafeas.io/breakglass", "true"},
                                      {"kyverno.io/verify-images", R"({"registry.example/ok/bad":"pass"})"}};
    return pod;
  };
  RequireDenied(gate.Create(claimed(gate.bad())), "VulnerabilityForbidden");
  RequireAdmitted(gate.Create(claimed(gate.good())));
}

TEST_CASE("an image that another hook swaps in after us is denied", "[attack][attack-31]") {
  Gate& gate = Gate::Get();
  const auto swapped_to = [&](const std::string& image) {
    const MutatingHook hook("attack-31", Json::array({{{"op", "replace"}, {"path", "/spec/containers/0/image"}, {"value", image}}}));
    return gate.Create(hook.Marked(Pod(UniqueName("swapped"), gate.good())));
  };
  RequireDenied(swapped_to(gate.bad()), "VulnerabilityForbidden");
  RequireAdmitted(swapped_to(gate.Image("other-good", ScanState::kClean)));
}

TEST_CASE("a sidecar that another hook injects is judged like any other container", "[attack][attack-32]") {
  Gate& gate = Gate::Get();
  const auto injected = [&](const std::string& image) {
    const MutatingHook hook("attack-32",
                            Json::array({{{"op", "add"}, {"path", "/spec/containers/-"}, {"value", Container("proxy", image)}}}));
    return gate.Create(hook.Marked(Pod(UniqueName("injected"), gate.good())));
  };
  RequireDenied(injected(gate.bad()), "VulnerabilityForbidden");
  RequireAdmitted(injected(gate.good()));
}
