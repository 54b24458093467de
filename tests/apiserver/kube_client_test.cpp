// The client and the list-watch against the real API server; what the fake cannot lie about.
#include <catch2/catch.hpp>

#include "api/object.h"
#include "kube/client.h"
#include "kube/list_watch.h"
#include "support/api_server.h"
#include "support/kube_contract.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;
using std::chrono::seconds;

class RealUnderTest final : public KubeServerUnderTest {
 public:
  ClusterAccess Access() override {
    auto access = ClusterAccess::FromKubeconfig(server.kubeconfig());
    if (!access) FAIL(access.error().message);
    return *access;
  }
  // What the namespace controller would do: nothing is in it, so that its finalizer can go.
  void RemoveNamespace(const std::string& name) override {
    const std::string path = "/api/v1/namespaces/" + name;
    json object = server.Request("DELETE", path).json;
    object["spec"]["finalizers"] = json::array();
    const auto finalized = server.Request("PUT", path + "/finalize", object.dump());
    INFO(finalized.text);
    CHECK(finalized.status == 200);
  }
  void Stop() override { server.Stop(); }
  void Start() override { server.Start(); }

  ApiServer& server = ApiServer::Shared();
};

ClusterAccess AccessAs(const std::string& context) {
  auto access = ClusterAccess::FromKubeconfig(ApiServer::Shared().kubeconfig(), context);
  if (!access) FAIL(access.error().message);
  return *access;
}

TEST_CASE("The client tells errors of the real API server apart", "[apiserver]") {
  RealUnderTest real;
  CheckThatErrorsAreTold(real);
  // What only authorization can say.
  const auto forbidden = ConnectOrFail(AccessAs("alice"))->Post("/api/v1/namespaces", NamespaceText("not-hers", "red"), Soon());
  REQUIRE_FALSE(forbidden.has_value());
  CHECK(forbidden.error().code == ErrorCode::kDenied);
  CHECK_THAT(forbidden.error().message, Catch::Contains("alice"));
}

TEST_CASE("A list-watch follows the real API server through an outage", "[apiserver]") {
  RealUnderTest real;
  CheckThatAListWatchFollows(real);
}

// Counts what a list-watch hands over, and whether the layer above can read it.
class KeySink final : public ObjectSink {
 public:
  void BeginList() override {}
  void Upsert(JsonElement object) override {
    const auto key = api::ReadKey(object);
    const std::lock_guard lock(mutex_);
    key ? names_.insert(key->ToString()) : errors_.insert(key.error().message);
  }
  void EndList() override {}
  void Remove(JsonElement) override {}

  std::set<std::string> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }
  std::set<std::string> errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> names_, errors_;
};

TEST_CASE("Objects of a list and of a watch are typed as the decoders want them", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = ConnectOrFail(AccessAs("admin"));
  KeySink sink;
  const ListWatch list_watch(*client, NamespaceWatch(), sink);
  CHECK(WaitUntil([&] { return sink.names().contains("Namespace/kube-system"); }, kPatience));
  CHECK(WaitUntil([&] { return list_watch.status().connected; }, kPatience));
  REQUIRE(server.Request("POST", "/api/v1/namespaces", NamespaceText("typed-later", "red")).status == 201);
  CHECK(WaitUntil([&] { return sink.names().contains("Namespace/typed-later"); }, kPatience));
  CHECK(sink.errors().empty());
}

TEST_CASE("A version that the API server has forgotten is expired, as an answer or as an event", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  REQUIRE(server.Request("POST", "/api/v1/namespaces", NamespaceText("before-compaction", "red")).status == 201);
  server.Compact();
  server.Restart();
  const auto client = ConnectOrFail(AccessAs("admin"));
  std::string event;
  const auto watched = client->Watch(
      "/api/v1/namespaces?watch=1&resourceVersion=1", [] {},
      [&](std::string_view line) {
        event = line;
        return false;
      },
      seconds(30), {});
  INFO(event);
  const bool as_answer = !watched && watched.error().code == ErrorCode::kExpired;
  const bool as_event = event.find(R"("type":"ERROR")") != std::string::npos && event.find(R"("code":410)") != std::string::npos;
  CHECK((as_answer || as_event));
}

TEST_CASE("A version from the future is expired too, so that a restored etcd leads to a list", "[apiserver]") {
  const auto client = ConnectOrFail(AccessAs("admin"));
  const auto listed = client->Get("/api/v1/namespaces?resourceVersion=999999999&resourceVersionMatch=NotOlderThan", Soon());
  REQUIRE_FALSE(listed.has_value());
  CHECK(listed.error().code == ErrorCode::kExpired);
}

TEST_CASE("The real authorizer answers access reviews", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto granted = server.Kubectl({"apply", "-f", "-"}, R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: waivers-of-strict}
rules: [{apiGroups: [hullwright.dev], resources: [imageadmissionpolicies], resourceNames: [strict], verbs: [waive]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: waivers, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: waivers-of-strict}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: security}]
)");
  INFO(granted.err);
  REQUIRE(granted.exit == 0);
  const auto client = ConnectOrFail(AccessAs("admin"));
  AccessQuestion question{
      "bob", {"security", "system:authenticated"}, "", {}, "waive", "hullwright.dev", "imageadmissionpolicies", "default", "strict"};
  // The authorizer learns of a new role by watching.
  CHECK(WaitUntil(
      [&] {
        const auto answer = ReviewAccess(*client, question, Soon());
        return answer && answer->allowed;
      },
      kPatience));
  const auto is_allowed = [&] {
    const auto answer = ReviewAccess(*client, question, Soon());
    if (!answer) FAIL(answer.error().message);
    return answer->allowed;
  };
  question.name = "lax";
  CHECK_FALSE(is_allowed());
  question.name = "strict";
  question.namespace_ = "kube-system";
  CHECK_FALSE(is_allowed());
  question.namespace_ = "default";
  question.groups = {"system:authenticated"};
  CHECK_FALSE(is_allowed());
  // Who may not ask learns nothing.
  const auto forbidden = ReviewAccess(*ConnectOrFail(AccessAs("alice")), question, Soon());
  REQUIRE_FALSE(forbidden.has_value());
  CHECK(forbidden.error().code == ErrorCode::kDenied);
}

TEST_CASE("A server that hangs ends a call at its deadline, and a certificate of another CA ends it at once", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = ConnectOrFail(AccessAs("admin"));
  CHECK(client->Get("/version", Soon()).has_value());
  server.Pause();
  const auto late = client->Get("/version", std::chrono::steady_clock::now() + std::chrono::milliseconds(300));
  server.Continue();
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == ErrorCode::kDeadline);
  CHECK(client->Get("/version", Soon()).has_value());

  const std::string other_ca = server.folder() + "/other-ca.pem";
  REQUIRE(Run("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                          "/CN=other", "-keyout", server.folder() + "/other.key", "-out", other_ca})
              .exit == 0);
  ClusterAccess mistaken = AccessAs("admin");
  mistaken.ca_file = other_ca;
  const auto refused = ConnectOrFail(mistaken)->Get("/version", Soon());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(refused.error().message, Catch::Contains("TLS"));
}

}  // namespace
}  // namespace hullwright::kube
