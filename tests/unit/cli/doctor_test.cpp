// hullctl doctor: a sound installation is ok; each fault is found by the check that is there for it, and by no other.
#include "cli/doctor.h"

#include <catch2/catch.hpp>

#include "support/process.h"
#include "support/scripted_server.h"
#include "unit/cli/fake_cluster.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

std::map<std::string, Health> OutcomesOf(const Examination& examination) {
  std::map<std::string, Health> outcomes;
  for (const CheckedPart& part : examination.parts) outcomes[part.name] = part.report.health();
  return outcomes;
}

// Names of the checks that are not ok, in their order.
std::vector<std::string> Complaining(const Examination& examination) {
  std::vector<std::string> names;
  for (const CheckedPart& part : examination.parts) {
    if (part.report.health() != Health::kOk) names.push_back(part.name);
  }
  return names;
}

// All that is said, remedies and notes too.
std::string SaidBy(const Examination& examination, std::string_view name) {
  std::string text;
  for (const CheckedPart& part : examination.parts) {
    if (part.name != name) continue;
    for (const HealthFinding& finding : part.report.findings()) text += finding.seen + " | " + finding.remedy + "\n";
    for (const std::string& note : part.report.notes()) text += "note: " + note + "\n";
  }
  return text;
}

using Names = std::vector<std::string>;

std::string Ago(std::chrono::hours hours) {
  return FormatRfc3339(std::chrono::floor<std::chrono::seconds>(SystemClock().Now() - hours));
}

StoredObject PolicyAbout(const StoredObject& vulnerabilities) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ClusterImageAdmissionPolicy"},
          {"metadata", {{"name", "production"}}},
          {"spec", {{"enforcement", {{"newImages", "Deny"}}}, {"rules", {{"vulnerabilities", vulnerabilities}}}}}};
}

StoredObject ScanOf(char hex, const std::string& scanned_at) {
  const std::string digits(64, hex);
  return {
      {"apiVersion", "hullwright.dev/v1alpha1"},
      {"kind", "ImageScan"},
      {"metadata", {{"name", "sha256-" + digits}}},
      {"spec", {{"digest", "sha256:" + digits}}},
      {"status",
       {{"results", {{{"scannerRef", {{"name", "trivy"}}}, {"scannedAt", scanned_at}, {"source", "Import"}, {"outcome", "Complete"}}}}}}};
}

void PutPolicy(InstalledCluster& installed, const StoredObject& vulnerabilities) {
  installed.cluster.objects[kOwnPath + "clusterimageadmissionpolicies/production"] = PolicyAbout(vulnerabilities);
}

}  // namespace

TEST_CASE("a sound installation is ok in every check", "[cli]") {
  InstalledCluster installed;
  const Examination examination = installed.Look();
  for (const std::string& name : Complaining(examination)) UNSCOPED_INFO(name + ": " + SaidBy(examination, name));
  CHECK(Complaining(examination) == Names{});
  CHECK(examination.exit_code() == ExitCode::kPass);
}

TEST_CASE("a sound installation by hand, without the operator, is ok in every check", "[cli]") {
  InstalledCluster installed;
  installed.WithoutOperator();
  const Examination examination = installed.Look();
  for (const std::string& name : Complaining(examination)) UNSCOPED_INFO(name + ": " + SaidBy(examination, name));
  CHECK(Complaining(examination) == Names{});
  CHECK_THAT(SaidBy(examination, "operator-pods"), Catch::Contains("nobody renews certificates"));
}

TEST_CASE("where nothing is installed every check about it says so, with a remedy", "[cli]") {
  InstalledCluster installed;
  installed.cluster.objects = {{"/version", installed.cluster.objects.at("/version")}};
  installed.cluster.answers.clear();
  installed.cluster.may = [](const std::string& user, const StoredObject&) { return user.empty(); };
  const Examination examination = installed.Look();
  CHECK(examination.exit_code() == ExitCode::kViolation);
  const auto outcomes = OutcomesOf(examination);
  for (const char* name : {"kinds", "webhook-permissions", "operator-permissions", "certificates", "gate-switch", "hooks", "webhook-pods",
                           "operator-pods", "objects"}) {
    CAPTURE(name);
    CHECK(outcomes.at(name) == Health::kProblem);
  }
  for (const CheckedPart& part : examination.parts) {
    for (const HealthFinding& finding : part.report.findings()) {
      CAPTURE(part.name, finding.seen);
      CHECK(finding.remedy.empty() == (finding.health == Health::kOk));
    }
  }
}

