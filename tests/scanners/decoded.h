// What the tests do with a report of a real scanner.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "api/image_scan.h"
#include "base/clock.h"
#include "scan/import.h"
#include "scan/report.h"

namespace hullwright::testing {

inline scan::Report Decoded(const std::string& text) {
  auto report = scan::DecodeReport(text);
  INFO((report ? "" : report.error().message));
  REQUIRE(report);
  return *report;
}

// Read now; the report proves the digest, or the image names it ("repository@sha256:…").
inline api::ImageScan Imported(const scan::Report& report, const std::string& image = "") {
  scan::ImportOptions options;
  options.now = SystemClock().Now();
  if (!image.empty()) options.image = ImageReference::Parse(image).value();
  auto imported = scan::ToImageScan(report, options);
  INFO((imported ? "" : imported.error().message));
  REQUIRE(imported);
  return *imported;
}

// There must be one.
inline const api::Finding& FindingOf(const scan::Report& report, const std::string& id) {
  const auto found = std::ranges::find(report.findings, id, &api::Finding::id);
  REQUIRE(found != report.findings.end());
  return *found;
}

}  // namespace hullwright::testing
