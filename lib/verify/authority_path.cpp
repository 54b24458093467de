#include "verify/authority_path.h"

#include <algorithm>
#include <utility>

namespace hullwright::verify {
namespace {

constexpr std::string_view kNameConstraintsOid = "2.5.29.30";

// The constraints of an upper certificate reach every certificate below it, so a path with any that a further leaf could break is not
// proved: names, and fewer authorities below than there are.
bool RestrictsLeaves(const std::vector<Certificate>& path) {
  long authorities_below = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0 && path[i].FindExtension(kNameConstraintsOid) != nullptr) return true;
    if (i > 0 && path[i].use().path_length.value_or(authorities_below) < authorities_below) return true;
    if (path[i].use().is_ca == true) ++authorities_below;
  }
  return false;
}

// Dates are judged for each leaf; here any time will do at which all are valid, and if there is none no chain will ever hold.
Time LatestStart(const std::vector<Certificate>& path) {
  return std::ranges::max_element(path, {}, &Certificate::not_before)->not_before();
}

bool Prove(const std::vector<Certificate>& path) {
  if (path.size() < 2 || RestrictsLeaves(path)) return false;
  const std::vector<Certificate> anchor = {path.back()};
  const std::vector<Certificate> between(path.begin() + 1, path.end() - 1);
  const auto chain = BuildChain(path.front(), {anchor, between, LatestStart(path), ChainPurpose::kAny});
  return chain && *chain == path;
}

}  // namespace

AuthorityPath::AuthorityPath(std::vector<Certificate> certificates)
    : certificates_(std::move(certificates)), proved_(Prove(certificates_)) {}

Checked<std::vector<Certificate>> AuthorityPath::ShortWay(const Certificate& leaf, Time at, ChainPurpose purpose) const {
  std::vector<Certificate> chain;
  if (leaf != lowest()) {
    auto built = BuildChain(leaf, {{lowest()}, {}, at, purpose});
    if (!built) return built;
    chain.push_back(leaf);
  }
  chain.insert(chain.end(), certificates_.begin(), certificates_.end());
  if (const auto usable = RequireUsableChain(chain, at, purpose); !usable) return std::unexpected(usable.error());
  return chain;
}

Checked<std::vector<Certificate>> AuthorityPath::LongWay(const Certificate& leaf, const std::vector<Certificate>& helpers, Time at,
                                                         ChainPurpose purpose) const {
  const std::vector<Certificate> anchor = {certificates_.back()};
  std::vector<Certificate> intermediates(certificates_.begin(), certificates_.end() - 1);
  intermediates.insert(intermediates.end(), helpers.begin(), helpers.end());
  return BuildChain(leaf, {anchor, intermediates, at, purpose});
}

Checked<std::vector<Certificate>> AuthorityPath::ChainOf(const Certificate& leaf, const std::vector<Certificate>& helpers, Time at,
                                                         ChainPurpose purpose) const {
  if (proved_) {
    if (auto chain = ShortWay(leaf, at, purpose)) return chain;
  }
  // It may have been issued higher up or through a helper; and who is refused hears the failure of the whole chain.
  return LongWay(leaf, helpers, at, purpose);
}

}  // namespace hullwright::verify
