#include "store/byte_cache.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct SetClock final : Clock {
  Time Now() const override { return now; }
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
};

// A cache file in a folder of the test, under a clock of the test.
struct World {
  testing::TemporaryDirectory folder;
  SetClock clock;
  ByteCacheOptions options;

  World() {
    options.path = (folder.path() / "cache.db").string();
    options.retry = 1ms;
  }

  std::unique_ptr<ByteCache> Open() {
    auto cache = ByteCache::Open(options, clock);
    REQUIRE(cache);
    return std::move(*cache);
  }

  std::string Path(const char* suffix = "") const { return options.path + suffix; }
};

EntryKey Key(const std::string& reference, EntryKind kind = EntryKind::kManifest) {
  return {kind, "scope", "docker.io/library/nginx", reference};
}

void Keep(ByteCache& cache, const std::string& reference, std::string bytes = "{}", std::chrono::milliseconds life = 1h) {
  cache.Put(Key(reference), "application/json", std::move(bytes), life);
  cache.Flush();
}

void Overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file << bytes;
}

TEST_CASE("what was put is found again, also after a restart", "[store]") {
  World world;
  const std::string bytes("{\"a\":\"\0\xFF\"}", 10);
  {
    auto cache = world.Open();
    Keep(*cache, "sha256:1", bytes);
    const auto found = cache->Find(Key("sha256:1"));
    REQUIRE(found);
    CHECK(found->bytes == bytes);
    CHECK(found->media_type == "application/json");
    CHECK(found->stored_at == world.clock.now);
  }
  auto cache = world.Open();
  const auto found = cache->Find(Key("sha256:1"));
  REQUIRE(found);
  CHECK(found->bytes == bytes);
  CHECK(cache->Statistics().hits == 1);
}

TEST_CASE("each part of a key keeps entries apart", "[store]") {
  World world;
  auto cache = world.Open();
  Keep(*cache, "sha256:1");
  EntryKey other = Key("sha256:1");
  other.scope = "another";
  CHECK_FALSE(cache->Find(other));
  other = Key("sha256:1");
  other.repository = "docker.io/library/httpd";
  CHECK_FALSE(cache->Find(other));
  CHECK_FALSE(cache->Find(Key("sha256:1", EntryKind::kBlob)));
  CHECK_FALSE(cache->Find(Key("sha256:2")));
  CHECK(cache->Statistics().misses == 4);
}

TEST_CASE("an entry ends with its life, with the age of the cache, and counts for nothing before it was made", "[store]") {
  World world;
  world.options.max_age = std::chrono::hours(2);
  auto cache = world.Open();
  Keep(*cache, "short", "", 30s);
  Keep(*cache, "long", "", std::chrono::hours(1000));
  world.clock.now += 30s;
  CHECK_FALSE(cache->Find(Key("short")));
  CHECK(cache->Find(Key("long")));
  world.clock.now += 2h;
  CHECK_FALSE(cache->Find(Key("long")));
  world.clock.now -= 24h;
  CHECK_FALSE(cache->Find(Key("long")));
}

TEST_CASE("a later entry replaces an earlier one, and one can be forgotten", "[store]") {
  World world;
  auto cache = world.Open();
  Keep(*cache, "sha256:1", "first");
  Keep(*cache, "sha256:1", "second");
  REQUIRE(cache->Find(Key("sha256:1")));
  CHECK(cache->Find(Key("sha256:1"))->bytes == "second");
  cache->Forget(Key("sha256:1"));
  cache->Flush();
  CHECK_FALSE(cache->Find(Key("sha256:1")));
}

