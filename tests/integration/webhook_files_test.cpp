// The real hullwright-webhook in files mode, over TLS.
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/rfc3339.h"
#include "support/certificates.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"
#include "unit/webhook/fixtures.h"

namespace hullwright::webhook {
namespace {

namespace fs = std::filesystem;
using testing::GetRequest;
using testing::PostRequest;
using testing::Process;
using testing::RawConnection;
using testing::RawTls;

constexpr std::chrono::seconds kPatience{30};
const std::string kProgram = testing::ProgramPath("hullwright-webhook");

// One CA for all tests of this program.
struct Certificates {
  testing::TemporaryDirectory folder;
  testing::CertificateAuthority authority{folder.path(), "webhook"};
  testing::CertificateFiles server = authority.MintServer("server");

  static Certificates& Get() {
    static Certificates certificates;
    return certificates;
  }
};

// policies/ and scans/ with what FillCatalogue knows.
struct Folders {
  Folders() {
    fs::create_directory(root.path() / "policies");
    fs::create_directory(root.path() / "scans");
    Policy("policy.yaml", PolicyYaml());
    Policy("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    Scan("a.yaml", ScanYaml('a', "Low"));
    Scan("b.yaml", ScanYaml('b', "Critical"));
  }
  void Policy(const std::string& name, const std::string& text) const { root.Write("policies/" + name, text); }
  void Scan(const std::string& name, const std::string& text) const { root.Write("scans/" + name, text); }
  std::string Path(std::string_view name) const { return (root.path() / name).string(); }

  testing::TemporaryDirectory root;
};

std::vector<std::string> Arguments(const Folders& folders, const std::vector<std::string>& more = {}) {
  const auto& server = Certificates::Get().server;
  std::vector<std::string> arguments = {
      "--policies", folders.Path("policies"), "--scans",   folders.Path("scans"), "--listen", "127.0.0.1:0",
      "--tls-cert", server.certificate_file,  "--tls-key", server.key_file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  if (std::ranges::find(more, "--shutdown-delay") == more.end()) arguments.insert(arguments.end(), {"--shutdown-delay", "0"});
  return arguments;
}

class Webhook {
 public:
  explicit Webhook(const Folders& folders, const std::vector<std::string>& more = {}) : process_(kProgram, Arguments(folders, more)) {
    if (!process_.WaitForText("\"msg\":\"serving\"", kPatience)) FAIL("the webhook does not serve: " << process_.Errors());
    const std::string log = process_.Errors();
    const Json line =
        Json::parse(log.substr(log.rfind('{', log.find("\"msg\":\"serving\"")),
                               log.find('\n', log.find("\"msg\":\"serving\"")) - log.rfind('{', log.find("\"msg\":\"serving\""))));
    port_ = line["port"];
    metrics_port_ = line["metrics_port"];
  }

  Process& process() { return process_; }
  std::uint16_t metrics_port() const { return metrics_port_; }

  RawConnection Connect(const RawTls& tls = {.ca_file = Certificates::Get().authority.ca_file()}) const {
    return RawConnection(port_, tls, kPatience);
  }
  http::Response Send(const std::string& request) const {
    auto response = Connect().Exchange(request);
    if (!response) FAIL("no answer to " << request.substr(0, 100));
    return std::move(*response);
  }
  Json Ask(const Json& review, std::string_view path = "/v1/validate") const {
    return Json::parse(Send(PostRequest(path, review.dump())).body)["response"];
  }
  bool Allows(char digit) const { return Ask(Review(Pod(Image(digit))))["allowed"]; }
  std::string ReadyText() const { return Send(GetRequest("/readyz?verbose")).body; }

 private:
  Process process_;
  std::uint16_t port_ = 0, metrics_port_ = 0;
};

testing::ProcessResult RunToEnd(const std::vector<std::string>& arguments) {
  return testing::Run(kProgram, arguments, {}, kPatience);
}

template <class Condition>
void Eventually(Condition&& condition) {
  REQUIRE(testing::WaitUntil(condition, kPatience));
}

TEST_CASE("a Pod is admitted or refused because of a scan, and every decision is one log line", "[webhook][integration]") {
  const Folders folders;
  Webhook webhook(folders);
  CHECK(webhook.Allows('a'));
  const Json denied = webhook.Ask(Review(Pod(Image('b'))));
  CHECK(denied["allowed"] == false);
  CHECK_THAT(denied["status"]["message"].get<std::string>(), Catch::Contains("CVE-2024-1"));
  CHECK_FALSE(webhook.Allows('c'));
  Eventually([&] {
    const std::string log = webhook.process().Errors();
    std::size_t decisions = 0;
    for (std::size_t at = log.find("\"request decided\""); at != std::string::npos; at = log.find("\"request decided\"", at + 1))
      ++decisions;
    return decisions == 3;
  });
}

TEST_CASE("a policy edited is soon in force; broken, the last good one stays and /readyz?verbose says so", "[webhook][integration]") {
  const Folders folders;
  const Webhook webhook(folders);
  CHECK_FALSE(webhook.Allows('b'));
  folders.Policy("policy.yaml", PolicyYaml("Audit", "Audit"));
  Eventually([&] { return webhook.Allows('b'); });
  folders.Policy("policy.yaml", PolicyYaml());
  Eventually([&] { return !webhook.Allows('b'); });

  folders.Policy("policy.yaml", PolicyYaml("Dney"));
  Eventually([&] { return webhook.ReadyText().find("policy.yaml") != std::string::npos; });
  CHECK_THAT(webhook.ReadyText(), Catch::Contains("newImages") && Catch::Contains("the last good version stays in force"));
  CHECK_THAT(webhook.Send(GetRequest("/metrics")).body,
             Catch::Contains("hullwright_problems{last_good=\"true\"} 1") && Catch::Contains("hullwright_denies_everything 0"));
  CHECK(webhook.Send(GetRequest("/readyz")).status == 200);
  CHECK(webhook.Allows('a'));
  CHECK_FALSE(webhook.Allows('b'));

  folders.Policy("policy.yaml", PolicyYaml());
  Eventually([&] { return webhook.ReadyText().find("policy.yaml") == std::string::npos; });
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a catalogue of known exploits that changes judges anew what was scanned; broken, the last one stays and /readyz?verbose says so",
          "[webhook][integration]") {
  const Folders folders;
  folders.Policy("policy.yaml", Replaced(PolicyYaml(), "severities: [Critical]", "knownExploited: true"));
  folders.Scan("b.yaml", Replaced(ScanYaml('b', "Low"), "CVE-2024-1", "CVE-2024-0001"));
  fs::create_directory(folders.root.path() / "exploitation");
  const auto list = [&](const std::string& cve) {
    folders.root.Write("exploitation/kev.json", R"({"dateReleased": ")" + FormatRfc3339(SystemClock().Now()) +
                                                    R"(", "vulnerabilities": [{"cveID": ")" + cve + R"("}]})");
  };
  const Webhook webhook(folders, {"--exploitation", folders.Path("exploitation")});
  CHECK_FALSE(webhook.Allows('b'));
  list("CVE-2024-0002");
  Eventually([&] { return webhook.Allows('b'); });
  list("CVE-2024-0001");
  Eventually([&] { return !webhook.Allows('b'); });
  CHECK_THAT(webhook.Send(GetRequest("/metrics")).body, Catch::Contains("hullwright_exploitation_entries{data=\"kev\"} 1"));

