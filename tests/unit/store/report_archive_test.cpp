#include "store/report_archive.h"

#include <SQLiteCpp/Statement.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/archive_file.h"
#include "store/database_file.h"
#include "store/decision_history.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

struct TestClock final : Clock {
  Time Now() const override { return now; }
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
};

const std::string kApi = "registry.example/shop/api", kWeb = "registry.example/shop/web";

std::string ImageOf(int n) {
  return "sha256:" + std::string(63, 'a') + static_cast<char>('0' + n % 10);
}

// The archive never computes digests itself.
ReportRow Row(int image, const std::string& scanner, const std::string& digest) {
  ReportRow row;
  row.image = ImageOf(image);
  row.repositories = {kApi, kWeb};
  row.platform = "linux/amd64";
  row.scanner = scanner;
  row.format = "Trivy's JSON";
  row.imported_by = "ci";
  row.digest = digest;
  return row;
}

FindingClock Seen(const std::string& vulnerability, Time first, std::optional<Time> fix = std::nullopt,
                  const std::string& repository = kApi) {
  return {repository, vulnerability, "pkg:deb/debian/openssl", first, fix};
}

// An archive in a folder of the test, under a clock of the test.
struct World {
  testing::TemporaryDirectory folder;
  TestClock clock;
  ArchiveOptions options;

  World() { options.path = (folder.path() / "reports.db").string(); }

  std::unique_ptr<ReportArchive> Open() const {
    auto archive = ReportArchive::Open(options, clock);
    if (!archive) FAIL(archive.error().message);
    return std::move(*archive);
  }
  std::unique_ptr<ArchiveReader> Read() const {
    auto reader = ArchiveReader::Open(options.path);
    if (!reader) FAIL(reader.error().message);
    return std::move(*reader);
  }
  std::string Path(const char* suffix = "") const { return options.path + suffix; }

  std::vector<StoredReport> List() const {
    std::vector<StoredReport> reports;
    const auto went = Read()->ForEach([&](const StoredReport& report) -> Result<void> {
      reports.push_back(report);
      return {};
    });
    REQUIRE(went);
    return reports;
  }
  std::vector<std::string> Digests() const {
    std::vector<std::string> digests;
    for (const StoredReport& report : List()) digests.push_back(report.row.digest);
    return digests;
  }
  std::vector<FindingClock> Clocks() const {
    std::vector<FindingClock> clocks;
    const auto went = Read()->ForEachClock([&](const FindingClock& clock_of) -> Result<void> {
      clocks.push_back(clock_of);
      return {};
    });
    REQUIRE(went);
    return clocks;
  }
};

Result<ErasedFromArchive> Put(ReportArchive& archive, const ReportRow& row, const std::string& bytes = "{}",
                              const std::vector<FindingClock>& clocks = {}) {
  return archive.Keep(row, bytes, clocks);
}

// Bytes that nothing compresses, other ones at each call.
std::string Noise(std::size_t size) {
  static std::uint32_t state = 1;
  std::string noise(size, '\0');
  for (char& c : noise) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return noise;
}

void Overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file << bytes;
}

}  // namespace

TEST_CASE("a report comes back byte for byte, also after a restart", "[store]") {
  const World world;
  const std::string bytes = "{\"a\": \"\xc3\xa4\",\r\n\t\"b\": 1}\n" + Noise(100'000);
  ReportRow row = Row(1, "trivy", "d1");
  row.indexes = {ImageOf(8), ImageOf(9)};
  row.scanned_at = world.clock.now - 3h;
  REQUIRE(Put(*world.Open(), row, bytes));
  const auto reader = world.Read();
  for (const int image : {1, 9}) {
    const auto found = reader->Find(ImageOf(image));
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    const StoredReport& report = found->front();
    CHECK(report.row.image == ImageOf(1));
    CHECK(report.row.indexes == row.indexes);
    CHECK(report.row.repositories == row.repositories);
    CHECK(report.row.platform == "linux/amd64");
    CHECK(report.row.scanner == "trivy");
    CHECK(report.row.format == "Trivy's JSON");
    CHECK(report.row.scanned_at == row.scanned_at);
    CHECK(report.row.imported_by == "ci");
    CHECK(report.row.digest == "d1");
    CHECK(report.imported_at == world.clock.now);
    CHECK(report.bytes == bytes.size());
    CHECK(reader->Bytes(report.number).value_or("") == bytes);
  }
  CHECK(reader->Find(ImageOf(2))->empty());
  CHECK(reader->Bytes(99).error().code == ErrorCode::kNotFound);
  CHECK(reader->Check()->empty());
}

TEST_CASE("what a report does not say stays not known", "[store]") {
  const World world;
  ReportRow row = Row(1, "harbor", "d1");
  row.repositories.clear();
  row.platform.clear();
  REQUIRE(Put(*world.Open(), row));
  const auto reports = world.List();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].row.repositories.empty());
  CHECK(reports[0].row.indexes.empty());
  CHECK(reports[0].row.platform.empty());
  CHECK_FALSE(reports[0].row.scanned_at);
}

