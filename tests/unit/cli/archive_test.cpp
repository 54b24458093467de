// scan import --archive, and store of what it has kept.
#include <SQLiteCpp/Database.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/rfc3339.h"
#include "cli/report_keeper.h"
#include "registry/content_digest.h"
#include "unit/cli/world.h"
#include "unit/scan/report_builder.h"
#include "unit/scan/small_reports.h"

namespace hullwright::cli::testing {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;
using scan::test::GrypeMatch;
using scan::test::GrypeReport;
using scan::test::TrivyFinding;
using scan::test::TrivyReport;

// When the reports of report_builder.h could have been made, and later.
constexpr const char* kMonday = "2026-03-02T00:00:00Z";
constexpr const char* kTuesday = "2026-03-03T00:00:00Z";
constexpr const char* kFriday = "2026-03-06T00:00:00Z";

// Not as any of our own writers would have it.
std::string TrivyText(const std::string& id = "CVE-2026-0002") {
  return TrivyReport({TrivyFinding(id)}).dump(3) + "\r\n \n";
}

std::string WordsOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A world without scans, and an archive in it.
struct ArchiveWorld : World {
  ArchiveWorld() { DeleteScans(); }

  void DeleteScans() const {
    std::filesystem::remove_all(Path("scans"));
    std::filesystem::create_directory(Path("scans"));
  }
  std::string File() const { return Path("reports.db"); }
  CommandOutput Import(const std::string& report, const char* now, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"scan", "import", "--report", "-", "--to", Path("scans"), "--archive", File(), "--now", now};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments, report);
  }
  // Of the only finding of the image.
  std::string FirstSeen(char letter = 'a') const {
    const Json scan = Json::parse(WordsOf(Path("scans") + "/sha256-" + std::string(64, letter) + ".json"));
    REQUIRE(scan["status"]["findings"].size() == 1);
    return scan["status"]["findings"][0]["firstSeen"].get<std::string>();
  }
  CommandOutput Store(const std::string& command, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"store", command, File()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  CommandOutput Export(const std::string& image, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--image", image});
    return Store("export", std::move(more));
  }
};

}  // namespace

TEST_CASE("a report that was archived comes back byte for byte", "[cli][archive]") {
  const ArchiveWorld world;
  const std::string report = TrivyText();
  const auto imported = world.Import(report, kMonday);
  CAPTURE(imported.err);
  REQUIRE(imported.code == ExitCode::kPass);
  CHECK_THAT(imported.out, Contains("imported 1 finding") && Contains("; the report is kept in " + world.File()));

  const auto exported = world.Export(World::GoodImage());
  CHECK(exported.code == ExitCode::kPass);
  CHECK(exported.err.empty());
  CHECK((exported.out == report));

  const auto lines = world.Store("export");
  std::istringstream stream(lines.out);
  std::string line;
  REQUIRE(std::getline(stream, line).good());
  const Json kept = Json::parse(line)["report"];
  CHECK((kept["content"].get<std::string>() == report));
  CHECK(kept["image"] == DigestOf('a'));
  CHECK(kept["repositories"] == Json::array({"registry.example/shop/api"}));
  CHECK(kept["platform"] == "linux/amd64");
  CHECK(kept["scanner"] == "trivy");
  CHECK(kept["format"] == "Trivy's JSON");
  CHECK(kept["importedBy"] == "tester");
  CHECK(kept["importedAt"] == std::string(kNow));
  CHECK(kept["digest"] == registry::DigestOf(report).text());
  REQUIRE(std::getline(stream, line).good());
  CHECK(Json::parse(line)["clock"] == Json{{"repository", "registry.example/shop/api"},
                                           {"vulnerability", "cve-2026-0002"},
                                           {"package", "pkg:deb/debian/libssl3"},
                                           {"firstSeen", kMonday}});
  CHECK_FALSE(std::getline(stream, line).good());
}

