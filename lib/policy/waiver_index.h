// The waivers of one scope, a namespace or the whole cluster, prepared for being asked about findings: what a finding costs grows with the
// exceptions that name it, not with all there are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/break_glass.h"
#include "api/image_admission_policy.h"
#include "api/vulnerability_exception.h"
#include "policy/budget.h"
#include "policy/name_index.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

// A waiver of any of the three kinds, with what the engine needs in one shape.
struct Waiver {
  std::string id;  // "VulnerabilityException/shop/openssl"
  api::WaiverKind kind = api::WaiverKind::kVulnerabilityException;
  std::variant<api::VulnerabilityException, api::BreakGlass> object;
};

// A vulnerability that an exception accepts.
struct Acceptance {
  std::uint32_t exception = 0;  // position in WaiverIndex::exceptions
  const api::ExceptedVulnerability* vulnerability = nullptr;
};

// Immutable. Points into the waivers that it is made of.
class WaiverIndex {
 public:
  explicit WaiverIndex(const std::vector<const Waiver*>& waivers = {});

  // In the order in which they were given.
  const std::vector<const Waiver*>& exceptions() const { return exceptions_; }
  const std::vector<const Waiver*>& break_glasses() const { return break_glasses_; }

  // Replaces what is in found by the acceptances that name the finding: by its id, or by every alias it has. In the order of the
  // exceptions. They are paid for with the packages they name; beyond the budget there are none.
  void FindNaming(const FindingView& finding, Budget& budget, std::vector<const Acceptance*>& found) const;

  // Of FindNaming, beside what it finds.
  std::uint64_t Comparisons() const { return 2 * names_.Comparisons(); }

 private:
  void AddNamed(std::string_view name, std::vector<const Acceptance*>& found) const;

  std::vector<const Waiver*> exceptions_, break_glasses_;
  std::vector<Acceptance> acceptances_;
  NameIndex names_;  // positions in acceptances_
};

}  // namespace hullwright::policy
