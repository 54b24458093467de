// Attacks through tags, on the real MutatingWebhookConfiguration of docs/install: rows 28, 29 and 33, and what rows 10, 20, 34 and 65 say
// of patches (docs/attacks.md). What is stored is what a node pulls.
#include <atomic>
#include <catch2/catch.hpp>
#include <sstream>

#include "attack/mutating_hook.h"
#include "attack/signed_registry.h"
#include "support/api_server.h"

using namespace hullwright::test;
using hullwright::testing::ApiServer;
using hullwright::testing::ScriptedAnswer;
using hullwright::testing::ScriptedRequest;

namespace {

constexpr std::chrono::seconds kPatience{20};
const Json kUnpinnedWillDo = {{"reference", {{"digest", "NotRequired"}}}};

std::string StoredImage(Gate& gate, const Json& pod, std::size_t container = 0) {
  return gate.Read(pod).body["spec"]["containers"][container]["image"];
}

bool IsPinned(const std::string& image) {
  return image.find('@') != std::string::npos;
}

// Nobody answers where the API server calls our pinning hook, for the life of the object.
class PinHookAway {
 public:
  // probe: a signed image by tag, from which can be seen whether the API server calls the hook.
  explicit PinHookAway(Gate& gate, const std::string& probe) : gate_(gate), probe_(probe) {
    const Json stored = gate_.Read(Configuration()).body;
    REQUIRE(stored["webhooks"][0]["name"] == "pin.hullwright.dev");
    url_ = stored["webhooks"][0]["clientConfig"]["url"];
    Call("https://127.0.0.1:1/v1/pin", false);
  }
  ~PinHookAway() { Call(url_, true); }
  PinHookAway(PinHookAway&&) = delete;

 private:
  static Json Configuration() {
    return {{"apiVersion", "admissionregistration.k8s.io/v1"},
            {"kind", "MutatingWebhookConfiguration"},
            {"metadata", {{"name", "hullwright"}}}};
  }
  void Call(const std::string& url, bool pins) {
    gate_.Patch(Configuration(), PatchType::kJson,
                Json::array({{{"op", "replace"}, {"path", "/webhooks/0/clientConfig/url"}, {"value", url}}}));
    const auto taken_up = [&] {
      const Answer answer = gate_.Create(Pod(UniqueName("probe"), probe_), {}, "dryRun=All");
      return (answer.ok() && IsPinned(answer.body["spec"]["containers"][0]["image"])) == pins;
    };
    CHECK(hullwright::testing::WaitUntil(taken_up, kPatience));
  }

  Gate& gate_;
  const std::string probe_;
  std::string url_;
};

// Whether our pinning hook changed the Pod, call by call, as the API server's audit log has it.
std::vector<bool> PinCalls(const std::string& pod) {
  std::vector<bool> calls;
  std::istringstream log(ApiServer::Shared().AuditLog());
  for (std::string line; std::getline(log, line);) {
    if (line.find("\"" + pod + "\"") == std::string::npos) continue;
    const Json event = Json::parse(line);
    if (event["verb"] != "create" || event["objectRef"].value("name", "") != pod) continue;
    const Json annotations = event.value("annotations", Json::object());
    for (const auto& [key, value] : annotations.items()) {  // round_0_… before round_1_…
      if (!key.starts_with("mutation.webhook.admission.k8s.io/")) continue;
      const Json call = Json::parse(value.get<std::string>());
      if (call["webhook"] == "pin.hullwright.dev") calls.push_back(call["mutated"]);
    }
  }
  return calls;
}

}  // namespace

