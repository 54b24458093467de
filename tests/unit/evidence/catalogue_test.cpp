#include "evidence/catalogue.h"

#include <catch2/catch.hpp>
#include <thread>

#include "base/yaml.h"
#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

using policy::ReasonWord;

const api::ObjectKey kPolicy{"ClusterImageAdmissionPolicy", "", "production"};

Result<api::Object> DecodeYaml(const std::string& text) {
  const auto documents = ReadYaml(text);
  REQUIRE(documents);
  return Decode(documents->front().json);
}

std::unexpected<Error> Broken() {
  return Fail(ErrorCode::kInvalidInput, "spec.rules: is missing");
}

TEST_CASE("nothing that is put is in force before it is published, apart from scans", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production")));
  CHECK(catalogue.Policies()->policy_count() == 0);
  const auto before = catalogue.Policies();
  catalogue.Publish();
  CHECK(catalogue.Policies()->policy_count() == 1);
  CHECK(before->policy_count() == 0);
  catalogue.Put(ScanKey('a'), "file", Decode(ScanText('a')));
  CHECK(catalogue.Scans().size() == 1);
}

TEST_CASE("publishing keeps the set of policies when only scans have changed", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production")));
  catalogue.Publish();
  const auto before = catalogue.Policies();
  catalogue.Put(ScanKey('a'), "file", Decode(ScanText('a')));
  catalogue.Publish();
  CHECK(catalogue.Policies() == before);
}

TEST_CASE("a policy that takes a publisher's word on findings has registries asked about images by digest", "[evidence]") {
  Catalogue catalogue;
  const std::string plain = PolicyText("production");
  catalogue.Put(kPolicy, "file", DecodeYaml(plain));
  catalogue.Publish();
  CHECK_FALSE(catalogue.Trust()->asks_origin);
  const std::size_t end = plain.rfind("}}");
  catalogue.Put(kPolicy, "file", DecodeYaml(plain.substr(0, end) + ", vex: {publisherRefs: [{name: acme}]}" + plain.substr(end)));
  catalogue.Publish();
  CHECK(catalogue.Trust()->asks_origin);
}

TEST_CASE("the last good version of a policy stays in force while it is broken, and the problem says so", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production", "Low")));
  catalogue.Put(ScanKey('a'), "file", Decode(ScanText('a', "Low")));
  catalogue.Put(kPolicy, "file", Broken());
  catalogue.Publish();
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});
  REQUIRE(catalogue.Problems().size() == 1);
  CHECK(catalogue.Problems()[0].last_good_in_force);
  CHECK(catalogue.Problems()[0].object == "ClusterImageAdmissionPolicy/production");

  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production", "High")));
  catalogue.Publish();
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("a policy that never was good denies everything it may cover until it is removed", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", Broken());
  catalogue.Publish();
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kPolicyInvalid});
  REQUIRE(catalogue.Problems().size() == 1);
  CHECK(catalogue.Problems()[0].denies_everything);
  catalogue.Remove(kPolicy);
  catalogue.Publish();
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("a broken publisher is unknown, a broken waiver absent, a broken namespace unknown; each is a problem", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put({"TrustedPublisher", "", "acme"}, "file", Broken());
  catalogue.Put({"BreakGlass", "shop", "tonight"}, "file", Broken());
  catalogue.Put({"Namespace", "", "shop"}, "file", Broken());
  catalogue.Publish();
  CHECK(catalogue.Policies()->IsBrokenPublisher("acme"));
  CHECK(catalogue.Policies()->waivers().empty());
  CHECK(catalogue.Namespaces()->empty());
  CHECK(catalogue.Problems().size() == 3);
}

TEST_CASE("an unreadable origin that may hold policies denies everything, unless a last good version of it is in force", "[evidence]") {
  Catalogue catalogue;
  const Error error{ErrorCode::kInvalidInput, "line 1: no YAML"};
  catalogue.PutUnreadable("policies/a.yaml", error, true, true);
  catalogue.PutUnreadable("scans/a.yaml", error, false, false);
  catalogue.Publish();
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  catalogue.PutUnreadable("policies/a.yaml", error, true, false);
  catalogue.Publish();
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kPolicyInvalid});
  CHECK(catalogue.Problems().size() == 2);
  catalogue.ClearUnreadable("policies/a.yaml");
  catalogue.ClearUnreadable("scans/a.yaml");
  catalogue.Publish();
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("objects in force are counted by kind", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production")));
  catalogue.Put({"ClusterImageAdmissionPolicy", "", "other"}, "file", Broken());
  catalogue.Put({"Namespace", "", "shop"}, "file", DecodeYaml(NamespaceText("shop", "prod")));
  catalogue.Put(ScanKey('a'), "file", Decode(ScanText('a')));
  const auto counts = catalogue.Counts();
  CHECK(counts.at("ClusterImageAdmissionPolicy") == 1);
  CHECK(counts.at("Namespace") == 1);
  CHECK(counts.at("ImageScan") == 1);
}

TEST_CASE("readers beside a writer see whole snapshots", "[evidence]") {
  Catalogue catalogue;
  catalogue.Put(kPolicy, "file", DecodeYaml(PolicyText("production", "Low")));
  catalogue.Put(ScanKey('a'), "file", Decode(ScanText('a', "Low")));
  catalogue.Publish();
  const auto good = Decode(ScanText('b'));
  const auto other = DecodeYaml(PolicyText("other", "High"));
  const std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      catalogue.Put({"ClusterImageAdmissionPolicy", "", fmt::format("p{}", i % 50)}, "file", other);
      catalogue.Put(ScanKey('b'), "file", good);
      catalogue.Publish();
      catalogue.Remove(ScanKey('b'));
    }
  });
  for (int i = 0; i < 500; ++i) {
    if (DecideOnDigest(catalogue, 'a').allowed()) FAIL("a policy was out of force for a moment");
  }
}

}  // namespace
}  // namespace hullwright::evidence
