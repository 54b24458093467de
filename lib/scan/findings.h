// The findings of a scan as a set: one per (id, package, version), in the order in which they are kept and shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/image_scan.h"

namespace hullwright::scan {

// More aliases than this and the rest is dropped; the report is then Partial, because a rule may name a dropped one.
inline constexpr std::size_t kMaxAliases = 64;

// Gathers findings while a report is read. The same vulnerability found on several paths is one finding: the stricter severity, the higher
// score and an available fix win, and its layers are those of all paths.
class FindingSet {
 public:
  void Add(api::Finding finding);

  std::size_t size() const { return findings_.size(); }
  bool dropped_aliases() const { return dropped_aliases_; }
  // Sorted (SortFindings). Leaves the set empty.
  std::vector<api::Finding> Take();

 private:
  std::vector<api::Finding> findings_;
  std::unordered_map<std::string, std::size_t> index_;  // key to place in findings_
  bool dropped_aliases_ = false;
};

// What two reports of one finding amount to, written into kept: stricter severity, higher score, the better known fix, earliest times,
// aliases and scanners of both. Its layers are those of both: not known where one of them does not know its own. False when aliases had to
// be dropped.
[[nodiscard]] bool Join(api::Finding& kept, const api::Finding& other);

// What spans both ranges, written into kept; not known where one of them is not.
void JoinLayers(std::optional<api::LayerRange>& kept, const std::optional<api::LayerRange>& other);

// The earlier of two times, whichever is known, written into kept.
void KeepEarlier(std::optional<Time>& kept, const std::optional<Time>& other);

// Most severe first, then by score, id, package and version: the same findings are always in the same order.
void SortFindings(std::vector<api::Finding>& findings);

// How many there are of each severity, fix and layer, most severe first.
std::vector<api::FindingCount> CountFindings(const std::vector<api::Finding>& findings);

// Those that the scanner has found, alone or with others.
std::vector<api::Finding> WitnessedBy(const std::vector<api::Finding>& findings, const std::string& scanner);

// The severity that a scanner's word means, without regard to case; a word nobody knows is Unknown.
api::Severity ParseSeverity(std::string_view word);

// A CVSS base score as scanners give it. Zero is how they write "none given" and anything above 10 is no score: both are not known.
std::optional<Decimal> ParseScore(double score);

}  // namespace hullwright::scan
