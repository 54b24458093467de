// ClusterImageAdmissionPolicy, the floor for a whole cluster, and ImageAdmissionPolicy, its namespaced twin, which can only add.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/common.h"
#include "api/trust_rules.h"
#include "base/decimal.h"
#include "base/image_pattern.h"

namespace hullwright::api {

struct PolicyMatch {
  std::vector<ImagePattern> images;  // empty: every image
  std::vector<ImagePattern> exclude_images;
  std::optional<LabelSelector> namespace_selector;  // cluster kind only; absent: every namespace
  std::vector<ContainerType> container_types;       // decoded default: all four
};

struct PolicyEnforcement {
  Enforcement new_images = Enforcement::kDeny;       // required; nothing below acts harder
  Enforcement no_data = Enforcement::kDeny;          // decoded default: new_images
  Enforcement templates = Enforcement::kWarn;        // decoded default: the softer of Warn and new_images
  Enforcement admitted_images = Enforcement::kDeny;  // decoded default: new_images (no softening)
  std::int64_t admitted_hours = 168;
  std::int64_t registry_outage_hours = 0;  // how old facts of before may be when the registry cannot be asked; 0: they do not count
};

enum class DigestRule { kFromAuthor, kPinned, kNotRequired };

struct ReferenceRules {
  DigestRule digest = DigestRule::kPinned;
  std::vector<std::string> forbidden_tags;  // exact or with "*"
};

struct PublisherRules {
  std::vector<NameRef> refs;  // TrustedPublishers, at least one, distinct
  std::int64_t minimum = 1;   // how many distinct ones must vouch; at most refs
};

enum class FixCondition { kAny, kAvailable, kNone };
// Which time of a finding a grace period begins at.
enum class GraceFrom { kFirstSeen, kFixFirstSeen, kPublished };

// The AND of its conditions, at least one of them given; a finding that meets all of them violates.
struct ForbidEntry {
  std::string name;
  std::vector<Severity> severities;       // empty: any
  FixCondition fix = FixCondition::kAny;  // None: no fix exists (FixState None or WillNotFix)
  std::vector<Layer> layers;              // parts of the image; empty: any
  std::optional<Decimal> min_cvss;        // 0.0 to 10.0
  std::optional<Decimal> min_epss;        // 0.0 to 1.0, a probability
  bool known_exploited = false;           // only what stands in the catalogue of known exploited vulnerabilities
  std::vector<std::string> ids;           // vulnerability ids or aliases, upper or lower case; empty: any
  // A finding that meets the entry violates only when so many hours have passed since the time that grace_from names. Both or none.
  std::optional<std::int64_t> grace_hours;
  std::optional<GraceFrom> grace_from;
  std::int64_t more_than = 0;  // violates when more findings than this meet the entry
  bool waivable = true;
};

struct ScanRequirements {
  std::optional<std::int64_t> max_age_hours;
  std::optional<std::int64_t> max_database_age_hours;
  std::vector<NameRef> scanner_refs;  // each must have a complete, fresh result; empty: any scanner
};

enum class WaiverKind { kVulnerabilityException, kClusterVulnerabilityException, kBreakGlass };

// The policy's consent to exceptions. Absent: none count.
struct WaiverConsent {
  std::vector<WaiverKind> kinds;                // at least one
  LabelSelector namespace_selector;             // of the request's namespace; empty: every namespace
  Severity max_severity = Severity::kCritical;  // the most severe finding that may be waived; Unknown never below Critical
  std::optional<std::int64_t> max_days;         // longest life of an exception, from creation to expiry
};

// Whose signed VEX statements count, for the images of their own repositories.
struct VexRules {
  std::vector<NameRef> publisher_refs;  // TrustedPublishers, at least one, distinct
};

struct VulnerabilityRules {
  std::vector<ForbidEntry> forbid;  // at least one; names unique
  ScanRequirements scan;
  std::optional<WaiverConsent> waivers;
  std::optional<VexRules> vex;
};

struct PolicyRules {
  std::optional<ReferenceRules> reference;
  std::optional<PublisherRules> publishers;
  std::vector<AttestationRule> attestations;  // all of them must be there
  std::optional<ImageRules> image;
  std::optional<VulnerabilityRules> vulnerabilities;
};

struct ImageAdmissionPolicySpec {
  PolicyMatch match;
  PolicyEnforcement enforcement;
  PolicyRules rules;  // at least one rule
};

struct PolicySummary {
  std::int64_t images = 0, violating = 0, no_data = 0, waived = 0;
};

struct ImageAdmissionPolicyStatus {
  std::vector<Condition> conditions;  // Ready
  std::optional<PolicySummary> summary;
};

struct ImageAdmissionPolicy {
  ObjectMeta metadata;  // namespace_ empty: the cluster kind
  ImageAdmissionPolicySpec spec;
  ImageAdmissionPolicyStatus status;

  bool IsCluster() const { return metadata.namespace_.empty(); }
};

}  // namespace hullwright::api
