#include "policy/scan_record.h"

#include <algorithm>
#include <limits>
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

std::string PlatformText(const std::optional<api::Platform>& platform) {
  if (!platform) return {};
  std::string text = platform->os + "/" + platform->architecture;
  if (!platform->variant.empty()) text += "/" + platform->variant;
  return text;
}

std::int32_t CvssMillionths(const std::optional<Decimal>& cvss) {
  if (!cvss) return -1;
  // A score is at most 10.0; anything larger stays larger than every limit a policy can ask for.
  return static_cast<std::int32_t>(std::min<std::int64_t>(cvss->millionths(), std::numeric_limits<std::int32_t>::max()));
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

// Collects the text of one record, each distinct string once: package names and scanners repeat from finding to finding.
class TextPool {
 public:
  std::uint32_t Place(const std::string& text) {
    const auto [place, is_new] = places_.try_emplace(text, static_cast<std::uint32_t>(text_.size()));
    if (is_new) text_ += text;
    return place->second;
  }
  std::string Take() {
    text_.shrink_to_fit();
    return std::move(text_);
  }

 private:
  std::string text_;
  std::unordered_map<std::string, std::uint32_t> places_;
};

}  // namespace

std::vector<std::string_view> FindingView::Aliases() const {
  std::vector<std::string_view> all;
  for (std::string_view rest = aliases; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    all.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return all;
}

bool FindingView::HasName(std::string_view id_or_alias) const {
  return EqualWithoutCase(id, id_or_alias) || ListHas(aliases, id_or_alias, EqualWithoutCase);
}

bool FindingView::SeenBy(std::string_view scanner) const {
  return scanners.empty() || ListHas(scanners, scanner, std::equal_to<std::string_view>());
}

ScanRecord::ScanRecord(const api::ImageScan& scan)
    : digest_(scan.spec.digest),
      platform_(PlatformText(scan.spec.platform)),
      index_digests_(scan.status.index_digests),
      results_(scan.status.results),
      counts_(scan.status.counts),
      truncated_findings_(scan.status.truncated_findings),
      end_of_life_(scan.status.os ? scan.status.os->end_of_life : std::nullopt),
      operating_system_(scan.status.os ? scan.status.os->family + " " + scan.status.os->name : ""),
      secrets_(scan.status.secrets),
      package_count_(scan.status.package_count),
      image_(scan.status.image.value_or(api::ImageFacts())) {
  TextPool pool;
  const auto place = [&pool](const std::string& text) { return Slice{pool.Place(text), static_cast<std::uint32_t>(text.size())}; };
  rows_.reserve(scan.status.findings.size());
  for (const api::Finding& finding : scan.status.findings) {
    rows_.push_back(Row{.id = place(finding.id),
                        .package = place(finding.package),
                        .version = place(finding.version),
                        .fixed_in = place(finding.fixed_in),
                        .aliases = place(Joined(finding.aliases)),
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
  text_ = pool.Take();
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

}  // namespace hullwright::policy
