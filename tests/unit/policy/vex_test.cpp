#include "policy/vex.h"

#include <catch2/catch.hpp>

#include "policy/evidence_needs.h"
#include "policy/vex_matching.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::kNow;

const Digest kImage = samples::DigestOf('1'), kManifest = samples::DigestOf('2'), kOther = samples::DigestOf('3');
const ImageReference kReference = samples::Reference("registry.example/acme/app:1.2@" + kImage.text());

FindingView View(std::string_view id = "CVE-2026-1", std::string_view aliases = "") {
  FindingView view;
  view.id = id;
  view.aliases = aliases;
  view.package = "pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12";
  view.version = "3.0.11-1";
  return view;
}

Truth AboutImage(const std::string& named, std::string_view platform = "linux/amd64") {
  const FindingView finding = View();
  return IsAbout(VexImage::Parse(named), {kReference, kImage, kManifest, platform, finding});
}

Truth AboutPackage(const std::string& named, const FindingView& finding = View()) {
  return IsAbout(VexPackage::Parse(named), finding);
}

VexStatement Statement(VexStatus status, std::optional<Time> time, std::vector<std::string> names = {"CVE-2026-1"}) {
  return {std::move(names), status, "component_not_present", "", time, {VexProduct()}};
}

Time At(int hours) {
  return kNow + std::chrono::hours(hours);
}

// The status by which the finding is taken away, "" when it stays.
std::string Answer(std::vector<VexStatement> statements, const FindingView& finding = View(),
                   std::optional<Time> signed_at = std::nullopt) {
  const VexDocument document("OpenVEX", std::move(statements));
  const SignedVex source{&document, "acme", signed_at};
  Budget budget;
  const auto answer = FindSuppression(std::span(&source, 1), {kReference, kImage, kManifest, "linux/amd64", finding}, kNow, budget);
  return answer ? std::string(ToString(answer->statement->status)) : "";
}

TEST_CASE("a package URL has parts", "[policy]") {
  const auto url = PackageUrl::Parse("pkg:OCI/app@sha256%3Aab?Repository_URL=registry.example%2Facme&empty=&tag=1#sub?x=1");
  REQUIRE(url);
  CHECK(url->identity == "oci/app");
  CHECK(url->Type() == "oci");
  CHECK(url->Name() == "app");
  CHECK(url->version == "sha256:ab");
  CHECK(*url->Qualifier("repository_url") == "registry.example/acme");
  CHECK(*url->Qualifier("tag") == "1");
  CHECK(url->Qualifier("empty") == nullptr);
  for (const char* bad : {"", "openssl", "pkg:", "pkg:deb", "pkg:/openssl", "pkg:deb/", "cpe:/o:redhat:enterprise_linux:9"}) {
    INFO(bad);
    CHECK_FALSE(PackageUrl::Parse(bad));
  }
}

TEST_CASE("a product that names the image by its digest is about it, wherever it says the image is", "[policy]") {
  for (const std::string& named :
       {"pkg:oci/app@" + kImage.text(), "pkg:oci/app@sha256%3A" + kImage.text().substr(7), "pkg:oci/app@" + kManifest.text(),
        "pkg:oci/app@" + kImage.text() + "?repository_url=mirror.example/hub/app", "registry.example/acme/app@" + kImage.text(),
        "pkg:oci/app@" + kImage.text() + "?tag=9"}) {
    INFO(named);
    CHECK(AboutImage(named) == Truth::kYes);
  }
  CHECK(AboutImage("pkg:oci/app@" + kOther.text()) == Truth::kNo);
  CHECK(AboutImage("registry.example/acme/app@" + kOther.text()) == Truth::kNo);
}

TEST_CASE("a product that names the image by its repository is about it, written in either way", "[policy]") {
  for (const std::string named :
       {"pkg:oci/app?repository_url=registry.example/acme/app", "pkg:oci/app?repository_url=registry.example%2Facme%2Fapp",
        "pkg:oci/app?repository_url=registry.example/acme", "pkg:oci/app", "registry.example/acme/app"}) {
    INFO(named);
    CHECK(AboutImage(named) == Truth::kYes);
  }
  for (const std::string named : {"pkg:oci/app?repository_url=registry.example/lab/app", "pkg:oci/app?repository_url=registry.example",
                                  "pkg:oci/ap", "pkg:oci/other", "registry.example/acme/other", "registry.example/acme"}) {
    INFO(named);
    CHECK(AboutImage(named) == Truth::kNo);
  }
}

TEST_CASE("Docker Hub's names are one", "[policy]") {
  const ImageReference nginx = samples::Reference("nginx@" + kImage.text());
  const FindingView finding = View();
  for (const std::string named : {"pkg:oci/nginx?repository_url=index.docker.io%2Flibrary",
                                  "pkg:oci/nginx?repository_url=docker.io/library/nginx", "index.docker.io/library/nginx"}) {
    INFO(named);
    CHECK(IsAbout(VexImage::Parse(named), {nginx, kImage, kManifest, "", finding}) == Truth::kYes);
  }
}

