#include "verify/tuf_client.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "support/minted_key.h"
#include "verify/hash.h"

namespace hullwright::verify {
namespace {

using std::chrono::hours;
using testing::MintedKey;

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);
constexpr std::string_view kSoon = "2026-03-02T00:00:00Z";
constexpr std::string_view kPast = "2026-02-28T00:00:00Z";

std::string Hex(const std::string& bytes) {
  return ToHex(bytes);
}

// Members are written in the order of the canonical form, so the text that is signed is the text that is read.
std::string Sign(const std::string& part, const std::vector<const MintedKey*>& keys) {
  std::string signatures;
  for (const MintedKey* key : keys) {
    const std::string signature = key->Sign({Scheme::kEd25519, HashAlgorithm::kSha512}, part);
    signatures += fmt::format(R"({}{{"keyid":"{}","sig":"{}"}})", signatures.empty() ? "" : ",", Hex(Sha256(key->Spki())), Hex(signature));
  }
  return fmt::format(R"({{"signatures":[{}],"signed":{}}})", signatures, part);
}

std::string IdOf(const MintedKey& key) {
  return Hex(Sha256(key.Spki()));
}

std::string Root(int version, const std::vector<const MintedKey*>& root_keys, int threshold, const MintedKey& online,
                 std::string_view expires = kSoon) {
  std::map<std::string, std::string> keys;
  std::string ids;
  const auto add = [&](const MintedKey& key) {
    keys[IdOf(key)] = fmt::format(R"({{"keytype":"ed25519","keyval":{{"public":"{}"}},"scheme":"ed25519"}})", Hex(key.Spki().substr(12)));
  };
  for (const MintedKey* key : root_keys) {
    add(*key);
    ids += fmt::format("{}\"{}\"", ids.empty() ? "" : ",", IdOf(*key));
  }
  add(online);
  std::string listed;
  for (const auto& [id, key] : keys) listed += fmt::format("{}\"{}\":{}", listed.empty() ? "" : ",", id, key);
  const std::string role = fmt::format(R"({{"keyids":["{}"],"threshold":1}})", IdOf(online));
  return fmt::format(
      R"({{"_type":"root","consistent_snapshot":true,"expires":"{}","keys":{{{}}},"roles":{{"root":{{"keyids":[{}],"threshold":{}}},)"
      R"("snapshot":{},"targets":{},"timestamp":{}}},"spec_version":"1.0","version":{}}})",
      expires, listed, ids, threshold, role, role, role, version);
}

std::string Listing(std::string_view type, int version, std::string_view files, std::string_view expires = kSoon) {
  if (type == "targets") {
    return fmt::format(R"({{"_type":"targets","expires":"{}","spec_version":"1.0","targets":{{{}}},"version":{}}})", expires, files,
                       version);
  }
  return fmt::format(R"({{"_type":"{}","expires":"{}","meta":{{{}}},"spec_version":"1.0","version":{}}})", type, expires, files, version);
}

std::string FileEntry(std::string_view name, const std::string& content, int version) {
  return fmt::format(R"("{}":{{"hashes":{{"sha256":"{}"}},"length":{},"version":{}}})", name, Hex(Sha256(content)), content.size(),
                     version);
}

struct Repository {
  MintedKey a{MintedKey::kEd25519}, b{MintedKey::kEd25519}, online{MintedKey::kEd25519};
  std::string target = "trusted root";

