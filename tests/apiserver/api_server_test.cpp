// The fixture keeps what support/api_server.h says; what else hangs on it would otherwise fail in riddles.
#include "support/api_server.h"

#include <signal.h>

#include <catch2/catch.hpp>

namespace hullwright::testing {
namespace {

using nlohmann::json;

constexpr std::string_view kPod = R"({"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"probe-"},
    "spec":{"containers":[{"name":"app","image":"registry.example/app:1"}],
            "volumes":[{"name":"model","image":{"reference":"registry.example/model:1"}}]}})";

TEST_CASE("A real API server answers in the name of each identity", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const std::string pods = "/api/v1/namespaces/default/pods?dryRun=All";
  for (const Identity& as :
       {Identity::Admin(), Identity::Alice(), Identity::Node(), Identity::ServiceAccount("kube-system", "replicaset-controller")}) {
    const auto created = server.Request("POST", pods, std::string(kPod), as);
    INFO(as.token << " " << as.user << ": " << created.text);
    CHECK(created.status == 201);
    CHECK(created.json["spec"]["volumes"][0]["image"]["reference"] == "registry.example/model:1");
  }
  CHECK(server.Request("POST", pods, std::string(kPod), Identity::ServiceAccount("default", "nobody")).status == 403);
  CHECK(server.Request("GET", "/api/v1/namespaces", "", Identity{"no-such-token", "", {}}).status == 401);
  const auto version = server.Get("/version");
  CHECK(version.json["major"] == "1");
  CHECK(version.json["minor"] == "36");
}

TEST_CASE("kubectl talks to the API server, and what it did stands in the audit log", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto created = server.Kubectl({"create", "configmap", "kubectl-probe", "--from-literal=a=b"});
  INFO(created.err);
  CHECK(created.exit == 0);
  CHECK(server.Kubectl({"get", "configmap", "kubectl-probe", "-o", "jsonpath={.data.a}"}).out == "b");
  CHECK(server.Kubectl({"apply", "--context", "alice", "-f", "-"}, "apiVersion: v1\nkind: Namespace\nmetadata: {name: not-hers}\n").exit !=
        0);
  CHECK(server.AuditLog().find("kubectl-probe") != std::string::npos);
}

TEST_CASE("The API server can be stopped, paused and started again with what it stored", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  REQUIRE(server.Kubectl({"create", "namespace", "survivor"}).exit == 0);
  server.Stop();
  CHECK_THROWS(server.Get("/version"));
  server.Start();
  CHECK(server.Get("/api/v1/namespaces/survivor").status == 200);
  server.Pause();
  server.Continue();
  CHECK(server.Get("/readyz").text == "ok");
}

TEST_CASE("A missing program is told with the command that builds it", "[apiserver]") {
  CHECK_THROWS_WITH(TestTool("no-such-program"), Catch::EndsWith("run tests/tools/build no-such-program"));
}

TEST_CASE("A process gives back what it wrote and how it ended", "[apiserver]") {
  ProcessOptions options;
  options.environment = {{"WORD", "hello"}};
  options.input = "from input\n";
  const auto result = Run("sh", {"-c", "echo $WORD; cat; echo problem >&2; exit 3"}, options);
  CHECK(result.exit == 3);
  CHECK(result.out == "hello\nfrom input\n");
  CHECK(result.err == "problem\n");
  CHECK_THROWS_WITH(Process("/no/such/program", {}), Catch::Contains("No such file"));
  Process sleeper("sh", {"-c", "echo ready; exec sleep 100"});
  CHECK(sleeper.WaitForText("ready", std::chrono::seconds(10)));
  CHECK_FALSE(sleeper.Wait(std::chrono::milliseconds(1)).has_value());
  sleeper.Signal(SIGTERM);
  CHECK(sleeper.Wait(std::chrono::seconds(10)) == 128 + SIGTERM);
}

}  // namespace
}  // namespace hullwright::testing
