#include "api/trusted_publisher.h"

#include "api/kind.h"
#include "api/shared_tables.h"

namespace hullwright::api {

template <>
const std::vector<EnumWord<PublisherVerification>>& WordsOf<PublisherVerification>() {
  static const std::vector<EnumWord<PublisherVerification>> words = {
      {PublisherVerification::kNameOnly, "NameOnly"},
      {PublisherVerification::kSignature, "Signature", kNotYetSigned},
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
          "What proves that an image is the publisher's. NameOnly: its name alone, so whoever can push there is trusted; it must be "
          "said.")
          .Required(),
      Reserved("authorities", kNotYetSigned),
      Reserved("signatureRepository", kNotYetSigned),
      Reserved("aliases", kNotYetSigned),
  });
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
metadata: {name: docker-official}
spec:
  displayName: Docker Official Images
  repositories: ["docker.io/library/**"]
  verification: NameOnly
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