TEST_CASE("the same report is kept once, another one beside it, newest first", "[store]") {
  World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  REQUIRE(Put(*archive, Row(1, "trivy", "d2")));
  REQUIRE(Put(*archive, Row(1, "grype", "d1")));
  world.clock.now += 1h;
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  CHECK(world.Digests() == std::vector<std::string>{"d1", "d2", "d1"});
}

TEST_CASE("importing a report again keeps what its first import said, and adds repositories and indexes", "[store]") {
  World world;
  const auto archive = world.Open();
  const Time first = world.clock.now;
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  world.clock.now += 1h;
  ReportRow again = Row(1, "trivy", "d1");
  again.imported_by = "somebody else";
  again.repositories = {"registry.example/shop/aaa"};
  again.indexes = {ImageOf(9)};
  REQUIRE(Put(*archive, again));
  const auto found = world.Read()->Find(ImageOf(9));
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().imported_at == first);
  CHECK(found->front().row.imported_by == "ci");
  CHECK(found->front().row.repositories == std::vector<std::string>{"registry.example/shop/aaa", kApi, kWeb});
}

TEST_CASE("the newest report is the one that was made last, whenever it was imported", "[store]") {
  World world;
  const auto archive = world.Open();
  ReportRow young = Row(1, "trivy", "young"), old = Row(1, "trivy", "old");
  young.scanned_at = world.clock.now - 1h;
  old.scanned_at = world.clock.now - 24h;
  REQUIRE(Put(*archive, young));
  REQUIRE(Put(*archive, old));
  CHECK(world.Read()->Find(ImageOf(1))->front().row.digest == "young");
}

TEST_CASE("no flood of other clocks hides one", "[store]") {
  const World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", {Seen("cve-1", world.clock.now - 5h)}));
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500001) INSERT INTO clocks SELECT '" + kApi +
                  "', 'flood-' || x, 'p', 1, NULL, 253402300799999 FROM n");
  }
  std::size_t found = 0;
  REQUIRE(archive->ForEachClock(kApi, "cve-1", [&](const FindingClock& clock) { found += clock.first_seen == world.clock.now - 5h; }));
  CHECK(found == 1);
}