  folders.root.Write("exploitation/kev.json", "{}");
  Eventually([&] { return webhook.ReadyText().find("kev.json") != std::string::npos; });
  CHECK_THAT(webhook.ReadyText(), Catch::Contains("the last good version stays in force"));
  CHECK_FALSE(webhook.Allows('b'));
}

TEST_CASE("a policy that is broken from the start denies what it may cover", "[webhook][integration]") {
  const Folders folders;
  folders.Policy("unreadable.yaml", "kind: [");
  folders.Scan("sha256-" + std::string(64, 'd') + ".json", "{\"cut");
  const Webhook webhook(folders);
  const Json denied = webhook.Ask(Review(Pod(Image('a'))));
  CHECK(denied["allowed"] == false);
  CHECK_THAT(denied["status"]["message"].get<std::string>(), Catch::Contains("PolicyInvalid") && Catch::Contains("unreadable.yaml"));
  CHECK_THAT(webhook.Send(GetRequest("/metrics")).body, Catch::Contains("hullwright_denies_everything 1"));
  fs::remove(folders.Path("policies/unreadable.yaml"));
  Eventually([&] { return webhook.Allows('a'); });
  CHECK_THAT(webhook.Ask(Review(Pod(Image('d'))))["status"]["message"].get<std::string>(), Catch::Contains("ScanInvalid"));
}

TEST_CASE("a start that cannot succeed ends with one sentence that names what is wrong", "[webhook][integration]") {
  const Folders folders;
  const auto fails = [&](const std::vector<std::string>& arguments, int status, const std::string& names) {
    const auto result = RunToEnd(arguments);
    CHECK(result.exit == status);
    CHECK_THAT(result.err, Catch::Contains(names));
  };
  auto arguments = Arguments(folders);
  arguments[7] = folders.Path("no-such.crt");
  fails(arguments, 1, "no-such.crt");
  arguments = Arguments(folders);
  arguments[1] = folders.Path("no-such-folder");
  fails(arguments, 3, "no-such-folder");
  fails(Arguments(folders, {"--admitted", folders.Path("no-such.yaml")}), 1, "no-such.yaml");
  folders.root.Write("admitted.yaml", "- {namespace: shop}\n");
  fails(Arguments(folders, {"--admitted", folders.Path("admitted.yaml")}), 1, "row 0");

  Webhook first(folders, {"--metrics-listen", "127.0.0.1:0"});
  arguments = Arguments(folders);
  arguments[5] = fmt::format("127.0.0.1:{}", first.metrics_port());
  fails(arguments, 1, fmt::format("{}", first.metrics_port()));
}

// The delay is the cluster's time to notice, and how long that takes is not what is tested: here it ends by a second signal, when the
// clients have gone elsewhere.
TEST_CASE("stopping under load fails no request: unready first, each one still answered, then the end", "[webhook][integration]") {
  const Folders folders;
  Webhook webhook(folders, {"--shutdown-delay", "300"});
  const std::string review = PostRequest("/v1/validate", Review(Pod(Image('a'))).dump());
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, failed = 0;
  std::vector<std::jthread> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      auto connection = std::make_unique<RawConnection>(webhook.Connect());
      while (!stop) {
        const auto response = connection->Exchange(review);
        if (!response || response->status != 200) {
          ++failed;
          return;
        }
        ++answered;
        if (http::HeaderValue(response->headers, "Connection") == "close") {
          connection = std::make_unique<RawConnection>(webhook.Connect());
        }
      }
    });
  }
  Eventually([&] { return answered > 50; });
  webhook.process().Signal(SIGTERM);
  // What takes an endpoint out of a Service sees this and, a moment later, sends nothing more.
  Eventually([&] { return webhook.Send(GetRequest("/readyz")).status == 503; });
  const int before = answered;
  Eventually([&] { return answered > before + 50 || failed > 0; });
  stop = true;
  clients.clear();
  CHECK(failed == 0);
  webhook.process().Signal(SIGTERM);
  CHECK(webhook.process().Wait(kPatience) == 0);
}