TEST_CASE("a tag, an unknown architecture and what names no image leave open what is meant", "[policy]") {
  for (const std::string named :
       {"pkg:oci/app?tag=1.2", "pkg:oci/app@1.2", "registry.example/acme/app:1.2", "cpe:/o:redhat:enterprise_linux:9",
        "pkg:golang/example.com/app", "https://example.com/app", "debian", ""}) {
    INFO(named);
    CHECK(AboutImage(named) == Truth::kUnknown);
  }
  CHECK(AboutImage("pkg:oci/app?arch=amd64") == Truth::kYes);
  CHECK(AboutImage("pkg:oci/app?arch=arm64") == Truth::kNo);
  CHECK(AboutImage("pkg:oci/app?arch=amd64", "") == Truth::kUnknown);
  CHECK(AboutImage("pkg:oci/other?arch=amd64", "") == Truth::kNo);
}

TEST_CASE("a package without version or qualifiers is every one of its name", "[policy]") {
  CHECK(AboutPackage("pkg:deb/debian/openssl") == Truth::kYes);
  CHECK(AboutPackage("pkg:deb/debian/openssl@3.0.11-1") == Truth::kYes);
  CHECK(AboutPackage("pkg:deb/debian/openssl@3.0.11-1?arch=amd64") == Truth::kYes);
  CHECK(AboutPackage("pkg:deb/debian/openssl@3.0.11-2") == Truth::kNo);
  CHECK(AboutPackage("pkg:deb/debian/openssl?arch=arm64") == Truth::kNo);
  CHECK(AboutPackage("pkg:deb/debian/openssl?epoch=1") == Truth::kUnknown);
  CHECK(AboutPackage("pkg:deb/debian/libssl3") == Truth::kNo);
  CHECK(AboutPackage("pkg:rpm/debian/openssl") == Truth::kNo);
  CHECK(AboutPackage("openssl") == Truth::kUnknown);
}

TEST_CASE("of a finding that names its package without an ecosystem little is known", "[policy]") {
  FindingView bare = View();
  bare.package = "openssl";
  CHECK(AboutPackage("pkg:deb/debian/openssl", bare) == Truth::kUnknown);
  CHECK(AboutPackage("pkg:deb/debian/curl", bare) == Truth::kNo);
  FindingView unversioned = View();
  unversioned.package = "pkg:deb/debian/openssl";
  CHECK(AboutPackage("pkg:deb/debian/openssl@3.0.11-1", unversioned) == Truth::kYes);
  unversioned.version = "";
  CHECK(AboutPackage("pkg:deb/debian/openssl@3.0.11-1", unversioned) == Truth::kUnknown);
}

TEST_CASE("only fixed and not_affected take a finding away", "[policy]") {
  CHECK(Answer({Statement(VexStatus::kNotAffected, At(-1))}) == "not_affected");
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1))}) == "fixed");
  CHECK(Answer({Statement(VexStatus::kUnderInvestigation, At(-1))}).empty());
  CHECK(Answer({Statement(VexStatus::kAffected, At(-1))}).empty());
  CHECK(Answer({}).empty());
}

TEST_CASE("the latest statement holds, and of the same time the strictest", "[policy]") {
  const VexStatement early = Statement(VexStatus::kNotAffected, At(-2)), late = Statement(VexStatus::kAffected, At(-1));
  CHECK(Answer({early, late}).empty());
  CHECK(Answer({late, early}).empty());
  CHECK(Answer({Statement(VexStatus::kAffected, At(-2)), Statement(VexStatus::kFixed, At(-1))}) == "fixed");
  for (const VexStatus stricter : {VexStatus::kUnderInvestigation, VexStatus::kAffected}) {
    CHECK(Answer({Statement(VexStatus::kNotAffected, At(-1)), Statement(stricter, At(-1))}).empty());
    CHECK(Answer({Statement(stricter, At(-1)), Statement(VexStatus::kNotAffected, At(-1))}).empty());
  }
}

TEST_CASE("a statement that its format would not let stand takes nothing away, nor lets an earlier one do so", "[policy]") {
  VexStatement defective = Statement(VexStatus::kNotAffected, At(-1));
  defective.defect = "no justification";
  CHECK(Answer({defective}).empty());
  CHECK(Answer({Statement(VexStatus::kFixed, At(-2)), defective}).empty());
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1)), defective}).empty());
  CHECK(Answer({defective, Statement(VexStatus::kFixed, At(0))}) == "fixed");
}

TEST_CASE("a statement without a time is of the time of signing, or else the oldest when mild and the latest when strict", "[policy]") {
  CHECK(Answer({Statement(VexStatus::kNotAffected, std::nullopt)}) == "not_affected");
  CHECK(Answer({Statement(VexStatus::kNotAffected, std::nullopt), Statement(VexStatus::kAffected, At(-9))}).empty());
  CHECK(Answer({Statement(VexStatus::kNotAffected, At(-1)), Statement(VexStatus::kAffected, std::nullopt)}).empty());
  CHECK(Answer({Statement(VexStatus::kNotAffected, std::nullopt), Statement(VexStatus::kAffected, At(-9))}, View(), At(-1)) ==
        "not_affected");
}

