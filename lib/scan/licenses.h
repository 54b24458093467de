// The licenses of a report's packages, gathered while it is read.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scan/report.h"

namespace hullwright::scan {

// Longest name of a package that is kept, in bytes: nothing is compared with it, people read it.
inline constexpr std::size_t kMaxLicensedNameBytes = 128;

class LicenseSet {
 public:
  explicit LicenseSet(const ReportLimits& limits) : limits_(limits) {}

  // One license that the report tells of a package; "" where it tells none. What is no name of a license (empty, as long as its text, with
  // line breaks, or a word that says that it is not known) counts as none told. A package that has several has all of them.
  void Add(std::string_view license, std::string package);

  // Writes the licenses into the report, in the order of their texts, as many as a result may have; the rest is counted. None at all, when
  // the report tells the license of no package: then it says nothing about licenses. Leaves the set empty.
  void MoveTo(Report& report);

 private:
  const ReportLimits& limits_;
  std::size_t kept_ = 0;  // at most limits.max_packages: what comes after that counts as one license that was cut
  bool dropped_ = false;
  // Sorted, because the names are the sender's, and so would be the collisions of a hash.
  std::map<std::string, std::set<std::string>, std::less<>> packages_;  // by license
};

// Cuts licenses, always of the result that has the most of them, until those of all results take no more than max_bytes of JSON.
void FitLicenses(std::vector<api::ScanResult>& results, std::size_t max_bytes);

}  // namespace hullwright::scan
