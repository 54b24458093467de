// The real hullctl: exit codes, streams, terminals, disks.
#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/paths.h"
#include "support/process.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using hullwright::testing::ProcessOptions;
using hullwright::testing::ProcessResult;
using Json = nlohmann::json;

const std::string kHullctl = hullwright::testing::ProgramPath("hullctl");

ProcessResult Hullctl(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
  return hullwright::testing::Run(kHullctl, arguments, options);
}

std::vector<std::string> CheckArguments(const World& world, const std::string& manifest, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{
      "check", "-f", manifest, "--policies", world.Path("policies"), "--scans", world.Path("scans"), "--now", std::string(kNow)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// What the program writes when a terminal of that width is its standard output, as a person would see it.
std::string OnTerminal(const std::vector<std::string>& arguments, unsigned short columns, const std::vector<std::string>& environment) {
  winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int master = -1;
  const pid_t child = forkpty(&master, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    std::vector<std::string> words{"env", "-u", "NO_COLOR"};
    words.insert(words.end(), environment.begin(), environment.end());
    words.push_back(kHullctl);
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> raw;
    for (std::string& word : words) raw.push_back(word.data());
    raw.push_back(nullptr);
    execvp("env", raw.data());
    _exit(127);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(master, buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<std::size_t>(count));
  close(master);
  waitpid(child, nullptr, 0);
  return text;
}

std::string Shell(const std::string& command) {
  return hullwright::testing::Run("bash", {"-c", command}).out;
}

}  // namespace

TEST_CASE("the exit code tells pass, violation, could-not-tell and a wrong command line apart", "[cli]") {
  const World world;
  const auto judge = [&](const std::string& image) {
    return Hullctl(CheckArguments(world, world.Write("deploy/pod.yaml", World::Pod("api", image))));
  };
  CHECK(judge(World::GoodImage()).exit == 0);
  CHECK(judge(World::BadImage()).exit == 1);
  CHECK(judge(World::UnscannedImage()).exit == 2);
  CHECK(Hullctl({"check", "--nonsense"}).exit == 3);
}

TEST_CASE("a missing folder is named, and nothing is printed", "[cli]") {
  const World world;
  const std::string pod = world.Write("deploy/pod.yaml", World::Pod("api", World::GoodImage()));
  const auto result = Hullctl({"check", "-f", pod, "--policies", world.Path("nowhere")});
  CHECK(result.exit == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Catch::Contains("nowhere"));
  CHECK_FALSE(result.err.contains("{\"time\""));
}

TEST_CASE("manifests come from standard input", "[cli]") {
  const World world;
  ProcessOptions options;
  options.input = World::Pod("a", World::GoodImage()) + "---\n" + World::Pod("b", World::BadImage());
  const auto result = Hullctl(CheckArguments(world, "-", {"-o", "json"}), options);
  CHECK(result.exit == 1);
  CHECK(Json::parse(result.out)["objects"].size() == 2);
}

TEST_CASE("a full disk behind standard output is an error, whatever the verdict", "[cli]") {
  const World world;
  const std::string pod = world.Write("deploy/pod.yaml", World::Pod("api", World::GoodImage()));
  const auto result =
      hullwright::testing::Run("bash", {"-c", kHullctl + " check -f " + pod + " --policies " + world.Path("policies") + " --scans " +
                                                  world.Path("scans") + " --now " + std::string(kNow) + " >/dev/full"});
  CHECK(result.exit == 2);
  CHECK_THAT(result.err, Catch::Contains("the answer could not be written: No space left on device"));
}

TEST_CASE("a reader that has seen enough ends it quietly, and not as a pass", "[cli]") {
  // The reader is gone before anything is written: the answer is made only after standard input has ended.
  const World world;
  const std::string pod = World::Pod("api", World::GoodImage());
  const std::string command = "set -o pipefail; { { sleep 0.2; cat <<'END'\n" + pod + "END\n} | " + kHullctl + " check -f - --policies " +
                              world.Path("policies") + " --scans " + world.Path("scans") + "; echo \"code ${PIPESTATUS[1]}\" >&2; } | true";
  const auto result = hullwright::testing::Run("bash", {"-c", command});
  CHECK(result.err == "code 141\n");
}

TEST_CASE("a terminal gets colours and its own width; NO_COLOR and a dumb terminal get none", "[cli]") {
  const World world;
  const auto arguments = CheckArguments(world, world.Write("deploy/pod.yaml", World::Pod("api", World::BadImage())));
  CHECK(OnTerminal(arguments, 80, {"TERM=xterm"}).contains("\033[31m"));
  CHECK_FALSE(OnTerminal(arguments, 80, {"TERM=xterm", "NO_COLOR=1"}).contains("\033["));
  CHECK(OnTerminal(arguments, 80, {"TERM=xterm", "NO_COLOR="}).contains("\033[31m"));
  CHECK_FALSE(OnTerminal(arguments, 80, {"TERM=dumb"}).contains("\033["));
  const auto lines = [&](unsigned short columns) {
    const std::string text = OnTerminal(arguments, columns, {"TERM=xterm"});
    return std::ranges::count(text, '\n');
  };
  CHECK(lines(60) > lines(200));
  CHECK_FALSE(Hullctl(arguments).out.contains("\033["));
}

TEST_CASE("scan import writes an ImageScan that check then reads, and merges a second import", "[cli]") {
  const World world;
  const std::string digest = DigestOf('d');
  const std::string report = world.Write(
      "report.json",
      R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "registry.example/shop/new:1", "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12"}, "RepoDigests": ["registry.example/shop/new@)" +
          digest + R"("], "ImageConfig": {"architecture": "amd64", "os": "linux"}},
        "Results": [{"Target": "debian", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
          {"VulnerabilityID": "CVE-2026-0002", "PkgName": "zlib", "InstalledVersion": "1.2", "FixedVersion": "1.3", "Status": "fixed", "Severity": "CRITICAL"}]}]})");
  const std::string pod = world.Write("deploy/pod.yaml", World::Pod("new", "registry.example/shop/new@" + digest));
  CHECK(Hullctl(CheckArguments(world, pod)).exit == 2);
  const std::vector<std::string> import{"scan", "import", "--report", report, "--to", world.Path("scans"), "--now", std::string(kNow)};
  const auto imported = Hullctl(import);
  CAPTURE(imported.err);
  REQUIRE(imported.exit == 0);
  CHECK_THAT(imported.out, Catch::Contains("imported 1 finding for " + digest));
  CHECK_THAT(Hullctl(CheckArguments(world, pod)).out, Catch::Contains("CVE-2026-0002"));
  CHECK_THAT(Hullctl(import).out, Catch::Contains("merged with what was there"));

  const std::string file = world.Path("scans/sha256-" + digest.substr(7) + ".json");
  const Json scan = Json::parse(FileText(file));
  CHECK(scan["status"]["results"].size() == 1);
  CHECK_FALSE(scan["status"]["results"][0]["importedBy"].get<std::string>().empty());
  struct stat status{};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);

  const auto printed = Hullctl({"scan", "import", "--report", report, "--now", std::string(kNow)});
  CHECK(Json::parse(printed.out)["spec"]["digest"] == digest);
}

