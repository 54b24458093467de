#include "evidence/tuf_roots.h"

#include <catch2/catch.hpp>

#include "support/temporary_directory.h"
#include "unit/evidence/set_clock.h"
#include "unit/evidence/tuf_mirror.h"

namespace hullwright::evidence {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::kTufPast;
using testing::SignTuf;
using testing::TufListingPart;
using testing::TufMirror;
using testing::TufRootPart;

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);  // all metadata ends 24 h later

struct World {
  testing::TemporaryDirectory folder;
  testing::SetClock clock;
  TufMirror mirror;
  std::unique_ptr<store::ByteCache> cache;
  std::unique_ptr<TufRoots> roots;
  TufSource source{std::string(testing::kMirrorUrl), mirror.repository.Root(1)};

  explicit World(bool keeps = true) {
    clock.Set(kNow);
    mirror.Publish(5, 4, 3);
    if (keeps) cache = store::ByteCache::Open({.path = (folder.path() / "cache").string()}, clock).value();
    Restart();
  }

  // The process is another one, the file is the same.
  void Restart() { roots = std::make_unique<TufRoots>(mirror, cache.get(), clock); }

  Result<std::string> Ask() { return roots->TrustedRoot("public", source); }
  // What is in force after whatever is due was fetched.
  Result<std::string> Refresh(minutes later = minutes(0)) {
    clock.MoveOn(later);
    (void)Ask();
    mirror.asked.clear();
    roots->RefreshDue();
    return Ask();
  }
  std::string Problem() const {
    const auto problems = roots->Problems();
    return problems.empty() ? "" : problems.at(0).error;
  }
};

// A refresh an hour later, after one that was good: refused for this reason, and what was fetched before stays in force.
void CheckRefused(World& world, const std::string& why) {
  world.source.refresh = hours(1);
  const auto document = world.Refresh(hours(1));
  INFO(world.Problem());
  CHECK(document == testing::TrustedRootJson());
  CHECK_THAT(world.Problem(), Catch::Contains(why) && Catch::Contains("what was fetched last ends at 2026-03-02T00:00:00Z"));
  REQUIRE(world.roots->Problems().size() == 1);
  CHECK(world.roots->Problems()[0].last_good_in_force);
  CHECK(world.roots->Problems()[0].object == "TrustRoot/public");
}

TEST_CASE("a trusted root is fetched in the background and asked for again when its hours have passed", "[evidence]") {
  World world;
  const auto first = world.Ask();
  REQUIRE_FALSE(first);
  CHECK_THAT(first.error().message, Catch::Contains("nothing has been fetched yet"));
  CHECK(world.mirror.asked.empty());
  CHECK(world.Refresh() == testing::TrustedRootJson());
  CHECK(world.mirror.asked ==
        std::vector<std::string>{"2.root.json", "timestamp.json", "4.snapshot.json", "3.targets.json", world.mirror.TargetPath()});
  CHECK(world.roots->changes() == 1);
  CHECK(world.Problem().empty());
  CHECK(world.Refresh(hours(23)) == testing::TrustedRootJson());
  CHECK(world.mirror.asked.empty());
}

TEST_CASE("a newer trusted root replaces the one of before", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.source.refresh = hours(1);
  world.mirror.repository.target = testing::TrustedRootJson("application/vnd.dev.sigstore.trustedroot.v0.2+json");
  world.mirror.Publish(6, 5, 4);
  CHECK(world.Refresh(hours(1)) == world.mirror.repository.target);
}

TEST_CASE("a mirror that goes back is refused, one that goes on is not", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  SECTION("timestamp") {
    world.mirror.Publish(4, 4, 3);
    CheckRefused(world, "went back from version 5 to 4");
  }
  SECTION("snapshot") {
    world.mirror.Publish(6, 3, 3);
    CheckRefused(world, "went back from version 4 to 3");
  }
  SECTION("targets") {
    world.mirror.Publish(6, 5, 2);
    CheckRefused(world, "went back from version 3 to 2");
  }
  SECTION("on") {
    world.mirror.Publish(6, 5, 4);
    world.source.refresh = hours(1);
    CHECK(world.Refresh(hours(1)));
    CHECK(world.Problem().empty());
  }
}

TEST_CASE("what was shown on the way of a refresh that failed is not gone back on either", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.mirror.Publish(7, 6, 5);
  world.mirror.files.erase("6.snapshot.json");
  CheckRefused(world, "6.snapshot.json answers 404");
  world.mirror.Publish(6, 5, 4);
  CheckRefused(world, "went back from version 7 to 6");
}