TEST_CASE("an API server that does not answer leaves every check without an answer, and none ok", "[cli]") {
  InstalledCluster installed;
  installed.cluster.is_down = true;
  const Examination examination = installed.Look();
  CHECK(examination.exit_code() == ExitCode::kCouldNotTell);
  for (const CheckedPart& part : examination.parts) CHECK(part.report.health() == Health::kCouldNotTell);
  CHECK(installed.cluster.requests.size() == 1);
}

TEST_CASE("what may not be read is could-not-tell and never ok", "[cli]") {
  const auto [path, name] = GENERATE(table<std::string, std::string>({
      {"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/imagescans.hullwright.dev", "kinds"},
      {"/apis/authorization.k8s.io/v1/subjectaccessreviews", "webhook-permissions"},
      {"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hullwright", "hooks"},
      {"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hullwright", "certificates"},
      {"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "other-hooks"},
      {"/api/v1/namespaces/hullwright-system/configmaps/hullwright-webhook-configuration", "gate-switch"},
      {"/apis/apps/v1/namespaces/hullwright-system/deployments/hullwright-webhook", "webhook-pods"},
      {"/apis/apps/v1/namespaces/hullwright-system/deployments/hullwright-operator", "operator-pods"},
      {"/api/v1/namespaces/hullwright-system/services/https:hullwright-webhook:443/proxy/readyz", "webhook-pods"},
      {"/apis/hullwright.dev/v1alpha1/trustedpublishers", "objects"},
      {"/apis/hullwright.dev/v1alpha1/breakglasses", "waivers"},
      {"/apis/hullwright.dev/v1alpha1/imagescans", "scans"},
      {"/apis/hullwright.dev/v1alpha1/imageadmissionpolicies", "exploitation-data"},
  }));
  InstalledCluster installed;
  installed.cluster.Refuse(path);
  const Examination examination = installed.Look();
  CAPTURE(path, name, SaidBy(examination, name));
  CHECK(OutcomesOf(examination).at(name) == Health::kCouldNotTell);
  CHECK(examination.exit_code() == ExitCode::kCouldNotTell);
}

TEST_CASE("one fault is found by its check alone", "[cli]") {
  InstalledCluster installed;
  auto& objects = installed.cluster.objects;
  std::string name, said;
  SECTION("an old API server") {
    objects["/version"]["minor"] = "27";
    name = "api-server", said = "older than 1.30";
  }
  SECTION("a clock that is off") {
    installed.cluster.clock_ahead = std::chrono::seconds(90);
    name = "clock", said = "s ahead of this machine's";
  }
  SECTION("an older kind") {
    auto& versions = objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/imagescans.hullwright.dev"]["spec"]["versions"];
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"].erase("findings");
    name = "kinds", said = "spec.versions[0].schema.openAPIV3Schema.properties.status.properties.findings differs";
  }
  SECTION("a kind with a field of another version") {
    auto& versions = objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/breakglasses.hullwright.dev"]["spec"]["versions"];
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["bypass"] = {{"type", "boolean"}};
    name = "kinds", said = "properties.bypass differs";
  }
  SECTION("a version left behind") {
    objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/registries.hullwright.dev"]["status"]["storedVersions"] = {"v1alpha0",
                                                                                                                                "v1alpha1"};
    name = "kinds", said = "may still be stored as v1alpha0";
  }
  SECTION("a kind that is not served") {
    objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/registries.hullwright.dev"]["status"]["conditions"][0]["status"] =
        "False";
    name = "kinds", said = "does not serve";
  }
  SECTION("a webhook that may not watch") {
    installed.cluster.may = [](const std::string& user, const StoredObject& attributes) {
      return MayAsInstalled(user, attributes) &&
             !(user.ends_with("webhook") && attributes["verb"] == "watch" && attributes["group"] == "hullwright.dev");
    };
    name = "webhook-permissions", said = "may not watch *.hullwright.dev: it does not hear of changed policies";
  }
  SECTION("a webhook that may list Secrets") {
    installed.cluster.may = [](const std::string& user, const StoredObject& attributes) {
      return MayAsInstalled(user, attributes) ||
             (user.ends_with("webhook") && attributes["verb"] == "list" && attributes["resource"] == "secrets");
    };
    name = "webhook-permissions", said = "may list secrets, which it does not need";
  }
  SECTION("an operator that may not write the hooks") {
    installed.cluster.may = [](const std::string& user, const StoredObject& attributes) {
      return MayAsInstalled(user, attributes) && !(user.ends_with("operator") && attributes["verb"] == "patch");
    };
    name = "operator-permissions", said = "cannot register the hooks";
  }
  SECTION("an expired certificate") {
    installed.InstallCertificate({.dns = {"hullwright-webhook.hullwright-system.svc"}, .ip = {}}, std::chrono::seconds(-60));
    name = "certificates", said = "has expired";
  }
  SECTION("a certificate that should have been renewed") {
    installed.InstallCertificate({.dns = {"hullwright-webhook.hullwright-system.svc"}, .ip = {}}, std::chrono::seconds(55));  // of 355
    name = "certificates", said = "was not renewed";
  }
  SECTION("a certificate for another name") {
    installed.InstallCertificate({.dns = {"other.hullwright-system.svc"}, .ip = {}});
    name = "certificates", said = "is for another name";
  }
  SECTION("a CA bundle of another CA") {
    const hullwright::testing::CertificateAuthority other(installed.folder.path(), "other");
    installed.Hooks("mutatingwebhookconfigurations")["webhooks"][0]["clientConfig"]["caBundle"] = EncodeBase64(TextOfFile(other.ca_file()));
    name = "certificates", said = "does not lead to a CA of the bundle";
  }
  SECTION("no CA bundle") {
    installed.Hooks("validatingwebhookconfigurations")["webhooks"][1]["clientConfig"]["caBundle"] = "Cg==";
    name = "certificates", said = "the hook objects.hullwright.dev has no CA bundle";
  }
  SECTION("a failure policy that somebody changed") {
    installed.Hooks("validatingwebhookconfigurations")["webhooks"][0]["failurePolicy"] = "Ignore";
    name = "hooks", said = "failurePolicy was changed";
  }
  SECTION("a condition that somebody added") {
    installed.Hooks("validatingwebhookconfigurations")["webhooks"][0]["matchConditions"] = {{{"name", "never"}, {"expression", "false"}}};
    name = "hooks", said = "matchConditions was changed";
  }
  SECTION("a hook that somebody took away") {
    installed.Hooks("mutatingwebhookconfigurations")["webhooks"].erase(1);
    name = "hooks", said = "lacks the hook stamp.hullwright.dev";
  }
  SECTION("by hand, a selector that users can write") {
    installed.WithoutOperator();
    installed.Hooks("validatingwebhookconfigurations")["webhooks"][0]["namespaceSelector"] = {{"matchLabels", {{"gate", "on"}}}};
    name = "hooks", said = "whoever can label a namespace decides";
  }
  SECTION("by hand, a hook that lets everything in when nobody answers") {
    installed.WithoutOperator();
    installed.Hooks("validatingwebhookconfigurations")["webhooks"][0]["failurePolicy"] = "Ignore";
    name = "hooks", said = "everything gets in unjudged";
  }
  SECTION("the gate switched off") {
    objects[kConfigMapPath]["metadata"]["annotations"] = {{"hullwright.dev/gate", "off"}};
    installed.Hooks("validatingwebhookconfigurations")["webhooks"] = StoredObject::array();
    installed.Hooks("mutatingwebhookconfigurations")["webhooks"] = StoredObject::array();
    name = "gate-switch", said = "annotate configmap hullwright-webhook-configuration hullwright.dev/gate-";
  }
  SECTION("webhook Pods that are not ready") {
    objects["/apis/apps/v1" + kInNamespace + "deployments/hullwright-webhook"]["status"]["readyReplicas"] = 1;
    name = "webhook-pods", said = "1 of 2 Pods";
  }
  SECTION("a webhook with a problem of its own") {
    installed.Says("services/https:hullwright-webhook:443/proxy/readyz",
                   "[+]cluster ok\nproblem: cluster: TrustRoot/x: no key (there is no good version)\nok\n");
    name = "webhook-pods", said = "TrustRoot/x: no key";
  }
  SECTION("an operator that is not ready") {
    installed.Says("services/http:hullwright-operator-metrics:8080/proxy/readyz", "[-]caches failed: not synced\nnot ready\n", 503);
    name = "operator-pods", said = "[-]caches failed: not synced";
  }
  SECTION("a policy that cannot be read") {
    PutPolicy(installed, StoredObject{{"forbid", {{{"name", "critical"}, {"severitys", {"Critical"}}}}}});
    name = "objects", said = "kubectl get clusterimageadmissionpolicies.hullwright.dev production -o yaml | hullctl validate -";
  }
  SECTION("a scan that is too old") {
    PutPolicy(installed, {{"forbid", {{{"name", "critical"}, {"severities", {"Critical"}}}}}, {"scan", {{"maxAgeHours", 24}}}});
    objects[kOwnPath + "imagescans/sha256-a"] = ScanOf('a', Ago(std::chrono::hours(72)));
    objects[kOwnPath + "imagescans/sha256-b"] = ScanOf('b', Ago(std::chrono::hours(1)));
    name = "scans", said = "of 1 of 2 ImageScans ClusterImageAdmissionPolicy/production would say ScanStale";
  }
  SECTION("scores that are too old") {
    PutPolicy(installed, {{"forbid", {{{"name", "likely"}, {"minEPSS", "0.5"}}}}});
    installed.Says("services/http:hullwright-webhook-metrics:8080/proxy/metrics",
                   "hullwright_exploitation_age_seconds{data=\"epss\"} 864000\n");
    name = "exploitation-data", said = "10 days old";
  }
  SECTION("a catalogue that is not there") {
    PutPolicy(installed, {{"forbid", {{{"name", "known"}, {"knownExploited", true}}}}});
    name = "exploitation-data", said = "the webhook has none";
  }
  const Examination examination = installed.Look();
  for (const std::string& complaining : Complaining(examination)) UNSCOPED_INFO(complaining + ": " + SaidBy(examination, complaining));
  CHECK(Complaining(examination) == Names{name});
  CHECK(OutcomesOf(examination).at(name) == Health::kProblem);
  CHECK_THAT(SaidBy(examination, name), Catch::Contains(said));
  CHECK(examination.exit_code() == ExitCode::kViolation);
}