TEST_CASE("a second signal does not wait for the delay", "[webhook][integration]") {
  const Folders folders;
  Webhook webhook(folders, {"--shutdown-delay", "300"});
  webhook.process().Signal(SIGTERM);
  REQUIRE(webhook.process().WaitForText("stopping", kPatience));
  webhook.process().Signal(SIGINT);
  CHECK(webhook.process().Wait(kPatience) == 0);
}

TEST_CASE("five thousand containers are refused quickly", "[webhook][integration][attack-61]") {
  const Folders folders;
  const Webhook webhook(folders);
  Json pod = Pod(Image('a'));
  for (int i = 0; i < 5000; ++i) {
    pod["spec"]["containers"].push_back({{"name", fmt::format("c{}", i)},
                                         {"image", Image('a', fmt::format("registry.example/{}/{}", std::string(200, 'x'), i))},
                                         {"env", {{{"name", "filler"}, {"value", std::string(200, 'y')}}}}});
  }
  const std::string request = PostRequest("/v1/validate", Review(pod).dump());
  REQUIRE(request.size() > 2'700'000);
  const auto start = std::chrono::steady_clock::now();
  const http::Response response = webhook.Send(request);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  CHECK(Json::parse(response.body)["response"]["allowed"] == false);
  CHECK(elapsed < std::chrono::seconds(10));  // the API server's patience; 50 ms on an idle machine
  CHECK(webhook.Allows('a'));
}

