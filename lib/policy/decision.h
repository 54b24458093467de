// What the engine answers: a Decision with a reason for every policy and rule that did not pass.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/common.h"
#include "base/clock.h"
#include "policy/outcome.h"
#include "policy/reason.h"

namespace hullwright::policy {

// The finding a reason speaks of.
struct FindingDetail {
  std::string id, package, version, fixed_in;
  api::Severity severity = api::Severity::kUnknown;
  api::FixState fix = api::FixState::kUnknown;
  std::optional<Time> first_seen = {}, fix_first_seen = {};  // as the scan says
};

// Why a rule of a policy did not pass for an image.
struct Reason {
  ReasonWord word = ReasonWord::kUnmatched;
  Outcome outcome = Outcome::kViolation;
  api::Enforcement enforcement = api::Enforcement::kDeny;  // what this reason does to the request
  std::string policy;                   // Policy::id: "ClusterImageAdmissionPolicy/production"; "" for Unmatched and TooManyImages
  std::string rule;                     // "reference.digest", "vulnerabilities.forbid[fixable-critical]", "vulnerabilities.scan"
  std::vector<FindingDetail> findings;  // most severe first, at most kMaxFindingsPerReason; total in finding_count
  std::size_t finding_count = 0;
  std::string message;  // one sentence: what was seen, what is wanted
  std::string remedy;   // one sentence: what to do
};
inline constexpr std::size_t kMaxFindingsPerReason = 5;

// A finding or state that would have been a reason, had somebody not accepted it.
struct Waived {
  std::string waiver;  // "VulnerabilityException/shop/openssl", "BreakGlass/shop/tonight"; "TrustedPublisher/acme": its VEX statement
  std::string policy, rule;
  std::string what;   // "CVE-2024-1234 in pkg:deb/debian/openssl" or a reason word
  std::string why;    // the waiver's reason, and its owner or ticket
  std::string until;  // RFC 3339; "" of a VEX statement, which has no end

  std::string Who() const { return until.empty() ? waiver : waiver + " until " + until; }
};
// Beyond this many of one rule, one last entry counts the rest.
inline constexpr std::size_t kMaxWaivedPerRule = 20;

// Something that did not change the answer and that people must hear of all the same: warning, log, metric and audit annotation.
struct Notice {
  std::string_view word;  // one of kNoticeWords
  std::string policy;
  std::string message;
};
// Facts of before counted, within the policy's registryOutageHours, because the registry could not be asked.
inline constexpr std::string_view kRegistryOutage = "RegistryOutage";
// A signature counted of which something did not hold that its authority's level lets pass.
inline constexpr std::string_view kSignatureTolerated = "SignatureTolerated";
// Findings that meet a forbid entry do not violate yet, because its graceHours are not over; the message says from when on they do.
inline constexpr std::string_view kWithinGrace = "WithinGrace";
// All of them.
inline constexpr std::array kNoticeWords = {kRegistryOutage, kSignatureTolerated, kWithinGrace};

// What one policy saw of one image: the material of `hullctl explain`.
struct RuleTrace {
  std::string policy, rule;
  Outcome outcome = Outcome::kPass;
  std::string saw;  // "scan of trivy, 3 h old; 12 findings, none meets the entry"
};

struct ImageDecision {
  std::string field_path;  // of the use
  std::string reference;   // as written, printable
  std::string image;       // canonical name and digest; the printable reference when it does not parse
  std::string digest;      // "" when unknown
  Outcome outcome = Outcome::kPass;
  std::vector<std::string> policies;  // ids of those that cover it
  std::vector<Reason> reasons;
  std::vector<Waived> waived;
  std::vector<Notice> notices;
  std::vector<RuleTrace> trace;  // filled only when asked for
};

struct Decision {
  Outcome outcome = Outcome::kPass;
  // The hardest enforcement among the reasons; nullopt when there are none.
  std::optional<api::Enforcement> enforcement;
  std::vector<ImageDecision> images;  // in the order of the facts
  bool unmatched = false;             // some image was covered by no policy

  bool allowed() const { return enforcement != api::Enforcement::kDeny; }
};

}  // namespace hullwright::policy
