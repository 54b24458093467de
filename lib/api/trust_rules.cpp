#include "api/trust_rules.h"

#include "api/shared_tables.h"

namespace hullwright::api {
namespace {

// RFC 6901: "~1" is "/", "~0" is "~". The format has been checked.
std::vector<std::string> Tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/')
      tokens.emplace_back();
    else if (pointer[i] == '~' && i + 1 < pointer.size())
      tokens.back() += pointer[++i] == '1' ? '/' : '~';
    else
      tokens.back() += pointer[i];
  }
  return tokens;
}

void ReadPatterns(PredicateCondition& condition, const Given& given) {
  for (std::size_t i = 0; i < condition.values.size(); ++i) {
    auto pattern = RegularExpression::Parse(condition.values[i]);
    if (pattern)
      condition.patterns.push_back(*std::move(pattern));
    else
      given.MistakeInItem("values", i, "", pattern.error().message);
  }
}

void CheckCondition(PredicateCondition& condition, const Given& given) {
  if (given.HasGood("path")) condition.tokens = Tokens(condition.path);
  if (!given.HasGood("operator")) return;
  const bool takes_values = condition.op != PredicateOperator::kExists && condition.op != PredicateOperator::kDoesNotExist;
  if (takes_values && !given.Has("values")) given.Mistake("values", "is required with the operators In, NotIn and Matches");
  if (!takes_values && given.Has("values")) given.Mistake("values", "must be left out with the operators Exists and DoesNotExist");
  if (condition.op == PredicateOperator::kMatches && given.HasGood("values")) ReadPatterns(condition, given);
}

void CheckImage(ImageRules&, const Given& given) {
  for (std::string_view field :
       {"maxAgeDays", "maxSize", "maxLayers", "nonRoot", "endOfLifeOS", "secrets", "licenses", "baseImages", "platforms"}) {
    if (given.Has(field)) return;
  }
  given.Mistake("", "an empty rule asks for nothing: write one of its fields or leave image out");
}

}  // namespace

template <>
const std::vector<EnumWord<PredicateOperator>>& WordsOf<PredicateOperator>() {
  static const std::vector<EnumWord<PredicateOperator>> words = {
      {PredicateOperator::kIn, "In"},           {PredicateOperator::kNotIn, "NotIn"},
      {PredicateOperator::kExists, "Exists"},   {PredicateOperator::kDoesNotExist, "DoesNotExist"},
      {PredicateOperator::kMatches, "Matches"},
  };
  return words;
}

template <>
const std::vector<EnumWord<UserRule>>& WordsOf<UserRule>() {
  static const std::vector<EnumWord<UserRule>> words = {{UserRule::kAny, "NotRequired"}, {UserRule::kNonRoot, "Required"}};
  return words;
}

template <>
const std::vector<EnumWord<Toleration>>& WordsOf<Toleration>() {
  static const std::vector<EnumWord<Toleration>> words = {{Toleration::kAllowed, "Allowed"}, {Toleration::kForbidden, "Forbidden"}};
  return words;
}

template <>
const std::vector<EnumWord<UnknownLicense>>& WordsOf<UnknownLicense>() {
  static const std::vector<EnumWord<UnknownLicense>> words = {{UnknownLicense::kNoData, "NoData"}, {UnknownLicense::kAllowed, "Allowed"}};
  return words;
}

template <>
const std::vector<EnumWord<BaseImageProof>>& WordsOf<BaseImageProof>() {
  static const std::vector<EnumWord<BaseImageProof>> words = {{BaseImageProof::kLayers, "Layers"},
                                                              {BaseImageProof::kAnnotation, "Annotation"}};
  return words;
}

template <>
const std::vector<EnumWord<PlatformRule>>& WordsOf<PlatformRule>() {
  static const std::vector<EnumWord<PlatformRule>> words = {{PlatformRule::kIndex, "Index"}, {PlatformRule::kSchedulable, "Schedulable"}};
  return words;
}

