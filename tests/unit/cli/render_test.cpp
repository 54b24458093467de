// The formats for programs, read back.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/yaml.h"
#include "cli/text.h"
#include "cli/yaml_text.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Json = nlohmann::json;

std::string TwoPods() {
  return World::Pod("good", World::GoodImage()) + "---\n" + World::Pod("bad", World::BadImage()) + "---\n" +
         World::Pod("unknown", World::UnscannedImage());
}

// What an XML reader checks first: every element is closed in order, and markup characters are escaped.
void CheckWellFormed(const std::string& xml) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while ((at = xml.find('<', at)) != std::string::npos) {
    const auto end = xml.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    REQUIRE_FALSE(tag.contains('<'));
    if (tag.starts_with("/")) {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == tag.substr(1));
      open.pop_back();
    } else if (!tag.starts_with("?") && !tag.ends_with("/")) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end;
  }
  REQUIRE(open.empty());
  for (auto amp = xml.find('&'); amp != std::string::npos; amp = xml.find('&', amp + 1)) {
    const std::string entity = xml.substr(amp, xml.find(';', amp) - amp + 1);
    CHECK((entity == "&amp;" || entity == "&lt;" || entity == "&gt;" || entity == "&quot;" || entity == "&#39;" || entity == "&#10;"));
  }
}

}  // namespace

