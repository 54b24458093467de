#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Json = nlohmann::json;

Json CheckJson(const World& world, const std::string& manifest, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"-o", "json"});
  return Json::parse(world.Check(manifest, more).out);
}

}  // namespace

TEST_CASE("check exits with 0 when everything passes", "[cli]") {
  const auto output = World().Check(World::Pod("api", World::GoodImage()));
  CHECK(output.code == ExitCode::kPass);
  CHECK(output.err.empty());
  CHECK(output.out.contains("passed"));
}

TEST_CASE("check exits with 1 for a violation and names finding, rule and remedy", "[cli]") {
  const auto output = World().Check(World::Pod("api", World::BadImage()));
  CHECK(output.code == ExitCode::kViolation);
  for (const char* text : {"DENIED", "Pod shop/api", "<stdin>:1", "VulnerabilityForbidden", "CVE-2026-0001", "3.0.2",
                           "ClusterImageAdmissionPolicy/production vulnerabilities.forbid[critical]", "to do"}) {
    CAPTURE(text);
    CHECK(output.out.contains(text));
  }
}

TEST_CASE("check exits with 2 when nobody can tell", "[cli]") {
  const auto output = World().Check(World::Pod("api", World::UnscannedImage()));
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK(output.out.contains("Unscanned"));
}

TEST_CASE("a violation outweighs what nobody can tell", "[cli]") {
  const auto output = World().Check(World::Pod("a", World::UnscannedImage()) + "---\n" + World::Pod("b", World::BadImage()));
  CHECK(output.code == ExitCode::kViolation);
}

TEST_CASE("an object that is refused for want of data and also violates a softer policy counts as a violation, as its outcome does",
          "[cli]") {
  const World world;
  world.Write("policies/warn.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: warn}\n"
              "spec: {enforcement: {newImages: Warn}, rules: {reference: {digest: FromAuthor, forbiddenTags: ['*']}}}\n");
  const auto output = world.Check(World::Pod("api", "registry.example/shop/api:1@" + DigestOf('c')));
  const auto tagged = world.Check(World::Pod("api", "registry.example/shop/api:1"));
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK(tagged.code == ExitCode::kViolation);
  CHECK(tagged.out.contains("DENIED"));
}

TEST_CASE("warnings pass, and count when strict", "[cli]") {
  const std::string deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: '" +
      World::BadImage() + "'}]}}}\n";
  const World world;
  CHECK(world.Check(deployment).code == ExitCode::kPass);
  CHECK(world.Check(deployment).out.contains("warned"));
  CHECK(world.Check(deployment, {"--strict"}).code == ExitCode::kViolation);
  CHECK(CheckJson(world, deployment)["objects"][0]["namespace"] == "default");
  CHECK(CheckJson(world, deployment, {"-n", "elsewhere"})["objects"][0]["namespace"] == "elsewhere");
}

TEST_CASE("a finding within its grace passes, also when strict, for that notice changes no decision", "[cli]") {
  const World world;
  world.Write("policies/production.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: production}\n"
              "spec: {enforcement: {newImages: Deny}, rules: {vulnerabilities: {forbid: [{name: critical, severities: [Critical], "
              "graceHours: 168, graceFrom: FirstSeen}]}}}\n");
  world.WriteScan('b', R"([{"id": "CVE-2026-0001", "package": "pkg:deb/debian/openssl", "version": "3.0.1", "severity": "Critical",
                            "fix": "Available", "firstSeen": "2026-02-28T12:00:00Z", "scanners": ["trivy"]}])");
  const auto output = world.Check(World::Pod("api", World::BadImage()), {"--strict"});
  CHECK(output.code == ExitCode::kPass);
  CHECK(output.out.contains("WithinGrace"));
  CHECK(world.Run({"check", "--help"}).out.contains("WithinGrace"));
  world.WriteScan('b', R"([{"id": "CVE-2026-0001", "package": "pkg:deb/debian/openssl", "version": "3.0.1", "severity": "Critical",
                            "fix": "Available", "firstSeen": "2026-02-01T12:00:00Z", "scanners": ["trivy"]}])");
  CHECK(CheckJson(world, World::Pod("api", World::BadImage())).dump().contains("\"firstSeen\":\"2026-02-01T12:00:00Z\""));
}

