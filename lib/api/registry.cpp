#include "api/registry.h"

#include "api/kind.h"
#include "api/pem_shape.h"
#include "api/shared_tables.h"

namespace hullwright::api {
namespace {

void CheckSpec(RegistrySpec& spec, const Given& given) {
  if (given.HasGood("ca") && !spec.ca->pem.empty()) {
    const std::string mistake = MistakeInPem(spec.ca->pem, "CERTIFICATE", kMaxPemBlocks);
    if (!mistake.empty()) given.Mistake("ca.pem", mistake);
  }
  if (!spec.plain_http) return;
  for (std::string_view field : {"ca", "clientCertificateRef"}) {
    if (given.Has(field)) given.Mistake(field, "must be left out with plainHTTP: true, which shows and checks no certificate");
  }
}

}  // namespace

template <>
const Table& TableOf<RegistrySpec>() {
  // clang-format off
  static const auto table = StructTable<RegistrySpec>({
      Field<&RegistrySpec::host>("host", "The registry's host as it stands in image names. It may then be at an inner address of the network.")
          .Required().Length(1, 255).Format(kRegistryHost),
      Field<&RegistrySpec::pull_secret_ref>("pullSecretRef",
          "A Secret of type kubernetes.io/dockerconfigjson in the namespace in which Hullwright runs, used besides those of the Pod."),
      Field<&RegistrySpec::ca>("ca", "Certificates of the authorities that this host is trusted by. Left out: the system's."),
      Field<&RegistrySpec::client_certificate_ref>("clientCertificateRef",
          "A Secret of type kubernetes.io/tls in the namespace in which Hullwright runs: the certificate to show to the host."),
      Field<&RegistrySpec::plain_http>("plainHTTP", "Whether to ask without TLS. Whoever sits on the way can then leave signatures out."),
      Field<&RegistrySpec::fetch_from>("fetchFrom",
          "Mirrors to ask first, in this order, by digest alone. What they serve keeps the name of this host.")
          .Items(1, 8).Length(1, 255).Format(kMirror).Distinct(),
      Field<&RegistrySpec::requests_per_second>("requestsPerSecond", "How often the host is asked at most.").Between(1, 1000),
  }).Check(CheckSpec)
  .Cel("!has(self.plainHTTP) || !self.plainHTTP || !(has(self.ca) || has(self.clientCertificateRef))",
      "ca and clientCertificateRef mean nothing with plainHTTP");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<RegistryStatus>() {
  // clang-format off
  static const auto table = StructTable<RegistryStatus>({
      Field<&RegistryStatus::conditions>("conditions", "Ready: the host can be asked.").Items(0, 16).DistinctBy({"type"}),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<Registry>() {
  // clang-format off
  static const auto table = StructTable<Registry>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&Registry::metadata>("metadata", kMetadataDoc).Required(),
      Field<&Registry::spec>("spec", "How to ask it.").Required(),
      Field<&Registry::status>("status", "Written by the operator.").Lenient(),
  });
  // clang-format on
  return table;
}

const Kind& RegistryKind() {
  static const Kind kind{
      .info = {"Registry", "registries", "registry", false},
      .short_name = "reg",
      .doc = "How to ask one registry host for images and signatures. Hosts without one are asked over https with the Pod's pull secrets.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: Registry
metadata: {name: registry-example}
spec:
  host: registry.example:5000
  pullSecretRef: {name: registry-example}
  ca: {configMapKeyRef: {name: registry-example, key: ca.crt}}
  fetchFrom: ["mirror.example/acme"]
  requestsPerSecond: 50
)",
      .columns = {{"Host", "string", ".spec.host", "The registry's host."},
                  {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether the host can be asked."}},
      .table = TableOf<Registry>(),
      .decode = DecodeAs<Registry>,
  };
  return kind;
}

}  // namespace hullwright::api
