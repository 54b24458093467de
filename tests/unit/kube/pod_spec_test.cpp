#include "kube/pod_spec.h"

#include <catch2/catch.hpp>
#include <deque>

namespace hullwright::kube {
namespace {

// Reads JSON and keeps each document alive for the test.
class Documents {
 public:
  JsonElement operator()(std::string_view text) {
    readers_.emplace_back();
    auto element = readers_.back().Read(text);
    INFO(text);
    REQUIRE(element.has_value());
    return *element;
  }

 private:
  std::deque<JsonReader> readers_;
};

std::vector<std::string> References(const std::vector<api::ImageUse>& uses) {
  std::vector<std::string> references;
  for (const auto& use : uses) references.push_back(use.field_path + "=" + use.reference);
  return references;
}

const Workload& Kind(const Workloads& workloads, std::string_view group, std::string_view kind) {
  const Workload* found = workloads.Find(group, kind);
  REQUIRE(found != nullptr);
  return *found;
}

using Strings = std::vector<std::string>;

TEST_CASE("All four lists of a Pod are read, in order, with field paths", "[kube]") {
  Documents read;
  const Workloads workloads;
  const auto images = ReviewImages(Kind(workloads, "", "Pod"), read(R"({"kind":"Pod","spec":{
      "volumes":[{"name":"data","emptyDir":{}},{"name":"model","image":{"reference":"r.example/model:1","pullPolicy":"Always"}},
                 {"name":"disk","rbd":{"image":"evil","monitors":[]}}],
      "ephemeralContainers":[{"name":"debug","image":"r.example/debug:1"}],
      "initContainers":[{"name":"setup","image":"r.example/setup:1"},{"name":"sidecar","image":"r.example/sidecar:1","restartPolicy":"Always"}],
      "containers":[{"name":"app","image":"r.example/app:1","unknownMember":7}]}})"),
                                   std::nullopt);
  REQUIRE(images.has_value());
  CHECK(References(images->changed) == Strings{"spec.containers[0].image=r.example/app:1", "spec.initContainers[0].image=r.example/setup:1",
                                               "spec.initContainers[1].image=r.example/sidecar:1",
                                               "spec.ephemeralContainers[0].image=r.example/debug:1",
                                               "spec.volumes[1].image.reference=r.example/model:1"});
  CHECK(images->unchanged.empty());
  CHECK(images->changed[0].type == api::ContainerType::kContainers);
  CHECK(images->changed[1].type == api::ContainerType::kInitContainers);
  CHECK(images->changed[3].type == api::ContainerType::kEphemeralContainers);
  CHECK(images->changed[4].type == api::ContainerType::kImageVolumes);
  CHECK(images->changed[4].name == "model");
}

TEST_CASE("Each built-in kind keeps its PodSpec where Kubernetes puts it", "[kube]") {
  Documents read;
  const Workloads workloads;
  const std::string template_ = R"({"spec":{"containers":[{"name":"app","image":"r.example/app:1"}]}})";
  struct Row {
    std::string group, kind, object, path;
  };
  const std::vector<Row> rows = {
      {"", "PodTemplate", R"({"template":)" + template_ + "}", "template.spec"},
      {"", "ReplicationController", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"apps", "Deployment", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"apps", "ReplicaSet", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"apps", "StatefulSet", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"apps", "DaemonSet", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"batch", "Job", R"({"spec":{"template":)" + template_ + "}}", "spec.template.spec"},
      {"batch", "CronJob", R"({"spec":{"jobTemplate":{"spec":{"template":)" + template_ + "}}}}", "spec.jobTemplate.spec.template.spec"},
  };
  for (const Row& row : rows) {
    INFO(row.kind);
    const Workload& workload = Kind(workloads, row.group, row.kind);
    CHECK_FALSE(workload.is_pod);
    const auto images = ReviewImages(workload, read(row.object), std::nullopt);
    REQUIRE(images.has_value());
    CHECK(References(images->changed) == Strings{row.path + ".containers[0].image=r.example/app:1"});
  }
  CHECK(Kind(workloads, "", "Pod").is_pod);
  CHECK(workloads.Find("", "Deployment") == nullptr);
  CHECK(workloads.Find("apps", "deployment") == nullptr);
  CHECK(workloads.Find("apps", "ControllerRevision") == nullptr);
}

