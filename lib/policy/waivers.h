// Which waiver, if any, speaks for a finding of one image under one policy.
//
// A VulnerabilityException counts when all of this holds of it alone; two never add up:
//   the policy consents to its kind and to the namespace of the request · it names the policy (one of the namespaced kind only from that
//   policy's own namespace) · its images include this one · it names the vulnerability by its id or by every alias it has, and the
//   package if it names any ·
//   now < expiresAt · from its creation to its expiry are no more than maxDays · the finding is no more severe than maxSeverity · with
//   endsOnFix there is surely no fix · the forbid entry is waivable.
// A BreakGlass counts from its creation for its duration, for exactly the digest and repository it names. It covers every finding of a
// waivable entry up to maxSeverity, and what could not be found out; never reference and publisher rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/forbid.h"
#include "policy/rule.h"
#include "policy/waiver_index.h"

namespace hullwright::policy {

// Why a waiver does not count, from far off to almost.
enum class Obstacle {
  kOtherVulnerability,
  kOtherImage,
  kOtherPolicy,
  kKindNotAccepted,
  kNamespaceNotAccepted,
  kOtherPackage,
  kNotWaivable,
  kTooSevere,
  kTooLong,
  kStartUnknown,
  kNotStarted,
  kFixUnknown,
  kFixAvailable,
  kExpired,
  kNone,
};

// Does nothing until asked first, because most images need no waiver. Keeps references to what it is given.
class WaiverLookup {
 public:
  // What is looked at is paid for from the report's budget; beyond it no waiver counts.
  WaiverLookup(const RuleInput& input, RuleReport& report) : input_(input), report_(report) {}

  // The first waiver that covers the finding, exceptions before break-glass; nullptr when there is none. meets: what the entry says of the
  // finding, kYes or kUnknown.
  const Waiver* Covering(const api::ForbidEntry& entry, const FindingView& finding, Truth meets);

  // For reasons that speak of no finding; nullptr when there is none.
  const Waiver* BreakGlassInForce();

  // ", VulnerabilityException/shop/openssl does not count: it expired at …", or "" when no waiver comes near.
  std::string NearMiss(const api::ForbidEntry& entry, const FindingView& finding);
  // The same for reasons that speak of no finding.
  std::string NearMiss();

 private:
  struct Standing {  // a waiver, and what stands against it whatever the entry
    const Waiver* waiver;
    Obstacle obstacle;
  };
  struct Scope {
    const WaiverIndex* waivers;
    std::vector<std::optional<Obstacle>> obstacles;  // of each exception, whatever the finding; nullopt: not asked yet
  };

  void Prepare();
  // The exceptions that name the finding, in order of preference; until the next call.
  const std::vector<Standing>& ExceptionsNaming(const FindingView& finding);
  void AddNaming(Scope& scope, const FindingView& finding);
  Obstacle ObstacleOf(Scope& scope, std::uint32_t exception) const;
  Obstacle ObstacleOf(const Standing& standing, const api::ForbidEntry& entry, const FindingView& finding, Truth meets) const;
  std::string Explain(const Waiver& waiver, Obstacle obstacle) const;

  const RuleInput& input_;
  RuleReport& report_;
  std::vector<Scope> scopes_;         // in order of preference; empty: not prepared
  std::vector<Standing> passes_;      // the BreakGlasses that name the image's digest
  std::vector<Standing> exceptions_;  // the answer of ExceptionsNaming
  std::vector<const Acceptance*> acceptances_;
};

// The record of what a waiver accepted; the policy's id is the engine's to fill in.
Waived RecordWaived(const Waiver& waiver, std::string_view rule, std::string what);

}  // namespace hullwright::policy
