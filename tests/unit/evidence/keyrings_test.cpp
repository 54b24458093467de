#include "evidence/keyrings.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "unit/evidence/memory_cluster.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

using namespace std::chrono_literals;

std::string DockerConfig(const std::string& host, const std::string& user) {
  return fmt::format(R"({{"auths":{{"{}":{{"username":"{}","password":"p"}}}}}})", host, user);
}

struct World {
  testing::MemoryCluster cluster;
  testing::SetClock clock;
  Keyrings keyrings{cluster, clock};

  void Secret(const std::string& name, const std::string& host, const std::string& user) {
    cluster.secrets["shop/" + name] = {"kubernetes.io/dockerconfigjson", {{".dockerconfigjson", DockerConfig(host, user)}}};
  }
  std::vector<std::string> UsersFor(const api::PullContext& context, const std::string& host) {
    const auto keyring = keyrings.Read(context, std::chrono::steady_clock::now() + 1s);
    REQUIRE(keyring);
    std::vector<std::string> users;
    for (const auto& credential : (*keyring)->Find(host, "app")) users.push_back(credential.username);
    return users;
  }
};

TEST_CASE("credentials come from the secrets that the Pod and its ServiceAccount name, in its own namespace", "[evidence]") {
  World world;
  world.Secret("pod", "a.example", "pod-user");
  world.Secret("account", "b.example", "account-user");
  world.Secret("unnamed", "c.example", "nobody");
  world.cluster.secrets["other/pod"] = world.cluster.secrets["shop/unnamed"];
  world.cluster.accounts["shop/default"] = {"account", "pod"};
  const api::PullContext context{"shop", "default", {"pod"}};
  CHECK(world.UsersFor(context, "a.example") == std::vector<std::string>{"pod-user"});
  CHECK(world.UsersFor(context, "b.example") == std::vector<std::string>{"account-user"});
  CHECK(world.UsersFor(context, "c.example").empty());
}

TEST_CASE("secrets that do not exist, are of another type or cannot be read give nothing and stop nothing", "[evidence]") {
  World world;
  world.Secret("good", "a.example", "user");
  world.cluster.secrets["shop/opaque"] = {"Opaque", {{".dockerconfigjson", DockerConfig("a.example", "opaque")}}};
  world.cluster.secrets["shop/broken"] = {"kubernetes.io/dockerconfigjson", {{".dockerconfigjson", "{"}}};
  CHECK(world.UsersFor({"shop", "none", {"absent", "opaque", "broken", "good"}}, "a.example") == std::vector<std::string>{"user"});
}

TEST_CASE("secrets and service accounts that RBAC does not let us read give nothing, so that the registry decides", "[evidence]") {
  World world;
  world.Secret("pod", "a.example", "user");
  world.cluster.error = Error{ErrorCode::kDenied, "serviceaccounts \"default\" is forbidden"};
  CHECK(world.UsersFor({"shop", "default", {"pod"}}, "a.example").empty());
  world.cluster.error.reset();
  CHECK(world.UsersFor({"shop", "default", {"pod"}}, "a.example") == std::vector<std::string>{"user"});
}

TEST_CASE("when the API server cannot be asked it is not known what the credentials are, and nothing is remembered", "[evidence]") {
  World world;
  world.cluster.error = Error{ErrorCode::kUnavailable, "down"};
  const api::PullContext context{"shop", "default", {}};
  const auto keyring = world.keyrings.Read(context, std::chrono::steady_clock::now() + 1s);
  REQUIRE_FALSE(keyring);
  CHECK(keyring.error().code == ErrorCode::kUnavailable);
  CHECK_FALSE(world.keyrings.Recall(context));
}

TEST_CASE("what was read is recalled, asks to be refreshed, and ends", "[evidence]") {
  World world;
  world.Secret("pod", "a.example", "user");
  const api::PullContext context{"shop", "default", {"pod"}};
  CHECK_FALSE(world.keyrings.Recall(context));
  world.UsersFor(context, "a.example");
  const int asked = world.cluster.calls;
  REQUIRE(world.keyrings.Recall(context));
  CHECK_FALSE(world.keyrings.Recall(context)->refresh_due);
  world.clock.MoveOn(60s);
  CHECK(world.keyrings.Recall(context)->refresh_due);
  world.clock.MoveOn(1h);
  CHECK_FALSE(world.keyrings.Recall(context));
  CHECK(world.cluster.calls == asked);
}

TEST_CASE("keyrings are remembered up to a bound of bytes, the latest for sure", "[evidence]") {
  World world;
  constexpr std::size_t kMost = 300'000;
  Keyrings keyrings(world.cluster, world.clock, 1000, kMost);
  world.Secret("pod", "a.example", std::string(50'000, 'u'));
  const auto context = [](int i) { return api::PullContext{"shop", fmt::format("account-{}", i), {"pod"}}; };
  for (int i = 0; i < 20; ++i) REQUIRE(keyrings.Read(context(i), std::chrono::steady_clock::now() + 1s));
  int remembered = 0;
  for (int i = 0; i < 20; ++i) remembered += keyrings.Recall(context(i)) ? 1 : 0;
  CHECK(keyrings.Recall(context(19)));
  CHECK(remembered > 1);
  CHECK(remembered <= 6);
  CHECK_FALSE(keyrings.Recall(context(0)));
}

}  // namespace
}  // namespace hullwright::evidence
