#include "evidence/folder_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

namespace fs = std::filesystem;
using policy::ReasonWord;
using testing::TemporaryDirectory;

constexpr std::chrono::seconds kPatience{10};

// policies/ and scans/ in a folder of the test.
struct Folders {
  Folders() {
    fs::create_directory(root.path() / "policies");
    fs::create_directory(root.path() / "scans");
  }

  std::vector<Folder> List() const { return {{(root.path() / "policies").string(), true}, {(root.path() / "scans").string(), false}}; }
  fs::path Policies(std::string_view name) const { return root.path() / "policies" / name; }
  void Policy(std::string_view name, std::string_view text) const { root.Write(fmt::format("policies/{}", name), text); }
  void Scan(std::string_view name, std::string_view text) const { root.Write(fmt::format("scans/{}", name), text); }
  void Scan(char digit, std::string_view severity) const { Scan(ScanName(digit) + ".json", ScanText(digit, severity)); }

  // Replaces a file as a careful writer does.
  void Replace(std::string_view name, std::string_view text) const {
    root.Write("policies/.new", text);
    fs::rename(Policies(".new"), Policies(name));
  }

  TemporaryDirectory root;
};

std::unique_ptr<FolderSource> Watch(const Folders& folders, Catalogue& catalogue,
                                    std::chrono::milliseconds poll = std::chrono::seconds(10)) {
  FolderOptions options;
  options.settle = std::chrono::milliseconds(5);
  options.poll = poll;
  auto source = FolderSource::Start(folders.List(), catalogue, options);
  REQUIRE(source);
  return std::move(*source);
}

template <class Condition>
void Eventually(Condition&& condition) {
  REQUIRE(testing::WaitUntil(condition, kPatience));
}

std::vector<std::string> ProblemTexts(const Catalogue& catalogue) {
  std::vector<std::string> texts;
  for (const auto& problem : catalogue.Problems()) {
    texts.push_back(fs::path(problem.origin).filename().string() + " " + problem.object + (problem.last_good_in_force ? " last good" : ""));
  }
  return texts;
}

TEST_CASE("folders of YAML and JSON become policies, namespaces and scans", "[evidence]") {
  const Folders folders;
  folders.Policy("all.yaml", PolicyText("production") + "---\n" + NamespaceText("shop", "prod"));
  folders.Scan('a', "Critical");
  folders.Scan('b', "Low");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(catalogue.Problems().empty());
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});
  CHECK(DecideOnDigest(catalogue, 'b').outcome == policy::Outcome::kPass);
  CHECK(WordsOf(DecideOnDigest(catalogue, 'c')) == Words{ReasonWord::kUnscanned});
  CHECK(catalogue.Namespaces()->at("shop").at("env") == "prod");
}

