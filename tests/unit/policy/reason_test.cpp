#include "policy/reason.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace hullwright::policy {
namespace {

TEST_CASE("every reason has a word of its own, a meaning and a remedy of one sentence each", "[policy]") {
  std::set<std::string_view> words;
  for (const ReasonWord word : AllReasonWords()) {
    INFO(ToString(word));
    CHECK(words.insert(ToString(word)).second);
    CHECK(ToString(word).find(' ') == std::string_view::npos);
    CHECK(MeaningOf(word).ends_with('.'));
    CHECK(RemedyFor(word).ends_with('.'));
  }
}

TEST_CASE("a reason is a violation or a could-not-tell, never a pass", "[policy]") {
  for (const ReasonWord word : AllReasonWords()) CHECK(OutcomeOf(word) != Outcome::kPass);
}

TEST_CASE("everything of the vulnerabilities family but a forbidden finding is could-not-tell", "[policy]") {
  for (const ReasonWord word : AllReasonWords()) {
    if (FamilyOf(word) != RuleFamily::kVulnerabilities) continue;
    const bool found = word == ReasonWord::kVulnerabilityForbidden || word == ReasonWord::kTooManyVulnerabilities;
    INFO(ToString(word));
    CHECK((OutcomeOf(word) == Outcome::kViolation) == found);
  }
}

TEST_CASE("outcomes have the words of the documentation", "[policy]") {
  CHECK(ToString(Outcome::kPass) == "pass");
  CHECK(ToString(Outcome::kCouldNotTell) == "could-not-tell");
  CHECK(ToString(Outcome::kViolation) == "violation");
}

}  // namespace
}  // namespace hullwright::policy