TEST_CASE("the file stays within its bound, and the oldest entries go first", "[store]") {
  World world;
  world.options.max_bytes = 1u << 20;
  auto cache = world.Open();
  for (int i = 0; i < 200; ++i) Keep(*cache, std::to_string(i), std::string(20'000, 'x'));
  CHECK(cache->Statistics().file_bytes <= world.options.max_bytes);
  CHECK(fs::file_size(world.Path()) <= 2 * world.options.max_bytes);
  CHECK_FALSE(cache->Find(Key("0")));
  CHECK(cache->Find(Key("199")));
  CHECK(cache->Statistics().failures == 0);
}

TEST_CASE("an entry that is too large and a queue that is full drop what comes, and say so", "[store]") {
  World world;
  world.options.max_entry_bytes = 10;
  world.options.max_queued_bytes = 5;
  auto cache = world.Open();
  Keep(*cache, "sha256:1", "more than ten bytes");
  Keep(*cache, "sha256:2", "six678");
  CHECK_FALSE(cache->Find(Key("sha256:1")));
  CHECK_FALSE(cache->Find(Key("sha256:2")));
  CHECK(cache->Statistics().dropped == 2);
}

TEST_CASE("a file that is no database is renamed aside and built anew", "[store]") {
  World world;
  world.folder.Write("cache.db", std::string(10'000, '\0'));
  auto cache = world.Open();
  CHECK(fs::file_size(world.Path(".damaged")) == 10'000);
  Keep(*cache, "sha256:1");
  CHECK(cache->Find(Key("sha256:1")));
  CHECK(cache->Statistics().rebuilds == 1);
}

TEST_CASE("damage that shows only while reading or writing is mended as well", "[store]") {
  World world;
  {
    auto cache = world.Open();
    for (int i = 0; i < 50; ++i) Keep(*cache, std::to_string(i), std::string(4'000, 'x'));
  }
  const auto size = fs::file_size(world.Path());
  for (std::uintmax_t at = 4096; at + 4096 <= size; at += 4096)
    Overwrite(world.Path(), static_cast<std::streamoff>(at), std::string(4096, '\x7F'));
  auto cache = world.Open();
  REQUIRE(testing::WaitUntil(
      [&] {
        (void)cache->Find(Key("7"));
        Keep(*cache, "new");
        return cache->Find(Key("new")).has_value();
      },
      10s));
  CHECK(cache->Statistics().rebuilds >= 1);
  CHECK(fs::exists(world.Path(".damaged")));
  CHECK_FALSE(cache->Find(Key("7")));
}

TEST_CASE("the file may be deleted while it is open", "[store]") {
  World world;
  auto cache = world.Open();
  Keep(*cache, "sha256:1");
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(world.Path(suffix));
  REQUIRE(testing::WaitUntil(
      [&] {
        Keep(*cache, "sha256:2");
        return fs::exists(world.Path());
      },
      10s));
  Keep(*cache, "sha256:3");
  CHECK(cache->Find(Key("sha256:3")));
  CHECK_FALSE(cache->Find(Key("sha256:1")));
  auto second = world.Open();
  CHECK(second->Find(Key("sha256:3")));
}

TEST_CASE("a file of another version of ours is replaced, the database of somebody else is not touched", "[store]") {
  World world;
  {
    Keep(*world.Open(), "sha256:1");
  }
  Overwrite(world.Path(), 60, std::string("\0\0\0\x63", 4));  // user_version in the file's head
  {
    auto cache = world.Open();
    CHECK_FALSE(cache->Find(Key("sha256:1")));
    Keep(*cache, "sha256:2");
    CHECK(cache->Find(Key("sha256:2")));
  }
  Overwrite(world.Path(), 68, std::string("\1\2\3\4", 4));  // application_id
  const auto size = fs::file_size(world.Path());
  const auto refused = ByteCache::Open(world.options, world.clock);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("file of something else") != std::string::npos);
  CHECK(fs::file_size(world.Path()) == size);
}

TEST_CASE("a path that can never work is an error, one that does not work now is not", "[store]") {
  World world;
  world.options.path = world.folder.path().string();
  CHECK_FALSE(ByteCache::Open(world.options, world.clock));
  world.options.path = (world.folder.path() / "none" / "cache.db").string();
  CHECK_FALSE(ByteCache::Open(world.options, world.clock));
  world.options.path = "/dev/full";  // opens, and every write says that there is no room
  const auto cache = ByteCache::Open(world.options, world.clock);
  REQUIRE(cache);
  Keep(**cache, "sha256:1");
  CHECK_FALSE((*cache)->Find(Key("sha256:1")));
  CHECK((*cache)->Statistics().failures >= 1);
  CHECK_FALSE((*cache)->Statistics().usable);
}

TEST_CASE("a disk without room loses entries and nothing else", "[store]") {
  World world;
  world.options.max_bytes = 64u << 10;  // SQLite itself then refuses what one batch holds beyond it
  world.options.max_entry_bytes = 1u << 20;
  auto cache = world.Open();
  Keep(*cache, "large", std::string(900'000, 'x'));
  CHECK_FALSE(cache->Find(Key("large")));
  CHECK(cache->Statistics().failures >= 1);
  Keep(*cache, "small", "ok");
  CHECK(cache->Find(Key("small")));
}

TEST_CASE("only this user may read the file", "[store]") {
  World world;
  auto cache = world.Open();
  Keep(*cache, "sha256:1");
  for (const char* suffix : {"", "-wal"}) {
    struct stat status{};
    REQUIRE(::stat(world.Path(suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("many threads read and write at once", "[store]") {
  World world;
  auto cache = world.Open();
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 200; ++i) {
        cache->Put(Key(std::to_string(i)), "t", std::to_string(thread), 1h);
        (void)cache->Find(Key(std::to_string(i)));
      }
    });
  }
  threads.clear();
  cache->Flush();
  CHECK(cache->Find(Key("199")));
  CHECK(cache->Statistics().failures == 0);
}

}  // namespace
}  // namespace hullwright::store
