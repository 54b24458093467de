#include "webhook/cluster_data.h"

#include <catch2/catch.hpp>

#include "base/guarded.h"
#include "support/scripted_server.h"

namespace hullwright::webhook {
namespace {

using testing::ScriptedAnswer;
using testing::ScriptedRequest;

// An API server that answers as the test says and notes what was asked.
struct World {
  Guarded<std::vector<std::string>> asked;
  int status = 200;
  std::string body;
  testing::ScriptedServer server{[this](const ScriptedRequest& request, ScriptedAnswer& answer) {
    asked.With([&](auto& all) { all.push_back(request.method + " " + request.target); });
    answer.Whole(status, body);
  }};
  std::unique_ptr<kube::KubeClient> client = Connect(server.url());
  KubeClusterData data{*client};

  static std::unique_ptr<kube::KubeClient> Connect(const std::string& url) {
    kube::ClusterAccess access;
    access.server = url;
    return kube::KubeClient::Connect(access).value();
  }
  static Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }
  Result<evidence::SecretData> Secret(const std::string& json, std::string_view name = "keys") {
    body = json;
    return data.Secret("shop", name, Soon());
  }
  Result<std::map<std::string, std::string>> ConfigMap(const std::string& json) {
    body = json;
    return data.ConfigMap("shop", "root", Soon());
  }
  Result<std::vector<std::string>> Account(const std::string& json) {
    body = json;
    return data.PullSecretsOf("shop", "default", Soon());
  }
  std::vector<std::string> Asked() {
    return asked.With([](auto& all) { return all; });
  }
};

TEST_CASE("each object is asked for by its name, and none is listed", "[webhook]") {
  World world;
  CHECK(world.Secret(R"({"type":"Opaque","data":{"a":"aGk="}})"));
  CHECK(world.ConfigMap(R"({"data":{"a":"b"}})"));
  CHECK(world.Account(R"({"imagePullSecrets":[{"name":"one"}]})"));
  CHECK(world.Asked() == std::vector<std::string>{"GET /api/v1/namespaces/shop/secrets/keys", "GET /api/v1/namespaces/shop/configmaps/root",
                                                  "GET /api/v1/namespaces/shop/serviceaccounts/default"});
}

TEST_CASE("data of Secrets is decoded, that of ConfigMaps is as it is", "[webhook]") {
  World world;
  const auto secret = world.Secret(R"({"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"e30=","empty":""}})");
  REQUIRE(secret);
  CHECK(secret->type == "kubernetes.io/dockerconfigjson");
  CHECK(secret->data == std::map<std::string, std::string>{{".dockerconfigjson", "{}"}, {"empty", ""}});
  CHECK(world.ConfigMap(R"({"data":{"a":"e30="}})") == std::map<std::string, std::string>{{"a", "e30="}});
  CHECK(world.ConfigMap("{}") == std::map<std::string, std::string>{});
}

TEST_CASE("pull secrets keep their order, and names that no object can have are left out", "[webhook]") {
  World world;
  CHECK(world.Account(R"({"imagePullSecrets":[{"name":"two"},{"name":"../one"},{},{"name":"one"}]})") ==
        std::vector<std::string>{"two", "one"});
  CHECK(world.Account("{}") == std::vector<std::string>{});
}

TEST_CASE("what is malformed is an error and not an empty object", "[webhook]") {
  World world;
  for (const std::string json : {"", "[]", R"({"data":[]})", R"({"data":{"a":1}})", R"({"data":{"a":"not base64"}})", R"({"data":{)"}) {
    INFO(json);
    CHECK_FALSE(world.Secret(json));
  }
  for (const std::string json : {"", R"({"data":"text"})", R"({"data":{"a":null}})"}) {
    INFO(json);
    CHECK_FALSE(world.ConfigMap(json));
  }
  CHECK_FALSE(world.Account("{"));
}

TEST_CASE("absent is told from refused and from unreachable, and a name that leads elsewhere asks nobody", "[webhook]") {
  World world;
  world.status = 404;
  CHECK(world.Secret("{}").error().code == ErrorCode::kNotFound);
  world.status = 403;
  CHECK(world.Secret("{}").error().code == ErrorCode::kDenied);
  const std::size_t asked = world.Asked().size();
  for (const std::string_view name : {"", "..", "a/b", "keys?x=1", "UPPER"})
    CHECK(world.Secret("{}", name).error().code == ErrorCode::kNotFound);
  CHECK(world.Asked().size() == asked);
  world.server.Close();
  const auto down = world.Secret("{}");
  REQUIRE_FALSE(down);
  CHECK(down.error().code != ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hullwright::webhook