TEST_CASE("SARIF has the parts that its readers need", "[cli]") {
  const World world;
  const Json log = Json::parse(world.Check(TwoPods(), {"-o", "sarif"}).out);
  CHECK(log["version"] == "2.1.0");
  const Json& run = log["runs"][0];
  const Json& rules = run["tool"]["driver"]["rules"];
  REQUIRE(run["results"].size() == 2);
  for (const Json& result : run["results"]) {
    CHECK(rules[result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
    CHECK(result["level"] == "error");
    CHECK(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "stdin");
    CHECK(result["locations"][0]["physicalLocation"]["region"]["startLine"].get<int>() > 0);
    CHECK(result["partialFingerprints"]["hullwright/v1"].get<std::string>().size() == 16);
    CHECK_FALSE(result["message"]["text"].get<std::string>().empty());
  }
  CHECK(run["results"][0]["ruleId"] == "VulnerabilityForbidden");
  CHECK(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 15);
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
  CHECK(run["invocations"][0]["exitCode"] == 1);
}

TEST_CASE("a fingerprint survives moved lines and differs between objects", "[cli]") {
  const World world;
  const auto fingerprints = [&](const std::string& manifest) {
    std::vector<std::string> found;
    const Json log = Json::parse(world.Check(manifest, {"-o", "sarif"}).out);
    for (const Json& result : log["runs"][0]["results"]) found.push_back(result["partialFingerprints"]["hullwright/v1"]);
    return found;
  };
  const std::string pod = World::Pod("bad", World::BadImage());
  CHECK(fingerprints(pod) == fingerprints("# one\n# two\n" + pod));
  CHECK(fingerprints(pod) != fingerprints(World::Pod("other", World::BadImage())));
}

TEST_CASE("a file name becomes a URI", "[cli]") {
  const World world;
  const std::string file = world.Write("deploy/a b%.yaml", World::Pod("bad", World::BadImage()));
  const Json log = Json::parse(world.Run({"check", "-f", file, "--policies", world.Path("policies"), "-o", "sarif"}).out);
  const std::string uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
  CHECK(uri.starts_with("file:///"));
  CHECK(uri.ends_with("/deploy/a%20b%25.yaml"));
}

TEST_CASE("JUnit counts a violation as failure and could-not-tell as error", "[cli]") {
  const std::string xml = World().Check(TwoPods(), {"-o", "junit"}).out;
  CheckWellFormed(xml);
  CHECK(xml.contains("<testsuites name=\"hullctl check\" tests=\"3\" failures=\"1\" errors=\"1\">"));
  CHECK(xml.contains("<failure type=\"VulnerabilityForbidden\""));
  CHECK(xml.contains("<error type=\"Unscanned\""));
  CHECK(xml.contains("classname=\"Pod shop/bad\""));
}

TEST_CASE("JUnit stays well formed whatever a manifest says", "[cli]") {
  const std::string pod =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: \"<a>&\\\"'\\x01]]>\"}\nspec: {containers: [{name: a, image: \"<&>'\\\"\"}]}\n";
  const auto output = World().Check(pod, {"-o", "junit"});
  CheckWellFormed(output.out);
  CHECK(output.code == ExitCode::kViolation);
  CheckWellFormed(World().Check("<not: [yaml&\n", {"-o", "junit"}).out);
}

TEST_CASE("YAML says what JSON says", "[cli]") {
  const World world;
  const std::string manifest = TwoPods() + "---\napiVersion: v1\nkind: Service\nmetadata: {name: \"yes\"}\n";
  const auto documents = ReadYaml(world.Check(manifest, {"-o", "yaml"}).out);
  REQUIRE(documents);
  REQUIRE(documents->size() == 1);
  CHECK(Json::parse((*documents)[0].json) == Json::parse(world.Check(manifest, {"-o", "json"}).out));
}

TEST_CASE("YAML text keeps values that look like something else", "[cli]") {
  const nlohmann::ordered_json value = {{"a", "yes"},
                                        {"b", "1e3"},
                                        {"c", ""},
                                        {"d", "a: b"},
                                        {"e", "x #y"},
                                        {"f", "- z"},
                                        {"g", nullptr},
                                        {"h", true},
                                        {"i", {1, -2.5, "~"}},
                                        {"j", nlohmann::ordered_json::array()},
                                        {"k", nlohmann::ordered_json::object()},
                                        {"l", {{{"m", {{"n", "o"}}}}, {{"p", {1, 2}}}}},
                                        {"null", "null"},
                                        {"q", "tab\tnew\nline"},
                                        {"r", "0755"},
                                        {"s", "é"}};
  const auto documents = ReadYaml(ToYaml(value));
  REQUIRE(documents);
  CHECK(Json::parse((*documents)[0].json) == Json::parse(value.dump()));
}

TEST_CASE("colours are only where they are wanted", "[cli]") {
  const World world;
  const std::string pod = World::Pod("api", World::BadImage());
  CHECK_FALSE(world.Check(pod).out.contains('\033'));
  Terminal terminal;
  terminal.colour = true;
  CHECK(world.Check(pod, {}, terminal).out.contains("\033[31m"));
  CHECK_FALSE(world.Check(pod, {"-o", "json"}, terminal).out.contains('\033'));
}

TEST_CASE("the table keeps to the width except for words that must stay whole", "[cli]") {
  Terminal terminal;
  terminal.width = 60;
  const std::string out = World().Check(World::Pod("api", World::BadImage()), {}, terminal).out;
  std::size_t begin = 0;
  for (auto end = out.find('\n'); end != std::string::npos; end = out.find('\n', begin)) {
    const std::string line = out.substr(begin, end - begin);
    CAPTURE(line);
    CHECK((Columns(line) <= 60 || line.find(' ', line.find_first_not_of(' ')) == std::string::npos));
    begin = end + 1;
  }
}

TEST_CASE("a control character of a manifest reaches no terminal", "[cli]") {
  const auto output =
      World().Check("apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\e[31m\"}\nspec: {containers: [{name: a, image: \"x\\ey\"}]}\n");
  CHECK_FALSE(output.out.contains('\033'));
}

TEST_CASE("text is wrapped at words with a hanging indent", "[cli]") {
  CHECK(Paragraph("- ", 2, "one two three", 9) == "- one two\n  three\n");
  CHECK(Paragraph("- ", 2, "one two three", 0) == "- one two three\n");
  CHECK(Paragraph("", 0, "averylongword x", 4) == "averylongword\nx\n");
  CHECK(Columns("\033[31m✓ é\033[0m") == 3);
}

}  // namespace hullwright::cli::testing