TEST_CASE("a gate that is off but whose hooks are still there is told as such", "[cli]") {
  InstalledCluster installed;
  installed.cluster.objects[kConfigMapPath]["metadata"]["annotations"] = {{"hullwright.dev/gate", "off"}};
  CHECK_THAT(SaidBy(installed.Look(), "gate-switch"), Catch::Contains("hooks are still registered"));
}

TEST_CASE("policies that only audit, namespaces that are left out and other mutating hooks are notes", "[cli]") {
  InstalledCluster installed;
  StoredObject policy = PolicyAbout({{"forbid", {{{"name", "critical"}, {"severities", {"Critical"}}}}}});
  policy["spec"]["enforcement"]["newImages"] = "Audit";
  installed.cluster.objects[kOwnPath + "clusterimageadmissionpolicies/production"] = policy;
  installed.cluster.objects[std::string(kHooksPath) + "mutatingwebhookconfigurations/istio"] = {
      {"metadata", {{"name", "istio"}}}, {"webhooks", {{{"name", "sidecar.istio.io"}, {"rules", {{{"resources", {"pods"}}}}}}}}};
  installed.cluster.objects[kOwnPath + "breakglasses/tonight"] = {
      {"apiVersion", "hullwright.dev/v1alpha1"},
      {"kind", "BreakGlass"},
      {"metadata", {{"name", "tonight"}, {"namespace", "shop"}, {"creationTimestamp", Ago(std::chrono::hours(1))}}},
      {"spec",
       {{"policyRefs", {{{"name", "production"}}}},
        {"images", {"registry.example/shop/api@" + DigestOf('a')}},
        {"reason", "an outage at night"},
        {"ticket", "OPS-1"}}}};
  const Examination examination = installed.Look();
  CHECK(examination.exit_code() == ExitCode::kPass);
  CHECK_THAT(SaidBy(examination, "objects"), Catch::Contains("newImages: Audit): ClusterImageAdmissionPolicy/production"));
  CHECK_THAT(SaidBy(examination, "hooks"), Catch::Contains("not judged: hullwright-system, kube-system"));
  CHECK_THAT(SaidBy(examination, "other-hooks"), Catch::Contains("istio"));
  CHECK_THAT(SaidBy(examination, "waivers"), Catch::Contains("BreakGlass/shop/tonight ends within a week"));
}

