// The rules of a policy that ask the registry: attestations, and what an image may be like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/common.h"
#include "base/image_pattern.h"
#include "base/quantity.h"
#include "base/regular_expression.h"

namespace hullwright::api {

enum class PredicateOperator { kIn, kNotIn, kExists, kDoesNotExist, kMatches };

// A condition on one value of a predicate. A value that is absent, or no text, number or truth value, meets none but DoesNotExist (absent)
// and Exists (there and not null): an attestation that lacks what is asked never grants.
struct PredicateCondition {
  std::string path;  // JSON pointer into the predicate (RFC 6901)
  PredicateOperator op = PredicateOperator::kIn;
  std::vector<std::string> values;  // In, NotIn: exact (numbers and truth values as JSON writes them); Matches: regular expressions

  // Worked out by the decoder.
  std::vector<std::string> tokens;          // of path, unescaped
  std::vector<RegularExpression> patterns;  // of values, with Matches
};

// An attestation that must be there: of this type, by any of these publishers, meeting every condition.
struct AttestationRule {
  std::string name;
  std::string predicate_type;                 // exact
  std::vector<NameRef> publisher_refs;        // at least one, distinct
  std::optional<std::int64_t> max_age_hours;  // since it was verifiably signed
  std::vector<PredicateCondition> match_expressions;
};

enum class UserRule { kAny, kNonRoot };
enum class Toleration { kAllowed, kForbidden };
// Layers: the image's diff_ids begin with all of the base image's. Annotation: what the author wrote, a hint that never denies.
enum class BaseImageProof { kLayers, kAnnotation };
// What is judged of an index: the index itself, or each manifest that our nodes could run (docs/decisions/0014).
enum class PlatformRule { kIndex, kSchedulable };

struct BaseImageRule {
  std::vector<ImagePattern> images;  // at least one
  BaseImageProof proof = BaseImageProof::kLayers;
};

// What becomes of packages of which nobody knows whether their license is forbidden.
enum class UnknownLicense { kNoData, kAllowed };

struct LicenseRule {
  std::vector<std::string> forbidden;  // SPDX license ids, exact or with "*", without regard to case; at least one
  UnknownLicense unknown = UnknownLicense::kNoData;
};

struct ImageRules {
  std::optional<std::int64_t> max_age_days;
  std::optional<Quantity> max_size;  // of the layers as the registry holds them
  std::optional<std::int64_t> max_layers;
  UserRule non_root = UserRule::kAny;
  Toleration end_of_life_os = Toleration::kAllowed;
  Toleration secrets = Toleration::kAllowed;
  std::optional<LicenseRule> licenses;
  std::optional<BaseImageRule> base_images;
  PlatformRule platforms = PlatformRule::kIndex;
};

}  // namespace hullwright::api