TEST_CASE("hostile posts are refused and the next request is answered", "[webhook][integration][attack-62][attack-64]") {
  const Folders folders;
  const Webhook webhook(folders);
  const std::string good = Review(Pod(Image('a'))).dump();
  const std::string open = good.substr(0, good.size() - 1);
  Json old = Review(Pod(Image('a')));
  old["apiVersion"] = "admission.k8s.io/v1beta1";
  Json nameless = Review(Pod(Image('a')));
  nameless["request"].erase("uid");
  for (const std::string& hostile :
       {open + ",\"x\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}", open + ",\"kind\":\"AdmissionReview\"}", old.dump(),
        nameless.dump(), good + good, open, std::string("\xff\xfe"), open + ",\"x\":1e999}", std::string("null")}) {
    INFO(hostile.substr(hostile.size() > 100 ? hostile.size() - 100 : 0));
    const http::Response response = webhook.Send(PostRequest("/v1/validate", hostile));
    const Json body = Json::parse(response.body, nullptr, false);
    CHECK_FALSE((body.is_object() && body.contains("response") && body["response"].value("allowed", false)));
    CHECK(webhook.Allows('a'));
  }
  CHECK(webhook.Send(PostRequest("/v1/nothing", good)).status == 404);
}

TEST_CASE("only the clients that are named may post reviews; the probes have a port of their own", "[webhook][integration]") {
  const Folders folders;
  auto& authority = Certificates::Get().authority;
  Webhook webhook(folders,
                  {"--client-ca", authority.ca_file(), "--allowed-client-cn", "kube-apiserver", "--metrics-listen", "127.0.0.1:0"});
  const std::string review = PostRequest("/v1/validate", Review(Pod(Image('a'))).dump());
  const auto status = [&](const testing::CertificateFiles& client) {
    const auto response = webhook.Connect({authority.ca_file(), client.certificate_file, client.key_file}).Exchange(review);
    REQUIRE(response);
    return response->status;
  };
  CHECK(status({}) == 403);
  CHECK(status(authority.MintClient("other", "somebody")) == 403);
  CHECK(status(authority.MintClient("api", "kube-apiserver")) == 200);
  RawConnection probes(webhook.metrics_port(), kPatience);
  for (const auto* path : {"/healthz", "/readyz", "/metrics"}) {
    const auto response = probes.Exchange(GetRequest(path));
    REQUIRE(response);
    CHECK(response->status == 200);
  }
  const auto hidden = probes.Exchange(review);
  REQUIRE(hidden);
  CHECK(hidden->status / 100 == 4);
}

