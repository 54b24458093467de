// Tables and enum words that several kinds or files use; written out in common.cpp, vulnerability_exception.cpp (waivers), authority.cpp
// and, of policies, trust_rules.cpp.
#pragma once

#include "api/common.h"
#include "api/field_table.h"
#include "api/trust_rules.h"
#include "api/trusted_publisher.h"
#include "api/vulnerability_exception.h"

namespace hullwright::api {

template <>
const std::vector<EnumWord<Severity>>& WordsOf<Severity>();
template <>
const std::vector<EnumWord<FixState>>& WordsOf<FixState>();
template <>
const std::vector<EnumWord<Layer>>& WordsOf<Layer>();
template <>
const std::vector<EnumWord<Enforcement>>& WordsOf<Enforcement>();
template <>
const std::vector<EnumWord<ContainerType>>& WordsOf<ContainerType>();
template <>
const std::vector<EnumWord<SelectorOperator>>& WordsOf<SelectorOperator>();
template <>
const std::vector<EnumWord<PolicyKind>>& WordsOf<PolicyKind>();

template <>
const Table& TableOf<ObjectMeta>();
template <>
const Table& TableOf<SelectorRequirement>();
template <>
const Table& TableOf<LabelSelector>();
template <>
const Table& TableOf<NameRef>();
template <>
const Table& TableOf<DataKeyRef>();
template <>
const Table& TableOf<PemSource>();
template <>
const Table& TableOf<JsonSource>();
template <>
const Table& TableOf<Authority>();
template <>
const Table& TableOf<AttestationRule>();
template <>
const Table& TableOf<ImageRules>();
template <>
const Table& TableOf<Condition>();
template <>
const Table& TableOf<PolicyRef>();
template <>
const Table& TableOf<RequestedBy>();
template <>
const Table& TableOf<WaiverStatus>();

// CEL of every table with pem and the two references.
inline constexpr std::string_view kOnePemSource = "[has(self.pem), has(self.configMapKeyRef), has(self.secretKeyRef)].exists_one(one, one)";
// Bounds of text that holds a key, or a chain or bundle of certificates.
inline constexpr std::size_t kMaxKeyBytes = 16'384;
inline constexpr std::size_t kMaxCertificateBytes = 262'144;

inline constexpr std::string_view kMetadataDoc = "Name, namespace and labels, as Kubernetes keeps them.";
inline constexpr std::string_view kApiVersionDoc = "hullwright.dev/v1alpha1.";
inline constexpr std::string_view kKindDoc = "The kind of this object.";

}  // namespace hullwright::api