  std::string FirstRoot(std::string_view expires = kSoon) const { return Sign(Root(1, {&a, &b}, 2, online, expires), {&a, &b}); }
  std::string TargetFile() const {
    return fmt::format(R"("trusted_root.json":{{"hashes":{{"sha256":"{}"}},"length":{}}})", Hex(Sha256(target)), target.size());
  }
  std::string Targets(int version, std::string_view expires = kSoon) const {
    return Sign(Listing("targets", version, TargetFile(), expires), {&online});
  }
  std::string Snapshot(int version, int targets, std::string_view expires = kSoon) const {
    return Sign(Listing("snapshot", version, FileEntry("targets.json", Targets(targets), targets), expires), {&online});
  }
  std::string Timestamp(int version, int snapshot, int targets, std::string_view expires = kSoon) const {
    return Sign(Listing("timestamp", version, FileEntry("snapshot.json", Snapshot(snapshot, targets), snapshot), expires), {&online});
  }
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
  CHECK(step(Sign(Root(2, {&r.a, &c}, 2, r.online), {&r.a, &r.b, &c})) == "accepted");
  CHECK(step(Sign(Root(2, {&r.a, &c}, 2, r.online, kPast), {&r.a, &r.b, &c})) == "accepted");  // only the last must be fresh
  CHECK(step(Sign(Root(2, {&r.a, &c}, 2, r.online), {&r.a, &c})) == kRefused);                 // not by the old threshold
  CHECK(step(Sign(Root(2, {&r.a, &c}, 2, r.online), {&r.a, &r.b})) == kRefused);               // not by its own
  CHECK(step(Sign(Root(2, {&r.a, &r.b}, 2, r.online), {&r.a, &r.a, &r.a})) == kRefused);       // one key is one
  CHECK(step(Sign(Root(1, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b})) == kRefused);
  CHECK(step(Sign(Root(3, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b})) == kRefused);
  CHECK(step(Sign(Root(2, {&r.a, &r.b}, 0, r.online), {&r.a, &r.b})) == ToString(Step::kStructure));
  CHECK(step(Sign(Listing("targets", 2, ""), {&r.a, &r.b})) == ToString(Step::kStructure));
  CHECK_FALSE(TufRoot::ParseTrusted(Sign(Root(1, {&r.a, &r.b}, 2, r.online), {&r.a})).has_value());
}

TEST_CASE("Every byte of a signed root counts", "[verify]") {
  const Repository r;
  const TufRoot first = TufRoot::ParseTrusted(r.FirstRoot()).value();
  const std::string next = Sign(Root(2, {&r.a, &r.b}, 2, r.online), {&r.a, &r.b});
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
  REQUIRE(client.RememberTimestamp(r.Timestamp(5, 4, 3, kPast)).has_value());  // expired, but known
  REQUIRE(client.RememberSnapshot(r.Snapshot(4, 3, kPast)).has_value());
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
      kSoon, r.TargetFile());
  const std::string targets = Sign(delegated, {&r.online});
  const std::string snapshot = Sign(Listing("snapshot", 4, FileEntry("targets.json", targets, 3)), {&r.online});
  TufClient client = r.Client();
  REQUIRE(client.UpdateTimestamp(Sign(Listing("timestamp", 5, FileEntry("snapshot.json", snapshot, 4)), {&r.online}), kNow).has_value());
  REQUIRE(client.UpdateSnapshot(snapshot, kNow).has_value());
  REQUIRE(client.UpdateTargets(targets, kNow).has_value());
  CHECK(client.FindTarget("trusted_root.json").has_value());
  CHECK_FALSE(client.FindTarget("others/trusted_root.json").has_value());
}

TEST_CASE("Nothing that expired is taken, and no step before the one it rests on", "[verify]") {
  const Repository r;
  TufClient client = r.Client();
  CHECK(StepOf(client.UpdateSnapshot(r.Snapshot(4, 3), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(5, 4, 3, kPast), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow + hours(24))) == kRefused);
  REQUIRE(client.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow).has_value());
  CHECK(StepOf(client.UpdateTargets(r.Targets(3), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateSnapshot(r.Snapshot(4, 2), kNow)) == kRefused);  // other content than the timestamp says
  REQUIRE(client.UpdateSnapshot(r.Snapshot(4, 3), kNow).has_value());
  CHECK(StepOf(client.UpdateTargets(r.Targets(4), kNow)) == kRefused);
  CHECK(StepOf(client.UpdateRoot(r.FirstRoot())) == kRefused);
  const MintedKey stranger(MintedKey::kEd25519);
  CHECK(StepOf(client.UpdateTimestamp(Sign(Listing("timestamp", 9, FileEntry("snapshot.json", "x", 9)), {&stranger}), kNow)) == kRefused);
  TufClient expired(TufRoot::ParseTrusted(r.FirstRoot(kPast)).value());
  CHECK(StepOf(expired.UpdateTimestamp(r.Timestamp(5, 4, 3), kNow)) == kRefused);
}

}  // namespace hullwright::verify
