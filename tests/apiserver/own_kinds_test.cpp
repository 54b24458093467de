// Our own kinds on the real API server: the CRDs are taken, and a list-watch hands over what the decoders read.
#include "apiserver/own_kinds.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "api/object.h"
#include "kube/list_watch.h"
#include "support/kube_contract.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;

constexpr const char* kGroupPath = "/apis/hullwright.dev/v1alpha1/";

std::unique_ptr<KubeClient> Connect(const ApiServer& server) {
  const auto access = ClusterAccess::FromKubeconfig(server.kubeconfig());
  REQUIRE(access.has_value());
  return ConnectOrFail(*access);
}

ListWatchOptions WatchOf(const api::KindInfo& kind) {
  ListWatchOptions options;
  options.resource_path = kGroupPath + kind.plural;
  options.list_kind = kind.kind;
  options.api_version = std::string(api::kApiVersion);
  options.first_backoff = std::chrono::milliseconds(10);
  options.page_size = 50;
  return options;
}

const api::KindInfo& Kind(std::string_view name) {
  return *std::ranges::find_if(api::Kinds(), [&](const api::KindInfo& kind) { return kind.kind == name; });
}

// Which objects decode, and why the others do not.
class DecodingSink final : public ObjectSink {
 public:
  void BeginList() override {}
  void EndList() override {}
  void Remove(JsonElement) override {}
  void Upsert(JsonElement object) override {
    const auto key = api::ReadKey(object);
    const auto decoded = api::DecodeObject(object);
    const std::lock_guard lock(mutex_);
    outcomes_[key ? key->ToString() : "unreadable"] = decoded ? "decoded" : decoded.error().message;
  }

  std::map<std::string, std::string> outcomes() const {
    const std::lock_guard lock(mutex_);
    return outcomes_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> outcomes_;
};

TEST_CASE("Every kind of the group is served and can be followed", "[apiserver]") {
  const auto client = Connect(ServerWithOurKinds());
  for (const api::KindInfo& kind : api::Kinds()) {
    INFO(kind.kind);
    DecodingSink sink;
    const ListWatch list_watch(*client, WatchOf(kind), sink);
    CHECK(WaitUntil([&] { return list_watch.status().connected; }, kPatience));
  }
}

TEST_CASE("Scans arrive in pages, complete and decoded", "[apiserver]") {
  ApiServer& server = ServerWithOurKinds();
  constexpr int kScans = 120;
  for (int i = 0; i < kScans; ++i) {
    const json scan{{"apiVersion", api::kApiVersion},
                    {"kind", "ImageScan"},
                    {"metadata", {{"name", fmt::format("sha256-{:064x}", i)}}},
                    {"spec", {{"digest", fmt::format("sha256:{:064x}", i)}}}};
    const auto created = server.Request("POST", std::string(kGroupPath) + "imagescans", scan.dump());
    INFO(created.text);
    REQUIRE(created.status == 201);
  }
  const auto client = Connect(server);
  DecodingSink sink;
  const ListWatch list_watch(*client, WatchOf(Kind("ImageScan")), sink);
  CHECK(WaitUntil([&] { return list_watch.status().synced; }, kPatience));
  const auto outcomes = sink.outcomes();
  CHECK(outcomes.size() >= kScans);
  for (const auto& [name, outcome] : outcomes) {
    INFO(name);
    CHECK(outcome == "decoded");
  }
}

TEST_CASE("A policy with a field we do not know reaches us with it and is refused; one nested without measure hides no other",
          "[apiserver]") {
  ApiServer& server = ServerWithOurKinds();
  std::string deep = "1";
  for (int i = 0; i < 3'000; ++i) deep = R"({"a":)" + std::move(deep) + "}";
  const auto create = [&](const std::string& name, const std::string& extra) {
    const auto created =
        server.Request("POST", std::string(kGroupPath) + "clusterimageadmissionpolicies",
                       R"({"apiVersion":"hullwright.dev/v1alpha1","kind":"ClusterImageAdmissionPolicy","metadata":{"name":")" + name +
                           R"("},"spec":{"enforcement":{"newImages":"Deny"},"rules":{"reference":{"digest":"FromAuthor"}})" + extra + "}}");
    INFO(created.text.substr(0, 2'000));
    CHECK(created.status == 201);
  };
  create("unknown-field", R"(,"surprise":{"x":1})");
  create("deep-field", R"(,"surprise":)" + deep);
  create("plain", "");
  const auto client = Connect(server);
  DecodingSink sink;
  const ListWatch list_watch(*client, WatchOf(Kind("ClusterImageAdmissionPolicy")), sink);
  CHECK(WaitUntil([&] { return list_watch.status().synced; }, kPatience));
  const auto outcomes = sink.outcomes();
  CHECK_THAT(outcomes.at("ClusterImageAdmissionPolicy/unknown-field"), Catch::Contains("spec.surprise"));
  CHECK_THAT(outcomes.at("ClusterImageAdmissionPolicy/deep-field"), Catch::Contains("spec.surprise"));
  CHECK(outcomes.at("ClusterImageAdmissionPolicy/plain") == "decoded");
  for (const char* name : {"unknown-field", "deep-field", "plain"}) {
    CHECK(server.Request("DELETE", std::string(kGroupPath) + "clusterimageadmissionpolicies/" + name).status == 200);
  }
}

}  // namespace
}  // namespace hullwright::kube