TEST_CASE("a restart is no way back, and needs no mirror", "[evidence]") {
  const bool keeps = GENERATE(true, false);
  World world(keeps);
  REQUIRE(world.Refresh());
  world.Restart();
  CHECK(world.Ask().has_value() == keeps);  // before anything is fetched
  world.mirror.Publish(4, 4, 3);
  const auto document = world.Refresh(minutes(1));
  CHECK(document);
  CHECK(world.Problem().empty() != keeps);  // without a file nobody can know
}

TEST_CASE("a mirror that freezes is noticed when what it shows ends; one that renews it is believed", "[evidence]") {
  World world;
  world.source.refresh = hours(1);
  REQUIRE(world.Refresh());
  const bool renews = GENERATE(false, true);
  if (renews) {
    world.mirror.files["2.root.json"] = world.mirror.repository.Root(2, "2026-03-05T00:00:00Z");
    world.mirror.Publish(6, 5, 4, "2026-03-05T00:00:00Z");
  }
  REQUIRE(world.Refresh(hours(23)));
  const auto document = world.Refresh(hours(1));
  REQUIRE(document.has_value() == renews);
  if (renews) return;
  CHECK_THAT(document.error().message, Catch::Contains("ended at 2026-03-02T00:00:00Z") && Catch::Contains("expired"));
  REQUIRE(world.roots->Problems().size() == 1);
  CHECK_FALSE(world.roots->Problems()[0].last_good_in_force);
}

TEST_CASE("data without end stops at the bound of each file", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.mirror.Publish(6, 5, 4);
  const std::string path = GENERATE(as<std::string>{}, "2.root.json", "timestamp.json", "5.snapshot.json", "4.targets.json", "target");
  world.mirror.lie = [&](const std::string& asked) -> std::optional<Result<std::string>> {
    if (asked != (path == "target" ? world.mirror.TargetPath() : path)) return std::nullopt;
    return std::string(64u << 20, ' ');
  };
  CheckRefused(world, "bytes");
}

TEST_CASE("roots without end stop as well", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.mirror.lie = [&](const std::string& asked) -> std::optional<Result<std::string>> {
    if (!asked.ends_with(".root.json")) return std::nullopt;
    return world.mirror.repository.Root(std::stoi(asked));
  };
  CheckRefused(world, "more than 128 new roots");
}

TEST_CASE("files that do not belong together are refused", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.mirror.Publish(6, 5, 4);
  const auto& repository = world.mirror.repository;
  SECTION("a snapshot of another day under the name") {
    world.mirror.files["5.snapshot.json"] = repository.Snapshot(4, 3);
    CheckRefused(world, "snapshot.json");
  }
  SECTION("targets of another day") {
    world.mirror.files["4.targets.json"] = repository.Targets(3);
    CheckRefused(world, "targets.json");
  }
  SECTION("another target") {
    world.mirror.files[world.mirror.TargetPath()] = testing::TrustedRootJson("application/vnd.dev.sigstore.trustedroot.v0.2+json");
    CheckRefused(world, "trusted_root.json");
  }
  SECTION("metadata signed by somebody else") {
    const testing::MintedKey stranger(testing::MintedKey::kEd25519);
    world.mirror.files["timestamp.json"] =
        SignTuf(TufListingPart("timestamp", 9, testing::TufFileEntry("snapshot.json", "x", 9)), {&stranger});
    CheckRefused(world, "signed by 0");
  }
  SECTION("metadata of another role") {
    world.mirror.files["timestamp.json"] = repository.Snapshot(9, 9);
    CheckRefused(world, "timestamp.json");
  }
}

TEST_CASE("metadata that has ended is refused, whichever it is", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  const auto& repository = world.mirror.repository;
  const std::string snapshot = repository.Snapshot(5, 4, kTufPast);
  SECTION("timestamp") {
    world.mirror.Publish(6, 5, 4, kTufPast);
    CheckRefused(world, "timestamp metadata expired");
  }
  SECTION("snapshot") {
    world.mirror.Publish(6, 5, 4);
    world.mirror.files["5.snapshot.json"] = snapshot;
    world.mirror.files["timestamp.json"] =
        SignTuf(TufListingPart("timestamp", 6, testing::TufFileEntry("snapshot.json", snapshot, 5)), {&repository.online});
    CheckRefused(world, "snapshot metadata expired");
  }
  SECTION("root") {
    world.mirror.files["2.root.json"] = repository.Root(2, kTufPast);
    CheckRefused(world, "root metadata expired");
  }
}

