// A scan as the engine reads it: the content of an api::ImageScan in a compact, immutable form, because a cluster has ten thousands of
// them in memory (about 150 bytes a finding instead of 500).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/image_scan.h"

namespace hullwright::policy {

// Times of a finding in seconds since 1970, which is as exact as reports are; 0: not known.
struct FindingTimes {
  std::uint32_t published = 0, first_seen = 0, fix_first_seen = 0;

  std::optional<Time> Published() const { return ToTime(published); }
  std::optional<Time> FirstSeen() const { return ToTime(first_seen); }
  std::optional<Time> FixFirstSeen() const { return ToTime(fix_first_seen); }

 private:
  static std::optional<Time> ToTime(std::uint32_t seconds) {
    return seconds == 0 ? std::nullopt : std::optional(Time(std::chrono::seconds(seconds)));
  }
};

// Positions in ScanRecord::diff_ids, both included.
struct LayerSpan {
  std::uint16_t first = 0, last = 0;
};

// Views into the record they came from.
struct FindingView {
  std::string_view id, package, version, fixed_in;
  std::string_view aliases;   // separated by '\n'
  std::string_view scanners;  // separated by '\n'
  api::Severity severity = api::Severity::kUnknown;
  api::FixState fix = api::FixState::kUnknown;
  api::Layer layer = api::Layer::kUnknown;
  std::optional<LayerSpan> layers;  // the package came with these, or with some of them
  std::optional<Decimal> cvss;
  FindingTimes times;
  // first_seen and fix_first_seen are those of other repositories than the image's, and may have begun anew there (grace.h).
  bool clocks_are_elsewhere = false;

  bool HasName(std::string_view id_or_alias) const;  // without case: "cve-2024-1" is "CVE-2024-1"
  std::vector<std::string_view> Aliases() const;
  // visit(name) for the id and each alias; allocates nothing.
  template <class Visit>
  void ForEachName(Visit visit) const {
    visit(id);
    for (std::string_view rest = aliases; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      visit(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  // A finding that names no scanner counts as seen by each: leaving a name out must not hide a finding.
  bool SeenBy(std::string_view scanner) const;
};

// Immutable, thread-safe.
class ScanRecord {
 public:
  explicit ScanRecord(const api::ImageScan& scan);

  const Digest& digest() const { return digest_; }
  const std::vector<Digest>& index_digests() const { return index_digests_; }
  const std::vector<std::string>& repositories() const { return repositories_; }
  const std::string& platform() const { return platform_; }  // "linux/amd64", "" when unknown
  const std::vector<api::ScanResult>& results() const { return results_; }
  const std::vector<api::FindingCount>& counts() const { return counts_; }
  std::int64_t truncated_findings() const { return truncated_findings_; }
  // Whether the operating system gets no more fixes, and how many secrets were found; nullopt: no scanner said so.
  std::optional<bool> end_of_life() const { return end_of_life_; }
  const std::string& operating_system() const { return operating_system_; }  // "debian 11.9", "" when unknown
  std::optional<std::int64_t> secrets() const { return secrets_; }
  // What the scanner says of the image; what no scanner said is nullopt or empty.
  const api::ImageFacts& image() const { return image_; }
  std::optional<std::int64_t> package_count() const { return package_count_; }

  std::size_t size() const { return rows_.size(); }
  std::size_t name_count() const { return name_count_; }  // ids and aliases of all findings
  FindingView Finding(std::size_t index) const;

  // What the findings and their text occupy.
  std::size_t finding_bytes() const { return rows_.capacity() * sizeof(Row) + text_.capacity(); }

 private:
  struct Slice {  // of text_; equal strings of one record share their bytes
    std::uint32_t offset = 0, length = 0;
  };
  static constexpr LayerSpan kNoLayers{1, 0};  // spans nothing: the finding carries no layers
  struct Row {
    Slice id, package, version, fixed_in, aliases, scanners;
    std::int32_t cvss_millionths = -1;  // -1: the finding carries no score
    api::Severity severity : 8;
    api::FixState fix : 8;
    api::Layer layer : 8;
    LayerSpan layers = kNoLayers;
    FindingTimes times;
  };
  std::string_view Text(Slice slice) const { return std::string_view(text_).substr(slice.offset, slice.length); }

  Digest digest_;
  std::string platform_;
  std::vector<Digest> index_digests_;
  std::vector<std::string> repositories_;
  std::vector<api::ScanResult> results_;
  std::vector<api::FindingCount> counts_;
  std::int64_t truncated_findings_ = 0;
  std::optional<bool> end_of_life_;
  std::string operating_system_;
  std::optional<std::int64_t> secrets_, package_count_;
  api::ImageFacts image_;
  std::vector<Row> rows_;
  std::size_t name_count_ = 0;
  std::string text_;
};

// The ImageScan that it was made of, as far as decisions read it: a record of that is the same as this one.
api::ImageScan ToImageScan(const ScanRecord& record);

}  // namespace hullwright::policy
