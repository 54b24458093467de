#include "policy/scan_record.h"

#include <algorithm>
#include <limits>
#include <memory_resource>
#include <unordered_map>

#include "base/text.h"

namespace hullwright::policy {
namespace {

// Whether a list separated by '\n' has an element for which equal(element, wanted).
template <class Equal>
bool ListHas(std::string_view list, std::string_view wanted, Equal equal) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    if (equal(list.substr(0, end), wanted)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string Joined(const std::vector<std::string>& elements) {
  std::string joined;
  for (const std::string& element : elements) {
    if (!joined.empty()) joined += '\n';
    joined += element;
  }
  return joined;
}

std::vector<std::string_view> Elements(std::string_view list) {
  std::vector<std::string_view> all;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find('\n'), list.size());
    all.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return all;
}

std::vector<std::string> Texts(std::string_view list) {
  const auto elements = Elements(list);
  return {elements.begin(), elements.end()};
}

std::int32_t CvssMillionths(const std::optional<Decimal>& cvss) {
  if (!cvss) return -1;
  // A score is at most 10.0; anything larger stays larger than every limit a policy can ask for.
  return static_cast<std::int32_t>(std::min<std::int64_t>(cvss->millionths(), std::numeric_limits<std::int32_t>::max()));
}

// "debian 11.9", as the constructor joins it.
std::optional<api::OperatingSystem> OperatingSystemOf(const ScanRecord& record) {
  const std::string& text = record.operating_system();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return api::OperatingSystem{text.substr(0, space), text.substr(space + 1), record.end_of_life()};
}

std::optional<api::LayerRange> RangeOf(const std::optional<LayerSpan>& span) {
  return span ? std::optional(api::LayerRange{span->first, span->last}) : std::nullopt;
}

api::Finding ToFinding(const FindingView& view) {
  return {.id = std::string(view.id),
          .aliases = Texts(view.aliases),
          .package = std::string(view.package),
          .version = std::string(view.version),
          .severity = view.severity,
          .cvss = view.cvss,
          .fix = view.fix,
          .fixed_in = std::string(view.fixed_in),
          .layer = view.layer,
          .layer_range = RangeOf(view.layers),
          .published = view.times.Published(),
          .first_seen = view.times.FirstSeen(),
          .fix_first_seen = view.times.FixFirstSeen(),
          .scanners = Texts(view.scanners)};
}

// A time before 1970 is long ago, one after 2106 is yet to come: neither is not known.
std::uint32_t SecondsOf(const std::optional<Time>& time) {
  if (!time) return 0;
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, std::numeric_limits<std::uint32_t>::max()));
}

// Positions that no list has stay such.
LayerSpan SpanOf(const api::LayerRange& range) {
  const auto position = [](std::int64_t value) {
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<std::uint16_t>::max()));
  };
  return {position(std::min(range.first, range.last)), position(std::max(range.first, range.last))};
}

// At most so many bytes of text does the record take.
std::size_t MostTextBytes(const std::vector<api::Finding>& findings) {
  std::size_t bytes = 0;
  const auto add_all = [&bytes](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) bytes += text.size() + 1;
  };
  for (const api::Finding& finding : findings) {
    bytes += finding.id.size() + finding.package.size() + finding.version.size() + finding.fixed_in.size();
    add_all(finding.aliases);
    add_all(finding.scanners);
  }
  return bytes;
}

// Collects the text of one record, each distinct string once: package names and scanners repeat from finding to finding.
class TextPool {
 public:
  // more than most_bytes may not be placed: then the text never moves, and what finds a string in it can look into it.
  explicit TextPool(std::size_t most_bytes) { text_.reserve(most_bytes); }
  std::uint32_t Place(std::string_view text) {
    if (const auto found = places_.find(text); found != places_.end()) return found->second;
    const std::size_t offset = text_.size();
    text_ += text;
    places_.emplace(std::string_view(text_).substr(offset), static_cast<std::uint32_t>(offset));
    return static_cast<std::uint32_t>(offset);
  }
  std::string Take() && {
    text_.shrink_to_fit();
    return std::move(text_);
  }

