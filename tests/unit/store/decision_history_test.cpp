#include "store/decision_history.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <new>

#include "store/database_file.h"
#include "store/history_file.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct TestClock final : Clock {
  Time Now() const override { return now; }
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
};

NewDocument Doc(DocumentRole role, const std::string& digest, const std::string& bytes) {
  return {role, digest, [bytes] { return bytes; }};
}

// The n-th decision: facts of its own, objects that all share.
NewDecision Decision(int n, Time at, const std::string& facts = "") {
  NewDecision decision;
  decision.row.id = "id-" + std::string(6 - std::to_string(n).size(), '0') + std::to_string(n);
  decision.row.decided_at = at;
  decision.row.namespace_ = n % 2 == 0 ? "shop" : "bank";
  decision.row.kind = "Pod";
  decision.row.allowed = n % 3 == 0;
  decision.row.outcome = "pass";
  decision.row.message = "because\n\x01 of it";
  decision.documents = {
      Doc(DocumentRole::kFacts, "facts-" + std::to_string(n), facts.empty() ? "{\"n\":" + std::to_string(n) + "}" : facts),
      Doc(DocumentRole::kClusterObjects, "objects", "[]")};
  return decision;
}

// A history file in a folder of the test, under a clock of the test.
struct World {
  testing::TemporaryDirectory folder;
  TestClock clock;
  HistoryOptions options;

  World() {
    options.path = (folder.path() / "history.db").string();
    options.retry = 1ms;
    options.expire = 0ms;
  }

  std::unique_ptr<DecisionHistory> Open() {
    auto history = DecisionHistory::Open(options, clock);
    REQUIRE(history);
    return std::move(*history);
  }
  std::unique_ptr<HistoryReader> Read() const {
    auto reader = HistoryReader::Open(options.path);
    if (!reader) FAIL(reader.error().message);
    return std::move(*reader);
  }
  std::vector<StoredDecision> List(const DecisionQuery& query = {}) const {
    auto list = Read()->List(query);
    REQUIRE(list);
    return std::move(*list);
  }
  std::string Path(const char* suffix = "") const { return options.path + suffix; }
};

void Add(DecisionHistory& history, const NewDecision& decision) {
  history.Append({&decision, 1});
}