TEST_CASE("a tag is asked for once, and what it named then is what is judged, stored and pulled", "[attack][attack-28]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string good = world.PushSigned("app", "good", "good-first"), bad = world.Push("app", "bad", "bad-first");
  // Each tag names one image when it is first asked for, and the other one ever after.
  std::atomic<int> good_first = 0, bad_first = 0;
  world.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer&) {
    if (request.target.ends_with("/manifests/good-first") && good_first++ == 1) world.Push("app", "bad", "good-first");
    if (request.target.ends_with("/manifests/bad-first") && bad_first++ == 1) world.Push("app", "good", "bad-first");
    return false;
  });

  const Json pod = Pod(UniqueName("toctou"), world.ByTag("app", "good-first"));
  RequireAdmitted(gate.Create(pod));
  CHECK(StoredImage(gate, pod) == world.ByTag("app", "good-first") + "@" + good);
  // So is what is added later.
  Json stored = gate.Read(pod).body;
  stored["spec"]["ephemeralContainers"] = {{{"name", "debug"}, {"image", world.ByTag("app", "good-first")}}};
  RequireAdmitted(gate.Put(stored, "ephemeralcontainers"));
  CHECK(gate.Read(pod).body["spec"]["ephemeralContainers"][0]["image"] == world.ByTag("app", "good-first") + "@" + good);
  CHECK(good_first == 1);

  const Json swapped = Pod(UniqueName("toctou"), world.ByTag("app", "bad-first"));
  const Answer refused = gate.Create(swapped);
  RequireDenied(refused, "SignatureMissing");
  CHECK_THAT(refused.message(), Catch::Contains(bad));
  CHECK(gate.Read(swapped).status == 404);
  CHECK(bad_first == 1);
}

TEST_CASE("a tag that nobody pinned is refused, however good its image is now", "[attack][attack-29]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string digest = world.PushSigned("app", "good", "1");
  const std::string by_tag = world.ByTag("app", "1");
  {
    const PinHookAway away(gate, by_tag);
    const Answer refused = gate.Create(Pod(UniqueName("unpinned"), by_tag));
    RequireDenied(refused, "DigestNotPinned");
    CHECK_THAT(refused.message(), Catch::Contains(digest) && Catch::Contains("/v1/pin"));
    RequireAdmitted(gate.Create(Pod(UniqueName("unpinned"), by_tag + "@" + digest)));
    RequireAdmitted(gate.Create(Pod(UniqueName("unpinned"), world.ByDigest("app", digest))));
  }
  const Json pod = Pod(UniqueName("pinned"), by_tag);
  RequireAdmitted(gate.Create(pod));
  CHECK(StoredImage(gate, pod) == by_tag + "@" + digest);
}

TEST_CASE("a second call of the pinning hook pins what came since, and else changes nothing", "[attack][attack-33]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string digest = world.PushSigned("app", "good", "1"), by_tag = world.ByTag("app", "1");
  const auto injected = [&](const std::string& sidecar) {
    // Its name comes after ours: the API server calls us first, then it, then us again.
    const MutatingHook hook("later",
                            Json::array({{{"op", "add"}, {"path", "/spec/containers/-"}, {"value", Container("proxy", sidecar)}}}));
    const Json pod = hook.Marked(Pod(UniqueName("reinvoked"), by_tag));
    RequireAdmitted(gate.Create(pod));
    return pod;
  };
  const auto calls_of = [](const Json& pod) {
    std::vector<bool> calls;
    hullwright::testing::WaitUntil([&] { return (calls = PinCalls(pod["metadata"]["name"])).size() == 2; }, kPatience);
    return calls;
  };
  Json pod = injected(world.ByDigest("app", digest));
  CHECK(calls_of(pod) == std::vector<bool>{true, false});
  CHECK(StoredImage(gate, pod) == by_tag + "@" + digest);
  CHECK(StoredImage(gate, pod, 1) == world.ByDigest("app", digest));

  pod = injected(by_tag);
  CHECK(calls_of(pod) == std::vector<bool>{true, true});
  CHECK(StoredImage(gate, pod) == by_tag + "@" + digest);
  CHECK(StoredImage(gate, pod, 1) == by_tag + "@" + digest);
}

TEST_CASE("of a tag and a digest the digest is judged and stays, and the tag is not even asked for", "[attack][attack-34]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string good = world.PushSigned("app", "good", "good"), bad = world.Push("app", "bad", "bad");
  RequireDenied(gate.Create(Pod(UniqueName("both"), world.ByTag("app", "good") + "@" + bad)), "SignatureMissing");
  const Json pod = Pod(UniqueName("both"), world.ByTag("app", "bad") + "@" + good);
  RequireAdmitted(gate.Create(pod));
  CHECK(StoredImage(gate, pod) == world.ByTag("app", "bad") + "@" + good);
  CHECK(world.Asked("/manifests/good") == 0);
  CHECK(world.Asked("/manifests/bad") == 0);
}

