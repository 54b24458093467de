// hullctl report: what it finds in folders, and its three formats read back.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/base64.h"
#include "unit/cli/world.h"
#include "verify/hash.h"

namespace hullwright::cli::testing {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kHostile = R"(\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u202e\u001b[31m)";

Json FindingOf(const std::string& id, const std::string& severity, const std::string& fix = "None",
               const std::string& package = "openssl") {
  return {{"id", id},
          {"package", "pkg:deb/debian/" + package},
          {"version", "3.0.1"},
          {"severity", severity},
          {"fix", fix},
          {"fixedIn", fix == "Available" ? "3.0.2" : ""},
          {"scanners", Json::array({"trivy"})}};
}

Json StatusOf(const std::vector<Json>& findings) {
  const Json result = {{"scannerRef", {{"name", "trivy"}}},           {"version", "0.58.1"}, {"scannedAt", "2026-03-01T09:00:00Z"},
                       {"databaseUpdatedAt", "2026-03-01T06:00:00Z"}, {"source", "Import"},  {"outcome", "Complete"}};
  return {{"results", Json::array({result})}, {"findings", Json(findings)}};
}

void WriteStatus(const World& world, char letter, const Json& status, const std::string& platform = "") {
  Json spec = {{"digest", DigestOf(letter)}};
  if (!platform.empty()) spec["platform"] = {{"os", "linux"}, {"architecture", platform}};
  const std::string name = "sha256-" + std::string(64, letter);
  const Json scan = {
      {"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", "ImageScan"}, {"metadata", {{"name", name}}}, {"spec", spec}, {"status", status}};
  world.Write("scans/" + name + ".json", scan.dump());
}

std::string ImageOf(char letter) {
  return "registry.example/shop/api@" + DigestOf(letter);
}

// The original a, with five findings; the image b, with two of them and one that is new.
void WriteHardened(const World& world) {
  Json original = StatusOf({FindingOf("CVE-1", "Critical", "Available"), FindingOf("CVE-2", "Critical"),
                            FindingOf("CVE-3", "High", "Available"), FindingOf("CVE-4", "Low"), FindingOf("CVE-5", "Low")});
  original["packageCount"] = 200;
  original["image"] = {{"sizeBytes", 104857600}, {"layers", 5}, {"created", "2026-02-01T12:00:00Z"}};
  original["os"] = {{"family", "debian"}, {"name", "12.8"}, {"endOfLife", false}};
  Json image = StatusOf({FindingOf("CVE-2", "Critical"), FindingOf("CVE-9", "High", "Available", "busybox"), FindingOf("CVE-4", "Low")});
  image["packageCount"] = 20;
  image["image"] = {{"sizeBytes", 10485760}, {"created", "1970-01-01T00:00:00Z"}};
  WriteStatus(world, 'a', original);
  WriteStatus(world, 'b', image);
}

struct HardenedWorld : World {
  HardenedWorld() { WriteHardened(*this); }
};

void WriteException(const World& world, const std::string& id, const std::string& reason = "not reachable") {
  world.Write("policies/production.yaml", R"(
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny}
  rules:
    vulnerabilities:
      forbid: [{name: critical, severities: [Critical]}]
      waivers: {kinds: [VulnerabilityException]}
)");
  world.Write("policies/exception.yaml", R"(
apiVersion: hullwright.dev/v1alpha1
kind: VulnerabilityException
metadata: {name: accepted, namespace: shop}
spec:
  policyRefs: [{name: production}]
  vulnerabilities: [{id: )" + id + R"(}]
  images: ["registry.example/shop/**"]
  assessment: RiskAccepted
  reason: ")" + reason + R"("
  owner: team-shop
  expiresAt: 2026-04-01T00:00:00Z
)");
}

std::vector<std::string> ReportOf(const World& world, char letter, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"report", ImageOf(letter), "--scans", world.Path("scans")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Json ReportJson(const World& world, char letter, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"-o", "json"});
  return Json::parse(world.Run(ReportOf(world, letter, std::move(more))).out);
}