TEST_CASE("whoever imports much pushes out its own reports and clocks, not those of others", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "honest"), Noise(50'000), {Seen("cve-1", world.clock.now)}));
  ReportRow flood = Row(2, "trivy", "");
  flood.repositories = {"registry.example/evil/x"};
  for (int n = 0; n < 40; ++n) {
    world.clock.now += 1h;
    flood.image = ImageOf(n);
    flood.digest = "flood-" + std::to_string(n);
    std::vector<FindingClock> clocks;
    for (int c = 0; c < 500; ++c)
      clocks.push_back(Seen(std::to_string(n) + "-" + std::to_string(c), world.clock.now, std::nullopt, flood.repositories.front()));
    REQUIRE(Put(*archive, flood, Noise(100'000), clocks));
  }
  CHECK(world.Digests().front() == "honest");
  CHECK(std::ranges::any_of(world.Clocks(), [](const FindingClock& clock) { return clock.repository == kApi; }));
  CHECK(world.Read()->Check()->empty());
}

TEST_CASE("bounds stand in the file: who gives none keeps to them, and what goes for age is told", "[store]") {
  World world;
  world.options.max_age = 24h * 365;
  REQUIRE(Put(*world.Open(), Row(1, "trivy", "d1")));
  world.options.max_age.reset();
  world.clock.now += 24h * 200;
  const auto forgetful = Put(*world.Open(), Row(1, "trivy", "d2"));
  REQUIRE(forgetful);
  CHECK(forgetful->expired_reports == 0);
  CHECK(world.List().size() == 2);
  world.options.max_age = 24h * 30;
  const auto shorter = Put(*world.Open(), Row(1, "trivy", "d3"));
  REQUIRE(shorter);
  CHECK(shorter->expired_reports == 1);
  CHECK(world.Digests() == std::vector<std::string>{"d2", "d3"});
}

TEST_CASE("a machine whose clock is far ahead does not expire the clocks of others", "[store]") {
  World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", {Seen("cve-1", world.clock.now)}));
  const Time right = world.clock.now;
  for (int n = 0; n < 10; ++n) {
    world.clock.now = right + 24h * 365 * 20;
    REQUIRE(Put(*archive, Row(2, "trivy", "ahead-" + std::to_string(n))));
  }
  CHECK(world.Clocks().size() == 1);
}

TEST_CASE("clocks of no possible time are not read, and a check tells them", "[store]") {
  const World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", {Seen("cve-1", world.clock.now), Seen("cve-2", world.clock.now)}));
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE clocks SET first_seen = -9223372036854775807 WHERE vulnerability = 'cve-1'");
  }
  std::size_t found = 0;
  REQUIRE(archive->ForEachClock(kApi, "cve-1", [&](const FindingClock&) { ++found; }));
  CHECK(found == 0);
  CHECK(world.Clocks().size() == 1);
  const auto wrong = world.Read()->Check();
  REQUIRE(wrong);
  REQUIRE(wrong->size() == 1);
  CHECK_THAT(wrong->front(), Contains("1 clocks have a time outside"));
}

TEST_CASE("an archive with other tables than ours is none", "[store]") {
  const World world;
  REQUIRE(Put(*world.Open(), Row(1, "trivy", "d1")));
  const std::string change =
      GENERATE(as<std::string>(), "CREATE TABLE extra (a)", "CREATE TRIGGER t AFTER INSERT ON clocks BEGIN DELETE FROM reports; END",
               "ALTER TABLE clocks ADD COLUMN x INTEGER GENERATED ALWAYS AS (length(zeroblob(1000000000))) VIRTUAL",
               "DROP TABLE clocks; CREATE VIEW clocks AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
               "DROP TABLE reports");
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec(change);
  }
  const auto reader = ArchiveReader::Open(world.Path());
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(reader.error().message, Contains("did not make"));
  CHECK_FALSE(ReportArchive::Open(world.options, world.clock));
  CHECK_FALSE(PruneArchive(world.Path(), {}));
  CHECK_FALSE(fs::exists(world.Path(".damaged")));
}

TEST_CASE("names that SQLite would take for something else are names of files", "[store]") {
  World world;
  const fs::path before = fs::current_path();
  fs::current_path(world.folder.path());
  for (const std::string name : {":memory:", "file:x.db?mode=memory", "file:y.db"}) {
    world.options.path = name;
    CHECK(Put(*world.Open(), Row(1, "trivy", "d1")));
    CHECK(fs::exists(world.folder.path() / name));
    CHECK(world.List().size() == 1);
  }
  CHECK_FALSE(fs::exists("x.db"));
  CHECK_FALSE(fs::exists("y.db"));
  fs::current_path(before);
  world.options.path = "";
  CHECK_FALSE(ReportArchive::Open(world.options, world.clock));
}

TEST_CASE("what is no database and was none is not moved, and a second damaged archive replaces no first", "[store]") {
  World world;
  world.folder.Write("reports.db",
                     "\x7F"
                     "ELF" +
                         std::string(10'000, '\x01'));
  CHECK_FALSE(ReportArchive::Open(world.options, world.clock));
  CHECK(fs::file_size(world.Path()) == 10'004);

  for (const std::size_t size : {10'000u, 20'000u, 30'000u}) {
    world.folder.Write("reports.db", std::string(size, '\0'));
    CHECK_FALSE(world.Open()->damaged().empty());
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(world.Path(suffix));
  }
  CHECK(fs::file_size(world.Path(".damaged")) == 10'000);
  CHECK(fs::file_size(world.Path(".damaged.2")) == 20'000);
  CHECK(fs::file_size(world.Path(".damaged.3")) == 30'000);
}

TEST_CASE("only the file that was found damaged is moved, not the one that somebody began since", "[store]") {
  const World world;
  world.folder.Write("reports.db", std::string(10'000, '\0'));
  const FilePlace damaged(world.Path());
  REQUIRE(MoveAside(world.Path(), damaged));
  REQUIRE(Put(*world.Open(), Row(1, "trivy", "d1")));
  const auto second = MoveAside(world.Path(), damaged);
  REQUIRE(second);
  CHECK(second->empty());
  CHECK(world.List().size() == 1);
}

TEST_CASE("a clock is only ever set back, and learns of a fix", "[store]") {
  const World world;
  const Time now = world.clock.now;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", {Seen("cve-1", now - 5h), Seen("cve-2", now, now), Seen("cve-1", now, {}, kWeb)}));
  REQUIRE(Put(*archive, Row(2, "trivy", "d2"), "{}", {Seen("cve-1", now, now - 1h), Seen("cve-2", now - 1h)}));
  REQUIRE(Put(*archive, Row(2, "trivy", "d2"), "{}", {Seen("cve-1", now - 2h, now)}));
  std::vector<FindingClock> clocks;
  REQUIRE(archive->ForEachClock(kApi, "cve-1", [&](const FindingClock& clock) { clocks.push_back(clock); }));
  REQUIRE(archive->ForEachClock(kApi, "cve-2", [&](const FindingClock& clock) { clocks.push_back(clock); }));
  std::ranges::sort(clocks, {}, &FindingClock::vulnerability);
  REQUIRE(clocks.size() == 2);
  CHECK(clocks[0].first_seen == now - 5h);
  CHECK(clocks[0].fix_first_seen == now - 1h);
  CHECK(clocks[0].package == "pkg:deb/debian/openssl");
  CHECK(clocks[1].first_seen == now - 1h);
  CHECK(clocks[1].fix_first_seen == now);
  CHECK(world.Clocks().size() == 3);
  clocks.clear();
  REQUIRE(archive->ForEachClock("registry.example/shop/ap_", "cve-1", [&](const FindingClock& clock) { clocks.push_back(clock); }));
  CHECK(clocks.empty());
}

TEST_CASE("reports go with their age, clocks much later, and what was just given stays", "[store]") {
  World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", {Seen("cve-1", world.clock.now)}));
  world.clock.now += 24h * 80;
  REQUIRE(Put(*archive, Row(2, "trivy", "d2"), "{}", {Seen("cve-2", world.clock.now)}));
  CHECK(world.List().size() == 2);
  world.clock.now += 24h * 20;
  REQUIRE(Put(*archive, Row(3, "trivy", "d3"), "{}", {Seen("cve-2", world.clock.now)}));
  CHECK(world.Digests() == std::vector<std::string>{"d2", "d3"});
  CHECK(world.Clocks().size() == 2);
  for (int week = 0; week < 43; ++week) {
    world.clock.now += 24h * 7;
    REQUIRE(Put(*archive, Row(4, "trivy", "d4"), "{}"));
  }
  CHECK(world.Digests() == std::vector<std::string>{"d4"});
  REQUIRE(world.Clocks().size() == 1);  // seen 300 days ago, the other one 400
  CHECK(world.Clocks()[0].vulnerability == "cve-2");
}

TEST_CASE("the file stays within its bound: replaced reports go first, then the oldest, and clocks stay", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "only"), Noise(50'000), {Seen("cve-1", world.clock.now)}));
  std::uint64_t erased = 0;
  for (int n = 0; n < 100; ++n) {
    const auto kept = Put(*archive, Row(2, "trivy", "nightly-" + std::to_string(n)), Noise(50'000));
    REQUIRE(kept);
    erased += kept->reports;
    CHECK(kept->clocks == 0);
  }
  auto digests = world.Digests();
  CHECK(digests.front() == "only");
  CHECK(digests.back() == "nightly-99");
  CHECK(digests.size() + erased == 101);
  CHECK(digests.size() > 8);
  CHECK(world.Read()->Summary()->file_bytes <= *world.options.max_bytes);
  CHECK(fs::file_size(world.Path()) <= 2 * *world.options.max_bytes + 64 * 4096);

  // Of as many images the oldest goes.
  for (int n = 3; n < 10; ++n) REQUIRE(Put(*archive, Row(n, "trivy", "image-" + std::to_string(n)), Noise(200'000)));
  digests = world.Digests();
  CHECK(digests.front() != "only");
  CHECK(digests.back() == "image-9");
  CHECK(world.Clocks().size() == 1);
  CHECK(world.Read()->Check()->empty());
}

TEST_CASE("clocks that fill the file go last and by when they were seen; what one import brings must fit", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  const auto archive = world.Open();
  const auto clocks = [&](int begin, int count) {
    std::vector<FindingClock> all;
    for (int n = begin; n < begin + count; ++n) all.push_back(Seen("cve-" + std::to_string(n) + std::string(200, 'x'), world.clock.now));
    return all;
  };
  REQUIRE(Put(*archive, Row(1, "trivy", "d1"), "{}", clocks(0, 2000)));
  world.clock.now += 1h;
  const auto second = Put(*archive, Row(2, "trivy", "d2"), "{}", clocks(10'000, 2000));
  REQUIRE(second);
  CHECK(second->reports == 0);  // the reports of both repositories together hold little
  CHECK(second->clocks > 0);
  std::size_t old = 0, young = 0;
  for (const FindingClock& clock : world.Clocks()) ++(clock.first_seen == world.clock.now ? young : old);
  CHECK(young == 2000);
  CHECK(old < 2000);

  const auto third = Put(*archive, Row(3, "trivy", "d3"), "{}", clocks(20'000, 20'000));
  REQUIRE_FALSE(third);
  CHECK(world.Digests() == std::vector<std::string>{"d1", "d2"});  // all or nothing
}

TEST_CASE("hostile sizes are refused, and leave what is there", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  const auto large = Put(*archive, Row(2, "trivy", "d2"), Noise(600'000));
  REQUIRE_FALSE(large);
  CHECK(large.error().code == ErrorCode::kTooLarge);
  CHECK_THAT(large.error().message, Contains("reports.db") && Contains("more than half"));
  CHECK(Put(*archive, Row(2, "trivy", "d2"), std::string((64u << 20) + 1, ' ')).error().code == ErrorCode::kTooLarge);
  REQUIRE(Put(*archive, Row(2, "trivy", "d3"), std::string(20u << 20, ' ')));  // compresses to little
  CHECK(world.Digests() == std::vector<std::string>{"d1", "d3"});
  CHECK(world.Read()->Bytes(world.List().back().number)->size() == 20u << 20);
}

TEST_CASE("a report whose size or bytes were changed in the file is no report", "[store]") {
  const World world;
  {
    const auto archive = world.Open();
    for (const char* digest : {"d1", "d2", "d3"}) REQUIRE(Put(*archive, Row(1, "trivy", digest), std::string(1000, 'x')));
  }
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE reports SET body = x'00112233' WHERE digest = 'd1'");
    database.exec("UPDATE reports SET size = 1000000000000 WHERE digest = 'd2'");
    database.exec("UPDATE reports SET size = -1 WHERE digest = 'd3'");
  }
  const auto reader = world.Read();
  for (const StoredReport& report : world.List()) CHECK(reader->Bytes(report.number).error().code == ErrorCode::kInvalidInput);
}

TEST_CASE("two writers lose nothing of each other", "[store]") {
  const World world;
  const auto first = world.Open();
  std::atomic<int> failures = 0;
  const auto import_by = [&](const std::string& scanner) {
    return std::jthread([&world, &failures, scanner] {
      for (int n = 0; n < 20; ++n) {
        const std::string name = std::to_string(n);
        const auto archive = ReportArchive::Open(world.options, world.clock);
        if (!archive || !Put(**archive, Row(n, scanner, "d" + name), "{}", {Seen("cve-" + name, world.clock.now)})) ++failures;
      }
    });
  };
  {
    const std::jthread trivy = import_by("trivy"), grype = import_by("grype");
  }
  CHECK(failures == 0);
  CHECK(world.List().size() == 40);
  CHECK(world.Clocks().size() == 20);
  CHECK(world.Read()->Check()->empty());
}

TEST_CASE("a writer that is killed leaves whole imports and none in part", "[store]") {
  const World world;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto archive = ReportArchive::Open(world.options, world.clock);
    for (int n = 0; archive; ++n) {
      const std::string name = std::to_string(n);
      const std::vector<FindingClock> clocks = {Seen("a" + name, world.clock.now), Seen("b" + name, world.clock.now)};
      (void)Put(**archive, Row(1, "trivy", "d" + name), Noise(10'000), clocks);
    }
    ::_exit(1);
  }
  const bool wrote = testing::WaitUntil(
      [&] {
        const auto reader = ArchiveReader::Open(world.options.path);
        const auto summary = reader ? (*reader)->Summary() : Result<ArchiveSummary>(ArchiveSummary());
        return summary && summary->reports >= 20;
      },
      20s);
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(wrote);
  CHECK(world.Open()->damaged().empty());
  const auto reader = world.Read();
  CHECK(reader->Check()->empty());
  const auto reports = world.List();
  CHECK(world.Clocks().size() == 2 * reports.size());
  for (const StoredReport& report : reports) CHECK(reader->Bytes(report.number));
}

TEST_CASE("a damaged archive is renamed and begun anew, a file of somebody else is not touched", "[store]") {
  World world;
  world.folder.Write("reports.db", std::string(10'000, '\0'));
  {
    const auto archive = world.Open();
    CHECK(archive->damaged() == world.Path(".damaged"));
    CHECK(fs::file_size(world.Path(".damaged")) == 10'000);
    REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  }
  CHECK(world.List().size() == 1);

  const std::string report = "{\"SchemaVersion\": 2, \"ArtifactName\": \"x\"}\n";
  world.options.path = world.folder.Write("report.json", report);
  const auto text = ReportArchive::Open(world.options, world.clock);
  REQUIRE_FALSE(text);
  CHECK_THAT(text.error().message, Contains("name one of its own"));
  CHECK(fs::file_size(world.Path()) == report.size());

  world.options.path = (world.folder.path() / "history.db").string();
  REQUIRE(DecisionHistory::Open({.path = world.options.path}, world.clock));
  CHECK_FALSE(ReportArchive::Open(world.options, world.clock));
  CHECK_FALSE(IsReportArchive(world.options.path));
  CHECK(IsReportArchive((world.folder.path() / "reports.db").string()));
  CHECK_FALSE(IsReportArchive(world.folder.Write("none.db", "")));
  CHECK(ArchiveReader::Open(world.options.path).error().code == ErrorCode::kUnsupported);
  CHECK_FALSE(ReportArchive::Open({.path = world.folder.path().string()}, world.clock));
}

TEST_CASE("damage that shows only while a report is written costs that import, and the next one begins anew", "[store]") {
  const World world;
  {
    const auto archive = world.Open();
    for (int n = 0; n < 30; ++n) REQUIRE(Put(*archive, Row(n, "trivy", "d" + std::to_string(n)), Noise(4'000)));
  }
  const auto size = fs::file_size(world.Path());
  for (std::uintmax_t at = 4096; at + 4096 <= size; at += 4096)
    Overwrite(world.Path(), static_cast<std::streamoff>(at), std::string(4096, '\x7F'));
  bool kept = false;
  for (int attempt = 0; attempt < 3 && !kept; ++attempt) {
    const auto archive = ReportArchive::Open(world.options, world.clock);
    if (!archive) continue;
    const auto put = Put(**archive, Row(1, "trivy", "new"));
    kept = put.has_value();
    if (!put) {
      CHECK_THAT(put.error().message, Contains(".damaged"));
    }
  }
  CHECK(kept);
  CHECK(fs::exists(world.Path(".damaged")));
  CHECK(world.Digests() == std::vector<std::string>{"new"});
}

TEST_CASE("an archive that is deleted while it is open is no place to keep anything", "[store]") {
  const World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(world.Path(suffix));
  const auto lost = Put(*archive, Row(2, "trivy", "d2"));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == ErrorCode::kConflict);
  REQUIRE(Put(*world.Open(), Row(2, "trivy", "d2")));
  CHECK(world.Digests() == std::vector<std::string>{"d2"});
}

TEST_CASE("a place that cannot be written is an error with a remedy", "[store]") {
  World world;
  world.options.path = "/dev/full";  // opens, and every write says that there is no room
  CHECK_FALSE(ReportArchive::Open(world.options, world.clock));
  world.options.path = (world.folder.path() / "none/reports.db").string();
  const auto nowhere = ReportArchive::Open(world.options, world.clock);
  REQUIRE_FALSE(nowhere);
  CHECK_THAT(nowhere.error().message, Contains("its folder does not exist"));
}

TEST_CASE("half an archive is still called one", "[store]") {
  const World world;
  {
    const auto archive = world.Open();
    for (int n = 0; n < 30; ++n) REQUIRE(Put(*archive, Row(n, "trivy", "d" + std::to_string(n)), Noise(4'000)));
  }
  fs::resize_file(world.Path(), fs::file_size(world.Path()) / 2 + 100);
  CHECK(IsReportArchive(world.Path()));
  const auto reader = ArchiveReader::Open(world.Path());
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(reader.error().message, Contains("report archive") && Contains("hullctl scan import --archive"));
  // What is left of a database's head says nothing.
  fs::resize_file(world.Path(), 50);
  CHECK_FALSE(IsReportArchive(world.Path()));
}

TEST_CASE("an archive of a newer version is not touched", "[store]") {
  const World world;
  REQUIRE(Put(*world.Open(), Row(1, "trivy", "d1")));
  Overwrite(world.Path(), 60, std::string("\0\0\0\x63", 4));  // user_version in the file's head
  const auto newer = ReportArchive::Open(world.options, world.clock);
  REQUIRE_FALSE(newer);
  CHECK_THAT(newer.error().message, Contains("newer version"));
  CHECK(IsReportArchive(world.Path()));
  CHECK(ArchiveReader::Open(world.Path()).error().code == ErrorCode::kUnsupported);
  CHECK(PruneArchive(world.Path(), {}).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("an archive whose writer was stopped before anything stood in it is begun", "[store]") {
  const World world;
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t");
  }
  CHECK(ArchiveReader::Open(world.Path()).error().code == ErrorCode::kNotFound);
  REQUIRE(Put(*world.Open(), Row(1, "trivy", "d1")));
  CHECK(world.List().size() == 1);
}

TEST_CASE("pruning an archive takes the oldest reports and gives the room back to the disk", "[store]") {
  World world;
  {
    const auto archive = world.Open();
    for (int n = 0; n < 30; ++n) {
      REQUIRE(Put(*archive, Row(n, "trivy", "d" + std::to_string(n)), Noise(20'000), {Seen("cve-1", world.clock.now)}));
      world.clock.now += 1h;
    }
  }
  const auto before = fs::file_size(world.Path());
  const auto erased = PruneArchive(world.Path(), {.older_than = world.clock.now - 10h, .max_bytes = std::nullopt});
  REQUIRE(erased);
  CHECK(erased->reports == 20);
  CHECK(world.Digests().front() == "d20");
  CHECK(fs::file_size(world.Path()) < before / 2);
  const auto by_size = PruneArchive(world.Path(), {.older_than = std::nullopt, .max_bytes = 120'000});
  REQUIRE(by_size);
  CHECK(by_size->reports > 0);
  CHECK(by_size->clocks == 0);
  CHECK(world.Digests().back() == "d29");
  CHECK(world.Clocks().size() == 1);
}

TEST_CASE("only this user may read the archive", "[store]") {
  const World world;
  const auto archive = world.Open();
  REQUIRE(Put(*archive, Row(1, "trivy", "d1")));
  for (const char* suffix : {"", "-wal"}) {
    struct stat status{};
    REQUIRE(::stat(world.Path(suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

}  // namespace hullwright::store
