#include "verify/tuf_client.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "support/minted_tuf.h"

namespace hullwright::verify {
namespace {

using std::chrono::hours;
using testing::kTufPast;
using testing::kTufSoon;
using testing::MintedKey;
using testing::SignTuf;
using testing::TufFileEntry;
using testing::TufListingPart;
using testing::TufRootPart;

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

struct Repository : testing::TufRepository {
  std::string FirstRoot(std::string_view expires = kTufSoon) const { return TufRepository::Root(1, expires); }
  TufClient Client() const { return TufClient(TufRoot::ParseTrusted(FirstRoot()).value()); }
};

std::string StepOf(const Checked<void>& result) {
  return result ? "accepted" : std::string(ToString(result.error().step));
}

const std::string kRefused(ToString(Step::kTrustRoot));

}  // namespace

TEST_CASE("A refresh ends with a target whose content is known", "[verify]") {
  const Repository repository;
  TufClient client = repository.Client();
  CHECK(client.NextRootName() == "2.root.json");
  REQUIRE(client.UpdateTimestamp(repository.Timestamp(5, 4, 3), kNow).has_value());
  CHECK(client.SnapshotName().value() == "4.snapshot.json");
  REQUIRE(client.UpdateSnapshot(repository.Snapshot(4, 3), kNow).has_value());
  CHECK(client.TargetsName().value() == "3.targets.json");
  REQUIRE(client.UpdateTargets(repository.Targets(3), kNow).has_value());
  const auto file = client.FindTarget("trusted_root.json");
  REQUIRE(file.has_value());
  CHECK(RequireContent(repository.target, *file, "trusted_root.json").has_value());
  CHECK(StepOf(RequireContent("trusted Root", *file, "trusted_root.json")) == kRefused);
  CHECK(StepOf(RequireContent("short", *file, "trusted_root.json")) == kRefused);
  CHECK_FALSE(client.FindTarget("other.json").has_value());
}

TEST_CASE("A root follows another only by the thresholds of both, one version at a time", "[verify]") {
  const Repository r;
  const MintedKey c(MintedKey::kEd25519);
  const TufRoot first = TufRoot::ParseTrusted(r.FirstRoot()).value();
  const auto step = [&](const std::string& text) {
    const auto next = first.Successor(text);
    return next ? std::string("accepted") : std::string(ToString(next.error().step));
  };
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &c}, 2, r.online), {&r.a, &r.b, &c})) == "accepted");
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &c}, 2, r.online, kTufPast), {&r.a, &r.b, &c})) == "accepted");  // only the last must be fresh
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &c}, 2, r.online), {&r.a, &c})) == kRefused);                    // not by the old threshold
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &c}, 2, r.online), {&r.a, &r.b})) == kRefused);                  // not by its own
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &r.b}, 2, r.online), {&r.a, &r.a, &r.a})) == kRefused);          // one key is one
  CHECK(step(SignTuf(TufRootPart(1, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b})) == kRefused);
  CHECK(step(SignTuf(TufRootPart(3, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b})) == kRefused);
  CHECK(step(SignTuf(TufRootPart(2, {&r.a, &r.b}, 0, r.online), {&r.a, &r.b})) == ToString(Step::kStructure));
  CHECK(step(SignTuf(TufListingPart("targets", 2, ""), {&r.a, &r.b})) == ToString(Step::kStructure));
  CHECK_FALSE(TufRoot::ParseTrusted(SignTuf(TufRootPart(1, {&r.a, &r.b}, 2, r.online), {&r.a})).has_value());
}

TEST_CASE("Every byte of a signed root counts", "[verify]") {
  const Repository r;
  const TufRoot first = TufRoot::ParseTrusted(r.FirstRoot()).value();
  const std::string next = SignTuf(TufRootPart(2, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b});
  REQUIRE(first.Successor(next).has_value());
  for (std::size_t i = 0; i < next.size(); i += 7) {
    std::string broken = next;
    broken[i] ^= 0x01;
    INFO(i << ": " << broken);
    CHECK_FALSE(first.Successor(broken).has_value());
  }
}

TEST_CASE("Nothing goes back to what was before", "[verify]") {
  const Repository r;
  TufClient client = r.Client();
  REQUIRE(client.RememberTimestamp(r.Timestamp(5, 4, 3, kTufPast)).has_value());  // expired, but known
  REQUIRE(client.RememberSnapshot(r.Snapshot(4, 3, kTufPast)).has_value());
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(4, 4, 3), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(6, 3, 3), kNow)) == kRefused);
  REQUIRE(client.UpdateTimestamp(r.Timestamp(6, 5, 2), kNow).has_value());
  CHECK(StepOf(client.UpdateSnapshot(r.Snapshot(5, 2), kNow)) == kRefused);  // targets from 3 to 2
}

TEST_CASE("What the targets delegate to others is not looked for there", "[verify]") {
  const Repository r;
  const std::string delegated = fmt::format(
      R"({{"_type":"targets","delegations":{{"keys":{{}},"roles":[{{"keyids":[],"name":"others","paths":["*"],"terminating":false,)"
      R"("threshold":1}}]}},"expires":"{}","spec_version":"1.0","targets":{{{}}},"version":3}})",
      kTufSoon, r.TargetFile());
  const std::string targets = SignTuf(delegated, {&r.online});
  const std::string snapshot = SignTuf(TufListingPart("snapshot", 4, TufFileEntry("targets.json", targets, 3)), {&r.online});
  TufClient client = r.Client();
  REQUIRE(client.UpdateTimestamp(SignTuf(TufListingPart("timestamp", 5, TufFileEntry("snapshot.json", snapshot, 4)), {&r.online}), kNow)
              .has_value());
  REQUIRE(client.UpdateSnapshot(snapshot, kNow).has_value());
  REQUIRE(client.UpdateTargets(targets, kNow).has_value());
  CHECK(client.FindTarget("trusted_root.json").has_value());
  CHECK_FALSE(client.FindTarget("others/trusted_root.json").has_value());
}

TEST_CASE("Nothing that expired is taken, and no step before the one it rests on", "[verify]") {
  const Repository r;
  TufClient client = r.Client();
  CHECK(StepOf(client.UpdateSnapshot(r.Snapshot(4, 3), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(5, 4, 3, kTufPast), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow + hours(24))) == kRefused);
  REQUIRE(client.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow).has_value());
  CHECK(StepOf(client.UpdateTargets(r.Targets(3), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateSnapshot(r.Snapshot(4, 2), kNow)) == kRefused);  // other content than the timestamp says
  REQUIRE(client.UpdateSnapshot(r.Snapshot(4, 3), kNow).has_value());
  CHECK(StepOf(client.UpdateTargets(r.Targets(4), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateRoot(r.FirstRoot())) == kRefused);
  const MintedKey stranger(MintedKey::kEd25519);
  CHECK(StepOf(client.UpdateTimestamp(SignTuf(TufListingPart("timestamp", 9, TufFileEntry("snapshot.json", "x", 9)), {&stranger}), kNow)) ==
        kRefused);
  TufClient expired(TufRoot::ParseTrusted(r.FirstRoot(kTufPast)).value());
  CHECK(StepOf(expired.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow)) == kRefused);
}

}  // namespace hullwright::verify