TEST_CASE("sub-folders are read one level deep, dot files and other endings never", "[evidence]") {
  const Folders folders;
  fs::create_directories(folders.Policies("team/deeper"));
  fs::create_directories(folders.Policies(".git"));
  folders.Policy("team/one.yml", PolicyText("one"));
  folders.Policy("team/deeper/two.yaml", PolicyText("two"));
  folders.Policy(".git/three.yaml", PolicyText("three"));
  folders.Policy(".four.yaml", PolicyText("four"));
  folders.Policy("README.md", "no object");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(catalogue.Policies()->policy_count() == 1);
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("a folder inside another that is given too is read once, as what it is given for", "[evidence]") {
  const TemporaryDirectory root;
  fs::create_directory(root.path() / "scans");
  root.Write("policy.yaml", PolicyText("production"));
  root.Write("scans/a.json", ScanText('a'));
  Catalogue catalogue;
  REQUIRE(LoadFolders({{root.path().string(), true}, {(root.path() / "scans").string() + "/", false}}, catalogue));
  CHECK(ProblemTexts(catalogue).empty());
  CHECK(catalogue.Scans().size() == 1);
}

TEST_CASE("a policy that does not decode denies what its match covers and nothing else", "[evidence]") {
  const Folders folders;
  folders.Policy("broken.yaml",
                 "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: broken}\n"
                 "spec: {match: {images: [\"registry.example/shop/**\"]}, enforcement: {newImages: Dney}}\n");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(WordsOf(DecideOn(catalogue, "registry.example/shop/api@" + DigestText('a'))) == Words{ReasonWord::kPolicyInvalid});
  CHECK(DecideOn(catalogue, "registry.example/other/api@" + DigestText('a')).allowed());
  CHECK(ProblemTexts(catalogue) == std::vector<std::string>{"broken.yaml ClusterImageAdmissionPolicy/broken"});
}

TEST_CASE("a policy file that cannot be read denies everything, for nobody knows what it covers", "[evidence]") {
  const Folders folders;
  const auto content = GENERATE(as<std::string>{}, "kind: [", "kind: ClusterImageAdmissionPolicy\n", "apiVersion: v1\n", "[1, 2]",
                                "apiVersion: hullwright.dev/v1alpha1\nkind: ImageAdmisionPolicy\nmetadata: {name: x}\n");
  INFO(content);
  folders.Policy("broken.yaml", content);
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK_FALSE(DecideOnDigest(catalogue, 'a').allowed());
  CHECK(catalogue.Problems().size() == 1);
}

TEST_CASE("an object of another group is refused with its place and denies nothing", "[evidence]") {
  const Folders folders;
  folders.Policy("all.yaml", PolicyText("production") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  REQUIRE(catalogue.Problems().size() == 1);
  CHECK_THAT(catalogue.Problems()[0].origin, Catch::Contains("all.yaml (document 2, line 7)"));
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kUnscanned});
}

TEST_CASE("a folder of scans holds nothing that decides", "[evidence]") {
  const Folders folders;
  folders.Scan("policy.yaml", PolicyText("smuggled"));
  folders.Scan("namespace.yaml", NamespaceText("shop", "test"));
  folders.Scan("not-an-object.json", "{");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(catalogue.Problems().size() == 3);
  CHECK(catalogue.Policies()->policy_count() == 0);
  CHECK(catalogue.Namespaces()->empty());
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
}

TEST_CASE("a corrupt scan makes its digest invalid, by the name of its file", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production"));
  folders.Scan(ScanName('a') + ".json", "{\"truncated");
  folders.Scan(ScanName('b') + ".yaml", "a: [");
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kScanInvalid});
  CHECK(WordsOf(DecideOnDigest(catalogue, 'b')) == Words{ReasonWord::kScanInvalid});
  CHECK(catalogue.Problems().size() == 2);
}

