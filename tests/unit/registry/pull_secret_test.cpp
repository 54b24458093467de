#include "registry/pull_secret.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/base64.h"

using namespace hullwright;
using namespace hullwright::registry;

namespace {

bool Fits(std::string_view key, std::string_view host, std::string_view path = "team/app") {
  const auto scope = CredentialScope::Parse(key);
  REQUIRE(scope);
  return scope->Matches(host, path);
}

std::vector<std::string> Users(const Keyring& keyring, std::string_view host, std::string_view path) {
  std::vector<std::string> users;
  for (const auto& credential : keyring.Find(host, path)) users.push_back(credential.username);
  return users;
}

void Put(Keyring& keyring, std::string_view key, std::string user) {
  keyring.Add(*CredentialScope::Parse(key), Credential{std::move(user), "secret", ""});
}

}  // namespace

TEST_CASE("a credential fits its host, port and path, and nothing that only looks alike", "[registry]") {
  CHECK(Fits("a.example", "a.example"));
  CHECK(Fits("https://a.example/v1/", "a.example"));
  CHECK(Fits("A.example:443", "a.example"));
  CHECK(Fits("a.example:5000/team", "a.example:5000"));
  CHECK(Fits("a.example/team/app", "a.example"));
  CHECK_FALSE(Fits("a.example", "a.example.evil"));
  CHECK_FALSE(Fits("a.example", "evil.a.example"));
  CHECK_FALSE(Fits("a.example", "a.example:5000"));
  CHECK_FALSE(Fits("a.example:5000", "a.example"));
  CHECK_FALSE(Fits("a.example/team", "a.example", "team-evil/app"));
  CHECK_FALSE(Fits("a.example/team/app", "a.example", "team"));
}

TEST_CASE("a star stands inside one label", "[registry]") {
  CHECK(Fits("*.example", "a.example"));
  CHECK(Fits("r*.example", "registry.example"));
  CHECK_FALSE(Fits("*.example", "a.b.example"));
  CHECK_FALSE(Fits("*.example", "example"));
  CHECK_FALSE(Fits("*.example", "a.example.evil"));
  CHECK_FALSE(Fits("*", "a.example"));
}

TEST_CASE("all names of Docker Hub are one", "[registry]") {
  for (const auto* key :
       {"docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/", "https://index.docker.io"}) {
    CHECK(Fits(key, "docker.io"));
    CHECK_FALSE(Fits(key, "docker.io.example"));
  }
}

TEST_CASE("the most specific credential is tried first, each once", "[registry]") {
  Keyring keyring;
  Put(keyring, "*.example", "glob");
  Put(keyring, "a.example", "host");
  Put(keyring, "a.example/team", "team");
  Put(keyring, "a.example", "second");
  Put(keyring, "b.example", "other");
  Put(keyring, "a.example/team/app", "team");
  CHECK(Users(keyring, "a.example", "team/app") == std::vector<std::string>{"team", "host", "second", "glob"});
  CHECK(Users(keyring, "a.example", "x") == std::vector<std::string>{"host", "second", "glob"});
  CHECK(Users(keyring, "c.other", "x").empty());
  CHECK(keyring.Id("c.other", "x").empty());
  CHECK(keyring.Id("a.example", "x") != keyring.Id("a.example", "team/app"));
  CHECK(keyring.Id("a.example", "x").find("host") == std::string::npos);
}

TEST_CASE("both forms of pull secrets are read", "[registry]") {
  Keyring keyring;
  REQUIRE(keyring.Add(
      PullSecretFormat::kDockerConfigJson,
      fmt::format(R"({{"auths":{{"a.example":{{"auth":"{}","username":"ignored"}},"b.example":{{"username":"u","password":"p"}},)"
                  R"("c.example":{{"identitytoken":"t"}},"d.example":{{}}}},"credsStore":"x"}})",
                  EncodeBase64("user:pass:word"))));
  REQUIRE(keyring.Add(PullSecretFormat::kDockerCfg, R"({"e.example":{"username":"old","password":"p","email":"x"}})"));
  CHECK(keyring.Find("a.example", "x") == std::vector{Credential{"user", "pass:word", ""}});
  CHECK(keyring.Find("b.example", "x") == std::vector{Credential{"u", "p", ""}});
  CHECK(keyring.Find("c.example", "x") == std::vector{Credential{"", "", "t"}});
  CHECK(keyring.Find("d.example", "x").empty());
  CHECK(keyring.Find("e.example", "x") == std::vector{Credential{"old", "p", ""}});
}

TEST_CASE("a damaged pull secret is an error that repeats nothing secret, and adds nothing", "[registry]") {
  for (const auto* bad : {R"({"auths":{"a.example":{"username":"u","password":"hunter2"},"b.example":{"auth":"hunter2!"}}})",
                          R"({"auths":7})", "hunter2", R"({"auths":{"a b":{}}})", R"({"auths":{"a.example":{"password":7}}})",
                          R"({"auths":{"a.example":{"auth":"aHVudGVyMg=="}}})", R"({"auths":{"u:hunter@a.example":{}}})"}) {
    Keyring keyring;
    const auto added = keyring.Add(PullSecretFormat::kDockerConfigJson, bad);
    REQUIRE_FALSE(added);
    CHECK(added.error().message.find("hunter2") == std::string::npos);
    CHECK(keyring.empty());
  }
}

TEST_CASE("all pull secrets of a Pod together have a bound, and one beyond it adds nothing", "[registry]") {
  const auto secret = [](std::string_view host, std::size_t length) {
    return fmt::format(R"({{"auths":{{"{}":{{"username":"u","password":"{}"}}}}}})", host, std::string(length, 'p'));
  };
  Keyring keyring;
  REQUIRE(keyring.Add(PullSecretFormat::kDockerConfigJson, secret("a.example", kMaxKeyringBytes / 2)));
  const auto second = keyring.Add(PullSecretFormat::kDockerConfigJson, secret("b.example", kMaxKeyringBytes / 2));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kTooLarge);
  CHECK(keyring.Add(PullSecretFormat::kDockerConfigJson, secret("c.example", 100)));
  CHECK(Users(keyring, "a.example", "app").size() == 1);
  CHECK(Users(keyring, "b.example", "app").empty());
  CHECK(Users(keyring, "c.example", "app").size() == 1);
  CHECK(keyring.bytes() > kMaxKeyringBytes / 2);
}

TEST_CASE("credentials have different names exactly when they differ", "[registry]") {
  CHECK(Credential{}.Id().empty());
  CHECK(Credential{"a", "bc", ""}.Id() != Credential{"ab", "c", ""}.Id());
  CHECK(Credential{"a", "b", ""}.Id() == Credential{"a", "b", ""}.Id());
  CHECK(Credential{"", "", "t"}.Id() != Credential{"t", "", ""}.Id());
}