Json Exactly(int number) {
  return {{"atLeast", number}, {"atMost", number}};
}
const Json kNotKnown = {{"atLeast", 0}, {"atMost", nullptr}};

// The elements of a page, each once, with its attributes; every one is closed in order.
std::vector<std::string> TagsOf(const std::string& page) {
  std::vector<std::string> tags, open;
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find(' '));
    if (tag.starts_with("/")) {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == tag.substr(1));
      open.pop_back();
    } else {
      tags.push_back(tag);
      if (name != "meta" && name != "!DOCTYPE") open.push_back(name);
    }
  }
  CHECK(open.empty());
  return tags;
}

}  // namespace

TEST_CASE("report compares an image with the one it was hardened from", "[cli]") {
  const HardenedWorld world;
  const auto output = world.Run(ReportOf(world, 'b', {"--original", ImageOf('a')}));
  CHECK(output.code == ExitCode::kPass);
  CHECK(output.err.empty());
  for (const char* text :
       {"original   removed remaining     added     found   fixable",
        "Critical             2         1         1         0         1         0",
        "all                  5         3         2         1         3         1",
        "Of the original's findings (5): 3 removed (60 %), 2 remaining; 1 added. Findings: 3, of which 1 fixable.",
        "packages     20; original 200 (-90 %)", "size         10.0 MiB; original 100.0 MiB (-90 %)", "layers       unknown; original 5",
        "created      unknown; original 2026-02-01T12:00:00Z (28 days ago)", "system       unknown; original debian 12.8",
        "scanned      trivy 0.58.1: Complete, 3 h ago (2026-03-01T09:00:00Z), database of 6 h ago (2026-03-01T06:00:00Z)"}) {
    CAPTURE(text, output.out);
    CHECK(output.out.contains(text));
  }
  CHECK_FALSE(output.out.contains("accepted"));
}

TEST_CASE("the JSON of a comparison has every number and every finding", "[cli]") {
  const HardenedWorld world;
  const Json json = ReportJson(world, 'b', {"--original", ImageOf('a')});
  CHECK(json["schema"] == "hullctl/report/v1");
  CHECK(json["verdict"] == "pass");
  CHECK(json["image"] == ImageOf('b'));
  CHECK(json["original"] == ImageOf('a'));
  REQUIRE(json["platforms"].size() == 1);
  const Json& platform = json["platforms"][0];
  const Json& all = platform["counts"]["all"];
  CHECK(all["original"] == Exactly(5));
  CHECK(all["removed"] == Exactly(3));
  CHECK(all["remaining"] == Exactly(2));
  CHECK(all["added"] == Exactly(1));
  CHECK(all["found"] == Exactly(3));
  CHECK(all["fixable"] == Exactly(1));
  CHECK_FALSE(all.contains("accepted"));
  CHECK(platform["counts"]["Medium"]["found"] == Exactly(0));
  CHECK(platform["findings"].size() == 3);
  CHECK(platform["findings"][1]["added"] == true);
  CHECK(platform["removed"].size() == 3);
  CHECK(platform["image"]["packages"] == 20);
  CHECK(platform["image"]["layers"].is_null());
  CHECK(platform["image"]["created"].is_null());
  CHECK(platform["original"]["endOfLife"] == false);
  CHECK(platform["doubts"].empty());
}

TEST_CASE("without an original, and without policies, nothing is said of either", "[cli]") {
  const HardenedWorld world;
  const Json json = ReportJson(world, 'b');
  CHECK(json["exitCode"] == 0);
  CHECK_FALSE(json.contains("original"));
  CHECK_FALSE(json.contains("policies"));
  const Json& platform = json["platforms"][0];
  CHECK(platform["counts"]["all"].size() == 2);
  CHECK_FALSE(platform.contains("removed"));
  CHECK_FALSE(platform["findings"][0].contains("added"));
}

