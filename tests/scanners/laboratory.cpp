#include "scanners/laboratory.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "support/api_server.h"
#include "support/paths.h"

namespace hullwright::testing {
namespace {

using std::chrono::seconds;

std::string Succeed(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
  auto result = Run(program, arguments, options, seconds(120));
  if (result.exit != 0) throw std::runtime_error(program + " failed:\n" + result.err);
  return std::move(result.out);
}

}  // namespace

Laboratory& Laboratory::Shared() {
  static Laboratory laboratory;
  return laboratory;
}

Laboratory::Laboratory() : server_(TestTool("crane"), {"registry", "serve", "--address", "127.0.0.1:0"}) {
  constexpr std::string_view kReady = "serving on port ";
  if (!server_.WaitForText(kReady, seconds(20))) throw std::runtime_error("crane's registry does not serve:\n" + server_.Errors());
  const std::string log = server_.Errors() + server_.Output();
  const auto port = log.substr(log.find(kReady) + kReady.size());
  registry_ = "127.0.0.1:" + port.substr(0, port.find('\n'));
  Succeed(SourcePath("tests/scanners/push-images"), {TestTool("crane"), registry_});
}

std::string Laboratory::TrivyCache(const std::string& stage) {
  const auto folder = files_.path() / ("trivy-" + stage);
  if (!std::filesystem::exists(folder)) Succeed(TestTool("trivy-fixture-db"), {folder.string(), stage});
  return folder.string();
}

std::string Laboratory::GrypeCache(const std::string& stage) {
  const auto folder = files_.path() / ("grype-" + stage);
  if (!std::filesystem::exists(folder))
    Succeed(TestTool("grype-fixture-db"), {folder.string(), SourcePath("tests/tools/trivy-fixture-db"), stage});
  return folder.string();
}

std::string Laboratory::Scan(const std::string& image, const std::vector<std::string>& more, const std::string& stage) {
  std::vector<std::string> arguments = {"image", "--image-src", "remote"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Trivy(std::move(arguments), Name(image), stage);
}

// Its settings come from the environment alone: of the files in which it looks for more none is here.
std::string Laboratory::ScanWithGrype(const std::string& image, const std::string& stage) {
  const std::string empty = files_.path().string();
  return Succeed(TestTool("grype"), {"registry:" + Name(image), "-q", "-o", "json"},
                 {.environment = {{"DOCKER_CONFIG", empty},
                                  {"HOME", empty},
                                  {"XDG_CONFIG_HOME", empty},
                                  {"GRYPE_DB_CACHE_DIR", GrypeCache(stage)},
                                  {"GRYPE_DB_AUTO_UPDATE", "false"},
                                  {"GRYPE_CHECK_FOR_APP_UPDATE", "false"}},
                  .working_directory = empty,
                  .input = ""});
}

std::string Laboratory::ScanSbomOf(const std::string& image) {
  const std::string sbom =
      files_.Write("sbom.json", Trivy({"image", "--image-src", "remote", "--format", "cyclonedx"}, Name(image), "today"));
  return Trivy({"sbom"}, sbom, "today");
}

std::string Laboratory::DigestOf(const std::string& image) const {
  const auto result = Run(TestTool("crane"), {"digest", Name(image)});
  return result.out.substr(0, result.out.find('\n'));
}

// Both skip flags are needed to keep Trivy off the network.
std::string Laboratory::Trivy(std::vector<std::string> arguments, const std::string& target, const std::string& stage) {
  if (std::ranges::find(arguments, "--format") == arguments.end())
    arguments.insert(arguments.end(), {"--format", "json", "--scanners", "vuln"});
  arguments.insert(arguments.end(), {"-q", "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--cache-dir", TrivyCache(stage),
                                     "--skip-version-check", "--disable-telemetry", target});
  return Succeed(TestTool("trivy"), arguments,
                 {.environment = {{"DOCKER_CONFIG", files_.path().string()}}, .working_directory = "", .input = ""});
}

}  // namespace hullwright::testing