TEST_CASE("without the Secret the end of the served certificate is taken from the metrics, and without them nobody could tell", "[cli]") {
  InstalledCluster installed;
  installed.cluster.Refuse("/api/v1" + kInNamespace + "secrets/hullwright-webhook-tls");
  CHECK(OutcomesOf(installed.Look()).at("certificates") == Health::kCouldNotTell);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(SystemClock().Now().time_since_epoch()).count();
  installed.Says("services/http:hullwright-webhook-metrics:8080/proxy/metrics",
                 "hullwright_certificate_expiry_timestamp_seconds " + std::to_string(seconds + 86400 * 30) + "\n");
  CHECK(OutcomesOf(installed.Look()).at("certificates") == Health::kOk);
  installed.Says("services/http:hullwright-webhook-metrics:8080/proxy/metrics",
                 "hullwright_certificate_expiry_timestamp_seconds " + std::to_string(seconds - 1) + "\n");
  CHECK(OutcomesOf(installed.Look()).at("certificates") == Health::kProblem);
}

TEST_CASE("the key of the webhook is never shown", "[cli]") {
  InstalledCluster installed;
  const auto& secret = installed.cluster.objects.at("/api/v1" + kInNamespace + "secrets/hullwright-webhook-tls");
  const Examination examination = installed.Look();
  CHECK_FALSE(ExaminationJson(examination).contains(secret["data"]["tls.key"].get<std::string>().substr(0, 40)));
}