TEST_CASE("an exception is shown with who accepts and until when, and its finding stays counted", "[cli]") {
  const HardenedWorld world;
  WriteException(world, "CVE-2");
  const std::vector<std::string> asked = {"--policies", world.Path("policies"), "-n", "shop"};
  const auto output = world.Run(ReportOf(world, 'b', asked));
  CHECK(output.code == ExitCode::kPass);
  CHECK(output.out.contains(
      "accepted     CVE-2 in pkg:deb/debian/openssl by VulnerabilityException/shop/accepted until 2026-04-01T00:00:00Z: "
      "not reachable (team-shop)"));
  const Json json = ReportJson(world, 'b', asked);
  const Json& platform = json["platforms"][0];
  CHECK(platform["counts"]["Critical"]["accepted"] == Exactly(1));
  CHECK(platform["counts"]["Critical"]["found"] == Exactly(1));
  CHECK(platform["findings"][0]["accepted"]["waiver"] == "VulnerabilityException/shop/accepted");
  CHECK(platform["findings"][0]["accepted"]["until"] == "2026-04-01T00:00:00Z");
  CHECK(json["policies"] == Json::array({"ClusterImageAdmissionPolicy/production"}));
  const Json elsewhere = ReportJson(world, 'b', {"--policies", world.Path("policies"), "-n", "other"});
  CHECK(elsewhere["platforms"][0]["counts"]["Critical"]["accepted"] == Exactly(0));
}

TEST_CASE("what cannot be told is unknown and exits with 2", "[cli]") {
  const HardenedWorld world;
  const auto unscanned = world.Run(ReportOf(world, 'c', {"--original", ImageOf('a')}));
  CHECK(unscanned.code == ExitCode::kCouldNotTell);
  CHECK(unscanned.out.contains("Unscanned: there is no scan of " + DigestOf('c')));
  CHECK(unscanned.out.contains("Critical             2   unknown   unknown   unknown   unknown   unknown"));
  CHECK(unscanned.out.contains("packages     unknown; original 200"));
  const Json no_original = ReportJson(world, 'b', {"--original", ImageOf('c')});
  CHECK(no_original["verdict"] == "could-not-tell");
  CHECK(no_original["doubts"][0]["about"] == "original");
  CHECK(no_original["doubts"][0]["reason"] == "Unscanned");
  CHECK(no_original["platforms"][0]["original"].is_null());
  CHECK(no_original["platforms"][0]["counts"]["all"]["removed"] == kNotKnown);
  CHECK(no_original["platforms"][0]["counts"]["all"]["found"] == Exactly(3));

  Json failed = StatusOf({});
  failed["results"][0]["outcome"] = "Failed";
  failed["results"][0]["reason"] = "out of memory";
  WriteStatus(world, 'd', failed);
  const Json of_failed = ReportJson(world, 'd');
  CHECK(of_failed["exitCode"] == 2);
  CHECK(of_failed["platforms"][0]["counts"]["all"]["found"] == kNotKnown);
  CHECK(of_failed["platforms"][0]["doubts"][0]["reason"] == "ScanFailed");

  Json cut = StatusOf({FindingOf("CVE-1", "Critical")});
  cut["truncatedFindings"] = 7;
  WriteStatus(world, 'e', cut);
  const auto of_cut = world.Run(ReportOf(world, 'e'));
  CHECK(of_cut.code == ExitCode::kCouldNotTell);
  CHECK(of_cut.out.contains("FindingsTruncated: 7 of 8 findings were cut from the ImageScan"));
  CHECK(of_cut.out.contains(">=1"));
}

TEST_CASE("findings of which nobody says whether there is a fix make the report doubtful", "[cli]") {
  const HardenedWorld world;
  WriteStatus(world, 'c', StatusOf({FindingOf("CVE-1", "High", "Available"), FindingOf("CVE-2", "High", "Unknown")}));
  const Json json = ReportJson(world, 'c');
  CHECK(json["exitCode"] == 2);
  CHECK(json["platforms"][0]["counts"]["all"]["fixable"] == Json({{"atLeast", 1}, {"atMost", 2}}));
  CHECK(json["platforms"][0]["doubts"][0]["reason"] == "FindingIncomplete");
}

