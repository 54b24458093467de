#include "evidence/folder_data.h"

#include <catch2/catch.hpp>

#include "support/temporary_directory.h"

namespace hullwright::evidence {
namespace {

namespace fs = std::filesystem;

struct World {
  testing::TemporaryDirectory folder;
  FolderData data{folder.path().string()};

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((folder.path() / path).parent_path());
    folder.Write(path, text);
  }
  Result<SecretData> Secret(std::string_view name, std::string_view namespace_ = "shop") { return data.Secret(namespace_, name, {}); }
  auto ConfigMap(std::string_view name) { return data.ConfigMap("shop", name, {}); }
  auto Account(std::string_view name) { return data.PullSecretsOf("shop", name, {}); }
};

TEST_CASE("each file of a Secret or ConfigMap is a key, as Kubernetes mounts them", "[evidence]") {
  World world;
  world.Write("shop/secrets/keys/cosign.pub", std::string("a\0b\n", 4));
  world.Write("shop/secrets/keys/..data", "how Kubernetes swaps");
  world.Write("shop/configmaps/root/trusted_root.json", "{}");
  REQUIRE(world.Secret("keys"));
  CHECK(world.Secret("keys")->type == "Opaque");
  CHECK(world.Secret("keys")->data == std::map<std::string, std::string>{{"cosign.pub", std::string("a\0b\n", 4)}});
  CHECK(world.ConfigMap("root") == std::map<std::string, std::string>{{"trusted_root.json", "{}"}});
  world.Write("shop/secrets/keys/cosign.pub", "changed");
  CHECK(world.Secret("keys")->data.at("cosign.pub") == "changed");
}

TEST_CASE("the type of a pull secret follows from its key", "[evidence]") {
  World world;
  world.Write("shop/secrets/new/.dockerconfigjson", "{}");
  world.Write("shop/secrets/old/.dockercfg", "{}");
  CHECK(world.Secret("new")->type == "kubernetes.io/dockerconfigjson");
  CHECK(world.Secret("old")->type == "kubernetes.io/dockercfg");
}

TEST_CASE("a ServiceAccount lists its pull secrets, one in a line", "[evidence]") {
  World world;
  world.Write("shop/serviceaccounts/default", "one\n\ntwo\n");
  CHECK(world.Account("default") == std::vector<std::string>{"one", "two"});
  world.Write("shop/serviceaccounts/none", "");
  CHECK(world.Account("none") == std::vector<std::string>{});
}

TEST_CASE("what is not there is not found, and nothing leads out of the folder", "[evidence]") {
  World world;
  world.Write("shop/secrets/keys/a", "a");
  world.Write("secret/secrets/keys/a", "of another");
  CHECK(world.Secret("other").error().code == ErrorCode::kNotFound);
  CHECK(world.Secret("keys", "bank").error().code == ErrorCode::kNotFound);
  CHECK(world.ConfigMap("keys").error().code == ErrorCode::kNotFound);
  CHECK(world.Account("keys").error().code == ErrorCode::kNotFound);
  for (const std::string_view name : {"", ".", "..", "../../secret/secrets/keys", "/etc"}) {
    CHECK(world.Secret(name).error().code == ErrorCode::kNotFound);
    CHECK(world.Secret("keys", name).error().code == ErrorCode::kNotFound);
  }
  CHECK(FolderData("").Secret("shop", "keys", {}).error().code == ErrorCode::kNotFound);
}

TEST_CASE("too much, or what cannot be read, is an error and not an empty object", "[evidence]") {
  World world;
  world.Write("shop/secrets/large/a", std::string((4u << 20) + 1, 'x'));
  CHECK_FALSE(world.Secret("large"));
  world.Write("shop/secrets/fits/a", std::string(4u << 20, 'x'));
  CHECK(world.Secret("fits"));
  for (int i = 0; i < 257; ++i) world.Write("shop/configmaps/many/" + std::to_string(i), "x");
  CHECK(world.ConfigMap("many").error().code == ErrorCode::kTooLarge);
  fs::remove(world.folder.path() / "shop/configmaps/many/0");
  CHECK(world.ConfigMap("many")->size() == 256);
  world.Write("shop/secrets/file", "a file where a folder is wanted");
  CHECK(world.Secret("file").error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hullwright::evidence