TEST_CASE("an import that cannot be stored leaves what was there as it was", "[cli]") {
  const World world;
  const std::string file = world.Path("scans/sha256-" + std::string(64, 'a') + ".json");
  const std::string before = FileText(file);
  const std::string report = world.Write(
      "report.json",
      R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "x", "ArtifactType": "container_image", "Results": []})");
  const std::vector<std::string> import{
      "scan",  "import",         "--report", report, "--image", "registry.example/shop/api@" + DigestOf('a'), "--to", world.Path("scans"),
      "--now", std::string(kNow)};
  SECTION("the disk is full") {
    // A file may not grow beyond 0 blocks: the same write error a full disk gives, without needing one.
    std::string command = "(ulimit -f 0; trap '' XFSZ; " + kHullctl;
    for (const std::string& word : import) command += " '" + word + "'";
    const auto result = hullwright::testing::Run("bash", {"-c", command + ") 2>&1 | cat; exit ${PIPESTATUS[0]}"});
    CHECK(result.exit == 2);
    CHECK_THAT(result.out, Catch::Contains("sha256-aaaa") && Catch::Contains("File too large"));
  }
  SECTION("the file there is broken") {
    world.Write("scans/sha256-" + std::string(64, 'a') + ".json", "{\"broken");
    const auto result = Hullctl(import);
    CHECK(result.exit == 2);
    CHECK_THAT(result.err, Catch::Contains("cannot be read; remove it and import again"));
    CHECK(FileText(file) == "{\"broken");
    return;
  }
  SECTION("the folder does not exist") {
    auto elsewhere = import;
    elsewhere[7] = world.Path("nowhere");
    const auto result = Hullctl(elsewhere);
    CHECK(result.exit == 2);
    CHECK_THAT(result.err, Catch::Contains("create it first"));
  }
  CHECK(FileText(file) == before);
  CHECK(Shell("ls -A " + world.Path("scans") + " | grep -c '^\\.'") == "0\n");
}