TEST_CASE("A configured kind is read at its path, and may lack the PodSpec", "[kube]") {
  Documents read;
  Workloads workloads;
  REQUIRE(workloads.Add("argoproj.io/Rollout=/spec/template/spec").has_value());
  const Workload& rollout = Kind(workloads, "argoproj.io", "Rollout");
  const auto images =
      ReviewImages(rollout, read(R"({"spec":{"template":{"spec":{"initContainers":[{"name":"a","image":"x"}]}}}})"), std::nullopt);
  REQUIRE(images.has_value());
  CHECK(References(images->changed) == Strings{"spec.template.spec.initContainers[0].image=x"});
  const auto by_reference = ReviewImages(rollout, read(R"({"spec":{"workloadRef":{"name":"x"}}})"), std::nullopt);
  REQUIRE(by_reference.has_value());
  CHECK(by_reference->changed.empty());
}

TEST_CASE("A workload path that is not exactly group/Kind=/path is refused with an example", "[kube]") {
  Workloads workloads;
  for (const std::string& setting : Strings{"",
                                            "Rollout=/spec",
                                            "/Rollout=/spec",
                                            "argoproj.io/=/spec",
                                            "argoproj.io/rollout=/spec",
                                            "argoproj.io/Rollout",
                                            "argoproj.io/Rollout=",
                                            "argoproj.io/Rollout=/",
                                            "argoproj.io/Rollout=spec",
                                            "argoproj.io/Rollout=/spec/",
                                            "argoproj.io/Rollout=/spec//template",
                                            "argoproj.io/Rollout=/spec/0/template",
                                            "argoproj.io/Rollout=/spec/*/template",
                                            "argoproj.io/Rollout=/spec.template",
                                            "argoproj.io/Rollout = /spec",
                                            "Argoproj.io/Rollout=/spec",
                                            "argoproj..io/Rollout=/spec",
                                            "argoproj.io-/Rollout=/spec",
                                            "-argoproj.io/Rollout=/spec",
                                            "argoproj-.io/Rollout=/spec",
                                            "argoproj.io/v1/Rollout=/spec",
                                            "argoproj.io/Rollout=/spec\n",
                                            "argoproj.io/Rollout=/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"}) {
    INFO(setting);
    const auto added = workloads.Add(setting);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().code == ErrorCode::kInvalidInput);
    CHECK_THAT(added.error().message, Catch::Contains("argoproj.io/Rollout=/spec/template/spec"));
    CHECK(added.error().message.find('\n') == std::string::npos);
  }
  CHECK(workloads.Add("my--group.example/Thing2=/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a").has_value());
}

TEST_CASE("A known kind cannot be redirected to another path", "[kube]") {
  Workloads workloads;
  const auto built_in = workloads.Add("apps/Deployment=/metadata");
  REQUIRE_FALSE(built_in.has_value());
  CHECK_THAT(built_in.error().message, Catch::Contains("known already"));
  REQUIRE(workloads.Add("argoproj.io/Rollout=/spec/template/spec").has_value());
  CHECK_FALSE(workloads.Add("argoproj.io/Rollout=/spec/other").has_value());
}

