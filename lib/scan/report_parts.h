// What the decoders of several formats read in the same way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/findings.h"
#include "scan/package_name.h"
#include "scan/report.h"
#include "scan/report_node.h"

namespace hullwright::scan {

// "name@sha256:…" entries as references with a digest. One that cannot be read is a mistake: left out, two digests could look like one.
std::vector<ImageReference> ReadRepoDigests(const ReportNode& node, std::string_view key);

// A digest; absent when not said, a mistake when it is none.
std::optional<Digest> ReadDigest(const ReportNode& node, std::string_view key);

// os, architecture and variant; nothing unless os and architecture are both there.
std::optional<api::Platform> ReadPlatform(const ReportNode& node);
// The same from "linux/arm64/v8".
std::optional<api::Platform> ParsePlatform(std::string_view text);

// The layers that a report lists, lowest first (rootfs.diff_ids of the image's configuration). Empty, for not known, when one of them is no
// digest or when they are more than an ImageScan keeps.
std::vector<Digest> ReadLayers(const std::vector<std::string_view>& diff_ids);
// Where in that list the layer stands, from its first place to its last (two layers may be the same); nothing where it does not.
std::optional<api::LayerRange> PlaceOf(std::string_view diff_id, const std::vector<Digest>& layers);

void AddTexts(std::vector<std::string>& list, const std::vector<std::string_view>& texts);

// One more name of the finding, unless it has it already. Stops after one more than kMaxAliases, which a FindingSet then tells.
void AddAlias(api::Finding& finding, std::string_view id);

// The CVE ids in a text, in its order, each once.
std::vector<std::string_view> CveIds(std::string_view text);

// Trivy's words for what the vendor does about a vulnerability, which those who pass Trivy's results on use too. A version that mends it is
// a fix, whatever the word beside it: the stricter reading for rules on fixable findings.
api::FixState FixOfStatus(std::string_view status, bool has_fixed_version);
inline constexpr std::string_view kNotAffected = "not_affected";  // the one word of them that says: no finding

// How a scanner calls itself, as the name of a ScanResult: "Docker Scout" is docker-scout. otherwise where nothing of it is left.
std::string ScannerName(std::string_view said, std::string_view otherwise);

// Told once, at the first one too many, of members that must be kept while others are read.
std::string TooManyOf(std::size_t most);
Error TooManyFindings(std::size_t count, const ReportLimits& limits);

// Findings as they are read, within the limits: a format that says a vulnerability once and names thousands of packages beside it can mean
// far more text than it has.
class BoundedFindings {
 public:
  explicit BoundedFindings(const ReportLimits& limits) : limits_(limits) {}

  // Before a list is read. False when there are too many in all: reading it would only cost.
  bool Announce(std::size_t count);
  // Left out once there is too much, for which Conclude refuses the report.
  void Add(api::Finding finding);
  // Too much text already: what would be added is not kept.
  bool full() const { return bytes_ > limits_.max_bytes; }
  bool empty() const { return findings_.size() == 0; }

 private:
  friend Result<Report> Conclude(Report, BoundedFindings&, const api::Mistakes&, std::string);

  const ReportLimits& limits_;
  FindingSet findings_;
  std::size_t announced_ = 0;
  std::size_t bytes_ = 0;
};

// Ends a decoder: the report is refused for its mistakes or its size; else it gets its findings and is Complete, or Partial because of the
// doubt.
Result<Report> Conclude(Report report, BoundedFindings& findings, const api::Mistakes& mistakes, std::string doubt);

// The doubt of a format that lists no packages, when it has no findings either: that is also what an image looks like that the scanner
// could not read. "" when there are findings.
std::string DoubtOfNothing(const Report& report, const BoundedFindings& findings);

}  // namespace hullwright::scan
