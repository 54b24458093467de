// What scan import does to a cluster, against a small API server in memory that keeps resource versions as the real one does.
#include "cli/scan_store.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "api/object.h"
#include "base/rfc3339.h"
#include "cli/files.h"
#include "kube/client.h"
#include "support/temporary_directory.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Json = nlohmann::json;

const Time kImportedAt = *ParseRfc3339(kNow);
constexpr std::string_view kCollection = "/apis/hullwright.dev/v1alpha1/imagescans";

class FakeApiServer final : public kube::KubeClient {
 public:
  std::map<std::string, Json> objects;
  int version = 0;
  int status_writes = 0, lists = 0;
  std::optional<Error> list_error;
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
  Result<kube::KubeReply> Patch(const std::string&, kube::PatchType, std::string, Deadline) override {
    return Fail(ErrorCode::kUnsupported, "scans are not patched");
  }
  Result<kube::KubeReply> Delete(const std::string&, const kube::DeletePreconditions&, Deadline) override {
    return Fail(ErrorCode::kUnsupported, "scans are not deleted");
  }
  // One object a page: the token is the number of the next one.
  Result<kube::KubeReply> GetLong(const std::string& path, std::size_t, std::chrono::milliseconds, std::stop_token) override {
    ++lists;
    if (list_error) return std::unexpected(*list_error);
    const std::size_t at = path.find("&continue=");
    const std::size_t number = at == std::string::npos ? 0 : std::stoul(path.substr(at + 10));
    Json list = {{"metadata", {{"resourceVersion", "1"}}}, {"items", Json::array()}};
    if (number < objects.size()) list["items"].push_back(std::next(objects.begin(), static_cast<std::ptrdiff_t>(number))->second);
    if (number + 1 < objects.size()) list["metadata"]["continue"] = std::to_string(number + 1);
    return kube::KubeReply{200, list.dump()};
  }
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

// As an import of trivy has it: one finding in shop/api, first seen at the time given.
api::ImageScan ScanWithFinding(char hex, Time first_seen) {
  api::ImageScan scan = ScanBy("trivy");
  scan.spec.digest = *Digest::Parse(DigestOf(hex));
  scan.metadata.name = "sha256-" + std::string(64, hex);
  scan.status.repositories = {"registry.example/shop/api"};
  api::Finding finding;
  finding.id = "CVE-2026-0001";
  finding.package = "pkg:deb/debian/openssl@3.0";
  finding.scanners = {"trivy"};
  finding.first_seen = first_seen;
  scan.status.findings = {finding};
  return scan;
}

std::string PathOfScan() {
  return std::string(kCollection) + "/sha256-" + std::string(64, 'a');
}

}  // namespace

TEST_CASE("a folder that somebody keeps locked is told, and not waited for without end", "[cli]") {
  const hullwright::testing::TemporaryDirectory folder;
  const auto held = FolderLock::Take(folder.path().string());
  REQUIRE(held);
  const auto second = FolderLock::Take(folder.path().string(), std::chrono::milliseconds(30));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kUnavailable);
  CHECK(second.error().message.find("locked") != std::string::npos);
}

TEST_CASE("an import creates the object and writes its status through the subresource", "[cli]") {
  FakeApiServer server;
  const auto stored = StoreInCluster(ScanBy("trivy"), server, kImportedAt);
  REQUIRE(stored);
  CHECK_FALSE(stored->merged);
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 1);
}

TEST_CASE("an import is merged with the scan that the cluster has", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server, kImportedAt));
  const auto stored = StoreInCluster(ScanBy("grype"), server, kImportedAt);
  REQUIRE(stored);
  CHECK(stored->merged);
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 2);
}

TEST_CASE("when somebody else is faster, theirs is read and merged too", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server, kImportedAt));
  int races = 0;
  server.before_write = [&](FakeApiServer& self) {
    if (races++ > 0) return;
    Json object = self.objects.at(PathOfScan());
    object["status"] = Json::parse(api::EncodeJson(ScanBy("other")))["status"];
    self.Store(PathOfScan(), object);
  };
  REQUIRE(StoreInCluster(ScanBy("grype"), server, kImportedAt));
  CHECK(server.objects.at(PathOfScan())["status"]["results"].size() == 2);
  CHECK(races == 2);
}

TEST_CASE("an import that always loses the race ends with an error", "[cli]") {
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanBy("trivy"), server, kImportedAt));
  int races = 0;
  server.before_write = [&](FakeApiServer& self) {
    ++races;
    self.Store(PathOfScan(), self.objects.at(PathOfScan()));
  };
  const auto stored = StoreInCluster(ScanBy("grype"), server, kImportedAt);
  REQUIRE_FALSE(stored);
  CHECK(stored.error().code == ErrorCode::kConflict);
  CHECK(races == 5);
}

