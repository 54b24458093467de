// What the kinds of group hullwright.dev share: metadata, selectors, references, the small enums.
// Plain structs; how they are decoded, checked, described and documented is in each kind's field table (field_table.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace hullwright::api {

inline constexpr std::string_view kGroup = "hullwright.dev";
inline constexpr std::string_view kVersion = "v1alpha1";
inline constexpr std::string_view kApiVersion = "hullwright.dev/v1alpha1";

// The parts of metadata we read. Unknown members of metadata belong to Kubernetes and are left alone.
struct ObjectMeta {
  std::string name;
  std::string namespace_;  // "" for cluster-scoped kinds
  std::map<std::string, std::string> labels;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::optional<Time> creation_timestamp;
};

enum class SelectorOperator { kIn, kNotIn, kExists, kDoesNotExist };

struct SelectorRequirement {
  std::string key;
  SelectorOperator op = SelectorOperator::kIn;
  std::vector<std::string> values;  // In and NotIn only
};

// Kubernetes LabelSelector (apimachinery meta/v1): the AND of all its requirements; empty selects everything.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<SelectorRequirement> match_expressions;

  bool Matches(const std::map<std::string, std::string>& labels) const;
};

// Severity of a finding, in increasing order. Unknown is its own value, below none of the others.
enum class Severity { kUnknown, kNegligible, kLow, kMedium, kHigh, kCritical };
// Whether the package's vendor offers a fix. Unknown: the report does not say.
enum class FixState { kUnknown, kAvailable, kNone, kWillNotFix };
enum class Layer { kUnknown, kBase, kApplication };
// What a policy's answer does to a request, in increasing order of hardness.
enum class Enforcement { kAudit, kWarn, kDeny };
// The four lists of a PodSpec that name images.
enum class ContainerType { kContainers, kInitContainers, kEphemeralContainers, kImageVolumes };

struct NameRef {
  std::string name;
};

// One entry of a ConfigMap's or Secret's data. Both are read from the release namespace alone.
struct DataKeyRef {
  std::string name;
  std::string key;

  bool operator==(const DataKeyRef&) const = default;
};

// Text that stands in the object itself or in a ConfigMap or Secret: exactly one of the three.
struct PemSource {
  std::string pem;
  std::optional<DataKeyRef> config_map_key_ref, secret_key_ref;
};
struct JsonSource {
  std::string json;
  std::optional<DataKeyRef> config_map_key_ref, secret_key_ref;
};

struct Condition {
  std::string type;
  std::string status;  // True | False | Unknown
  std::string reason;
  std::string message;
  std::int64_t observed_generation = 0;
  std::optional<Time> last_transition_time;
};

// Words as they stand in objects: "Critical", "Available", "InitContainers" …
std::string_view ToString(Severity value);
std::string_view ToString(FixState value);
std::string_view ToString(Layer value);
std::string_view ToString(Enforcement value);
std::string_view ToString(ContainerType value);
// The Severity, FixState, Enforcement or ContainerType of such a word; nullopt: there is none.
template <class Enum>
std::optional<Enum> FromWord(std::string_view word);

}  // namespace hullwright::api