std::vector<std::string> Ids(const std::vector<StoredDecision>& decisions) {
  std::vector<std::string> ids;
  for (const StoredDecision& decision : decisions) ids.push_back(decision.row.id);
  return ids;
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

TEST_CASE("a decision is found again with its documents, also after a restart", "[store]") {
  World world;
  {
    auto history = world.Open();
    Add(*history, Decision(1, world.clock.now));
    CHECK(history->Statistics().written == 1);
    CHECK(history->Statistics().usable);
  }
  auto history = world.Open();
  const auto reader = world.Read();
  const auto found = reader->Find("id-000001");
  REQUIRE(found);
  CHECK(found->row.decided_at == world.clock.now);
  CHECK(found->row.message == "because\n\x01 of it");
  CHECK_FALSE(found->row.allowed);
  REQUIRE(found->Find(DocumentRole::kFacts));
  const auto facts = reader->Document(*found->Find(DocumentRole::kFacts));
  REQUIRE(facts);
  CHECK(facts->digest == "facts-1");
  CHECK(facts->bytes == "{\"n\":1}");
  CHECK_FALSE(found->Find(DocumentRole::kScan));
  CHECK(reader->Find("id-000002").error().code == ErrorCode::kNotFound);
  CHECK(reader->Document(99).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a document that many decisions share is asked for and kept once", "[store]") {
  World world;
  auto history = world.Open();
  int asked = 0;
  for (int n = 0; n < 20; ++n) {
    NewDecision decision = Decision(n, world.clock.now);
    decision.documents[1].bytes = [&asked] {
      ++asked;
      return std::string(100'000, 'x');
    };
    Add(*history, decision);
  }
  CHECK(asked == 1);
  const auto summary = world.Read()->Summary();
  REQUIRE(summary);
  CHECK(summary->decisions == 20);
  CHECK(summary->documents == 21);
  CHECK(summary->file_bytes < 200'000);
}

TEST_CASE("decisions are listed newest first, page by page, by namespace and by answer", "[store]") {
  World world;
  auto history = world.Open();
  for (int n = 0; n < 7; ++n) Add(*history, Decision(n, world.clock.now + std::chrono::seconds(n)));
  CHECK(Ids(world.List({.limit = 3})) == std::vector<std::string>{"id-000006", "id-000005", "id-000004"});
  CHECK(Ids(world.List({.before = "id-000004", .limit = 2})) == std::vector<std::string>{"id-000003", "id-000002"});
  CHECK(Ids(world.List({.namespace_ = "bank"})) == std::vector<std::string>{"id-000005", "id-000003", "id-000001"});
  CHECK(Ids(world.List({.allowed = true})) == std::vector<std::string>{"id-000006", "id-000003", "id-000000"});
  CHECK(world.List({.namespace_ = "'; DROP TABLE decisions; --"}).empty());
  std::vector<std::string> in_order;
  const auto went = world.Read()->ForEach([&](const StoredDecision& decision) -> Result<void> {
    in_order.push_back(decision.row.id);
    if (in_order.size() == 2) return Fail(ErrorCode::kDeadline, "enough");
    return {};
  });
  REQUIRE_FALSE(went);
  CHECK(went.error().message == "enough");
  CHECK(in_order == std::vector<std::string>{"id-000000", "id-000001"});
}

TEST_CASE("who goes through the decisions keeps the writer's log from growing no more than it must", "[store]") {
  World world;
  world.options.max_bytes = 64u << 20;
  auto history = world.Open();
  for (int n = 0; n < 300; ++n) Add(*history, Decision(n, world.clock.now));
  const auto reader = world.Read();
  std::vector<std::string> ids;
  const auto went = reader->ForEach([&](const StoredDecision& decision) -> Result<void> {
    ids.push_back(decision.row.id);
    // Each alone is more than is written before a checkpoint.
    if (ids.size() <= 3) Add(*history, Decision(1000 + static_cast<int>(ids.size()), world.clock.now, Noise(8u << 20)));
    return {};
  });
  REQUIRE(went);
  CHECK(ids.size() == 300);  // those that were there when it began
  CHECK(ids.front() == "id-000000");
  CHECK(ids.back() == "id-000299");
  CHECK(fs::file_size(world.Path("-wal")) < 16u << 20);
  CHECK_FALSE(reader->IsGone("id-000001"));
  CHECK(reader->IsGone("id-009999"));
}

TEST_CASE("decisions go with their age, and take with them the documents that nothing else refers to", "[store]") {
  World world;
  world.options.max_age = std::chrono::hours(24);
  auto history = world.Open();
  Add(*history, Decision(1, world.clock.now));
  world.clock.now += 20h;
  Add(*history, Decision(2, world.clock.now));
  CHECK(world.List().size() == 2);
  world.clock.now += 5h;
  history->Maintain();
  CHECK(Ids(world.List()) == std::vector<std::string>{"id-000002"});
  CHECK(world.Read()->Summary()->documents == 2);
  world.clock.now += 24h;
  history->Maintain();
  CHECK(world.Read()->Summary()->documents == 0);
  CHECK(world.Read()->Check()->empty());
}

TEST_CASE("the file stays within its bound, and the oldest decisions go first", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  auto history = world.Open();
  for (int n = 0; n < 200; ++n) Add(*history, Decision(n, world.clock.now, Noise(20'000)));
  CHECK(history->Statistics().file_bytes <= world.options.max_bytes);
  CHECK(fs::file_size(world.Path()) <= 2 * world.options.max_bytes);
  CHECK(history->Statistics().failures == 0);
  const auto reader = world.Read();
  CHECK_FALSE(reader->Find("id-000000"));
  CHECK(reader->Find("id-000199"));
  CHECK(reader->Check()->empty());
}

TEST_CASE("a namespace that fills the file pushes out its own decisions, and not those of others", "[store]") {
  World world;
  world.options.max_bytes = 2u << 20;
  auto history = world.Open();
  const auto add = [&](int n, const std::string& namespace_, const std::string& facts) {
    NewDecision decision = Decision(n, world.clock.now, facts);
    decision.row.namespace_ = namespace_;
    Add(*history, decision);
  };
  add(0, "b", "");
  for (int n = 1; n <= 400; ++n) add(n, "a", Noise(20'000));
  CHECK(history->Statistics().file_bytes <= world.options.max_bytes);
  CHECK(Ids(world.List({.namespace_ = "b"})) == std::vector<std::string>{"id-000000"});
  const auto reader = world.Read();
  CHECK_FALSE(reader->Find("id-000001"));
  CHECK(reader->Find("id-000400"));
  CHECK(world.List({.limit = 1000}).size() > 50);
  CHECK(reader->Check()->empty());
}

TEST_CASE("a writer that is killed leaves whole decisions and none in part", "[store]") {
  World world;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto history = DecisionHistory::Open(world.options, world.clock);
    for (int n = 0; history; ++n) {
      const std::array<NewDecision, 2> pair = {Decision(2 * n, world.clock.now), Decision(2 * n + 1, world.clock.now)};
      (*history)->Append(pair);
    }
    ::_exit(1);
  }
  const bool wrote = testing::WaitUntil(
      [&] {
        const auto reader = HistoryReader::Open(world.options.path);
        const auto summary = reader ? (*reader)->Summary() : Result<HistorySummary>(HistorySummary());
        return summary && summary->decisions >= 20;
      },
      20s);
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(wrote);

  auto history = world.Open();
  CHECK(history->Statistics().rebuilds == 0);
  const auto reader = world.Read();
  CHECK(reader->Check()->empty());
  std::size_t count = 0;
  const auto went = reader->ForEach([&](const StoredDecision& decision) -> Result<void> {
    ++count;
    CHECK(decision.documents.size() == 2);
    for (const DocumentLink& link : decision.documents) CHECK(reader->Document(link.document));
    return {};
  });
  CHECK(went);
  CHECK(count >= 20);
  CHECK(count % 2 == 0);
}

TEST_CASE("a text that somebody named by mistake is no damaged history: it is refused and stays", "[store]") {
  World world;
  const std::string policy = "kind: ClusterImageAdmissionPolicy\n";
  world.folder.Write("history.db", policy);
  const auto refused = DecisionHistory::Open(world.options, world.clock);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("name one of its own") != std::string::npos);
  CHECK(fs::file_size(world.Path()) == policy.size());
  CHECK_FALSE(fs::exists(world.Path(".damaged")));
}

TEST_CASE("a file that is no database is renamed aside and the history begun anew", "[store]") {
  World world;
  world.folder.Write("history.db", std::string(10'000, '\0'));
  auto history = world.Open();
  CHECK(fs::file_size(world.Path(".damaged")) == 10'000);
  Add(*history, Decision(1, world.clock.now));
  CHECK(world.List().size() == 1);
  CHECK(history->Statistics().rebuilds == 1);
}

TEST_CASE("a file of bytes that is no database was never a history: it stays", "[store]") {
  World world;
  world.folder.Write("history.db",
                     "\x7F"
                     "ELF" +
                         std::string(10'000, '\x01'));
  CHECK_FALSE(DecisionHistory::Open(world.options, world.clock));
  CHECK(fs::file_size(world.Path()) == 10'004);
  CHECK_FALSE(fs::exists(world.Path(".damaged")));
}

TEST_CASE("a history with a view in a table's place is not read", "[store]") {
  World world;
  {
    auto history = world.Open();
  }
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec("CREATE VIEW more AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n");
  }
  const auto reader = HistoryReader::Open(world.options.path);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::kInvalidInput);
  CHECK(reader.error().message.find("views or triggers") != std::string::npos);
  CHECK_FALSE(DecisionHistory::Open(world.options, world.clock));
}

TEST_CASE("damage that shows only while writing costs the history and nothing else", "[store]") {
  World world;
  {
    auto history = world.Open();
    for (int n = 0; n < 50; ++n)
      Add(*history, Decision(n, world.clock.now, std::string(4'000, static_cast<char>('a' + n % 20)) + std::to_string(n)));
  }
  const auto size = fs::file_size(world.Path());
  for (std::uintmax_t at = 4096; at + 4096 <= size; at += 4096)
    Overwrite(world.Path(), static_cast<std::streamoff>(at), std::string(4096, '\x7F'));
  auto history = world.Open();
  int n = 100;
  REQUIRE(testing::WaitUntil(
      [&] {
        Add(*history, Decision(n, world.clock.now));
        const auto reader = HistoryReader::Open(world.options.path);
        return reader && (*reader)->Find(Decision(n++, world.clock.now).row.id);
      },
      10s));
  CHECK(history->Statistics().rebuilds >= 1);
  CHECK(fs::exists(world.Path(".damaged")));
}

TEST_CASE("the history may be deleted while it is written", "[store]") {
  World world;
  auto history = world.Open();
  Add(*history, Decision(1, world.clock.now));
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(world.Path(suffix));
  Add(*history, Decision(2, world.clock.now));
  CHECK(Ids(world.List()) == std::vector<std::string>{"id-000002"});
  CHECK(history->Statistics().dropped == 0);
}

TEST_CASE("a disk without room keeps what is there, drops what comes, and says so", "[store]") {
  World world;
  world.options.path = "/dev/full";  // opens, and every write says that there is no room
  auto full = DecisionHistory::Open(world.options, world.clock);
  REQUIRE(full);
  Add(**full, Decision(1, world.clock.now));
  CHECK((*full)->Statistics().dropped == 1);
  CHECK((*full)->Statistics().failures >= 1);
  CHECK_FALSE((*full)->Statistics().usable);

  World bounded;
  bounded.options.max_bytes = 64u << 10;  // SQLite itself then refuses what one batch holds beyond it
  bounded.options.max_document_bytes = 4u << 20;
  auto history = bounded.Open();
  Add(*history, Decision(1, bounded.clock.now));
  Add(*history, Decision(2, bounded.clock.now, Noise(1'500'000)));
  CHECK(history->Statistics().dropped == 1);
  Add(*history, Decision(3, bounded.clock.now));
  CHECK(Ids(bounded.List()) == std::vector<std::string>{"id-000003", "id-000001"});
}

TEST_CASE("a document that is too large costs itself and not its decision, and is not made again for the next one", "[store]") {
  World world;
  world.options.max_document_bytes = 1000;
  auto history = world.Open();
  int asked = 0;
  for (int n = 1; n <= 3; ++n) {
    NewDecision decision = Decision(n, world.clock.now);
    decision.documents[1].bytes = [&asked] {
      ++asked;
      return std::string(1001, 'x');
    };
    Add(*history, decision);
  }
  CHECK(asked == 1);
  CHECK(world.List().size() == 3);
  CHECK(history->Statistics().written == 3);
  CHECK(history->Statistics().dropped == 0);
  CHECK(history->Statistics().failures == 0);
  const auto reader = world.Read();
  const auto found = reader->Find("id-000002");
  REQUIRE(found);
  CHECK(reader->Document(*found->Find(DocumentRole::kFacts)));
  const auto objects = reader->Document(*found->Find(DocumentRole::kClusterObjects));
  REQUIRE_FALSE(objects);
  CHECK(objects.error().code == ErrorCode::kTooLarge);
  CHECK(objects.error().message == "not kept, since it was too large: 1001 bytes");
  CHECK(reader->Check()->empty());
}

TEST_CASE("bytes that cannot be made cost the decisions of that batch", "[store]") {
  World world;
  auto history = world.Open();
  NewDecision decision = Decision(1, world.clock.now);
  decision.documents[0].bytes = []() -> std::string { throw std::bad_alloc(); };
  Add(*history, decision);
  Add(*history, Decision(2, world.clock.now));
  CHECK(Ids(world.List()) == std::vector<std::string>{"id-000002"});
  CHECK(history->Statistics().dropped == 1);
}

TEST_CASE("a database of somebody else or of a newer version is not touched", "[store]") {
  World world;
  {
    Add(*world.Open(), Decision(1, world.clock.now));
  }
  Overwrite(world.Path(), 60, std::string("\0\0\0\x63", 4));  // user_version in the file's head
  const auto newer = DecisionHistory::Open(world.options, world.clock);
  REQUIRE_FALSE(newer);
  CHECK(newer.error().message.find("newer version") != std::string::npos);
  CHECK(HistoryReader::Open(world.options.path).error().code == ErrorCode::kUnsupported);
  CHECK(PruneHistory(world.options.path, {}).error().code == ErrorCode::kUnsupported);
  Overwrite(world.Path(), 68, std::string("\1\2\3\4", 4));  // application_id
  const auto foreign = DecisionHistory::Open(world.options, world.clock);
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().message.find("file of something else") != std::string::npos);
  CHECK(HistoryReader::Open(world.options.path).error().code == ErrorCode::kUnsupported);
  CHECK_FALSE(DecisionHistory::Open({.path = world.folder.path().string()}, world.clock));
  CHECK_FALSE(DecisionHistory::Open({.path = world.Path("/none/x.db")}, world.clock));
  CHECK(HistoryReader::Open(world.Path("none")).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a file whose writer was stopped before anything stood in it is begun", "[store]") {
  World world;
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t");
  }
  REQUIRE(fs::file_size(world.Path()) > 0);
  auto history = world.Open();
  Add(*history, Decision(1, world.clock.now));
  CHECK(world.List().size() == 1);
}

TEST_CASE("migrations are run once, in order, from whichever version a file has", "[store]") {
  const testing::TemporaryDirectory folder;
  SQLite::Database database((folder.path() / "m.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  const std::array<const char*, 3> scripts = {"CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 7",
                                              "INSERT INTO a (x) VALUES (1)"};
  Migrate(database, std::span(scripts).first(1));
  CHECK(Pragma(database, "user_version") == 1);
  database.exec("INSERT INTO a (x) VALUES (0)");
  Migrate(database, scripts);
  Migrate(database, scripts);
  CHECK(Pragma(database, "user_version") == 3);
  CHECK(database.execAndGet("SELECT count(*) FROM a WHERE y = 7").getInt() == 2);
  const std::array<const char*, 4> broken = {scripts[0], scripts[1], scripts[2], "DELETE FROM a; INSERT INTO none VALUES (1)"};
  CHECK_THROWS_AS(Migrate(database, broken), SQLite::Exception);
  CHECK(Pragma(database, "user_version") == 3);
  CHECK(database.execAndGet("SELECT count(*) FROM a").getInt() == 2);
}

TEST_CASE("pruning takes the oldest and gives the room back to the disk", "[store]") {
  World world;
  {
    auto history = world.Open();
    for (int n = 0; n < 50; ++n) Add(*history, Decision(n, world.clock.now + std::chrono::hours(n), Noise(20'000)));
  }
  const auto before = fs::file_size(world.Path());
  const auto erased = PruneHistory(world.options.path, {.older_than = world.clock.now + 40h, .max_bytes = std::nullopt});
  REQUIRE(erased);
  CHECK(*erased == 40);
  CHECK(fs::file_size(world.Path()) < before / 2);
  CHECK(Ids(world.List({.limit = 1000})).back() == "id-000040");
  const auto by_size = PruneHistory(world.options.path, {.older_than = std::nullopt, .max_bytes = 100'000});
  REQUIRE(by_size);
  CHECK(*by_size > 0);
  CHECK(world.Read()->Find("id-000049"));
}

TEST_CASE("damage of a document is told when it is read and when the file is checked", "[store]") {
  World world;
  {
    Add(*world.Open(), Decision(1, world.clock.now));
  }
  {
    SQLite::Database database(world.options.path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE documents SET body = x'00112233' WHERE digest = 'facts-1'");
    database.exec("UPDATE documents SET size = 1000000000000 WHERE digest = 'objects'");
    database.exec("PRAGMA foreign_keys = OFF; INSERT INTO uses VALUES (77, 1, 78)");
  }
  const auto reader = world.Read();
  const auto found = reader->Find("id-000001");
  REQUIRE(found);
  CHECK(reader->Document(*found->Find(DocumentRole::kFacts)).error().code == ErrorCode::kInvalidInput);
  CHECK(reader->Document(*found->Find(DocumentRole::kClusterObjects)).error().code == ErrorCode::kInvalidInput);
  const auto wrong = reader->Check();
  REQUIRE(wrong);
  REQUIRE(wrong->size() == 1);
  CHECK(wrong->front() == "2 references lead to nothing");
}

TEST_CASE("only this user may read the history", "[store]") {
  World world;
  auto history = world.Open();
  Add(*history, Decision(1, world.clock.now));
  for (const char* suffix : {"", "-wal"}) {
    struct stat status{};
    REQUIRE(::stat(world.Path(suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

}  // namespace hullwright::store