TEST_CASE("decisions are kept over a restart, found by the id of the log line, and read by those who are named",
          "[webhook][integration][history]") {
  const Folders folders;
  auto& authority = Certificates::Get().authority;
  const auto api_server = authority.MintClient("api-history", "kube-apiserver"), auditor = authority.MintClient("auditor", "auditor");
  const std::vector<std::string> arguments = {"--client-ca", authority.ca_file(),        "--allowed-client-cn", "kube-apiserver",
                                              "--history",   folders.Path("history.db"), "--history-reader",    "auditor"};
  const std::string review = PostRequest("/v1/validate", Review(Pod(Image('b'))).dump());
  const auto get = [&](const Webhook& webhook, const testing::CertificateFiles& client, const std::string& query) {
    const auto response =
        webhook.Connect({authority.ca_file(), client.certificate_file, client.key_file}).Exchange(GetRequest("/v1/decisions" + query));
    REQUIRE(response);
    return *response;
  };
  std::string id;
  {
    Webhook webhook(folders, arguments);
    const auto answer = webhook.Connect({authority.ca_file(), api_server.certificate_file, api_server.key_file}).Exchange(review);
    REQUIRE(answer);
    id = Json::parse(answer->body)["response"]["auditAnnotations"]["decision"];
    CHECK(webhook.process().WaitForText("\"decision\":\"" + id + "\"", kPatience));
    // Neither strangers nor who reads may make up what is kept.
    CHECK(webhook.Send(review).status == 403);
    const auto forged = webhook.Connect({authority.ca_file(), auditor.certificate_file, auditor.key_file}).Exchange(review);
    REQUIRE(forged);
    CHECK(forged->status == 403);
    webhook.process().Signal(SIGTERM);
    CHECK(webhook.process().Wait(kPatience) == 0);
  }
  Webhook webhook(folders, arguments);
  CHECK(get(webhook, api_server, "").status == 403);
  const Json list = Json::parse(get(webhook, auditor, "?allowed=false").body);
  REQUIRE(list["decisions"].size() == 1);
  CHECK(list["decisions"][0]["id"] == id);
  CHECK(Json::parse(get(webhook, auditor, "?id=" + id).body)["explanation"]["images"].size() == 1);
  CHECK_THAT(webhook.Send(GetRequest("/metrics")).body, Catch::Contains("hullwright_history_usable 1"));
}

TEST_CASE("with files there is nobody to ask who may waive, so no waiver is admitted", "[webhook][integration]") {
  const Folders folders;
  const Webhook webhook(folders);
  const Json waiver = {
      {"apiVersion", "hullwright.dev/v1alpha1"},
      {"kind", "BreakGlass"},
      {"metadata", {{"name", "x"}, {"namespace", "shop"}}},
      {"spec", {{"policyRefs", {{{"name", "production"}}}}, {"images", {Image('b')}}, {"reason", "outage"}, {"ticket", "INC-1"}}}};
  Json stamped = waiver;
  const Json patch = Json::parse(
      R"([{"op":"add","path":"/spec/requestedBy","value":{"username":"alice","groups":["developers","system:authenticated"]}}])");
  const Json stamp = webhook.Ask(Review(waiver), "/v1/stamp");
  CHECK(stamp["allowed"] == true);
  CHECK(stamp["patchType"] == "JSONPatch");
  stamped = waiver.patch(patch);
  CHECK_FALSE(webhook.Ask(Review(stamped), "/v1/stamp").contains("patch"));
  const Json refused = webhook.Ask(Review(stamped), "/v1/validate-objects");
  CHECK(refused["allowed"] == false);
  CHECK_THAT(refused["status"]["message"].get<std::string>(), Catch::Contains("WaiveUnknown"));
}

TEST_CASE("with files there is nobody to ask who may import, so no scan is admitted", "[webhook][integration]") {
  const Folders folders;
  const Webhook webhook(folders);
  Json scan = Json::parse(ReadYaml(ScanYaml('a', "Low"))->front().json);
  scan["status"]["results"][0]["importedBy"] = "alice";
  CHECK_FALSE(webhook.Ask(Review(scan), "/v1/stamp").contains("patch"));
  const Json refused = webhook.Ask(Review(scan), "/v1/validate-objects");
  CHECK(refused["allowed"] == false);
  CHECK_THAT(refused["status"]["message"].get<std::string>(), Catch::Contains("ImportUnknown"));
}

}  // namespace
}  // namespace hullwright::webhook