TEST_CASE("an object that comes in a second file is an error there, which takes over when the first goes", "[evidence]") {
  const Folders folders;
  folders.Policy("b.yaml", PolicyText("production", "Critical"));
  folders.Scan('1', "Low");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  folders.Policy("a.yaml", PolicyText("production", "Low"));
  Eventually([&] { return ProblemTexts(catalogue) == std::vector<std::string>{"a.yaml  last good"}; });
  CHECK(DecideOnDigest(catalogue, '1').allowed());
  fs::remove(folders.Policies("b.yaml"));
  Eventually([&] { return !DecideOnDigest(catalogue, '1').allowed(); });
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("of an object that is in two files at the start neither counts, until one of them is gone", "[evidence]") {
  const Folders folders;
  folders.Scan('1', "Low");
  const auto is_refused_whole = [](const Catalogue& catalogue) {
    return WordsOf(DecideOnDigest(catalogue, '1')) == Words{ReasonWord::kPolicyInvalid};
  };
  for (const char* const gone : {"a.yaml", "b.yaml"}) {
    INFO(gone);
    for (const char* const name : {"a.yaml", "b.yaml"}) folders.Policy(name, PolicyText("production", "Critical"));
    Catalogue catalogue;
    const auto source = Watch(folders, catalogue);
    CHECK(is_refused_whole(catalogue));
    REQUIRE(catalogue.Problems().size() == 1);
    CHECK_THAT(catalogue.Problems().front().error, Catch::Contains("already defined in") && Catch::Contains("delete one of the two"));
    // Touching one of them does not put it in force.
    folders.Replace("b.yaml", PolicyText("production", "Low"));
    folders.Policy("c.yaml", PolicyText("other", "Critical"));
    Eventually([&] { return catalogue.Counts()["ClusterImageAdmissionPolicy"] == 1; });
    CHECK(is_refused_whole(catalogue));
    fs::remove(folders.Policies("c.yaml"));
    folders.Replace("b.yaml", PolicyText("production", "Critical"));
    fs::remove(folders.Policies(gone));
    Eventually([&] { return catalogue.Problems().empty() && DecideOnDigest(catalogue, '1').allowed(); });
  }
}

TEST_CASE("of a scan that is in two files at the start neither counts", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production", "Critical"));
  folders.Scan('1', "Low");
  folders.Scan("0.json", ScanText('1', "Low"));
  Catalogue catalogue;
  REQUIRE(LoadFolders(folders.List(), catalogue));
  CHECK(WordsOf(DecideOnDigest(catalogue, '1')) == Words{ReasonWord::kScanInvalid});
}

TEST_CASE("what is no regular file, or too large, is a problem and is not waited for", "[evidence]") {
  const Folders folders;
  REQUIRE(mkfifo(folders.Policies("pipe.yaml").c_str(), 0600) == 0);
  folders.Policy("large.yaml", std::string(2000, '#'));
  fs::create_symlink("nowhere", folders.Policies("dangling.yaml"));
  Catalogue catalogue;
  FolderOptions options;
  options.max_file_bytes = 1000;
  REQUIRE(LoadFolders(folders.List(), catalogue, options));
  CHECK(catalogue.Problems().size() == 3);
  CHECK_FALSE(DecideOnDigest(catalogue, 'a').allowed());
}

TEST_CASE("a folder that cannot be read is an error at the start that names it", "[evidence]") {
  Catalogue catalogue;
  const auto missing = LoadFolders({{"/nowhere/policies", true}}, catalogue);
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, Catch::Contains("/nowhere/policies") && Catch::Contains("must exist"));
  const Folders folders;
  folders.Policy("a.yaml", PolicyText("a"));
  folders.Policy("b.yaml", PolicyText("b"));
  FolderOptions options;
  options.max_files = 1;
  CHECK_FALSE(LoadFolders(folders.List(), catalogue, options));
}

TEST_CASE("an edited policy is in force soon, a broken edit leaves the last good one and says so, a deletion ends it", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production", "Critical"));
  folders.Scan('a', "High");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  CHECK(DecideOnDigest(catalogue, 'a').allowed());

  folders.Replace("policy.yaml", PolicyText("production", "High"));
  Eventually([&] { return !DecideOnDigest(catalogue, 'a').allowed(); });

  folders.Policy("policy.yaml", "kind: [");
  Eventually([&] { return !catalogue.Problems().empty(); });
  CHECK(ProblemTexts(catalogue) == std::vector<std::string>{"policy.yaml  last good"});
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});

  folders.Policy("policy.yaml", PolicyText("production", "Hihg"));
  Eventually(
      [&] { return ProblemTexts(catalogue) == std::vector<std::string>{"policy.yaml ClusterImageAdmissionPolicy/production last good"}; });
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});

  folders.Policy("policy.yaml", PolicyText("production", "Critical"));
  Eventually([&] { return catalogue.Problems().empty(); });
  Eventually([&] { return DecideOnDigest(catalogue, 'a').allowed(); });

  folders.Policy("policy.yaml", PolicyText("production", "High"));
  Eventually([&] { return !DecideOnDigest(catalogue, 'a').allowed(); });
  fs::remove(folders.Policies("policy.yaml"));
  Eventually([&] { return DecideOnDigest(catalogue, 'a').allowed(); });
}