TEST_CASE("a statement that is dated in the future takes nothing away", "[policy]") {
  CHECK(Answer({Statement(VexStatus::kNotAffected, At(1))}).empty());
  CHECK(Answer({Statement(VexStatus::kNotAffected, At(-1)), Statement(VexStatus::kAffected, At(1))}).empty());
  CHECK(Answer({Statement(VexStatus::kAffected, At(-1)), Statement(VexStatus::kNotAffected, kNow)}) == "not_affected");
}

TEST_CASE("a vulnerability is named by its id, or by every alias that the finding has", "[policy]") {
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"cve-2026-1"})}) == "fixed");
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"GHSA-x", "CVE-2026-1"})}) == "fixed");
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"CVE-2026-2"})}).empty());
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"CVE-2026-2"})}, View("GHSA-1", "CVE-2026-2")) == "fixed");
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"CVE-2026-2"})}, View("RHSA-1", "CVE-2026-2\nCVE-2026-3")).empty());
  CHECK(Answer({Statement(VexStatus::kFixed, At(-1), {"CVE-2026-2", "CVE-2026-3"})}, View("RHSA-1", "CVE-2026-2\nCVE-2026-3")) == "fixed");
}

TEST_CASE("what only may be about a finding takes nothing away and keeps earlier statements from it", "[policy]") {
  VexStatement tagged = Statement(VexStatus::kNotAffected, At(-1));
  tagged.products = {{VexImage::Parse("pkg:oci/app?tag=1.2")}};
  CHECK(Answer({tagged}).empty());
  CHECK(Answer({Statement(VexStatus::kFixed, At(-2)), tagged}) == "fixed");  // says nothing against it either
  tagged.status = VexStatus::kAffected;
  CHECK(Answer({Statement(VexStatus::kFixed, At(-2)), tagged}).empty());
  tagged.products = {{VexImage::Parse("pkg:oci/other?tag=1.2")}};
  CHECK(Answer({Statement(VexStatus::kFixed, At(-2)), tagged}) == "fixed");
}

TEST_CASE("a statement about packages is about no other package of the image", "[policy]") {
  VexStatement statement = Statement(VexStatus::kFixed, At(-1));
  statement.products[0].packages = {VexPackage::Parse("pkg:deb/debian/curl"), VexPackage::Parse("pkg:deb/debian/openssl")};
  CHECK(Answer({statement}) == "fixed");
  statement.products[0].packages.pop_back();
  CHECK(Answer({statement}).empty());
  statement.products.clear();  // about nothing
  CHECK(Answer({statement}).empty());
}

TEST_CASE("the statements that name a finding are paid for with their products, and beyond the budget none takes it away", "[policy]") {
  VexStatement large = Statement(VexStatus::kFixed, At(-1));
  large.products.assign(100, VexProduct());
  const VexDocument document("OpenVEX", {large, large, Statement(VexStatus::kFixed, At(-1), {"CVE-2026-9"})});
  const SignedVex source{&document, "acme", std::nullopt};
  const auto is_taken_away = [&](std::string_view id, Budget& budget) {
    const FindingView finding = View(id);
    return FindSuppression(std::span(&source, 1), {kReference, kImage, kManifest, "", finding}, kNow, budget).has_value();
  };
  Budget ample, of_other, small(2'000);
  CHECK(is_taken_away("CVE-2026-1", ample));
  CHECK(ample.spent() > 2'000);
  CHECK(is_taken_away("CVE-2026-9", of_other));
  CHECK(of_other.spent() < 20);
  CHECK_FALSE(is_taken_away("CVE-2026-1", small));  // the second, which nobody paid for, might say otherwise
  CHECK(small.is_exceeded());
  CHECK_FALSE(is_taken_away("CVE-2026-9", small));
}

TEST_CASE("a policy that takes a publisher's word needs its documents about the images that are its own", "[policy]") {
  api::TrustedPublisher acme, named;
  acme.metadata.name = "acme";
  acme.spec.repositories = samples::Patterns({"registry.example/acme/**"});
  named.metadata.name = "named";
  named.spec.repositories = samples::Patterns({"**"});
  named.spec.verification = api::PublisherVerification::kNameOnly;
  PolicySetParts parts = samples::Parts({samples::DenyCritical("floor")});
  parts.policies[0].spec.rules.vulnerabilities->vex.emplace().publisher_refs = {{"acme"}, {"named"}, {"ghost"}};
  parts.publishers = {acme, named};
  const PolicySet policies(std::move(parts));
  const auto needs = [&](const std::string& text) {
    return NeedsOf(policies, samples::Pod(),
                   {.use = {}, .reference = ImageReference::Parse(text), .scans = {}, .broken_scans = {}, .admitted_since = {}});
  };
  CHECK(needs("registry.example/acme/app:1").vex_publishers == std::set<std::string>{"acme"});
  CHECK(needs("registry.example/acme/app:1").resolution);
  CHECK(needs("registry.example/acme/app@" + kImage.text()).any());
  CHECK_FALSE(needs("registry.example/lab/app@" + kImage.text()).any());
}

}  // namespace
}  // namespace hullwright::policy
