// What a finding is called, to know it again in the scan of another build or by another scanner: by any of the vulnerability's names, in
// any of the spellings of its package. Versions do not count: a package that was updated and is still vulnerable has the finding it had.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hullwright::scan {

struct FindingNames {
  std::vector<std::string> vulnerabilities;  // id and aliases, in lower case: what one scanner calls by its CVE, another does by its GHSA
  std::vector<std::string> packages;         // bare names in lower case, and the package URL without version and qualifiers
};

FindingNames NamesOf(std::string_view id, const std::vector<std::string_view>& aliases, std::string_view package);

// Findings by their names. Not thread-safe.
class FindingNameSet {
 public:
  void Add(const FindingNames& names);
  // Whether a finding was added that shares a name of the vulnerability and one of the package.
  bool Contains(const FindingNames& names) const;

 private:
  std::unordered_map<std::string, std::unordered_set<std::string>> vulnerabilities_;  // by name of the package
};

}  // namespace hullwright::scan
