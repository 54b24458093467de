// hullctl scan import --to cluster against the real API server: schema, status subresource, RBAC.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/api_server.h"
#include "support/paths.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {
namespace {

const std::string kDigest = "sha256:" + std::string(64, '5');
const std::string kPath = "/apis/hullwright.dev/v1alpha1/imagescans/sha256-" + std::string(64, '5');

void InstallImageScans(ApiServer& server) {
  const auto applied = server.Kubectl({"apply", "-f", SourcePath("crds/imagescans.hullwright.dev.yaml")});
  REQUIRE(applied.exit == 0);
  REQUIRE(server.Kubectl({"wait", "--for=condition=Established", "--timeout=30s", "crd/imagescans.hullwright.dev"}).exit == 0);
}

ProcessResult Import(ApiServer& server, const std::string& report, const std::string& context = "admin") {
  return Run(ProgramPath("hullctl"), {"scan", "import", "--report", report, "--image", "registry.example/shop/api@" + kDigest, "--to",
                                      "cluster", "--kubeconfig", server.kubeconfig(), "--context", context});
}

}  // namespace

TEST_CASE("an import into a real cluster creates the ImageScan, and a second scanner's joins it", "[cli][apiserver]") {
  ApiServer& server = ApiServer::Shared();
  InstallImageScans(server);
  const TemporaryDirectory folder;
  const std::string trivy = folder.Write("trivy.json", R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "x",
    "ArtifactType": "container_image", "Metadata": {"ImageConfig": {"architecture": "amd64", "os": "linux"}}, "Results": [{"Target": "d", "Class": "os-pkgs",
    "Type": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-0002", "PkgName": "zlib", "InstalledVersion": "1.2", "FixedVersion": "1.3",
    "Status": "fixed", "Severity": "CRITICAL"}]}]})");
  const std::string grype = folder.Write("grype.json", R"({"matches": [], "source": {"type": "image", "target": {"userInput": "x"}},
    "descriptor": {"name": "grype", "version": "0.110.0", "timestamp": "2026-03-01T10:00:00Z"}})");

  const auto first = Import(server, trivy);
  CAPTURE(first.err);
  REQUIRE(first.exit == 0);
  CHECK_THAT(first.out, Catch::Contains("into ImageScan sha256-5555"));
  auto scan = server.Get(kPath);
  REQUIRE(scan.status == 200);
  CHECK(scan.json["spec"]["digest"] == kDigest);
  CHECK(scan.json["status"]["findings"][0]["id"] == "CVE-2026-0002");
  CHECK_FALSE(scan.json["status"]["results"][0]["importedBy"].get<std::string>().empty());

  const auto second = Import(server, grype);
  CAPTURE(second.err);
  REQUIRE(second.exit == 0);
  CHECK_THAT(second.out, Catch::Contains("merged with what was there"));
  CHECK(server.Get(kPath).json["status"]["results"].size() == 2);

  const auto refused = Import(server, trivy, "alice");
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err, Catch::Contains("ImageScan sha256-5555") && Catch::Contains("forbidden"));

  const auto nobody = Import(server, trivy, "nobody");
  CHECK(nobody.exit == 2);
  CHECK_THAT(nobody.err, Catch::Contains("nobody"));
  server.Request("DELETE", kPath);
}

}  // namespace hullwright::testing
