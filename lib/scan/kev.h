// CISA's catalogue of known exploited vulnerabilities (https://www.cisa.gov/known-exploited-vulnerabilities-catalog), as JSON: the object
// that is published, or its list of vulnerabilities alone, as scanners' databases keep it.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "policy/exploitation.h"

namespace hullwright::scan {

struct KevLimits {
  std::size_t max_bytes = 8u << 20;  // some 1.5 MiB in 2026
  std::size_t max_entries = 50'000;  // some 1,500
};

// Everything is read or nothing: a wrong type or date, another number of entries than the object's count, none at all, or a CVE twice is an
// error with its path. A list alone has no date of release: that of the entry added last stands for it.
Result<policy::KnownExploits> DecodeKev(std::string_view json, const KevLimits& limits = {});

}  // namespace hullwright::scan