TEST_CASE("a scan in the cluster that cannot be read is not overwritten", "[cli]") {
  FakeApiServer server;
  server.Store(
      PathOfScan(),
      {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", "ImageScan"}, {"metadata", {{"name", "x"}}}, {"spec", {{"digest", 7}}}});
  const auto stored = StoreInCluster(ScanBy("trivy"), server, kImportedAt);
  REQUIRE_FALSE(stored);
  CHECK_THAT(stored.error().message, Catch::Contains("cannot be read; remove it and import again"));
  CHECK(server.status_writes == 0);
}

TEST_CASE("a finding keeps the time at which another digest of its repository first had it", "[cli]") {
  const Time earlier = kImportedAt - std::chrono::hours(100);
  FakeApiServer server;
  REQUIRE(StoreInCluster(ScanWithFinding('a', earlier), server, earlier));
  REQUIRE(StoreInCluster(ScanWithFinding('b', kImportedAt), server, kImportedAt));
  const auto first_seen = [&](char hex) {
    return server.objects.at(std::string(kCollection) + "/sha256-" + std::string(64, hex))["status"]["findings"][0]["firstSeen"];
  };
  CHECK(first_seen('b') == FormatRfc3339(earlier));
  CHECK(server.lists == 1 + 1);  // an empty list for the first

  const auto again = StoreInCluster(ScanWithFinding('b', kImportedAt), server, kImportedAt);  // its own scan knows all: nothing is listed
  REQUIRE(again);
  CHECK(server.lists == 2);
  CHECK(first_seen('b') == FormatRfc3339(earlier));
}

TEST_CASE("an import that may not list scans says what follows from it, one that could not ends", "[cli]") {
  FakeApiServer server;
  server.list_error = Error{ErrorCode::kDenied, "forbidden"};
  const auto stored = StoreInCluster(ScanWithFinding('a', kImportedAt), server, kImportedAt);
  REQUIRE(stored);
  CHECK_THAT(stored->unread, Catch::Contains("may not list imagescans") && Catch::Contains("grace periods anew"));

  server.list_error = Error{ErrorCode::kUnavailable, "no answer"};
  const auto failed = StoreInCluster(ScanWithFinding('b', kImportedAt), server, kImportedAt);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("no answer") && Catch::Contains("first seen"));
}

TEST_CASE("scans of a folder, in JSON and YAML, pass their clocks on, and broken ones are told", "[cli]") {
  const Time earlier = kImportedAt - std::chrono::hours(100);
  const hullwright::testing::TemporaryDirectory folder;
  REQUIRE(StoreInFolder(ScanWithFinding('a', earlier), folder.path().string(), earlier));
  const auto first_seen = [&](char hex) {
    const auto json = ReadFile((folder.path() / ("sha256-" + std::string(64, hex) + ".json")).string(), 1u << 20);
    return DecodeImageScan(*json)->status.findings.at(0).first_seen;
  };
  const auto stored = StoreInFolder(ScanWithFinding('b', kImportedAt), folder.path().string(), kImportedAt);
  REQUIRE(stored);
  CHECK(stored->unread.empty());
  CHECK(first_seen('b') == earlier);

  std::filesystem::remove(folder.path() / ("sha256-" + std::string(64, 'a') + ".json"));
  std::filesystem::remove(folder.path() / ("sha256-" + std::string(64, 'b') + ".json"));
  folder.Write("kept.yaml", "---\n" + api::EncodeJson(ScanWithFinding('a', earlier)) + "\n");
  folder.Write("broken.json", "{");
  const auto beside_broken = StoreInFolder(ScanWithFinding('b', kImportedAt), folder.path().string(), kImportedAt);
  REQUIRE(beside_broken);
  CHECK_THAT(beside_broken->unread, Catch::Contains("1 scan there cannot be read"));
  CHECK(first_seen('b') == earlier);
}

TEST_CASE("the importer is whom the cluster says we are", "[cli]") {
  FakeApiServer server;
  const auto user = ClusterUser(server);
  REQUIRE(user);
  CHECK(*user == "ci@example.com");
}

TEST_CASE("a report of another image is refused where it proves that, and told where it only names another", "[cli]") {
  const World world;
  const auto import = [&](const std::string& digests) {
    const std::string report = world.Write(
        "report.json",
        R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "x", "ArtifactType": "container_image", "Metadata": )"
        R"({"RepoDigests": [)" +
            digests + R"(]}, "Results": []})");
    return world.Run({"scan", "import", "--report", report, "--image", "registry.example/shop/api@" + DigestOf('a')});
  };
  const std::string one = "\"other.example/x@" + DigestOf('b') + "\"", two = "\"other.example/y@" + DigestOf('c') + "\"";
  const auto refused = import(one);
  CHECK(refused.code == ExitCode::kCouldNotTell);
  CHECK(refused.out.empty());
  CHECK(refused.err.contains("--image says " + DigestOf('a')));
  CHECK(refused.err.contains("is about other.example/x@" + DigestOf('b')));
  const auto told = import(one + ", " + two);
  CHECK(told.code == ExitCode::kPass);
  CHECK(told.out.contains(DigestOf('a')));
  CHECK(told.err.contains("warning: the report names other.example/x@" + DigestOf('b')));
  CHECK(import("").err.empty());
  CHECK(import("\"mirror.example/api@" + DigestOf('a') + "\"").err.empty());
}

}  // namespace hullwright::cli::testing
