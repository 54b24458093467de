// The parts of a posture report in words, as the table and the page show them. Texts of scans pass Printable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/image_scan.h"
#include "cli/report.h"

namespace hullwright::cli {

inline constexpr std::string_view kUnknownText = "unknown";

// "12", ">=3", "<=3", "2-5", "unknown".
std::string RangeText(const Range& range);

// One column of the counts; name is also the member's name in JSON.
struct PostureColumn {
  std::string_view name;
  Range PostureCounts::* range;
};
// Those that the report has something to say in.
std::vector<PostureColumn> ColumnsOf(const PostureReport& report);

// What is known of the image beside its findings, and of the original.
struct ReportFact {
  std::string_view name;        // "packages"
  std::string image, original;  // "142", "unknown"; original "" without one
  std::string change;           // "-54 %"; "" where there is nothing to compare
};
std::vector<ReportFact> FactsOf(const PlatformReport& platform, const PostureReport& report);

// "trivy 0.68.2: Complete, 3 h ago (2026-…), database of 6 h ago (2026-…)", one for each scanner.
std::vector<std::string> ResultsOf(const policy::ScanRecord* scan, Time now);

// "Of the original's findings (7): 5 removed (71 %), 2 remaining; 0 added. Findings: 2, of which 1 fixable."
std::string HeadlineOf(const PlatformReport& platform, const PostureReport& report);

// "image: ScanPartial: trivy could not look at everything".
std::string DoubtText(const ReportDoubt& doubt);
std::string ProblemText(const InputProblem& problem);

}  // namespace hullwright::cli
