#include "scan/kev.h"

#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"

namespace hullwright::scan {
namespace {

constexpr const char* kCatalogue = R"({"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2025.02.21",
  "dateReleased": "2025-02-21T19:59:57.1862Z", "count": 2, "vulnerabilities": [
  {"cveID": "CVE-2021-44228", "vendorProject": "Apache", "dateAdded": "2021-12-10", "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known", "cwes": []},
  {"cveID": "CVE-2025-24989", "dateAdded": "2025-02-21", "dueDate": "2025-03-14", "knownRansomwareCampaignUse": "Unknown"}]})";

std::string KevMistake(const std::string& json) {
  const auto known = DecodeKev(json);
  return known ? "" : known.error().message;
}

std::string OneEntry(const std::string& members) {
  return R"({"dateReleased": "2025-02-21T00:00:00Z", "vulnerabilities": [{)" + members + "}]}";
}

}  // namespace

TEST_CASE("CISA's catalogue is read with its release, deadlines and ransomware", "[scan]") {
  const auto known = DecodeKev(kCatalogue);
  REQUIRE(known);
  CHECK(known->version == "2025.02.21");
  CHECK(known->date == *ParseRfc3339("2025-02-21T19:59:57.186Z"));
  const policy::KnownExploit* log4shell = known->Find(*policy::ParseCve("CVE-2021-44228"));
  REQUIRE(log4shell != nullptr);
  CHECK(Time(std::chrono::days(log4shell->due_day)) == *ParseRfc3339("2021-12-24T00:00:00Z"));
  CHECK(log4shell->in_ransomware);
  CHECK_FALSE(known->Find(*policy::ParseCve("CVE-2025-24989"))->in_ransomware);
  CHECK(known->Find(*policy::ParseCve("CVE-2025-24990")) == nullptr);
}

TEST_CASE("a list alone is as old as what was added to it last", "[scan]") {
  const auto known =
      DecodeKev(R"([{"cveID": "CVE-2025-1", "dateAdded": "2025-02-01"}, {"cveID": "CVE-2025-1234", "dateAdded": "2025-02-20"}])");
  CHECK_FALSE(known);  // CVE-2025-1 is no CVE: four digits
  const auto list =
      DecodeKev(R"([{"cveID": "CVE-2025-1233", "dateAdded": "2025-02-20"}, {"cveID": "CVE-2025-1234", "dateAdded": "2025-02-01"}])");
  REQUIRE(list);
  CHECK(list->date == *ParseRfc3339("2025-02-20T00:00:00Z"));
  CHECK(list->Find(*policy::ParseCve("CVE-2025-1234"))->due_day == 0);
}

TEST_CASE("a catalogue that is cut, empty, undated or wrong is refused with the place", "[scan]") {
  CHECK_THAT(KevMistake(R"({"dateReleased": "2025-02-21T00:00:00Z", "count": 3, "vulnerabilities": [{"cveID": "CVE-2025-1234"}]})"),
             Catch::StartsWith("count: "));
  CHECK_THAT(KevMistake(R"({"dateReleased": "2025-02-21T00:00:00Z", "vulnerabilities": []})"), Catch::Contains("lists none"));
  CHECK_THAT(KevMistake("[]"), Catch::Contains("lists none"));
  CHECK_THAT(KevMistake("{}"), Catch::StartsWith("vulnerabilities: must be a list"));
  CHECK_THAT(KevMistake("7"), Catch::StartsWith("vulnerabilities: must be a list"));
  CHECK_THAT(KevMistake(R"([{"cveID": "CVE-2025-1234"}])"), Catch::StartsWith("dateReleased: is missing"));
  CHECK_THAT(KevMistake(OneEntry(R"("cveID": 7)")), Catch::Equals("vulnerabilities[0]: cveID: must be a text, not integer"));
  CHECK_THAT(KevMistake(OneEntry("")), Catch::StartsWith("vulnerabilities[0]: cveID: \"\" is no CVE"));
  // A name that ParseCve does not take can be in no catalogue, so a finding of that name is one that is not listed.
  CHECK_THAT(KevMistake(OneEntry(R"("cveID": "CVE-2026-33554432")")), Catch::Contains("is no CVE"));
  CHECK_THAT(KevMistake(OneEntry(R"("cveID": "CVE-2025-1234", "dueDate": "soon")")),
             Catch::StartsWith("vulnerabilities[0]: dueDate: \"soon\""));
  CHECK_THAT(KevMistake(OneEntry(R"("cveID": "CVE-2025-1234", "knownRansomwareCampaignUse": true)")), Catch::Contains("must be a text"));
  CHECK_THAT(
      KevMistake(
          R"({"dateReleased": "2025-02-21T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2025-1234"}, {"cveID": "cve-2025-1234"}]})"),
      Catch::Contains("twice"));
  CHECK(DecodeKev(kCatalogue, {.max_entries = 1}).error().code == ErrorCode::kTooLarge);
  CHECK(DecodeKev(kCatalogue, {.max_bytes = 100}).error().code == ErrorCode::kTooLarge);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample of CISA's catalogue decodes fully", "[scan]") {
  const std::string text = test::Sample("format-kev.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const auto known = DecodeKev(text);
  REQUIRE(known);
  CHECK(known->entries.size() == 4);
  CHECK(known->date == *ParseRfc3339("2025-02-21T00:00:00Z"));
  const policy::KnownExploit* portal = known->Find(*policy::ParseCve("CVE-2025-0108"));
  REQUIRE(portal != nullptr);
  CHECK(Time(std::chrono::days(portal->due_day)) == *ParseRfc3339("2025-03-11T00:00:00Z"));
  CHECK_FALSE(portal->in_ransomware);
}

}  // namespace hullwright::scan