TEST_CASE("clocks survive the deletion of scans, another scanner and another name of the vulnerability", "[cli][archive]") {
  const ArchiveWorld world;
  Json match = GrypeMatch("GHSA-aaaa-bbbb-cccc");
  match["relatedVulnerabilities"] = Json::array({{{"id", "CVE-2026-0002"}}});
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
  world.DeleteScans();
  REQUIRE(world.Import(GrypeReport({match}).dump(), kTuesday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
  // What is known of one name now is known of all of them.
  world.DeleteScans();
  match["relatedVulnerabilities"] = Json::array();
  REQUIRE(world.Import(GrypeReport({match}).dump(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
}

TEST_CASE("an archive that was deleted gets its clocks back from ImageScans", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  std::filesystem::remove(world.File());
  REQUIRE(world.Import(TrivyText(), kTuesday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
  world.DeleteScans();
  REQUIRE(world.Import(TrivyText(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
}

TEST_CASE("of scan and archive the earlier time counts, whichever it is", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Run({"scan", "import", "--report", "-", "--to", world.Path("scans"), "--now", kMonday}, TrivyText()).code ==
          ExitCode::kPass);
  REQUIRE(world.Import(TrivyText(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
  world.DeleteScans();
  REQUIRE(world.Run({"scan", "import", "--report", "-", "--to", world.Path("scans"), "--now", kTuesday}, TrivyText()).code ==
          ExitCode::kPass);
  CHECK(world.FirstSeen() == kTuesday);
  REQUIRE(world.Import(TrivyText(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
}

TEST_CASE("clocks of another repository and another vulnerability are their own", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  world.DeleteScans();
  REQUIRE(world.Import(TrivyText("CVE-2026-0003"), kTuesday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kTuesday);
  Json elsewhere = TrivyReport({TrivyFinding("CVE-2026-0002")});
  elsewhere["Metadata"]["RepoDigests"] = Json::array({"registry.example/other@" + DigestOf('b')});
  REQUIRE(world.Import(elsewhere.dump(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen('b') == kFriday);
}

TEST_CASE("findings that an ImageScan has no room for keep their clocks in the archive", "[cli][archive]") {
  const ArchiveWorld world;
  const StandingClock clock;
  GivenReport given{TrivyText(), *scan::DecodeReport(TrivyText())};
  auto keeper = ReportKeeper::Open({.path = world.File()}, clock, given);
  REQUIRE(keeper);
  api::ImageScan scan;
  scan.spec.digest = *Digest::Parse(DigestOf('a'));
  scan.status.repositories = {"registry.example/shop/api"};
  scan.status.results.resize(1);
  scan::Clocks clocks(scan.status.repositories, *ParseRfc3339(kMonday));
  REQUIRE((*keeper)->Settle(scan, clocks));
  CHECK(scan.status.findings.empty());
  REQUIRE(world.Import(TrivyText(), kFriday).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
}

TEST_CASE("a report that cannot be kept is not imported", "[cli][archive]") {
  const ArchiveWorld world;
  world.Write("reports.db", "this is a letter\n");
  const auto refused = world.Import(TrivyText(), kMonday);
  CHECK(refused.code == ExitCode::kCouldNotTell);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains("--archive: " + world.File()) && Contains("name one of its own"));
  CHECK(std::filesystem::is_empty(world.Path("scans")));
  CHECK(WordsOf(world.File()) == "this is a letter\n");

  std::filesystem::remove(world.File());
  const auto broken = world.Import("{", kMonday);
  CHECK(broken.code == ExitCode::kCouldNotTell);
  CHECK_FALSE(std::filesystem::exists(world.File()));  // what is no report begins no archive
}

TEST_CASE("a damaged archive is told, and the import goes on with a new one", "[cli][archive]") {
  const ArchiveWorld world;
  world.Write("reports.db", std::string(5000, '\0'));
  const auto imported = world.Import(TrivyText(), kMonday);
  CHECK(imported.code == ExitCode::kPass);
  CHECK_THAT(imported.out, Contains("begun anew") && Contains(world.File() + ".damaged"));
  CHECK_THAT(imported.err, Contains("warning: " + world.File() + ": was damaged and is " + world.File() + ".damaged now"));
}

TEST_CASE("an archive that is begun is told, so that a misspelt name does not go unseen", "[cli][archive]") {
  const ArchiveWorld world;
  CHECK_THAT(world.Import(TrivyText(), kMonday).out, Contains("begun as " + world.File() + ": there was none"));
  CHECK_THAT(world.Import(TrivyText(), kTuesday).out, !Contains("begun"));
  for (const char* name : {"", "-"}) {
    CHECK(world.Run({"scan", "import", "--report", "-", "--to", world.Path("scans"), "--archive", name}, TrivyText()).code ==
          ExitCode::kUsage);
    CHECK(world.Run({"scan", "import", "--report", "-", "--to", name}, TrivyText()).code == ExitCode::kUsage);
  }
}

TEST_CASE("a report that names no repository keeps no clocks and is refused until --image names one", "[cli][archive]") {
  const ArchiveWorld world;
  const std::string report = scan::test::HarborReport().dump();
  const auto refused = world.Import(report, kFriday);
  CHECK(refused.code == ExitCode::kCouldNotTell);
  CHECK_THAT(refused.err, Contains("names no repository") && Contains("--image REPOSITORY@" + DigestOf('a')));
  CHECK_FALSE(std::filesystem::exists(world.File()));
  CHECK(world.Import(report, kFriday, {"--image", World::GoodImage()}).code == ExitCode::kPass);
}

TEST_CASE("a report that is imported under another name keeps the clocks of the repository it names", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  world.DeleteScans();
  REQUIRE(world.Import(TrivyText(), kFriday, {"--image", "evil.example/x@" + DigestOf('a')}).code == ExitCode::kPass);
  CHECK(world.FirstSeen() == kMonday);
}

TEST_CASE("an archive stays within the size that is asked for, and what goes is told", "[cli][archive]") {
  const ArchiveWorld world;
  bool told = false;
  for (int n = 0; n < 12; ++n) {
    Json report = TrivyReport({TrivyFinding("CVE-2026-0002")});
    std::string noise;
    for (int i = 0; i < 8000; ++i) noise += registry::DigestOf(std::to_string(n) + "." + std::to_string(i)).hex().substr(0, 40);
    report["Ignored"] = noise;
    const auto imported = world.Import(report.dump(), kMonday, {"--archive-size", "1"});
    REQUIRE(imported.code == ExitCode::kPass);
    told |= imported.out.contains("went for want of room");
  }
  CHECK(told);
  const auto checked = world.Store("check");
  CHECK(checked.code == ExitCode::kPass);
  CHECK_THAT(checked.out, !Contains("12 reports"));
  CHECK(world.Export(World::GoodImage()).code == ExitCode::kPass);
}

TEST_CASE("store check holds every report against its digest", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  const auto sound = world.Store("check");
  CHECK(sound.code == ExitCode::kPass);
  CHECK_THAT(sound.out, Contains("1 report, 1 clock") && Contains("every report is as it was given"));
  {
    SQLite::Database database(world.File(), SQLite::OPEN_READWRITE);
    database.exec("UPDATE reports SET digest = 'sha256:" + std::string(64, '0') + "', scanner = char(27) || '[31mred'");
  }
  const auto wrong = world.Store("check");
  CHECK(wrong.code == ExitCode::kViolation);
  CHECK_THAT(wrong.out, Contains("wrong: \\x1b[31mred of " + DigestOf('a') + ": is not the report that its digest") && !Contains("\x1b"));
  const auto all = world.Store("export"), one = world.Export(World::GoodImage());
  for (const CommandOutput& output : {all, one}) {
    CHECK(output.code == ExitCode::kCouldNotTell);
    CHECK_THAT(output.err, !Contains("\x1b"));
  }
  CHECK(one.out.empty());
  // What is whole is written all the same.
  CHECK_THAT(all.out, Contains("\"clock\"") && !Contains("\"report\""));
  CHECK_THAT(all.err, Contains("left out: \\x1b[31mred of " + DigestOf('a')));
}

TEST_CASE("store list shows what an archive holds, newest first", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  REQUIRE(world.Import(GrypeReport().dump(), kTuesday).code == ExitCode::kPass);
  const auto listed = world.Store("list");
  CHECK(listed.code == ExitCode::kPass);
  CHECK_THAT(listed.out, Contains("registry.example/shop/api@" + DigestOf('a')));
  CHECK(listed.out.find("grype") < listed.out.find("trivy"));
  const Json json = Json::parse(world.Store("list", {"-o", "json", "--limit", "1"}).out);
  CHECK(json["schema"] == "hullctl/reports/v1");
  REQUIRE(json["reports"].size() == 1);
  CHECK(json["reports"][0]["scanner"] == "grype");
  CHECK(json["reports"][0]["bytes"] == GrypeReport().dump().size());
  CHECK(world.Store("list", {"--denied"}).code == ExitCode::kUsage);
}

TEST_CASE("a file that is not what a command wants is called what it is", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  const auto explained = world.Run({"explain", "01ARYZ6S4101ARYZ6S4101ARYZ", "--history", world.File()});
  CHECK(explained.code != ExitCode::kPass);
  CHECK_THAT(explained.err, Contains(world.File()) && Contains("report archive (hullctl scan import --archive)"));
  for (const char* command : {"list", "check", "export"}) {
    const auto none = world.Run({"store", command, world.Path("none.db")});
    CHECK(none.code == ExitCode::kCouldNotTell);
    CHECK_THAT(none.err, Contains("none.db: there is no such file") && Contains("report archive"));
    CHECK_THAT(world.Run({"store", command, world.Path("scans")}).err, Contains("is a folder"));
  }
}

TEST_CASE("a backup is a whole archive, and replaces nothing", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  const std::string copy = world.Path("copy.db");
  const auto copied = world.Store("backup", {copy});
  CAPTURE(copied.err);
  REQUIRE(copied.code == ExitCode::kPass);
  CHECK(world.Run({"store", "check", copy}).code == ExitCode::kPass);
  CHECK((world.Run({"store", "export", copy, "--image", World::GoodImage()}).out == TrivyText()));
  const auto again = world.Store("backup", {copy});
  CHECK(again.code == ExitCode::kCouldNotTell);
  CHECK_THAT(again.err, Contains("not there yet"));
}

TEST_CASE("store prune takes reports out of an archive and leaves its clocks", "[cli][archive]") {
  const ArchiveWorld world;
  REQUIRE(world.Import(TrivyText(), kMonday).code == ExitCode::kPass);
  CHECK(world.Store("prune").code == ExitCode::kUsage);
  CHECK_THAT(world.Store("prune", {"--older-than", "1"}).out, Contains("0 reports and 0 clocks went"));
  {
    SQLite::Database database(world.File(), SQLite::OPEN_READWRITE);
    database.exec("UPDATE reports SET imported_at = 0");
  }
  CHECK_THAT(world.Store("prune", {"--older-than", "1"}).out, Contains("1 report and 0 clocks went; what is left: 0 reports, 1 clock"));
}

TEST_CASE("one report is exported only when it is clear which, and never to a terminal", "[cli][archive]") {
  const ArchiveWorld world;
  const std::string trivy = TrivyText(), grype = GrypeReport().dump();
  REQUIRE(world.Import(trivy, kMonday).code == ExitCode::kPass);
  REQUIRE(world.Import(grype, kTuesday).code == ExitCode::kPass);
  const auto both = world.Export(World::GoodImage());
  CHECK(both.code == ExitCode::kCouldNotTell);
  CHECK_THAT(both.err, Contains("grype of " + DigestOf('a')) && Contains("trivy of " + DigestOf('a')) && Contains("--scanner"));
  CHECK((world.Export(World::GoodImage(), {"--scanner", "trivy"}).out == trivy));
  CHECK((world.Export(World::BadImage()).out == grype));  // the index above it
  CHECK_THAT(world.Export(World::GoodImage(), {"--scanner", "snyk"}).err,
             Contains("there is no such report") && Contains("it holds those by"));
  CHECK_THAT(world.Export(World::UnscannedImage()).err, Contains("there is no such report"));

  const auto newer = world.Import(TrivyText("CVE-2026-0009"), kFriday);
  REQUIRE(newer.code == ExitCode::kPass);
  CHECK((world.Export(World::GoodImage(), {"--scanner", "trivy"}).out == TrivyText("CVE-2026-0009")));
  CHECK(world.Store("export", {"--scanner", "grype"}).out.contains("\"grype\""));
  CHECK_FALSE(world.Store("export", {"--scanner", "grype"}).out.contains("\"trivy\""));
  CHECK(world.Store("export", {"--until", kNow.data()}).out.empty());  // the clock stands
  CHECK(world.Store("export", {"--since", kNow.data()}).out.contains("\"trivy\""));

  CHECK(world.Export("registry.example/shop/api:1").code == ExitCode::kUsage);
  CHECK(world.Store("export", {"-n", "shop"}).code == ExitCode::kUsage);
  CHECK_THAT(world.Run({"store", "export", world.Path("none.db"), "--image", World::GoodImage()}).err, Contains("there is no such file"));
  const Terminal terminal{.is_terminal = true};
  const auto shown = world.Run({"store", "export", world.File(), "--image", World::GoodImage(), "--scanner", "trivy"}, "", terminal);
  CHECK(shown.code == ExitCode::kUsage);
  CHECK(shown.out.empty());
}

TEST_CASE("an archive is of imports that are stored", "[cli][archive]") {
  const ArchiveWorld world;
  const auto printed = world.Run({"scan", "import", "--report", "-", "--archive", world.File()}, TrivyText());
  CHECK(printed.code == ExitCode::kUsage);
  CHECK_THAT(printed.err, Contains("--to"));
  CHECK(world.Run({"scan", "import", "--report", "-", "--to", world.Path("scans"), "--archive-days", "3"}, TrivyText()).code ==
        ExitCode::kUsage);
  CHECK_FALSE(std::filesystem::exists(world.File()));
}

}  // namespace hullwright::cli::testing
