#include "api/common.h"

#include <algorithm>

#include "api/shared_tables.h"

namespace hullwright::api {
namespace {

bool Selects(const SelectorRequirement& requirement, const std::map<std::string, std::string>& labels) {
  auto label = labels.find(requirement.key);
  bool exists = label != labels.end();
  bool among = exists && std::ranges::find(requirement.values, label->second) != requirement.values.end();
  switch (requirement.op) {
    case SelectorOperator::kIn:
      return among;
    case SelectorOperator::kNotIn:
      return !among;  // also when there is no such label: apimachinery labels.Requirement.Matches
    case SelectorOperator::kExists:
      return exists;
    case SelectorOperator::kDoesNotExist:
      return !exists;
  }
  return false;
}

void CheckSelectorRequirement(SelectorRequirement& requirement, const Given& given) {
  if (!given.HasGood("operator")) return;
  bool takes_values = requirement.op == SelectorOperator::kIn || requirement.op == SelectorOperator::kNotIn;
  if (takes_values && !given.Has("values")) given.Mistake("values", "is required with the operators In and NotIn");
  if (!takes_values && given.Has("values")) given.Mistake("values", "must be left out with the operators Exists and DoesNotExist");
}

void CheckJsonSource(JsonSource& source, const Given& given) {
  given.RequireOneOf({"json", "configMapKeyRef", "secretKeyRef"});
  if (!given.HasGood("json")) return;
  JsonReader reader;
  const auto document = reader.Read(source.json);
  if (!document) return given.Mistake("json", "must be one JSON document: " + document.error().message);
  if (!document->is_object()) given.Mistake("json", "must be a JSON object");
}

}  // namespace

bool LabelSelector::Matches(const std::map<std::string, std::string>& labels) const {
  bool all_labels = std::ranges::all_of(match_labels, [&](const auto& wanted) {
    auto label = labels.find(wanted.first);
    return label != labels.end() && label->second == wanted.second;
  });
  return all_labels && std::ranges::all_of(match_expressions, [&](const auto& requirement) { return Selects(requirement, labels); });
}

template <>
const std::vector<EnumWord<Severity>>& WordsOf<Severity>() {
  static const std::vector<EnumWord<Severity>> words = {
      {Severity::kUnknown, "Unknown"}, {Severity::kNegligible, "Negligible"}, {Severity::kLow, "Low"}, {Severity::kMedium, "Medium"},
      {Severity::kHigh, "High"},       {Severity::kCritical, "Critical"},
  };
  return words;
}

template <>
const std::vector<EnumWord<FixState>>& WordsOf<FixState>() {
  static const std::vector<EnumWord<FixState>> words = {
      {FixState::kUnknown, "Unknown"},
      {FixState::kAvailable, "Available"},
      {FixState::kNone, "None"},
      {FixState::kWillNotFix, "WillNotFix"},
  };
  return words;
}

template <>
const std::vector<EnumWord<Layer>>& WordsOf<Layer>() {
  static const std::vector<EnumWord<Layer>> words = {
      {Layer::kUnknown, "Unknown"},
      {Layer::kBase, "Base"},
      {Layer::kApplication, "Application"},
  };
  return words;
}

template <>
const std::vector<EnumWord<Enforcement>>& WordsOf<Enforcement>() {
  static const std::vector<EnumWord<Enforcement>> words = {
      {Enforcement::kAudit, "Audit"},
      {Enforcement::kWarn, "Warn"},
      {Enforcement::kDeny, "Deny"},
  };
  return words;
}

template <>
const std::vector<EnumWord<ContainerType>>& WordsOf<ContainerType>() {
  static const std::vector<EnumWord<ContainerType>> words = {
      {ContainerType::kContainers, "Containers"},
      {ContainerType::kInitContainers, "InitContainers"},
      {ContainerType::kEphemeralContainers, "EphemeralContainers"},
      {ContainerType::kImageVolumes, "ImageVolumes"},
  };
  return words;
}

template <>
const std::vector<EnumWord<SelectorOperator>>& WordsOf<SelectorOperator>() {
  static const std::vector<EnumWord<SelectorOperator>> words = {
      {SelectorOperator::kIn, "In"},
      {SelectorOperator::kNotIn, "NotIn"},
      {SelectorOperator::kExists, "Exists"},
      {SelectorOperator::kDoesNotExist, "DoesNotExist"},
  };
  return words;
}

std::string_view ToString(Severity value) {
  return WordOf(value);
}
std::string_view ToString(FixState value) {
  return WordOf(value);
}
std::string_view ToString(Layer value) {
  return WordOf(value);
}
std::string_view ToString(Enforcement value) {
  return WordOf(value);
}
std::string_view ToString(ContainerType value) {
  return WordOf(value);
}

template <class Enum>
std::optional<Enum> FromWord(std::string_view word) {
  for (const auto& entry : WordsOf<Enum>()) {
    if (entry.word == word) return entry.value;
  }
  return std::nullopt;
}
template std::optional<Severity> FromWord<Severity>(std::string_view word);
template std::optional<FixState> FromWord<FixState>(std::string_view word);
template std::optional<Enforcement> FromWord<Enforcement>(std::string_view word);
template std::optional<ContainerType> FromWord<ContainerType>(std::string_view word);

// The parts of metadata we read; the API server has checked it, and files need little of it.
template <>
const Table& TableOf<ObjectMeta>() {
  // clang-format off
  static const auto table = StructTable<ObjectMeta>({
      Field<&ObjectMeta::name>("name", "Name of the object.").Required().Length(1, 253).Format(kDnsSubdomain),
      Field<&ObjectMeta::namespace_>("namespace", "Namespace of the object; none for cluster-scoped kinds.")
          .Format(kDnsLabel),
      Field<&ObjectMeta::labels>("labels", "Labels of the object.").Items(0, 1024),
      Field<&ObjectMeta::uid>("uid", "Set by Kubernetes."),
      Field<&ObjectMeta::resource_version>("resourceVersion", "Set by Kubernetes."),
      Field<&ObjectMeta::generation>("generation", "Set by Kubernetes: counts the changes of spec."),
      Field<&ObjectMeta::creation_timestamp>("creationTimestamp", "Set by Kubernetes."),
  }).Foreign();
  // clang-format on
  return table;
}

template <>
const Table& TableOf<SelectorRequirement>() {
  // clang-format off
  static const auto table = StructTable<SelectorRequirement>({
      Field<&SelectorRequirement::key>("key", "Key of the label.").Required().Length(1, 317).Format(kLabelKey),
      Field<&SelectorRequirement::op>("operator", "NotIn and DoesNotExist also select what has no such label.")
          .Required(),
      Field<&SelectorRequirement::values>("values", "For In and NotIn, and only for them.")
          .Items(1, 64).Length(0, 63).Format(kLabelValue),
  }).Check(CheckSelectorRequirement)
  .Cel("(self.operator in ['In', 'NotIn']) == has(self.values)", "values are for the operators In and NotIn, and only for them");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<LabelSelector>() {
  // clang-format off
  static const auto table = StructTable<LabelSelector>({
      Field<&LabelSelector::match_labels>("matchLabels", "Labels that must be there with these values.")
          .Items(0, 64).Length(0, 63).Format(kLabelValue).KeyFormat(kLabelKey),
      Field<&LabelSelector::match_expressions>("matchExpressions", "Conditions that must all hold.").Items(0, 32),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<NameRef>() {
  // clang-format off
  static const auto table = StructTable<NameRef>({
      Field<&NameRef::name>("name", "Name of the object that is meant.")
          .Required().Length(1, 253).Format(kDnsSubdomain),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<DataKeyRef>() {
  // clang-format off
  static const auto table = StructTable<DataKeyRef>({
      Field<&DataKeyRef::name>("name", "Name of the object, in the namespace in which Hullwright runs.")
          .Required().Length(1, 253).Format(kDnsSubdomain),
      Field<&DataKeyRef::key>("key", "Key of its data.").Required().Length(1, 253).Format(kDataKey),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<PemSource>() {
  // clang-format off
  static const auto table = StructTable<PemSource>({
      Field<&PemSource::pem>("pem", "PEM blocks, written here.").Length(1, kMaxCertificateBytes),
      Field<&PemSource::config_map_key_ref>("configMapKeyRef", "The entry of a ConfigMap that holds them."),
      Field<&PemSource::secret_key_ref>("secretKeyRef", "The entry of a Secret that holds them."),
  }).Check([](PemSource&, const Given& given) { given.RequireOneOf({"pem", "configMapKeyRef", "secretKeyRef"}); })
  .Cel(kOnePemSource, "write exactly one of pem, configMapKeyRef and secretKeyRef");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<JsonSource>() {
  // clang-format off
  static const auto table = StructTable<JsonSource>({
      Field<&JsonSource::json>("json", "The document as text, written here.").Length(1, 262'144),
      Field<&JsonSource::config_map_key_ref>("configMapKeyRef", "The entry of a ConfigMap that holds it."),
      Field<&JsonSource::secret_key_ref>("secretKeyRef", "The entry of a Secret that holds it."),
  }).Check(CheckJsonSource)
  .Cel("[has(self.json), has(self.configMapKeyRef), has(self.secretKeyRef)].exists_one(one, one)",
      "write exactly one of json, configMapKeyRef and secretKeyRef");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<Condition>() {
  // clang-format off
  static const auto table = StructTable<Condition>({
      Field<&Condition::type>("type", "What is told, in one word.").Required().Length(1, 316),
      Field<&Condition::status>("status", "True, False or Unknown.").Required().Length(1, 16),
      Field<&Condition::reason>("reason", "Why, in one word.").Length(0, 1024),
      Field<&Condition::message>("message", "Why, in a sentence.").Length(0, 32768),
      Field<&Condition::observed_generation>("observedGeneration", "metadata.generation of the spec that was looked at."),
      Field<&Condition::last_transition_time>("lastTransitionTime", "When status last changed."),
  });
  // clang-format on
  return table;
}

}  // namespace hullwright::api