TEST_CASE("Lists are taken apart, in typed lists too", "[cli]") {
  const auto item = [](const std::string& name) {
    return R"({"metadata": {"name": ")" + name + R"("}, "spec": {"containers": [{"name": "a", "image": ")" + World::GoodImage() +
           R"("}]}})";
  };
  const World world;
  const Json typed = CheckJson(world, R"({"apiVersion": "v1", "kind": "PodList", "items": [)" + item("a") + "," + item("b") + "]}");
  REQUIRE(typed["objects"].size() == 2);
  CHECK(typed["objects"][1]["name"] == "b");
  CHECK(typed["objects"][1]["place"]["item"] == "items[1]");
  const Json plain = CheckJson(
      world,
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: x}\n  spec: {containers: []}\n- {no: kind}\n");
  CHECK(plain["objects"].size() == 1);
  REQUIRE(plain["errors"].size() == 1);
  CHECK(plain["errors"][0]["error"].get<std::string>().contains("no Kubernetes object"));
  CHECK(plain["exitCode"] == 2);
}

TEST_CASE("other kinds are listed by name, never passed over in silence", "[cli]") {
  const Json json = CheckJson(World(), "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n");
  REQUIRE(json["skipped"].size() == 1);
  CHECK(json["skipped"][0]["object"] == "Service shop/web");
  CHECK(json["exitCode"] == 0);
}

TEST_CASE("a workload that names no image could not be told", "[cli]") {
  const World world;
  const std::string misspelt = "apiVersion: v1\nkind: Pod\nmetadata: {name: api, namespace: shop}\nspec: {container: [{name: a, image: '" +
                               World::BadImage() + "'}]}\n";
  const auto pod = world.Check(misspelt);
  CHECK(pod.code == ExitCode::kCouldNotTell);
  for (const char* text :
       {"DENIED", "Pod shop/api", "ObjectUnreadable: it names no image", "a Pod lists its containers in spec.containers"}) {
    CAPTURE(text);
    CHECK(pod.out.contains(text));
  }
  const auto deployment = world.Check(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, img: nginx}]}}}\n");
  CHECK(deployment.code == ExitCode::kCouldNotTell);
  CHECK(deployment.out.contains("a Deployment lists its containers in spec.template.spec.containers"));
  // What is as before was judged then.
  const std::string old_file = world.Write("old.yaml", World::Pod("api", World::BadImage()));
  CHECK(world.Check(World::Pod("api", World::BadImage()), {"--old", old_file}).code == ExitCode::kPass);
}

TEST_CASE("manifests without any workload pass, and it is told that nothing was judged", "[cli]") {
  const World world;
  const std::string service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n";
  const auto alone = world.Check(service);
  CHECK(alone.code == ExitCode::kPass);
  CHECK(alone.err.contains("nothing was judged"));
  CHECK(world.Check(service + "---\n" + World::Pod("api", World::GoodImage())).err.empty());
}

TEST_CASE("nothing to judge is no pass", "[cli]") {
  const World world;
  CHECK(world.Check("").code == ExitCode::kCouldNotTell);
  CHECK(world.Check("# only a comment\n").out.contains("holds no manifest"));
  CHECK(world.Run({"check", "-f", world.Path("deploy"), "--policies", world.Path("policies")}).code == ExitCode::kCouldNotTell);
}

TEST_CASE("what cannot be read is told with its place, and the rest is judged all the same", "[cli]") {
  const World world;
  world.Write("deploy/a.yaml", World::Pod("api", World::GoodImage()));
  world.Write("deploy/b.yaml", "kind: Pod\n  metadata: broken\n");
  world.Write("deploy/values.yaml", "replicas: 3\n");
  const auto output =
      world.Run({"check", "-f", world.Path("deploy"), "--policies", world.Path("policies"), "--scans", world.Path("scans")});
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK(output.out.contains("b.yaml: line 2"));
  CHECK(output.out.contains("1 passed"));
  CHECK(output.out.contains("no Kubernetes object: a document ("));
  const auto missing = world.Run({"check", "-f", world.Path("deploy/c.yaml"), "--policies", world.Path("policies")});
  CHECK(missing.code == ExitCode::kCouldNotTell);
  CHECK(missing.out.contains("c.yaml: there is no such file or folder"));
}