TEST_CASE("A member of a wrong type is an error that names its path", "[kube]") {
  Documents read;
  const Workloads workloads;
  struct Row {
    std::string pod, path;
  };
  const std::vector<Row> rows = {
      {R"([])", "Pod"},
      {R"("pod")", "Pod"},
      {R"({})", "spec: is absent"},
      {R"({"spec":null})", "spec: is absent"},
      {R"({"spec":[]})", "spec: must be an object, is of type array"},
      {R"({"spec":{"containers":{}}})", "spec.containers: must be a list, is of type object"},
      {R"({"spec":{"initContainers":"x"}})", "spec.initContainers: must be a list"},
      {R"({"spec":{"ephemeralContainers":7}})", "spec.ephemeralContainers: must be a list"},
      {R"({"spec":{"volumes":true}})", "spec.volumes: must be a list"},
      {R"({"spec":{"containers":[[]]}})", "spec.containers[0]: must be an object"},
      {R"({"spec":{"containers":[null]}})", "spec.containers[0]: must be an object, is of type null"},
      {R"({"spec":{"containers":[{"name":"a","image":"x"},"b"]}})", "spec.containers[1]: must be an object"},
      {R"({"spec":{"containers":[{"name":1,"image":"x"}]}})", "spec.containers[0].name: must be a string, is of type integer"},
      {R"({"spec":{"containers":[{"name":"a","image":["x"]}]}})", "spec.containers[0].image: must be a string, is of type array"},
      {R"({"spec":{"containers":[{"name":"a","image":{"reference":"x"}}]}})", "spec.containers[0].image: must be a string"},
      {R"({"spec":{"volumes":["x"]}})", "spec.volumes[0]: must be an object"},
      {R"({"spec":{"volumes":[{"name":"v","image":"x"}]}})", "spec.volumes[0].image: must be an object"},
      {R"({"spec":{"volumes":[{"name":"v","image":{"reference":1.5}}]}})",
       "spec.volumes[0].image.reference: must be a string, is of type number"},
  };
  for (const Row& row : rows) {
    INFO(row.pod);
    const auto images = ReviewImages(Kind(workloads, "", "Pod"), read(row.pod), std::nullopt);
    REQUIRE_FALSE(images.has_value());
    CHECK(images.error().code == ErrorCode::kInvalidInput);
    CHECK_THAT(images.error().message, Catch::StartsWith(row.path));
  }
  const auto nested = ReviewImages(Kind(workloads, "batch", "CronJob"), read(R"({"spec":{"jobTemplate":{"spec":"x"}}})"), std::nullopt);
  REQUIRE_FALSE(nested.has_value());
  CHECK_THAT(nested.error().message, Catch::StartsWith("spec.jobTemplate.spec: must be an object, is of type string"));
}

TEST_CASE("Only kinds that may lack a PodSpec may lack it", "[kube]") {
  Documents read;
  const Workloads workloads;
  CHECK(ReviewImages(Kind(workloads, "", "ReplicationController"), read(R"({"spec":{"replicas":0}})"), std::nullopt).has_value());
  CHECK(ReviewImages(Kind(workloads, "", "PodTemplate"), read("{}"), std::nullopt).has_value());
  const auto deployment = ReviewImages(Kind(workloads, "apps", "Deployment"), read(R"({"spec":{"replicas":0}})"), std::nullopt);
  REQUIRE_FALSE(deployment.has_value());
  CHECK_THAT(deployment.error().message, Catch::StartsWith("spec.template: is absent, but a Deployment needs it"));
  // Go writes a nil slice as null.
  const auto no_lists = ReviewImages(Kind(workloads, "", "Pod"), read(R"({"spec":{"containers":null}})"), std::nullopt);
  REQUIRE(no_lists.has_value());
  CHECK(no_lists->changed.empty());
}

TEST_CASE("An empty image is listed for a Pod and left to defaulting in a template", "[kube]") {
  Documents read;
  const Workloads workloads;
  for (const std::string& spec : Strings{R"({"containers":[{"name":"a","image":""}]})", R"({"containers":[{"name":"a"}]})",
                                         R"({"containers":[{"name":"a","image":null}]})", R"({"volumes":[{"name":"a","image":{}}]})"}) {
    INFO(spec);
    const auto pod = ReviewImages(Kind(workloads, "", "Pod"), read(R"({"spec":)" + spec + "}"), std::nullopt);
    REQUIRE(pod.has_value());
    REQUIRE(pod->changed.size() == 1);
    CHECK(pod->changed[0].reference.empty());
    const auto deployment =
        ReviewImages(Kind(workloads, "apps", "Deployment"), read(R"({"spec":{"template":{"spec":)" + spec + "}}}"), std::nullopt);
    REQUIRE(deployment.has_value());
    CHECK(deployment->changed.empty());
  }
}