TEST_CASE("a dry run that the gate refuses is ok, one that it lets in is a problem, and an answer of others tells nothing", "[cli]") {
  InstalledCluster installed;
  const auto answer_with = [&](int status, const std::string& message) {
    installed.cluster.create = [=](const StoredObject& pod) {
      const bool good = pod["spec"]["containers"][0]["image"] == "registry.example/good@" + DigestOf('a');
      return good ? http::Response{.status = 201, .body = "{}"} : FakeCluster::Status(status, message);
    };
    return OutcomesOf(installed.Look({"shop", "registry.example/good@" + DigestOf('a')})).at("admission");
  };
  CHECK(answer_with(403, "admission webhook \"images.hullwright.dev\" denied the request: no policy") == Health::kOk);
  CHECK(answer_with(201, "") == Health::kProblem);
  CHECK(answer_with(500, "Internal error occurred: failed calling webhook \"images.hullwright.dev\": x509: unknown authority") ==
        Health::kProblem);
  CHECK(answer_with(403, "pods is forbidden: exceeded quota") == Health::kCouldNotTell);
  CHECK(answer_with(404, "namespaces \"shop\" not found") == Health::kCouldNotTell);
}

TEST_CASE("what a cluster says cannot write to the terminal", "[cli]") {
  InstalledCluster installed;
  StoredObject policy = PolicyAbout({{"forbid",
                                      {{{"name", "critical"},
                                        {"\x1b[2J\r\n"
                                         "evil",
                                         1}}}}});
  installed.cluster.objects[kOwnPath + "clusterimageadmissionpolicies/production"] = policy;
  installed.Says("services/https:hullwright-webhook:443/proxy/readyz", "problem: \x1b]0;owned\x07\nok\n");
  CHECK_FALSE(RenderExamination(installed.Look(), {}).contains('\x1b'));
}

TEST_CASE("doctor's table and JSON tell the same", "[cli]") {
  InstalledCluster installed;
  installed.Hooks("validatingwebhookconfigurations")["webhooks"][0]["failurePolicy"] = "Ignore";
  const Examination examination = installed.Look();
  const std::string table = RenderExamination(examination, {});
  CHECK_THAT(table, Catch::Contains("problem         hooks: ") && Catch::Contains("do: ") &&
                        Catch::Contains("hullwright in namespace hullwright-system: "));
  const auto json = nlohmann::json::parse(ExaminationJson(examination));
  CHECK(json["schema"] == "hullctl/doctor/v1");
  CHECK(json["exitCode"] == 1);
  CHECK(json["checks"].size() == examination.parts.size());
  for (const auto& check : json["checks"]) CHECK(table.contains(check["name"].get<std::string>() + ": "));
}

TEST_CASE("every check is explained in docs/operations.md", "[cli]") {
  const std::string page = TextOfFile(hullwright::testing::SourcePath("docs/operations.md"));
  for (const HealthCheck& check : HealthChecks()) {
    CAPTURE(check.name);
    CHECK(page.contains("`" + std::string(check.name) + "`"));
  }
  CHECK(page.contains("`admission`"));
}

TEST_CASE("doctor refuses names that Kubernetes would not take, and says where it looked for a cluster", "[cli]") {
  const World world;
  CHECK(world.Run({"doctor", "--namespace", "a/../b"}).code == ExitCode::kUsage);
  CHECK(world.Run({"doctor", "--name", "x?y"}).code == ExitCode::kUsage);
  CHECK(world.Run({"doctor", "--try-admission", "Shop"}).code == ExitCode::kUsage);
  CHECK(world.Run({"doctor", "--good-image", "x"}).code == ExitCode::kUsage);
  const auto lost = world.Run({"doctor"});
  CHECK(lost.code == ExitCode::kCouldNotTell);
  CHECK_THAT(lost.err, Catch::Contains("neither a kubeconfig") && Catch::Contains("ServiceAccount of a Pod"));
}

}  // namespace hullwright::cli::testing
