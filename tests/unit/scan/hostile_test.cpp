// Hostile reports of every format: refused with a reason, never half read.
#include <catch2/catch.hpp>
#include <functional>
#include <utility>

#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

std::vector<std::pair<std::string, json>> EveryFormat() {
  return {{"trivy", TrivyReport({TrivyFinding("CVE-2026-1")})},
          {"grype", GrypeReport({GrypeMatch("CVE-2026-1")})},
          {"snyk", SnykReport()},
          {"snyk list", json::array({SnykReport()})},
          {"sarif", SarifReport()},
          {"harbor", HarborReport()},
          {"harbor keyed", json{{kHarborType, HarborReport()}}},
          {"clair", ClairReport()},
          {"trivy-operator", OperatorReport()},
          {"cyclonedx", CycloneDxReport()},
          {"cosign", CarriedPredicate()},
          {"in-toto", ListedPredicate()},
          {"cosign statement", StatementOf(CarriedPredicate())},
          {"in-toto statement", StatementOf(ListedPredicate())}};
}

// Each scalar of the document replaced by the value, one at a time.
void ForEachScalarReplaced(const json& document, const json& value, const std::function<void(const json&)>& use) {
  const json flat = document.flatten();  // items() does not keep it
  for (const auto& [pointer, old] : flat.items()) {
    json bent = document;
    bent[json::json_pointer(pointer)] = value;
    use(bent);
  }
}

}  // namespace

TEST_CASE("Every format is recognised by its own marks and gives a finding", "[scan]") {
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name);
    CHECK(Decoded(report).findings.size() >= 1);
  }
}

TEST_CASE("A report nested too deeply is refused in every format", "[scan]") {
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name);
    std::string text = report.dump();
    const std::string deep = "{\"deep\":" + std::string(1000, '[') + std::string(1000, ']') + "}";
    text.insert(text.rfind(report.is_array() ? ']' : '}'), report.is_array() ? "," + deep : ",\"extra\":" + deep);
    CHECK(Refused(text).code == ErrorCode::kTooLarge);
  }
}

TEST_CASE("A report with a key twice is refused in every format", "[scan]") {
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name);
    std::string text = report.dump();
    const std::size_t brace = text.find('{');
    const std::size_t end = text.find(':', brace);
    text.insert(brace + 1, text.substr(brace + 1, end - brace - 1) + ":null,");
    const Error error = Refused(text);
    CHECK(error.code == ErrorCode::kInvalidInput);
    CHECK_THAT(error.message, Catch::Contains("twice") || Catch::Contains("duplicate"));
  }
}

TEST_CASE("A report that is no UTF-8, or has numbers that are none, is refused in every format", "[scan]") {
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name);
    for (const std::string value : {"\"\xff\xfe\"", "NaN", "1e999", "Infinity", "\"\\ud800\""}) {
      CAPTURE(value);
      std::string text = report.dump();
      text.insert(text.find('{') + 1, "\"hostile\":" + value + ",");
      CHECK(Refused(text).code == ErrorCode::kInvalidInput);
    }
  }
}

TEST_CASE("A report of too many findings or bytes is refused in every format, not cut", "[scan]") {
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name);
    CHECK(Refused(report, {.max_bytes = 100}).code == ErrorCode::kTooLarge);
    CHECK(Refused(report, {.max_findings = 0}).code == ErrorCode::kTooLarge);
  }
}

TEST_CASE("Huge scores are no scores in every format", "[scan]") {
  for (const double hostile : {1e308, -1.0, 10.1, 0.0}) {
    for (const auto& [name, report] : EveryFormat()) {
      CAPTURE(name, hostile);
      json flat = report.flatten();
      for (auto& value : flat) {
        if (value.is_number_float()) value = hostile;
      }
      for (const auto& finding : Decoded(flat.unflatten()).findings) {
        if (name.find("in-toto") == std::string::npos) CHECK_FALSE(finding.cvss);
      }
    }
  }
}

TEST_CASE("Whatever value stands in a report, it is read or refused with a reason in one line", "[scan]") {
  const json value = GENERATE(json(nullptr), json(true), json(-1), json(1e308), json(""), json("\n"), json(std::string(2000, 'x')),
                              json("sha256:short"), json::array(), json::object(), json::array({json::array()}));
  for (const auto& [name, report] : EveryFormat()) {
    CAPTURE(name, value.dump().substr(0, 40));
    ForEachScalarReplaced(report, value, [](const json& bent) {
      const auto decoded = DecodeReport(bent.dump());
      if (decoded) return;
      CHECK_FALSE(decoded.error().message.empty());
      CHECK(decoded.error().message.find('\n') == std::string::npos);
    });
  }
}
