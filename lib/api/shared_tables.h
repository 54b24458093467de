// Tables and enum words that several kinds use; written out in common.cpp and, for waivers, in vulnerability_exception.cpp.
#pragma once

#include "api/common.h"
#include "api/field_table.h"
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
const Table& TableOf<Condition>();
template <>
const Table& TableOf<PolicyRef>();
template <>
const Table& TableOf<RequestedBy>();
template <>
const Table& TableOf<WaiverStatus>();

// What stands in a field's row that this version cannot enforce.
inline constexpr std::string_view kNotYetSigned = "not enforced by this version: it verifies no signatures";
inline constexpr std::string_view kNotYetAttested = "not enforced by this version: it verifies no signed statements";

inline constexpr std::string_view kMetadataDoc = "Name, namespace and labels, as Kubernetes keeps them.";
inline constexpr std::string_view kApiVersionDoc = "hullwright.dev/v1alpha1.";
inline constexpr std::string_view kKindDoc = "The kind of this object.";

}  // namespace hullwright::api