TEST_CASE("an object whose images cannot be read is denied as could-not-tell", "[cli]") {
  const std::string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec: {containers: [{name: a, image: [nginx]}]}\n";
  const World world;
  CHECK(world.Check(pod).code == ExitCode::kCouldNotTell);
  const Json json = CheckJson(world, pod);
  CHECK(json["objects"][0]["allowed"] == false);
  CHECK(json["objects"][0]["error"].get<std::string>().contains("spec.containers[0].image"));
  CHECK(Json::parse(world.Check(pod, {"-o", "sarif"}).out)["runs"][0]["invocations"][0]["executionSuccessful"] == false);
}

TEST_CASE("a broken policy denies what it may cover and fails the run even where it covers nothing", "[cli]") {
  const World world;
  world.Write("policies/broken.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: broken}\n"
              "spec: {match: {images: ['other.example/**']}, enforcement: {newImages: Deny}, rules: {}}\n");
  const auto output = world.Check(World::Pod("api", World::GoodImage()));
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK(output.out.contains("broken.yaml"));
  CHECK(output.out.contains("1 passed"));
  const auto covered = world.Check(World::Pod("api", "other.example/x@" + DigestOf('a')));
  CHECK(covered.out.contains("PolicyInvalid"));
}

TEST_CASE("a broken scan matters to its image alone", "[cli]") {
  const World world;
  world.Write("scans/sha256-" + std::string(64, 'c') + ".json",
              R"({"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": "sha256-)" + std::string(64, 'c') +
                  R"("}, "spec": {"digest": "none"}})");
  const auto other = world.Check(World::Pod("api", World::GoodImage()));
  CHECK(other.code == ExitCode::kPass);
  CHECK(other.out.contains("broken"));
  CHECK(world.Check(World::Pod("api", World::UnscannedImage())).out.contains("ScanInvalid"));
}

TEST_CASE("Namespace objects in manifests fill in what the policy folders do not know, and cannot overrule them", "[cli]") {
  const World world;
  world.Write("policies/selected.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: selected}\n"
              "spec: {match: {namespaceSelector: {matchLabels: {env: prod}}}, enforcement: {newImages: Deny}, "
              "rules: {reference: {digest: Pinned, forbiddenTags: [v1]}}}\n");
  const std::string pod = World::Pod("api", World::GoodImage());
  CHECK(world.Check(pod).out.contains("NamespaceUnknown"));
  const std::string soft = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {env: test}}\n---\n";
  CHECK(world.Check(soft + pod).code == ExitCode::kPass);
  world.Write("policies/namespaces.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {env: prod}}\n");
  const auto output = world.Check(soft + World::Pod("api", "registry.example/shop/api:v1"));
  CHECK(output.out.contains("TagForbidden"));
  CHECK(output.err.contains("Namespace shop is also in the policy folders"));
}

TEST_CASE("with --old only what changes is judged", "[cli]") {
  const World world;
  const std::string old_file = world.Write("old.yaml", World::Pod("api", World::BadImage()));
  CHECK(world.Check(World::Pod("api", World::BadImage()), {"--old", old_file}).code == ExitCode::kPass);
  CHECK(world.Check(World::Pod("other", World::BadImage()), {"--old", old_file}).code == ExitCode::kViolation);
}

TEST_CASE("an unmatched image is denied unless told otherwise", "[cli]") {
  const World world;
  world.Write("policies/production.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: production}\n"
              "spec: {match: {images: ['other.example/**']}, enforcement: {newImages: Deny}, rules: {reference: {digest: Pinned}}}\n");
  const std::string pod = World::Pod("api", World::GoodImage());
  CHECK(world.Check(pod).out.contains("Unmatched"));
  CHECK(world.Check(pod).code == ExitCode::kViolation);
  CHECK(world.Check(pod, {"--unmatched", "Warn"}).code == ExitCode::kPass);
  CHECK(world.Check(pod, {"--unmatched", "Allow"}).out.contains("passed"));
}

