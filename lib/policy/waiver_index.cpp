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
    image_count_ += std::visit([](const auto& object) { return object.spec.images.size(); }, waiver->object);
    const auto* exception = std::get_if<api::VulnerabilityException>(&waiver->object);
    if (exception == nullptr) {
      break_glasses_.push_back(waiver);
      continue;
    }
    const auto position = static_cast<std::uint32_t>(exceptions_.size());
    exceptions_.push_back(waiver);
    for (const api::ExceptedVulnerability& vulnerability : exception->spec.vulnerabilities) {
      acceptances_.push_back({position, &vulnerability});
      name_count_ += 1 + vulnerability.aliases.size();
    }
  }
  names_ = NameIndex(NamesOfAcceptances(acceptances_));
}

void WaiverIndex::AddNamed(std::string_view name, std::vector<const Acceptance*>& found) const {
  for (const NameIndex::Entry& entry : names_.Find(name)) found.push_back(&acceptances_[entry.position]);
}

void WaiverIndex::FindNaming(const FindingView& finding, std::vector<const Acceptance*>& found) const {
  found.clear();
  AddNamed(finding.id, found);
  // What names every alias names the first.
  if (!finding.aliases.empty()) AddNamed(finding.aliases.substr(0, finding.aliases.find('\n')), found);
  std::ranges::sort(found);  // all are of one vector
  const auto doubles = std::ranges::unique(found);
  found.erase(doubles.begin(), doubles.end());
  std::erase_if(found, [&](const Acceptance* acceptance) { return !NamesFinding(*acceptance->vulnerability, finding); });
}

}  // namespace hullwright::policy
