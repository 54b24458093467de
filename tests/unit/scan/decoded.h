// What the tests of every report format do first.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "scan/report.h"
#include "support/paths.h"
#include "unit/scan/report_builder.h"

namespace hullwright::scan::test {

inline Report Decoded(const std::string& text) {
  auto decoded = DecodeReport(text);
  INFO((decoded ? "" : decoded.error().message));
  REQUIRE(decoded);
  return *decoded;
}
inline Report Decoded(const json& report) {
  return Decoded(report.dump());
}

inline Error Refused(const std::string& text, const ReportLimits& limits = {}) {
  auto decoded = DecodeReport(text, limits);
  REQUIRE_FALSE(decoded);
  return decoded.error();
}
inline Error Refused(const json& report, const ReportLimits& limits = {}) {
  return Refused(report.dump(), limits);
}

// The report is refused as broken, with the place of the mistake.
inline void CheckRefusedAt(const json& report, const std::string& place) {
  const Error error = Refused(report);
  CHECK(error.code == ErrorCode::kInvalidInput);
  CHECK_THAT(error.message, Catch::Contains(place));
}

// The finding of that id and package; there must be one.
inline api::Finding FindingIn(const Report& report, const std::string& id, const std::string& package = "") {
  for (const auto& finding : report.findings) {
    if (finding.id == id && (package.empty() || finding.package == package)) return finding;
  }
  FAIL("no finding " << id << " of " << package);
  return {};
}

// Real reports that are kept beside the source tree; "" where they are absent.
inline std::string Sample(const std::string& name) {
  std::ifstream file(testing::SourcePath("../shared/samples/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace hullwright::scan::test
