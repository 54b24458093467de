#include "policy/forbidden_licenses.h"

#include <catch2/catch.hpp>

namespace hullwright::policy {
namespace {

struct Row {
  std::string_view license;
  Truth truth;
};

void Check(const std::vector<std::string>& patterns, const std::vector<Row>& rows) {
  const ForbiddenLicenses forbidden(patterns);
  for (const Row& row : rows) {
    INFO(row.license);
    CHECK(forbidden.Meets(row.license) == row.truth);
  }
}

}  // namespace

TEST_CASE("a license is forbidden by its name, without regard to case", "[policy]") {
  Check({"AGPL-*", "SSPL-1.0"}, {{"AGPL-3.0-only", Truth::kYes},
                                 {"agpl-3.0-OR-later", Truth::kYes},
                                 {"SSPL-1.0", Truth::kYes},
                                 {"SSPL-1.01", Truth::kNo},
                                 {"LAGPL-3.0", Truth::kNo},
                                 {"AGPLv3", Truth::kNo},
                                 {"MIT", Truth::kNo},
                                 {"no-such-license", Truth::kNo}});
}

TEST_CASE("a later version of a forbidden license is forbidden, by its name with the plus too", "[policy]") {
  Check({"GPL-2.0"}, {{"GPL-2.0+", Truth::kYes}, {"GPL-3.0+", Truth::kNo}});
  Check({"GPL-2.0+"}, {{"GPL-2.0+", Truth::kYes}, {"GPL-2.0", Truth::kNo}});
}

TEST_CASE("an exception makes no other license of a forbidden one", "[policy]") {
  Check({"GPL-*"}, {{"GPL-2.0-only WITH Classpath-exception-2.0", Truth::kYes}, {"Apache-2.0 WITH LLVM-exception", Truth::kNo}});
}

TEST_CASE("of licenses that all hold one suffices, of a choice all must be forbidden", "[policy]") {
  Check({"AGPL-*", "SSPL-*"}, {{"MIT AND AGPL-3.0-only", Truth::kYes},
                               {"MIT and Apache-2.0", Truth::kNo},
                               {"MIT OR AGPL-3.0-only", Truth::kUnknown},
                               {"AGPL-3.0-only OR MIT", Truth::kUnknown},
                               {"AGPL-3.0-only OR SSPL-1.0", Truth::kYes},
                               {"AGPL-3.0-only OR SSPL-1.0 OR MIT", Truth::kUnknown},
                               {"MIT OR Apache-2.0", Truth::kNo},
                               {"MIT OR LicenseRef-ours", Truth::kUnknown}});
}

TEST_CASE("AND binds closer than OR, and parentheses closer than both", "[policy]") {
  Check({"AGPL-*"}, {{"MIT OR ISC AND AGPL-3.0-only", Truth::kUnknown},
                     {"AGPL-3.0-only AND MIT OR AGPL-1.0-only", Truth::kYes},
                     {"(MIT OR ISC) AND AGPL-3.0-only", Truth::kYes},
                     {"((MIT))", Truth::kNo},
                     {"(MIT OR AGPL-3.0-only) AND ISC", Truth::kUnknown}});
}

TEST_CASE("what stands for a license that is not told is unknown, unless a pattern names it", "[policy]") {
  const std::vector<Row> unknown = {{"NOASSERTION", Truth::kUnknown},
                                    {"NONE", Truth::kUnknown},
                                    {"LicenseRef-AGPL-like", Truth::kUnknown},
                                    {"", Truth::kUnknown},
                                    {"DocumentRef-a:LicenseRef-b", Truth::kUnknown},
                                    {"AGPL:3", Truth::kUnknown},
                                    {"GPL+AGPL", Truth::kUnknown}};
  Check({"AGPL-*"}, unknown);
  Check({"LicenseRef-AGPL-*", "NONE"}, {{"LicenseRef-AGPL-like", Truth::kYes}, {"NONE", Truth::kYes}});
}

TEST_CASE("a text that is no expression is searched word by word and else unknown", "[policy]") {
  Check({"AGPL-*"}, {{"GNU Affero General Public License v3", Truth::kUnknown},
                     {"Apache License, Version 2.0", Truth::kUnknown},
                     {"MIT, AGPL-3.0-only", Truth::kYes},
                     {"see AGPL-3.0 in the file", Truth::kYes},
                     {"GPL-2+_or_AGPL-3", Truth::kYes},
                     {"https://www.gnu.org/licenses/agpl-3.0.html", Truth::kYes},
                     {"MIT OR", Truth::kUnknown},
                     {"OR MIT", Truth::kUnknown},
                     {"MIT AND AND ISC", Truth::kUnknown},
                     {"MIT WITH", Truth::kUnknown},
                     {"(MIT", Truth::kUnknown},
                     {"MIT)", Truth::kUnknown},
                     {"()", Truth::kUnknown},
                     {"MIT ISC", Truth::kUnknown},
                     {"MIT\tOR ISC", Truth::kUnknown}});
}

TEST_CASE("parentheses by the hundred are no expression", "[policy]") {
  const std::string deep = std::string(127, '(') + "MIT" + std::string(126, ')');
  Check({"AGPL-*"}, {{deep, Truth::kUnknown}, {std::string(256, '('), Truth::kUnknown}});
  Check({"MIT"}, {{deep, Truth::kYes}});
}

}  // namespace hullwright::policy
