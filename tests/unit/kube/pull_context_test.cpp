#include "kube/pull_context.h"

#include <catch2/catch.hpp>

namespace hullwright::kube {
namespace {

api::PullContext Read(std::string_view kind, std::string_view json) {
  static const Workloads workloads;
  JsonReader reader;
  const auto object = reader.Read(json);
  REQUIRE(object);
  return ReadPullContext(*workloads.Find(kind == "Pod" ? "" : "apps", kind), *object, "shop");
}

TEST_CASE("a Pod's pull secrets and ServiceAccount are read, a template's too", "[kube]") {
  CHECK(Read("Pod", R"({"spec":{"serviceAccountName":"web","imagePullSecrets":[{"name":"b"},{"name":"a"},{"name":"b"}]}})") ==
        api::PullContext{"shop", "web", {"b", "a"}});
  CHECK(Read("Deployment", R"({"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"a"}]}}}})") ==
        api::PullContext{"shop", "default", {"a"}});
  CHECK(Read("Pod", R"({"spec":{}})") == api::PullContext{"shop", "default", {}});
  CHECK(Read("Pod", R"({})") == api::PullContext{"shop", "default", {}});
}

TEST_CASE("names that no object can have never reach a URL", "[kube]") {
  CHECK(Read("Pod", R"({"spec":{"serviceAccountName":"../x","imagePullSecrets":[{"name":"../../kube-system/secrets/x"},{"name":"A"},
        {"name":""},{},{"name":1},{"name":"a/b"},{"name":"a?b"},{"name":"good.name-1"}]}})") ==
        api::PullContext{"shop", "default", {"good.name-1"}});
  for (const char* name : {"", ".", "..", "a..b", "-a", "a-", ".a", "a%2f", "a b", "\xC3\xA4"}) CHECK_FALSE(IsObjectName(name));
  CHECK_FALSE(IsObjectName(std::string(254, 'a')));
}

TEST_CASE("a flood of pull secrets is cut", "[kube]") {
  std::string json = R"({"spec":{"imagePullSecrets":[{"name":"first"})";
  for (int i = 0; i < 1000; ++i) json += R"(,{"name":"s)" + std::to_string(i) + "\"}";
  CHECK(Read("Pod", json + "]}}").pull_secrets.size() == kMaxPullSecrets);
}

}  // namespace
}  // namespace hullwright::kube
