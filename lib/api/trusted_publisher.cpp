#include "api/trusted_publisher.h"

#include <algorithm>

#include "api/kind.h"
#include "api/shared_tables.h"

namespace hullwright::api {

namespace {

void CheckPublisher(TrustedPublisherSpec& spec, const Given& given) {
  if (!given.HasGood("verification")) return;
  if (spec.verification == PublisherVerification::kSignature) {
    if (!given.Has("authorities")) given.Mistake("authorities", "is required with verification: Signature: who signs?");
    return;
  }
  for (std::string_view field : {"authorities", "signatureRepository", "aliases"}) {
    if (given.Has(field)) given.Mistake(field, "must be left out with verification: NameOnly, which looks at no signature");
  }
}

bool AnyMatches(const std::vector<ImagePattern>& patterns, const ImageReference& image) {
  return std::ranges::any_of(patterns, [&](const ImagePattern& pattern) { return pattern.Matches(image); });
}

}  // namespace

bool TrustedPublisher::Covers(const ImageReference& image) const {
  if (AnyMatches(spec.repositories, image)) return true;
  return spec.verification == PublisherVerification::kSignature && AnyMatches(spec.aliases, image);
}

template <>
const std::vector<EnumWord<PublisherVerification>>& WordsOf<PublisherVerification>() {
  static const std::vector<EnumWord<PublisherVerification>> words = {
      {PublisherVerification::kNameOnly, "NameOnly"},
      {PublisherVerification::kSignature, "Signature"},
  };
  return words;
}

template <>
const Table& TableOf<TrustedPublisherSpec>() {
  // clang-format off
  static const auto table = StructTable<TrustedPublisherSpec>({
      Field<&TrustedPublisherSpec::display_name>("displayName", "The publisher's name for people."),
      Field<&TrustedPublisherSpec::repositories>("repositories", "Image names under which the publisher's images live.")
          .Required().Items(1, 256).Distinct(),
      Field<&TrustedPublisherSpec::verification>("verification",
          "What proves that an image is the publisher's. Signature: that of one of its authorities over the digest. NameOnly: its name "
          "alone, so whoever can push there is trusted; it must be said.")
          .Required(),
      Field<&TrustedPublisherSpec::authorities>("authorities", "The publisher's ways of signing; any of them will do.")
          .Items(1, 16).DistinctBy({"name"}),
      Field<&TrustedPublisherSpec::signature_repository>("signatureRepository",
          "Where signatures and attestations live, when elsewhere than the image.")
          .Length(1, 255).Format(kRepository),
      Field<&TrustedPublisherSpec::aliases>("aliases", "Other names of the same images, such as those of a mirror.")
          .Items(1, 64).Distinct(),
  }).Check(CheckPublisher)
  .Cel("self.verification == 'Signature' ? has(self.authorities) : "
       "!(has(self.authorities) || has(self.signatureRepository) || has(self.aliases))",
      "authorities, signatureRepository and aliases go with verification: Signature, which needs authorities");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TrustedPublisherStatus>() {
  // clang-format off
  static const auto table = StructTable<TrustedPublisherStatus>({
      Field<&TrustedPublisherStatus::conditions>("conditions", "Ready: the publisher can be used.")
          .Items(0, 16).DistinctBy({"type"}),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TrustedPublisher>() {
  // clang-format off
  static const auto table = StructTable<TrustedPublisher>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&TrustedPublisher::metadata>("metadata", kMetadataDoc).Required(),
      Field<&TrustedPublisher::spec>("spec", "The publisher.").Required(),
      Field<&TrustedPublisher::status>("status", "Written by the operator.").Lenient(),
  });
  // clang-format on
  return table;
}

const Kind& TrustedPublisherKind() {
  static const Kind kind{
      .info = {"TrustedPublisher", "trustedpublishers", "trustedpublisher", false},
      .short_name = "tp",
      .doc = "Somebody who may publish images under certain names. Policies refer to publishers by name.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {name: acme}
spec:
  displayName: Acme
  repositories: ["registry.example/acme/**"]
  verification: Signature
  authorities:
  - name: release
    type: Keyless
    keyless:
      issuer: https://token.actions.githubusercontent.com
      subjectRegExp: https://github\.com/acme/[a-z]+/\.github/workflows/release\.yml@refs/tags/v[0-9.]+
      extensions: {sourceRepositoryOwnerURI: https://github.com/acme}
      trustRootRef: {name: public}
  aliases: ["mirror.example/acme/**"]
)",
      .columns = {{"Publisher", "string", ".spec.displayName", "The publisher's name for people."},
                  {"Verification", "string", ".spec.verification", "What proves that an image is the publisher's."},
                  {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether the publisher can be used."}},
      .table = TableOf<TrustedPublisher>(),
      .decode = DecodeAs<TrustedPublisher>,
  };
  return kind;
}

}  // namespace hullwright::api
