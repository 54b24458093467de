// What the commands of hullctl are tried on: a folder of policies, scans and manifests, a standing clock, and text for standard input.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/rfc3339.h"
#include "cli/command_line.h"
#include "support/temporary_directory.h"

namespace hullwright::cli::testing {

inline constexpr std::string_view kNow = "2026-03-01T12:00:00Z";

class StandingClock final : public Clock {
 public:
  Time Now() const override { return *ParseRfc3339(kNow); }
};

// "sha256:aaaa…".
inline std::string DigestOf(char letter) {
  return "sha256:" + std::string(64, letter);
}

class World {
 public:
  World() {
    for (const char* folder : {"policies", "scans", "deploy"}) std::filesystem::create_directory(folder_.path() / folder);
    Write("policies/production.yaml", R"(
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny}
  rules:
    vulnerabilities:
      forbid: [{name: critical, severities: [Critical]}]
      scan: {maxAgeHours: 24}
)");
    WriteScan('a', "[]");
    WriteScan('b', R"([{"id": "CVE-2026-0001", "package": "pkg:deb/debian/openssl", "version": "3.0.1", "severity": "Critical",
                        "fix": "Available", "fixedIn": "3.0.2", "scanners": ["trivy"]}])");
  }

  std::string Path(std::string_view name) const { return (folder_.path() / name).string(); }
  std::string Write(std::string_view name, std::string_view text) const { return folder_.Write(name, text); }

  void WriteScan(char letter, std::string_view findings) const {
    const std::string digest = DigestOf(letter);
    std::string json = R"({"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": "sha256-)" + digest.substr(7);
    json += R"("}, "spec": {"digest": ")" + digest + R"("}, "status": {"repositories": ["registry.example/shop/api"], )";
    json += R"("results": [{"scannerRef": {"name": "trivy"}, "scannedAt": ")";
    json +=
        R"(2026-03-01T09:00:00Z", "databaseUpdatedAt": "2026-03-01T06:00:00Z", "source": "Import", "outcome": "Complete"}], "findings": )";
    json.append(findings).append("}}");
    Write("scans/sha256-" + digest.substr(7) + ".json", json);
  }

  static std::string Pod(std::string_view name, std::string_view image) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
           ", namespace: shop}\nspec:\n  containers:\n  - name: main\n    image: " + std::string(image) + "\n";
  }
  static std::string GoodImage() { return "registry.example/shop/api@" + DigestOf('a'); }
  static std::string BadImage() { return "registry.example/shop/api@" + DigestOf('b'); }
  static std::string UnscannedImage() { return "registry.example/shop/api@" + DigestOf('c'); }

  CommandOutput Run(const std::vector<std::string>& arguments, std::string input = "", Terminal terminal = {}) const {
    const StandingClock clock;
    const Environment environment{terminal, {}, clock, "tester", "", [input](std::size_t) { return Result<std::string>(input); }};
    return cli::Run(arguments, environment);
  }
  // check of a manifest text, with the world's policies and scans.
  CommandOutput Check(const std::string& manifest, std::vector<std::string> more = {}, Terminal terminal = {}) const {
    std::vector<std::string> arguments{"check", "-f", "-", "--policies", Path("policies"), "--scans", Path("scans")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments, manifest, terminal);
  }

 private:
  hullwright::testing::TemporaryDirectory folder_;
};

}  // namespace hullwright::cli::testing