template <>
const Table& TableOf<PredicateCondition>() {
  // clang-format off
  static const auto table = StructTable<PredicateCondition>({
      Field<&PredicateCondition::path>("path", "Where the value stands in the predicate.").Required().Length(1, 1024).Format(kJsonPointer),
      Field<&PredicateCondition::op>("operator",
          "In, NotIn: the value is, or is not, one of values. Matches: a regular expression among values matches the whole of it. A value "
          "that is absent meets none of these.")
          .Required(),
      Field<&PredicateCondition::values>("values", "For In, NotIn and Matches, and only for them.")
          .Items(1, 64).Length(1, 1024).Distinct(),
  }).Check(CheckCondition)
  .Cel("(self.operator in ['In', 'NotIn', 'Matches']) == has(self.values)", "values are for the operators In, NotIn and Matches, and only for them");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<AttestationRule>() {
  // clang-format off
  static const auto table = StructTable<AttestationRule>({
      Field<&AttestationRule::name>("name", "How reasons call it.").Required().Length(1, 63).Format(kDnsLabel),
      Field<&AttestationRule::predicate_type>("predicateType", "The type of its predicate, exactly.")
          .Required().Length(1, 1024).Format(kPredicateType),
      Field<&AttestationRule::publisher_refs>("publisherRefs", "The TrustedPublishers of which one must have signed it.")
          .Required().Items(1, 32).DistinctBy({"name"}),
      Field<&AttestationRule::max_age_hours>("maxAgeHours", "How long ago it may verifiably have been signed. Left out: any time.")
          .Between(1, 876'000),
      Field<&AttestationRule::match_expressions>("matchExpressions", "What its predicate must say; all of it, in one attestation.")
          .Items(1, 32),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<BaseImageRule>() {
  // clang-format off
  static const auto table = StructTable<BaseImageRule>({
      Field<&BaseImageRule::images>("images", "Names of the base images that are allowed.").Required().Items(1, 64).Distinct(),
      Field<&BaseImageRule::proof>("proof",
          "Layers: the image begins with all layers of the base image. Annotation: it says so itself, a hint that warns and never denies."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<LicenseRule>() {
  // clang-format off
  static const auto table = StructTable<LicenseRule>({
      Field<&LicenseRule::forbidden>("forbidden",
          "SPDX ids of the licenses that no package may have, with * for any characters and without regard to case. Of A OR B both must be "
          "forbidden; where one is, that nobody said which was chosen counts as unknown.")
          .Required().Items(1, 32).Length(1, 128).Format(kLicensePattern).Distinct(),
      Field<&LicenseRule::unknown>("unknown",
          "Packages whose license is not known, is no SPDX expression or is a choice. NoData: the image is could-not-tell. "
          "Allowed: they pass, where a scan tells licenses at all."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageRules>() {
  // clang-format off
  static const auto table = StructTable<ImageRules>({
      Field<&ImageRules::max_age_days>("maxAgeDays", "How long ago the image may have been made. Left out: any time.").Between(1, 3650),
      Field<&ImageRules::max_size>("maxSize", "How large its layers may be together, compressed as the registry holds them. Left out: any size."),
      Field<&ImageRules::max_layers>("maxLayers", "How many layers it may have. Left out: any number.").Between(1, 1000),
      Field<&ImageRules::non_root>("nonRoot",
          "Required: the container must not run as user 0, by the image's USER and the runAsUser and runAsNonRoot of container and Pod."),
      Field<&ImageRules::end_of_life_os>("endOfLifeOS", "Forbidden: its scans must say that its operating system is still supported."),
      Field<&ImageRules::secrets>("secrets", "Forbidden: its scans must have looked for secrets and found none."),
      Field<&ImageRules::licenses>("licenses", "Its scans must tell the licenses of its packages, and none of them may be forbidden."),
      Field<&ImageRules::base_images>("baseImages", "What the image must be built on."),
      Field<&ImageRules::platforms>("platforms",
          "What of an index must be signed and attested, and pass the rules of this block. Index: the index itself, and every image in it. "
          "Schedulable: each image in it that a node of the cluster could run.")
          .Written(),
  }).Check(CheckImage);
  // clang-format on
  return table;
}

}  // namespace hullwright::api