TEST_CASE("a broken scan of the image, and a broken policy, make the report doubtful", "[cli]") {
  const HardenedWorld world;
  const std::string name = "sha256-" + std::string(64, 'c');
  world.Write("scans/" + name + ".json", R"({"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": ")" + name +
                                             R"("}, "spec": {"digest": "none"}})");
  CHECK(ReportJson(world, 'c')["doubts"][0]["reason"] == "ScanInvalid");
  CHECK(ReportJson(world, 'b')["exitCode"] == 0);
  world.Write("policies/broken.yaml",
              "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: broken}\nspec: {}\n");
  const Json json = ReportJson(world, 'b', {"--policies", world.Path("policies")});
  CHECK(json["exitCode"] == 2);
  CHECK(json["doubts"][0]["reason"] == "PolicyInvalid");
  CHECK(json["platforms"][0]["counts"]["all"]["accepted"] == kNotKnown);
}

TEST_CASE("each platform is compared with the original's scan of the same platform", "[cli]") {
  const World world;
  for (const auto& [letter, platform, index] :
       {std::tuple('1', "amd64", '9'), std::tuple('2', "arm64", '9'), std::tuple('3', "amd64", '8')}) {
    Json status = StatusOf({FindingOf(std::string("CVE-") + letter, "High")});
    status["indexDigests"] = Json::array({DigestOf(index)});
    WriteStatus(world, letter, status, platform);
  }
  const Json json = ReportJson(world, '9', {"--original", ImageOf('8')});
  REQUIRE(json["platforms"].size() == 2);
  for (const Json& platform : json["platforms"]) {
    const bool has_original = platform["platform"] == "linux/amd64";
    CHECK(platform["original"].is_null() == !has_original);
    CHECK(platform["doubts"].empty() == has_original);
  }
  CHECK(json["exitCode"] == 2);
}

TEST_CASE("a wrong report command line exits with 3", "[cli]") {
  const World world;
  const std::string scans = world.Path("scans");
  for (const auto& [arguments, text] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"report", "nginx:1", "--scans", scans}, "needs the digest"},
           {{"report", ImageOf('a'), "--scans", scans, "--original", "nginx"}, "--original: needs the digest"},
           {{"report", ImageOf('a')}, "needs --scans DIR"},
           {{"report", "--scans", scans}, "needs IMAGE"},
           {{"report", ImageOf('a'), "--scans", scans, "-o", "sarif"}, "--output: sarif is none of table, json, html."},
           {{"report", ImageOf('a'), "--scans", scans, "--now", "today"}, "--now"}}) {
    const auto output = world.Run(arguments);
    CAPTURE(arguments);
    CHECK(output.code == ExitCode::kUsage);
    CHECK_THAT(output.err, Catch::Contains(text));
  }
  CHECK(world.Run({"report", ImageOf('a'), "--scans", world.Path("nowhere")}).code == ExitCode::kCouldNotTell);
}

// What a scanner, an image and the name of a file can say, in every place where it is shown.
struct HostileWorld : World {
  HostileWorld() {
    const std::string hostile = Json::parse("\"" + std::string(kHostile) + "\"").get<std::string>();
    Json finding = FindingOf("CVE-1" + hostile, "Critical", "Available");
    finding["package"] = "pkg:deb/" + hostile;
    finding["version"] = hostile;
    finding["fixedIn"] = hostile;
    finding["aliases"] = Json::array({hostile});
    Json status = StatusOf({finding});
    status["results"][0]["version"] = hostile;
    status["results"][0]["reason"] = hostile;
    status["results"][0]["outcome"] = "Partial";
    status["os"] = {{"family", hostile.substr(0, 60)}, {"name", hostile.substr(0, 60)}};
    WriteStatus(*this, 'a', status);
    WriteStatus(*this, 'b', status);
    Write("policies/<script>alert(3)<script>.yaml", "kind: [");
  }
};