TEST_CASE("a document that lost its name may be any of the file's objects, which all stay", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production", "High"));
  folders.Scan('a', "High");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  folders.Policy("policy.yaml", "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {nmae: production}\n");
  Eventually([&] { return !catalogue.Problems().empty(); });
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});
  CHECK(WordsOf(DecideOnDigest(catalogue, 'b')) == Words{ReasonWord::kUnscanned});
}

TEST_CASE("a policy moved to another file is never out of force", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production", "High"));
  folders.Scan('a', "High");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  fs::rename(folders.Policies("policy.yaml"), folders.Policies("renamed.yaml"));
  folders.Policy("later.yaml", NamespaceText("done", "x"));
  bool always_denied = true;
  Eventually([&] {
    always_denied = always_denied && !DecideOnDigest(catalogue, 'a').allowed();
    return catalogue.Namespaces()->contains("done");
  });
  CHECK(always_denied);
  CHECK_FALSE(DecideOnDigest(catalogue, 'a').allowed());
}

TEST_CASE("the symlink swap of a mounted ConfigMap is noticed", "[evidence]") {
  const Folders folders;
  fs::create_directory(folders.Policies("..1"));
  fs::create_directory(folders.Policies("..2"));
  folders.Policy("..1/policy.yaml", PolicyText("production", "Critical"));
  folders.Policy("..2/policy.yaml", PolicyText("production", "High"));
  fs::create_directory_symlink("..1", folders.Policies("..data"));
  fs::create_symlink("..data/policy.yaml", folders.Policies("policy.yaml"));
  folders.Scan('a', "High");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  CHECK(catalogue.Policies()->policy_count() == 1);
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  fs::create_directory_symlink("..2", folders.Policies("..data_tmp"));
  fs::rename(folders.Policies("..data_tmp"), folders.Policies("..data"));
  Eventually([&] { return !DecideOnDigest(catalogue, 'a').allowed(); });
}

TEST_CASE("new scans, also in new sub-folders, are seen; a scan that turns corrupt keeps its last good version", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production"));
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue);
  folders.Scan('a', "Low");
  Eventually([&] { return DecideOnDigest(catalogue, 'a').allowed(); });
  fs::create_directory(folders.root.path() / "scans" / "more");
  folders.Scan("more/b.json", ScanText('b'));
  Eventually([&] { return DecideOnDigest(catalogue, 'b').allowed(); });
  folders.Scan("more/c.json", ScanText('c'));
  Eventually([&] { return DecideOnDigest(catalogue, 'c').allowed(); });

  folders.Scan(ScanName('a') + ".json", "{");
  Eventually([&] { return catalogue.Problems().size() == 1; });
  CHECK(catalogue.Problems()[0].last_good_in_force);
  CHECK(DecideOnDigest(catalogue, 'a').allowed());
  fs::remove(folders.root.path() / "scans" / (ScanName('a') + ".json"));
  Eventually([&] { return !DecideOnDigest(catalogue, 'a').allowed(); });
  CHECK(catalogue.Problems().empty());
}

TEST_CASE("a folder that goes away keeps what it held in force, and is read again when it is back", "[evidence]") {
  const Folders folders;
  folders.Policy("policy.yaml", PolicyText("production", "High"));
  folders.Scan('a', "High");
  Catalogue catalogue;
  const auto source = Watch(folders, catalogue, std::chrono::milliseconds(20));
  fs::rename(folders.root.path() / "policies", folders.root.path() / "away");
  Eventually([&] { return !catalogue.Problems().empty(); });
  CHECK(catalogue.Problems()[0].last_good_in_force);
  CHECK(WordsOf(DecideOnDigest(catalogue, 'a')) == Words{ReasonWord::kVulnerabilityForbidden});
  fs::rename(folders.root.path() / "away", folders.root.path() / "policies");
  Eventually([&] { return catalogue.Problems().empty(); });
  folders.Policy("policy.yaml", PolicyText("production", "Critical"));
  Eventually([&] { return DecideOnDigest(catalogue, 'a').allowed(); });
}

}  // namespace
}  // namespace hullwright::evidence