TEST_CASE("An update judges what is new or differs by list, name and reference", "[kube]") {
  Documents read;
  const Workloads workloads;
  const JsonElement before = read(R"({"spec":{
      "containers":[{"name":"kept","image":"r/kept:1"},{"name":"changed","image":"r/changed:1"},{"name":"moved","image":"r/moved:1"}],
      "volumes":[{"name":"kept","image":{"reference":"r/model:1"}}]}})");
  const JsonElement after = read(R"({"spec":{
      "containers":[{"name":"new","image":"r/kept:1"},{"name":"changed","image":"r/changed:2"},{"name":"kept","image":"r/kept:1"}],
      "initContainers":[{"name":"moved","image":"r/moved:1"}],
      "volumes":[{"name":"kept","image":{"reference":"r/model:1"}},{"name":"other","image":{"reference":"r/model:1"}}]}})");
  const auto images = ReviewImages(Kind(workloads, "", "Pod"), after, before);
  REQUIRE(images.has_value());
  CHECK(References(images->changed) == Strings{"spec.containers[0].image=r/kept:1", "spec.containers[1].image=r/changed:2",
                                               "spec.initContainers[0].image=r/moved:1", "spec.volumes[1].image.reference=r/model:1"});
  CHECK(References(images->unchanged) == Strings{"spec.containers[2].image=r/kept:1", "spec.volumes[0].image.reference=r/model:1"});
}

TEST_CASE("A name that stands twice or is empty vouches for nothing", "[kube]") {
  Documents read;
  const Workloads workloads;
  const Workload& pod = Kind(workloads, "", "Pod");
  const std::string once = R"({"spec":{"containers":[{"name":"a","image":"x"}]}})";
  const std::string twice = R"({"spec":{"containers":[{"name":"a","image":"y"},{"name":"a","image":"x"}]}})";
  const std::string same_twice = R"({"spec":{"containers":[{"name":"a","image":"x"},{"name":"a","image":"x"}]}})";
  const std::string unnamed = R"({"spec":{"containers":[{"image":"x"}]}})";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {once, twice}, {twice, once}, {once, same_twice}, {same_twice, once}, {same_twice, same_twice}, {unnamed, unnamed}};
  for (const auto& [before, after] : rows) {
    INFO(before << " to " << after);
    const auto images = ReviewImages(pod, read(after), read(before));
    REQUIRE(images.has_value());
    CHECK(images->unchanged.empty());
    CHECK_FALSE(images->changed.empty());
  }
}

TEST_CASE("An old object that cannot be read leaves everything to be judged", "[kube]") {
  Documents read;
  const Workloads workloads;
  const JsonElement now = read(R"({"spec":{"containers":[{"name":"a","image":"x"}]}})");
  for (const std::string& before : Strings{"{}", R"("x")", R"({"spec":{"containers":[{"name":"a","image":"x"}],"volumes":7}})"}) {
    INFO(before);
    const auto images = ReviewImages(Kind(workloads, "", "Pod"), now, read(before));
    REQUIRE(images.has_value());
    CHECK(images->changed.size() == 1);
    CHECK(images->unchanged.empty());
  }
}

TEST_CASE("Thousands of containers are listed without delay", "[kube]") {
  Documents read;
  const Workloads workloads;
  std::string text = R"({"spec":{"containers":[)";
  for (int i = 0; i < 20'000; ++i)
    text += (i ? "," : "") + (R"({"name":"c)" + std::to_string(i) + R"(","image":"r/i:)" + std::to_string(i) + R"("})");
  text += "]}}";
  const JsonElement pod = read(text);
  const auto images = ReviewImages(Kind(workloads, "", "Pod"), pod, pod);
  REQUIRE(images.has_value());
  CHECK(images->unchanged.size() == 20'000);
}

}  // namespace
}  // namespace hullwright::kube
