// EPSS scores as FIRST publishes them each day (https://epss.empiricalsecurity.com/epss_scores-YYYY-MM-DD.csv.gz), plain or gzip:
//   #model_version:v2025.03.14,score_date:2025-03-17T12:55:00Z
//   cve,epss,percentile
//   CVE-1999-0001,0.01167,0.77867
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "policy/exploitation.h"

namespace hullwright::scan {

struct EpssLimits {
  std::size_t max_bytes = 32u << 20;     // as it comes
  std::size_t max_unpacked = 64u << 20;  // some 10 MiB in 2026
  std::size_t max_rows = 1'000'000;      // some 300,000
};

// Everything is read or nothing: a column too many, a score outside 0 to 1, a CVE twice or a file that was cut is an error with its line.
Result<policy::EpssScores> DecodeEpss(std::string_view bytes, const EpssLimits& limits = {});

}  // namespace hullwright::scan