TEST_CASE("two imports at once lose nothing", "[cli]") {
  const World world;
  const std::string image = "registry.example/shop/api@" + DigestOf('e');
  const std::string trivy = world.Write(
      "trivy.json",
      R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "x", "ArtifactType": "container_image", "Results": []})");
  const std::string grype = world.Write("grype.json", R"({"matches": [], "source": {"type": "image", "target": {"userInput": "x"}},
    "descriptor": {"name": "grype", "version": "0.110.0", "timestamp": "2026-03-01T10:00:00Z"}})");
  const auto command = [&](const std::string& report) {
    return kHullctl + " scan import --report " + report + " --image " + image + " --to " + world.Path("scans") + " --now " +
           std::string(kNow);
  };
  for (int round = 0; round < 5; ++round) {
    const std::string file = world.Path("scans/sha256-" + std::string(64, 'e') + ".json");
    Shell("rm -f " + file + "; " + command(trivy) + " & " + command(grype) + " & wait");
    CHECK(Json::parse(FileText(file))["status"]["results"].size() == 2);
  }
}

TEST_CASE("a report that there is no room to keep is not imported, and imports at once keep all of theirs", "[cli]") {
  const World world;
  const std::string image = "registry.example/shop/api@" + DigestOf('e'), archive = world.Path("reports.db");
  const auto report = [&](int n) {
    return world.Write("report-" + std::to_string(n) + ".json",
                       R"({"SchemaVersion": 2, "CreatedAt": "2026-03-01T10:00:00Z", "ArtifactName": "x", "ArtifactType": "container_image",
      "Results": [{"Target": "t", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-100)" +
                           std::to_string(n) + R"(", "PkgName": "zlib", "InstalledVersion": "1.2", "Severity": "LOW"}]}]})");
  };
  const auto command = [&](int n) {
    return kHullctl + " scan import --report " + report(n) + " --image " + image + " --to " + world.Path("scans") + " --archive " +
           archive + " --now " + std::string(kNow);
  };
  // As in the test of a full disk above.
  const auto full =
      hullwright::testing::Run("bash", {"-c", "(ulimit -f 0; trap '' XFSZ; " + command(0) + ") 2>&1 | cat; exit ${PIPESTATUS[0]}"});
  CHECK(full.exit == 2);
  CHECK_THAT(full.out, Catch::Contains("--archive: " + archive));
  CHECK_FALSE(FileText(world.Path("scans/sha256-" + std::string(64, 'e') + ".json")).contains("CVE"));

  Shell(command(0));
  Shell(command(1) + " & " + command(2) + " & " + command(3) + " & wait");
  const auto checked = Hullctl({"store", "check", archive});
  CHECK(checked.exit == 0);
  CHECK_THAT(checked.out, Catch::Contains("4 reports, 4 clocks"));
  const std::string exported = world.Path("exported.json");
  Shell(kHullctl + " store export " + archive + " --image " + image + " > " + exported);
  bool is_one_of_them = false;
  for (int n = 1; n <= 3; ++n) is_one_of_them |= FileText(exported) == FileText(report(n));
  CHECK(is_one_of_them);
}

TEST_CASE("the completion of bash completes commands, options, choices", "[cli]") {
  const auto complete = [](const std::string& line) {
    return Shell("source <(" + kHullctl + " completion bash); COMP_WORDS=(" + line +
                 "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); compopt() { :; }; _hullctl; echo \"${COMPREPLY[*]}\"");
  };
  CHECK(complete("hullctl ch") == "check\n");
  CHECK(complete("hullctl scan ''") == "import\n");
  CHECK(complete("hullctl scan import --rep") == "--report\n");
  CHECK(complete("hullctl check -o s") == "sarif\n");
  CHECK(complete("hullctl completion f") == "fish\n");
  CHECK(Shell("bash -n <(" + kHullctl + " completion bash) && echo good") == "good\n");
}

}  // namespace hullwright::cli::testing