TEST_CASE("a kind given by --workload-path is judged", "[cli]") {
  const std::string rollout =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: '" +
      World::BadImage() + "'}]}}}\n";
  const World world;
  const auto unknown = world.Check(rollout);
  CHECK(unknown.code == ExitCode::kCouldNotTell);
  CHECK(unknown.out.contains("skipped"));
  CHECK(unknown.out.contains("--workload-path"));
  CHECK(world.Check(rollout, {"--workload-path", "argoproj.io/Rollout=/spec/template/spec", "--strict"}).code == ExitCode::kViolation);
}

TEST_CASE("--now moves the time of the judgement", "[cli]") {
  const World world;
  CHECK(world.Check(World::Pod("api", World::GoodImage()), {"--now", "2026-03-03T12:00:00Z"}).out.contains("ScanStale"));
  CHECK(world.Check("", {"--now", "soon"}).code == ExitCode::kUsage);
}

TEST_CASE("the line of an image is found, each in its own place", "[cli]") {
  const std::string pod =
      "# comment\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec:\n  containers:\n  - name: a\n    image: " +
      World::BadImage() + "\n  - name: b\n    image: \"" + World::BadImage() + "\"\n";
  const Json json = CheckJson(World(), pod);
  CHECK(json["objects"][0]["images"][0]["line"] == 9);
  CHECK(json["objects"][0]["images"][1]["line"] == 11);
}

TEST_CASE("the JSON answer has everything the decision has", "[cli]") {
  const Json json = CheckJson(World(), World::Pod("api", World::BadImage()));
  CHECK(json["schema"] == "hullctl/review/v1");
  CHECK(json["verdict"] == "violation");
  CHECK(json["exitCode"] == 1);
  CHECK(json["now"] == kNow);
  const Json& object = json["objects"][0];
  CHECK(object["verdict"] == "violation");
  CHECK(object["action"] == "denied");
  CHECK(object["enforcement"] == "Deny");
  const Json& image = object["images"][0];
  CHECK(image["fieldPath"] == "spec.containers[0].image");
  CHECK(image["digest"] == DigestOf('b'));
  CHECK(image["policies"] == Json::array({"ClusterImageAdmissionPolicy/production"}));
  const Json& reason = image["reasons"][0];
  CHECK(reason["reason"] == "VulnerabilityForbidden");
  CHECK(reason["findings"][0]["fixedIn"] == "3.0.2");
  CHECK(reason["findingCount"] == 1);
  CHECK_FALSE(image.contains("trace"));
}

TEST_CASE("explain tells what every rule saw, of an image or of manifests", "[cli]") {
  const World world;
  const std::vector<std::string> folders{"--policies", world.Path("policies"), "--scans", world.Path("scans")};
  std::vector<std::string> arguments{"explain", World::BadImage(), "-n", "shop"};
  arguments.insert(arguments.end(), folders.begin(), folders.end());
  const auto tree = world.Run(arguments);
  CHECK(tree.code == ExitCode::kViolation);
  for (const char* text :
       {"a Pod in namespace shop", "ClusterImageAdmissionPolicy/production", "vulnerabilities.scan: scanned by trivy 3 h ago", "✗", "└─"}) {
    CAPTURE(text);
    CHECK(tree.out.contains(text));
  }
  Terminal ascii;
  ascii.unicode = false;
  CHECK_FALSE(world.Run(arguments, "", ascii).out.contains("└─"));
  arguments.insert(arguments.end(), {"-o", "json"});
  CHECK_FALSE(Json::parse(world.Run(arguments).out)["objects"][0]["images"][0]["trace"].empty());
  arguments = {"explain", "-f", "-"};
  arguments.insert(arguments.end(), folders.begin(), folders.end());
  CHECK(world.Run(arguments, World::Pod("api", World::GoodImage())).out.contains("Pod shop/api  <stdin>:1"));
  arguments = {"explain"};
  arguments.insert(arguments.end(), folders.begin(), folders.end());
  CHECK(world.Run(arguments).code == ExitCode::kUsage);
}

}  // namespace hullwright::cli::testing
