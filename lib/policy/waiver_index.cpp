#include "policy/waiver_index.h"

#include <algorithm>

#include "base/text.h"

namespace hullwright::policy {
namespace {

bool AcceptsName(const api::ExceptedVulnerability& vulnerability, std::string_view name) {
  return EqualWithoutCase(vulnerability.id, name) ||
         std::ranges::any_of(vulnerability.aliases, [&](const std::string& alias) { return EqualWithoutCase(alias, name); });
}

// By the finding's own id, or by every alias it has: an advisory that covers two CVEs is one finding with both as aliases, and accepting
// one of them must not hide the other.
bool NamesFinding(const api::ExceptedVulnerability& vulnerability, const FindingView& finding) {
  if (AcceptsName(vulnerability, finding.id)) return true;
  const std::vector<std::string_view> aliases = finding.Aliases();
  return !aliases.empty() && std::ranges::all_of(aliases, [&](std::string_view alias) { return AcceptsName(vulnerability, alias); });
}

// Each is put in order, its names are compared with those of the finding and its packages with the finding's.
std::uint64_t ComparisonsOfAcceptances(const std::vector<const Acceptance*>& acceptances, const FindingView& finding) {
  constexpr std::uint64_t kOfAnAcceptance = 5;
  const std::uint64_t of_a_package = 10 + finding.package.size() / 10;  // both package URLs are read
  std::uint64_t names = 0, comparisons = 0;
  finding.ForEachName([&names](std::string_view) { ++names; });
  for (const Acceptance* acceptance : acceptances) {
    const api::ExceptedVulnerability& accepted = *acceptance->vulnerability;
    comparisons += kOfAnAcceptance + names * (1 + accepted.aliases.size()) + of_a_package * accepted.packages.size();
  }
  return comparisons;
}

std::vector<NameIndex::Entry> NamesOfAcceptances(const std::vector<Acceptance>& acceptances) {
  std::vector<NameIndex::Entry> names;
  names.reserve(acceptances.size());
  for (std::uint32_t i = 0; i < acceptances.size(); ++i) {
    names.push_back({acceptances[i].vulnerability->id, i});
    for (const std::string& alias : acceptances[i].vulnerability->aliases) names.push_back({alias, i});
  }
  return names;
}

}  // namespace

WaiverIndex::WaiverIndex(const std::vector<const Waiver*>& waivers) {
  for (const Waiver* waiver : waivers) {
    const auto* exception = std::get_if<api::VulnerabilityException>(&waiver->object);
    if (exception == nullptr) {
      break_glasses_.push_back(waiver);
      continue;
    }
    const auto position = static_cast<std::uint32_t>(exceptions_.size());
    exceptions_.push_back(waiver);
    for (const api::ExceptedVulnerability& vulnerability : exception->spec.vulnerabilities)
      acceptances_.push_back({position, &vulnerability});
  }
  names_ = NameIndex(NamesOfAcceptances(acceptances_));
}

void WaiverIndex::AddNamed(std::string_view name, std::vector<const Acceptance*>& found) const {
  for (const NameIndex::Entry& entry : names_.Find(name)) found.push_back(&acceptances_[entry.position]);
}

void WaiverIndex::FindNaming(const FindingView& finding, Budget& budget, std::vector<const Acceptance*>& found) const {
  found.clear();
  AddNamed(finding.id, found);
  // What names every alias names the first.
  if (!finding.aliases.empty()) AddNamed(finding.aliases.substr(0, finding.aliases.find('\n')), found);
  if (found.empty()) return;
  if (!budget.Spend(ComparisonsOfAcceptances(found, finding))) return found.clear();
  std::ranges::sort(found);  // all are of one vector
  const auto doubles = std::ranges::unique(found);
  found.erase(doubles.begin(), doubles.end());
  std::erase_if(found, [&](const Acceptance* acceptance) { return !NamesFinding(*acceptance->vulnerability, finding); });
}

}  // namespace hullwright::policy