TEST_CASE("whatever a scan says is text on the page and nothing else", "[cli][attack]") {
  const HostileWorld world;
  const auto output = world.Run(ReportOf(world, 'b', {"--original", ImageOf('a'), "--policies", world.Path("policies"), "-o", "html"}));
  CHECK(output.code == ExitCode::kCouldNotTell);
  const std::string& page = output.out;
  static const std::set<std::string> kKnown = {
      "!DOCTYPE",   "html", "head", "meta", "title", "style", "body",    "main",  "h1",    "h2", "h3", "p",  "code", "section", "figure",
      "figcaption", "svg",  "desc", "rect", "text",  "table", "caption", "thead", "tbody", "tr", "th", "td", "ul",   "li",      "footer"};
  for (const std::string& tag : TagsOf(page)) {
    CAPTURE(tag);
    CHECK(kKnown.contains(tag.substr(0, tag.find(' '))));
    CHECK_FALSE(tag.contains(" on"));
    CHECK_FALSE(tag.contains("src="));
    CHECK_FALSE(tag.contains("href="));
  }
  CHECK(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK(page.contains("&amp;amp;"));
  CHECK(std::ranges::all_of(page, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST_CASE("hostile text reaches neither terminal nor JSON unescaped", "[cli][attack]") {
  const HostileWorld world;
  const std::vector<std::string> asked = {"--original", ImageOf('a'), "--policies", world.Path("policies")};
  for (const char* format : {"table", "json"}) {
    std::vector<std::string> more = asked;
    more.insert(more.end(), {"-o", format});
    const std::string out = world.Run(ReportOf(world, 'b', more)).out;
    CHECK_FALSE(out.contains('\033'));
    CHECK_FALSE(out.contains("\u202e"));
    if (std::string(format) == "json") CHECK(Json::parse(out)["schema"] == "hullctl/report/v1");
  }
}

TEST_CASE("the page forbids scripts and whatever would be loaded, and names its style by its hash", "[cli]") {
  const HardenedWorld world;
  const std::string page = world.Run(ReportOf(world, 'b', {"--original", ImageOf('a'), "-o", "html"})).out;
  CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  TagsOf(page);
  const auto begin = page.find("<style>") + 7;
  const std::string style = page.substr(begin, page.find("</style>") - begin);
  CHECK(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-" + EncodeBase64(verify::Sha256(style)) +
                      "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\""));
  CHECK(page.find("Content-Security-Policy") < begin);
  CHECK(style.contains("prefers-color-scheme: dark"));
  CHECK_FALSE(style.contains("url("));
}

TEST_CASE("the page plots what it tells, and tells it in words too", "[cli]") {
  const HardenedWorld world;
  const std::string page = world.Run(ReportOf(world, 'b', {"--original", ImageOf('a'), "-o", "html"})).out;
  CHECK(page.contains("<desc id=\"plot-0-changes-text\">Critical: original 2, removed 1, remaining 1, added 0. High:"));
  CHECK(page.contains("<desc id=\"plot-0-share-text\">Critical: found 1, fixable 0. High: found 1, fixable 1."));
  CHECK(page.contains("<rect class=\"remaining\""));
  CHECK(page.contains("3 removed (60 %)"));
  const std::string alone = world.Run(ReportOf(world, 'b', {"-o", "html"})).out;
  CHECK_FALSE(alone.contains("plot-0-changes"));
  CHECK(alone.contains("plot-0-share"));
  const std::string unknown = world.Run(ReportOf(world, 'c', {"-o", "html"})).out;
  CHECK(unknown.contains("Critical: found unknown, fixable unknown."));
  CHECK(unknown.contains("What could not be told"));
}

}  // namespace hullwright::cli::testing
