#include "scan/findings.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace hullwright::scan {
namespace {

std::string KeyOf(const api::Finding& finding) {
  return finding.id + '\n' + finding.package + '\n' + finding.version;
}

// An available fix outranks all else: a rule that forbids fixable findings must see it. Then what says more.
int Rank(api::FixState fix) {
  switch (fix) {
    case api::FixState::kAvailable:
      return 3;
    case api::FixState::kWillNotFix:
      return 2;
    case api::FixState::kNone:
      return 1;
    case api::FixState::kUnknown:
      break;
  }
  return 0;
}

void JoinFix(api::Finding& kept, const api::Finding& other) {
  const int kept_rank = Rank(kept.fix);
  const int other_rank = Rank(other.fix);
  if (other_rank > kept_rank || (other_rank == kept_rank && kept.fixed_in.empty())) {
    kept.fix = other.fix;
    kept.fixed_in = other.fixed_in;
  }
}

void AddOnce(std::vector<std::string>& texts, const std::string& text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

bool JoinAliases(api::Finding& kept, const api::Finding& other) {
  if (other.id != kept.id) AddOnce(kept.aliases, other.id);
  for (const auto& alias : other.aliases) {
    if (alias != kept.id) AddOnce(kept.aliases, alias);
  }
  if (kept.aliases.size() <= kMaxAliases) return true;
  kept.aliases.resize(kMaxAliases);
  return false;
}

auto OrderOf(const api::Finding& finding) {
  // Negated where more comes first; a missing score is below every score.
  return std::tuple(-static_cast<int>(finding.severity), -(finding.cvss ? finding.cvss->millionths() : -1), std::string_view(finding.id),
                    std::string_view(finding.package), std::string_view(finding.version));
}

}  // namespace

void FindingSet::Add(api::Finding finding) {
  const auto [place, added] = index_.try_emplace(KeyOf(finding), findings_.size());
  if (!added) {
    if (!Join(findings_[place->second], finding)) dropped_aliases_ = true;
    return;
  }
  if (finding.aliases.size() > kMaxAliases) {
    finding.aliases.resize(kMaxAliases);
    dropped_aliases_ = true;
  }
  findings_.push_back(std::move(finding));
}

std::vector<api::Finding> FindingSet::Take() {
  index_.clear();
  std::vector<api::Finding> taken = std::exchange(findings_, {});
  SortFindings(taken);
  return taken;
}

bool Join(api::Finding& kept, const api::Finding& other) {
  kept.severity = std::max(kept.severity, other.severity);  // Unknown is the lowest: a known word wins over it
  if (other.cvss && (!kept.cvss || *other.cvss > *kept.cvss)) kept.cvss = other.cvss;
  JoinFix(kept, other);
  if (kept.layer == api::Layer::kUnknown) kept.layer = other.layer;
  JoinLayers(kept.layer_range, other.layer_range);
  KeepEarlier(kept.published, other.published);
  KeepEarlier(kept.first_seen, other.first_seen);
  KeepEarlier(kept.fix_first_seen, other.fix_first_seen);
  for (const auto& scanner : other.scanners) AddOnce(kept.scanners, scanner);
  return JoinAliases(kept, other);
}

void JoinLayers(std::optional<api::LayerRange>& kept, const std::optional<api::LayerRange>& other) {
  if (kept && other) {
    kept = api::LayerRange{std::min(kept->first, other->first), std::max(kept->last, other->last)};
  } else {
    kept.reset();
  }
}

void KeepEarlier(std::optional<Time>& kept, const std::optional<Time>& other) {
  if (other && (!kept || *other < *kept)) kept = other;
}

void SortFindings(std::vector<api::Finding>& findings) {
  std::ranges::sort(findings, [](const api::Finding& a, const api::Finding& b) { return OrderOf(a) < OrderOf(b); });
}

std::vector<api::FindingCount> CountFindings(const std::vector<api::Finding>& findings) {
  std::map<std::tuple<api::Severity, api::FixState, api::Layer>, std::int64_t, std::greater<>> counts;
  for (const auto& finding : findings) ++counts[{finding.severity, finding.fix, finding.layer}];
  std::vector<api::FindingCount> list;
  list.reserve(counts.size());
  for (const auto& [key, count] : counts) list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  return list;
}

std::vector<api::Finding> WitnessedBy(const std::vector<api::Finding>& findings, const std::string& scanner) {
  std::vector<api::Finding> witnessed;
  std::ranges::copy_if(findings, std::back_inserter(witnessed),
                       [&](const api::Finding& finding) { return std::ranges::find(finding.scanners, scanner) != finding.scanners.end(); });
  return witnessed;
}

api::Severity ParseSeverity(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, api::Severity>, 5> kWords = {{
      {"critical", api::Severity::kCritical},
      {"high", api::Severity::kHigh},
      {"medium", api::Severity::kMedium},
      {"low", api::Severity::kLow},
      {"negligible", api::Severity::kNegligible},
  }};
  const std::string lower = LowerCase(word);
  const auto known = std::ranges::find(kWords, lower, &std::pair<std::string_view, api::Severity>::first);
  return known == kWords.end() ? api::Severity::kUnknown : known->second;
}

std::optional<Decimal> ParseScore(double score) {
  if (!(score > 0.0 && score <= 10.0)) return std::nullopt;
  const auto decimal = Decimal::FromDouble(score);
  return decimal ? std::optional(*decimal) : std::nullopt;
}

}  // namespace hullwright::scan
