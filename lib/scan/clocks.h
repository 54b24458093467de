// When vulnerabilities were first seen. The times belong to (repository, vulnerability, package): neither a rebuild of the image, nor
// another version of the package, nor another scanner starts a grace period anew.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/image_scan.h"

namespace hullwright::scan {

// What the scans that are there already know of the repositories of a new one. Vulnerabilities go by id and by alias, without case: what
// one scanner calls by its CVE, another does by its GHSA. So do packages, by URL and by bare name. Not thread-safe.
class Clocks {
 public:
  Clocks(std::vector<std::string> repositories, Time now);

  // Whether a scan of these repositories has anything to tell, so that others need not be decoded.
  bool Concern(const std::vector<std::string>& repositories) const;

  // Every finding of the scan has its times here already.
  bool KnowAllOf(const api::ImageScan& scan) const;

  // Takes note of a scan's findings. A time that lies after now is no time: it would never let a grace period end.
  void Learn(const api::ImageScan& scan);
  // The same of one finding of these repositories.
  void Learn(const api::Finding& finding);

  // Sets firstSeen of every finding, and fixFirstSeen of those with a fix, to the earliest that is known, else to now. It is only ever set
  // back: what a finding has already stays when it is earlier.
  void Set(api::ImageScan& scan) const;

 private:
  struct Seen {
    std::optional<Time> first, fix;
  };
  void Note(const api::Finding& finding, const std::string& key);
  Seen Earliest(const api::Finding& finding) const;

  std::vector<std::string> repositories_;  // sorted
  Time now_;
  std::unordered_map<std::string, Seen> seen_;  // by name of the vulnerability and package
};

}  // namespace hullwright::scan
