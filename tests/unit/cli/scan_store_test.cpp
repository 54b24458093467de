// What scan import does to a cluster, against a small API server in memory that keeps resource versions as the real one does.
#include "cli/scan_store.h"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "api/object.h"
#include "base/rfc3339.h"
#include "kube/client.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kCollection = "/apis/hullwright.dev/v1alpha1/imagescans";

class FakeApiServer final : public kube::KubeClient {
 public:
  std::map<std::string, Json> objects;
  int version = 0;
  int status_writes = 0;
  // Called before a status is written: where somebody else is faster.
  std::function<void(FakeApiServer&)> before_write = [](FakeApiServer&) {};

  Result<kube::KubeReply> Get(const std::string& path, Deadline) override {
    const auto found = objects.find(path);
    if (found == objects.end()) return Fail(ErrorCode::kNotFound, "not found");
    return kube::KubeReply{200, found->second.dump()};
  }
  Result<kube::KubeReply> Post(const std::string& path, std::string json, Deadline) override {
    if (path.contains("selfsubjectreviews")) return kube::KubeReply{201, R"({"status": {"userInfo": {"username": "ci@example.com"}}})"};
    Json object = Json::parse(json);
    object.erase("status");  // the status subresource is on
    return kube::KubeReply{201, Store(path + "/" + object["metadata"]["name"].get<std::string>(), object).dump()};
  }
  Result<kube::KubeReply> Put(const std::string& path, std::string json, Deadline) override {
    REQUIRE(path.ends_with("/status"));
    const std::string object_path = path.substr(0, path.rfind('/'));
    before_write(*this);
    const Json written = Json::parse(json);
    Json& stored = objects.at(object_path);
    if (written["metadata"]["resourceVersion"] != stored["metadata"]["resourceVersion"])
      return Fail(ErrorCode::kConflict, "modified meanwhile");
    ++status_writes;
    stored["status"] = written["status"];
    return kube::KubeReply{200, Store(object_path, stored).dump()};
  }
  Result<kube::KubeReply> GetLong(const std::string&, std::size_t, std::chrono::milliseconds, std::stop_token) override { return Unused(); }
  Result<void> Watch(const std::string&, std::function<void()>, std::function<bool(std::string_view)>, std::chrono::milliseconds,
                     std::stop_token) override {
    return std::unexpected(Unused().error());
  }

  const Json& Store(const std::string& path, Json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    return objects[path] = std::move(object);
  }

 private:
  static Result<kube::KubeReply> Unused() { return Fail(ErrorCode::kUnsupported, "not part of this fake"); }
};

api::ImageScan ScanBy(const std::string& scanner) {
  return *DecodeImageScan(R"({"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": "sha256-)" +
                          std::string(64, 'a') + R"("}, "spec": {"digest": ")" + DigestOf('a') +
                          R"("}, "status": {"results": [{"scannerRef": {"name": ")" + scanner +
                          R"("}, "scannedAt": "2026-03-01T09:00:00Z", "source": "Import", "outcome": "Complete"}]}})");
}

std::string PathOfScan() {
  return std::string(kCollection) + "/sha256-" + std::string(64, 'a');
}

}  // namespace

TEST_CASE("an import creates the object and writes its status through the subresource", "[cli]") {
  FakeApiServer server;
  const auto stored = StoreInCluster(ScanBy("trivy"), server);
  REQUIRE(stored);
  CHECK_FALSE(stored->merged);
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 1);
}

TEST_CASE("an import is merged with the scan that the cluster has", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server));
  const auto stored = StoreInCluster(ScanBy("grype"), server);
  REQUIRE(stored);
  CHECK(stored->merged);
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 2);
}

TEST_CASE("when somebody else is faster, theirs is read and merged too", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server));
  int races = 0;
  server.before_write = [&](FakeApiServer& self) {
    if (races++ > 0) return;
    Json object = self.objects.at(PathOfScan());
    object["status"] = Json::parse(api::EncodeJson(ScanBy("other")))["status"];
    self.Store(PathOfScan(), object);
  };
  REQUIRE(StoreInCluster(ScanBy("grype"), server));
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 2);
  CHECK(races == 2);
}

TEST_CASE("an import that always loses the race ends with an error", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server));
  int races = 0;
  server.before_write = [&](FakeApiServer& self) {
    ++races;
    self.Store(PathOfScan(), self.objects.at(PathOfScan()));
  };
  const auto stored = StoreInCluster(ScanBy("grype"), server);
  REQUIRE_FALSE(stored);
  CHECK(stored.error().code == ErrorCode::kConflict);
  CHECK(races == 5);
}

TEST_CASE("a scan in the cluster that cannot be read is not overwritten", "[cli]") {
  FakeApiServer server;
  server.Store(
      PathOfScan(),
      {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", "ImageScan"}, {"metadata", {{"name", "x"}}}, {"spec", {{"digest", 7}}}});
  const auto stored = StoreInCluster(ScanBy("trivy"), server);
  REQUIRE_FALSE(stored);
  CHECK_THAT(stored.error().message, Catch::Contains("cannot be read; remove it and import again"));
  CHECK(server.status_writes == 0);
}

TEST_CASE("the importer is whom the cluster says we are", "[cli]") {
  FakeApiServer server;
  const auto user = ClusterUser(server);
  REQUIRE(user);
  CHECK(*user == "ci@example.com");
}

}  // namespace hullwright::cli::testing
