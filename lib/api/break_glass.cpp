#include "api/break_glass.h"

#include "api/kind.h"
#include "api/shared_tables.h"

namespace hullwright::api {

template <>
const Table& TableOf<BreakGlassSpec>() {
  // clang-format off
  static const auto table = StructTable<BreakGlassSpec>({
      Field<&BreakGlassSpec::policy_refs>("policyRefs", "Policies to be passed by. The author needs the verb waive on each.")
          .Required().Items(1, 32).DistinctBy({"name", "kind"}),
      Field<&BreakGlassSpec::images>("images", "The images that may pass, each with its digest.")
          .Required().Items(1, 64).Distinct(),
      Field<&BreakGlassSpec::reason>("reason", "Why, in words.").Required().Length(1, 1024),
      Field<&BreakGlassSpec::ticket>("ticket", "Where the emergency is being dealt with."),
      Field<&BreakGlassSpec::duration_seconds>("durationSeconds", "How long it counts, from metadata.creationTimestamp.")
          .Between(60, 86'400),
      Field<&BreakGlassSpec::requested_by>("requestedBy", "Who wrote it. Stamped by the hook; a value set by anybody else is refused."),
  }).Cel("self == oldSelf", "a BreakGlass cannot be changed: delete it and make another");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<BreakGlass>() {
  // clang-format off
  static const auto table = StructTable<BreakGlass>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&BreakGlass::metadata>("metadata", kMetadataDoc).Required(),
      Field<&BreakGlass::spec>("spec", "The emergency pass. It cannot be changed.").Required(),
      Field<&BreakGlass::status>("status", "Written by the operator.").Lenient(),
  });
  // clang-format on
  return table;
}

const Kind& BreakGlassKind() {
  static const Kind kind{
      .info = {"BreakGlass", "breakglasses", "breakglass", true},
      .short_name = "bg",
      .doc = "An emergency pass for named digests in one namespace: immutable, short and always audited.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: BreakGlass
metadata: {name: tonight, namespace: shop}
spec:
  policyRefs: [{name: production}]
  images: ["registry.example/shop/api@sha256:9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c"]
  reason: Checkout is down, this build mends it.
  ticket: INC-4711
  durationSeconds: 14400
)",
      .columns = {{"Ticket", "string", ".spec.ticket", "Where the emergency is being dealt with."},
                  {"Seconds", "integer", ".spec.durationSeconds", "How long it counts."},
                  {"RequestedBy", "string", ".spec.requestedBy.username", "Who wrote it."}},
      .table = TableOf<BreakGlass>(),
      .decode = DecodeAs<BreakGlass>,
  };
  return kind;
}

}  // namespace hullwright::api