TEST_CASE("keys are replaced by a root that both sides signed, and by no other", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  auto& repository = world.mirror.repository;
  const testing::MintedKey c(testing::MintedKey::kEd25519);
  testing::MintedKey online(testing::MintedKey::kEd25519);
  const auto part = [&](int version) { return TufRootPart(version, {&repository.a, &c}, 2, online); };
  SECTION("by both") {
    world.mirror.files["2.root.json"] = SignTuf(part(2), {&repository.a, &repository.b, &c});
    CheckRefused(world, "timestamp.json");  // what the former key signed counts no more
    std::swap(repository.online, online);
    // Versions may begin anew under new keys: that is how a repository recovers from versions made too high.
    world.mirror.Publish(1, 1, 1);
    CHECK(world.Refresh(hours(2)));
    CHECK(world.Problem().empty());
    world.Restart();  // the whole way is followed again from the initial root
    CHECK(world.Ask());
  }
  SECTION("by the new side alone") {
    world.mirror.files["2.root.json"] = SignTuf(part(2), {&repository.a, &c});
    CheckRefused(world, "2.root.json");
  }
  SECTION("by both, but a version is left out") {
    world.mirror.files["2.root.json"] = SignTuf(part(3), {&repository.a, &repository.b, &c});
    CheckRefused(world, "does not follow");
  }
}

TEST_CASE("a target that is no trusted root does not replace one that is", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.mirror.repository.target = "{}";
  world.mirror.Publish(6, 5, 4);
  CheckRefused(world, "trusted_root.json");
}

TEST_CASE("after a failure the mirror is asked again soon, and then less often", "[evidence]") {
  World world;
  world.mirror.lie = [](const std::string&) { return Result<std::string>(Fail(ErrorCode::kUnavailable, "down")); };
  CHECK_FALSE(world.Refresh());
  CHECK(world.mirror.asked.size() == 1);
  (void)world.Refresh(minutes(0));
  CHECK(world.mirror.asked.empty());
  (void)world.Refresh(minutes(1));
  CHECK(world.mirror.asked.size() == 1);
  (void)world.Refresh(minutes(1));
  CHECK(world.mirror.asked.empty());
  world.mirror.lie = {};
  CHECK(world.Refresh(minutes(1)));
}

TEST_CASE("a changed initial root or mirror begins anew or goes on", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.source.mirror += "/";
  (void)world.Refresh();
  CHECK_FALSE(world.mirror.asked.empty());  // at once, and what is in force stays
  CHECK(world.Ask());
  TufMirror other;
  world.source.initial_root = other.repository.Root(1);
  CHECK_FALSE(world.Ask());
  world.source.initial_root = "{}";
  CHECK_THAT(world.Ask().error().message, Catch::Contains("initialRoot"));
}

TEST_CASE("a TrustRoot that is gone is asked for no more", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  world.roots->KeepOnly({});
  world.clock.MoveOn(hours(48));
  world.mirror.asked.clear();
  world.roots->RefreshDue();
  CHECK(world.mirror.asked.empty());
}

TEST_CASE("nothing is believed because it was kept: what is damaged or another's is dropped", "[evidence]") {
  World world;
  REQUIRE(world.Refresh());
  const auto open = [&](const std::string& kept) { return TufRepository::Open(world.source.initial_root, kept, kNow).value(); };
  TufRepository good = open("");
  REQUIRE(good.Refresh(
      [&](const std::string& path, std::size_t max_bytes) {
        return world.mirror.Fetch({.url = std::string(testing::kMirrorUrl) + "/" + path, .max_bytes = max_bytes});
      },
      kNow));
  const std::string kept = good.Keep();
  REQUIRE(open(kept).TrustedRoot(kNow) != nullptr);
  for (std::size_t i = 0; i < kept.size(); i += 7) {
    std::string broken = kept;
    broken[i] ^= 0x01;
    const TufRepository opened = open(broken);
    const std::string* document = opened.TrustedRoot(kNow);
    INFO(i);
    CHECK((document == nullptr || *document == testing::TrustedRootJson()));
  }
  const TufMirror other;
  CHECK(TufRepository::Open(other.repository.Root(1), kept, kNow)->TrustedRoot(kNow) == nullptr);
}

}  // namespace
}  // namespace hullwright::evidence