 private:
  std::string text_;
  std::pmr::monotonic_buffer_resource memory_;
  std::pmr::unordered_map<std::string_view, std::uint32_t> places_{&memory_};
};

}  // namespace

std::vector<std::string_view> FindingView::Aliases() const {
  return Elements(aliases);
}

bool FindingView::HasName(std::string_view id_or_alias) const {
  return EqualWithoutCase(id, id_or_alias) || ListHas(aliases, id_or_alias, EqualWithoutCase);
}

bool FindingView::SeenBy(std::string_view scanner) const {
  return scanners.empty() || ListHas(scanners, scanner, std::equal_to<std::string_view>());
}

ScanRecord::ScanRecord(const api::ImageScan& scan)
    : digest_(scan.spec.digest),
      platform_(scan.spec.platform ? scan.spec.platform->ToString() : ""),
      index_digests_(scan.status.index_digests),
      repositories_(scan.status.repositories),
      results_(scan.status.results),
      counts_(scan.status.counts),
      truncated_findings_(scan.status.truncated_findings),
      end_of_life_(scan.status.os ? scan.status.os->end_of_life : std::nullopt),
      operating_system_(scan.status.os ? scan.status.os->family + " " + scan.status.os->name : ""),
      secrets_(scan.status.secrets),
      package_count_(scan.status.package_count),
      image_(scan.status.image.value_or(api::ImageFacts())) {
  TextPool pool(MostTextBytes(scan.status.findings));
  const auto place = [&pool](std::string_view text) { return Slice{pool.Place(text), static_cast<std::uint32_t>(text.size())}; };
  rows_.reserve(scan.status.findings.size());
  for (const api::Finding& finding : scan.status.findings) {
    const std::string aliases = Joined(finding.aliases);
    name_count_ += 1 + (aliases.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(aliases, '\n')));
    rows_.push_back(Row{.id = place(finding.id),
                        .package = place(finding.package),
                        .version = place(finding.version),
                        .fixed_in = place(finding.fixed_in),
                        .aliases = place(aliases),
                        .scanners = place(Joined(finding.scanners)),
                        .cvss_millionths = CvssMillionths(finding.cvss),
                        .severity = finding.severity,
                        .fix = finding.fix,
                        .layer = finding.layer,
                        .layers = finding.layer_range ? SpanOf(*finding.layer_range) : kNoLayers,
                        .times = {.published = SecondsOf(finding.published),
                                  .first_seen = SecondsOf(finding.first_seen),
                                  .fix_first_seen = SecondsOf(finding.fix_first_seen)}});
  }
  text_ = std::move(pool).Take();
}

FindingView ScanRecord::Finding(std::size_t index) const {
  const Row& row = rows_[index];
  FindingView view{.id = Text(row.id),
                   .package = Text(row.package),
                   .version = Text(row.version),
                   .fixed_in = Text(row.fixed_in),
                   .aliases = Text(row.aliases),
                   .scanners = Text(row.scanners),
                   .severity = row.severity,
                   .fix = row.fix,
                   .layer = row.layer,
                   .layers = std::nullopt,
                   .cvss = std::nullopt,
                   .times = row.times};
  if (row.layers.first <= row.layers.last) view.layers = row.layers;
  if (row.cvss_millionths >= 0) view.cvss = Decimal::FromMillionths(row.cvss_millionths);
  return view;
}

api::ImageScan ToImageScan(const ScanRecord& record) {
  api::ImageScan scan;
  scan.metadata.name = record.digest().text();
  std::ranges::replace(scan.metadata.name, ':', '-');
  scan.spec.digest = record.digest();
  scan.spec.platform = api::Platform::Parse(record.platform());
  scan.status.index_digests = record.index_digests();
  scan.status.repositories = record.repositories();
  scan.status.results = record.results();
  scan.status.os = OperatingSystemOf(record);
  scan.status.image = record.image();
  scan.status.counts = record.counts();
  scan.status.package_count = record.package_count();
  scan.status.secrets = record.secrets();
  scan.status.truncated_findings = record.truncated_findings();
  scan.status.findings.reserve(record.size());
  for (std::size_t i = 0; i < record.size(); ++i) scan.status.findings.push_back(ToFinding(record.Finding(i)));
  return scan;
}

}  // namespace hullwright::policy