TEST_CASE("a Pod that runs by tag keeps its image when it is resized or labelled", "[attack][attack-10]") {
  Gate& gate = Gate::Get();
  SignedRegistry world(kUnpinnedWillDo);
  world.PushSigned("app", "good", "1");
  const Json pod = Pod(UniqueName("by-tag"), world.ByTag("app", "1"));
  {
    const PinHookAway away(gate, world.ByTag("app", "1"));
    RequireAdmitted(gate.Create(pod));
  }
  const Json resize = {{"spec", {{"containers", {{{"name", "app"}, {"resources", {{"requests", {{"cpu", "20m"}}}}}}}}}}};
  RequireAdmitted(gate.Patch(pod, PatchType::kStrategic, resize, "resize"));
  RequireAdmitted(gate.Patch(pod, PatchType::kMerge, {{"metadata", {{"labels", {{"step", "two"}}}}}}));
  CHECK(StoredImage(gate, pod) == world.ByTag("app", "1"));
  // Even when the API server is set up to call the hook for it.
  Json review = Review(gate.Read(pod).body, "UPDATE");
  review["request"]["oldObject"] = gate.Read(pod).body;
  review["request"]["subResource"] = "resize";
  CHECK_FALSE(gate.PostToWebhook("/v1/pin", review.dump()).body["response"].contains("patch"));
  review["request"]["operation"] = "CREATE";
  review["request"]["oldObject"] = nullptr;
  review["request"].erase("subResource");
  CHECK(gate.PostToWebhook("/v1/pin", review.dump()).body["response"].contains("patch"));
}

TEST_CASE("a node's own mirror Pod keeps its image: the static Pod runs that and no other", "[attack][attack-20]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string digest = world.PushSigned("app", "good", "1");
  const Json mirror = MirrorPod(UniqueName("mirror"), world.ByTag("app", "1"));
  const Answer answer = gate.Create(mirror, kNode);
  RequireAdmitted(answer);
  CHECK(answer.warnings.size() >= 1);
  CHECK(StoredImage(gate, mirror) == world.ByTag("app", "1"));
  // From anybody else it is a Pod like any other.
  const Json claimed = MirrorPod(UniqueName("mirror"), world.ByTag("app", "1"));
  RequireAdmitted(gate.Create(claimed));
  CHECK(StoredImage(gate, claimed) == world.ByTag("app", "1") + "@" + digest);
}

TEST_CASE("a pin can always be applied, whatever the Pod looks like", "[attack][attack-65]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string digest = world.PushSigned("app", "good", "1"), by_tag = world.ByTag("app", "1"), pinned = by_tag + "@" + digest;
  Json pod = Pod(UniqueName("odd"), by_tag);
  pod["metadata"]["annotations"] = {{"example.com/a", "~1/~0"}, {"example.com/b", "/spec/containers/0/image"}};
  pod["spec"]["nodeSelector"] = {{"example.com/a", "b"}};
  pod["spec"]["initContainers"] = {Container("first", by_tag), Container("second", by_tag)};
  pod["spec"]["containers"].push_back(Container("side", world.ByDigest("app", digest)));
  pod["spec"]["volumes"] = {{{"name", "empty"}, {"emptyDir", Json::object()}}, {{"name", "data"}, {"image", {{"reference", by_tag}}}}};
  RequireAdmitted(gate.Create(pod));
  const Json spec = gate.Read(pod).body["spec"];
  CHECK(spec["initContainers"][0]["image"] == pinned);
  CHECK(spec["initContainers"][1]["image"] == pinned);
  CHECK(spec["containers"][0]["image"] == pinned);
  CHECK(spec["containers"][1]["image"] == world.ByDigest("app", digest));
  CHECK(spec["volumes"][1]["image"]["reference"] == pinned);

  // What the API server refuses by itself it refuses still: its answer is about the Pod, not about our patch.
  const auto refused = [&](const std::string& pointer, const Json& value) {
    Json broken = Pod(UniqueName("odd"), by_tag);
    broken[Json::json_pointer(pointer)] = value;
    const Answer answer = gate.Create(broken);
    INFO(pointer << ": " << answer.body.dump());
    CHECK(answer.status / 100 == 4);
  };
  refused("/metadata/annotations", {{"a~b/c/d", "x"}, {"", "y"}});
  refused("/spec/containers", Json::array());
  refused("/spec/containers", nullptr);
  refused("/spec/initContainers", Json::array({{{"name", "no-image"}}}));
  refused("/spec/containers/0/image", nullptr);
  refused("/spec/volumes", Json::array({{{"name", "data"}, {"image", Json::object()}}}));
}
