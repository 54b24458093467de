// Objects for the tests of this layer: one of each kind in which every field is written, and ways to change and decode them.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/kind.h"
#include "base/yaml.h"

namespace hullwright::api {

using Json = nlohmann::json;

inline constexpr std::string_view kHex = "9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c";

// One YAML document as JSON.
inline Json FromYaml(std::string_view yaml) {
  auto documents = ReadYaml(yaml);
  INFO((documents ? "" : documents.error().message));
  REQUIRE(documents.has_value());
  REQUIRE(documents->size() == 1);
  return Json::parse(documents->front().json);
}

inline Result<Object> Decode(const Json& object) {
  JsonReader reader;
  auto element = reader.Read(object.dump());
  REQUIRE(element.has_value());
  return DecodeObject(*element);
}

// What is wrong with the object, "" when it decodes.
inline std::string MessageOf(const Json& object) {
  auto decoded = Decode(object);
  return decoded ? "" : decoded.error().message;
}

// The example of the reference page.
inline Json ExampleOf(std::string_view kind) {
  return FromYaml(FindKind(kind)->example);
}

// The example of a kind with the value at a JSON pointer replaced by a JSON text; "-" takes the member out.
inline Json Changed(std::string_view kind, std::string_view pointer, std::string_view value) {
  Json object = ExampleOf(kind);
  if (value == "-") return object.patch({{{"op", "remove"}, {"path", pointer}}});
  return object.patch({{{"op", "add"}, {"path", pointer}, {"value", Json::parse(value)}}});
}

// What the examples leave out, as a merge patch, so that every field of every kind is written once.
inline std::string_view Rest(std::string_view kind) {
  static const std::map<std::string_view, std::string_view> rest = {
      {"ClusterImageAdmissionPolicy", R"(
spec:
  match: {namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [shop]}]}}
  rules:
    vulnerabilities:
      forbid: [{name: all, severities: [Critical], fix: Available, layers: [Application], minCVSS: "9.0", minEPSS: "0.5", knownExploited: true, ids: [CVE-2021-44228], graceHours: 168, graceFrom: FixFirstSeen, moreThan: 1, waivable: false}]
      waivers: {namespaceSelector: {matchLabels: {env: prod}, matchExpressions: [{key: team, operator: NotIn, values: [shop]}]}}
      vex: {publisherRefs: [{name: acme}]}
    image: {licenses: {unknown: Allowed}}
)"},
      {"ImageAdmissionPolicy", R"(
spec:
  match: {images: ["registry.example/**"], excludeImages: [nginx], containerTypes: [Containers]}
  enforcement: {newImages: Deny, noData: Deny, templates: Warn, admittedImages: Warn, admittedHours: 168, registryOutageHours: 4}
  rules:
    reference: {digest: Pinned, forbiddenTags: [latest]}
    publishers: {minimum: 1}
    attestations:
    - {name: provenance, predicateType: "https://slsa.dev/provenance/v1", publisherRefs: [{name: acme-ci}], maxAgeHours: 8760,
       matchExpressions: [{path: /a/0, operator: Matches, values: ["v[0-9]+"]}]}
    image: {maxAgeDays: 90, maxSize: 1.5Gi, maxLayers: 60, nonRoot: Required, endOfLifeOS: Forbidden, secrets: Forbidden,
            licenses: {forbidden: ["AGPL-*"], unknown: Allowed}, baseImages: {images: ["gcr.io/distroless/**"], proof: Annotation}, platforms: Schedulable}
    vulnerabilities:
      forbid: [{name: all, severities: [Critical], fix: Available, layers: [Application], minCVSS: "9.0", minEPSS: "0.5", knownExploited: true, ids: [CVE-2021-44228], graceHours: 168, graceFrom: FixFirstSeen, moreThan: 1, waivable: false}]
      scan: {maxAgeHours: 26, maxDatabaseAgeHours: 72, scannerRefs: [{name: trivy}]}
      waivers:
        kinds: [BreakGlass]
        namespaceSelector: {matchLabels: {env: prod}, matchExpressions: [{key: team, operator: NotIn, values: [shop]}]}
        maxSeverity: High
        maxDays: 90
      vex: {publisherRefs: [{name: acme}]}
)"},
      {"TrustedPublisher", R"(
spec: {signatureRepository: registry.example/signatures}
)"},
      {"TrustRoot", R"(
spec: {sigstore: {certificateTransparency: Ignore}}
)"},
      {"Registry", R"(
spec: {clientCertificateRef: {name: client}, plainHTTP: false}
)"},
      {"VulnerabilityException", R"(
spec:
  policyRefs: [{name: production, kind: ImageAdmissionPolicy}]
  requestedBy: {username: ann, groups: [dev]}
)"},
      {"ClusterVulnerabilityException", R"(
spec:
  policyRefs: [{name: production, kind: ClusterImageAdmissionPolicy}]
  vulnerabilities: [{id: CVE-2024-1234, aliases: [GHSA-jfh8-c2jp-5v3q], packages: ["pkg:deb/debian/openssl"]}]
  assessment: NotAffected
  justification: component_not_present
  endsOnFix: true
  requestedBy: {username: ann, groups: [dev]}
)"},
      {"BreakGlass", R"(
spec:
  policyRefs: [{name: production, kind: ClusterImageAdmissionPolicy}]
  requestedBy: {username: ann, groups: [dev]}
)"},
      {"ImageScan", R"(
spec: {platform: {variant: v8}}
status:
  indexDigests: ["sha256:9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8d"]
  results:
  - {scannerRef: {name: trivy}, version: 0.68.2, databaseUpdatedAt: 2026-11-20T00:00:00Z, scannedAt: 2026-11-20T06:00:00Z,
     source: Import, outcome: Partial, reason: no Java database, importedBy: ci,
     counts: [{severity: High, fix: Available, layer: Unknown, count: 1}],
     licenses: [{license: GPL-2.0-only, count: 2, packages: [apt]}], truncatedLicenses: 1}
  image: {created: 2026-11-01T00:00:00Z, user: "1000", sizeBytes: 1048576, layers: 3,
          diffIDs: ["sha256:9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8e"]}
  packageCount: 88
  secrets: 0
  findings:
  - {id: CVE-2024-1234, aliases: [GHSA-jfh8-c2jp-5v3q], package: openssl, version: "3.0", severity: High, cvss: "7.5", fix: Available,
     fixedIn: "3.1", layer: Base, layerRange: {first: 0, last: 2}, published: 2026-01-01T00:00:00Z, firstSeen: 2026-01-02T00:00:00Z, fixFirstSeen: 2026-01-03T00:00:00Z,
     scanners: [trivy]}
  truncatedFindings: 2
  reportRef: registry.example/reports/1
  conditions:
  - {type: Scanned, status: "True", reason: Scanned, message: ok, observedGeneration: 1, lastTransitionTime: 2026-01-01T00:00:00Z}
)"},
  };
  auto found = rest.find(kind);
  return found == rest.end() ? "" : found->second;
}

// Of kinds with unions: patches of the full object that between them write every member of every union.
inline const std::vector<std::string_view>& Variants(std::string_view kind) {
  static const std::vector<std::string_view> none;
  static const std::map<std::string_view, std::vector<std::string_view>> variants = {
      {"TrustedPublisher",
       {"spec: {authorities: [{name: a, type: Keyless, keyless: {issuer: \"https://a.example\", subject: ann@a.example, "
        "transparencyLog: Ignore}}]}",
        "spec: {authorities: [{name: a, type: Key, key: {pem: \"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\", "
        "transparencyLog: Required, trustRootRef: {name: public}}}]}",
        "spec: {authorities: [{name: a, type: Key, key: {configMapKeyRef: {name: keys, key: cosign.pub}}}]}",
        "spec: {authorities: [{name: a, type: Key, key: {secretKeyRef: {name: keys, key: cosign.pub}}}]}",
        "spec: {authorities: [{name: a, type: Notation, notation: {trustRootRef: {name: corp-ca}, "
        "identities: [\"x509.subject: C=US, ST=WA, O=acme\"], level: Permissive}}]}"}},
      {"TrustRoot",
       {"spec: {sigstore: {trustedRoot: {configMapKeyRef: null, json: \"{}\"}}}",
        "spec: {sigstore: {trustedRoot: {configMapKeyRef: null, secretKeyRef: {name: a, key: b}}}}",
        "spec: {type: TUF, sigstore: null, tuf: {mirror: \"https://tuf.example\", initialRoot: {json: \"{}\"}, refreshHours: 12}}",
        "spec: {type: TUF, sigstore: null, tuf: {mirror: \"https://tuf.example\", initialRoot: {configMapKeyRef: {name: a, key: b}}}}",
        "spec: {type: TUF, sigstore: null, tuf: {mirror: \"https://tuf.example\", initialRoot: {secretKeyRef: {name: a, key: b}}}}",
        "spec: {type: Notation, sigstore: null, notation: {revocation: Required, "
        "certificates: &c {pem: \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}, signingAuthorities: *c, "
        "timestampCertificates: *c, revocationLists: {pem: \"-----BEGIN X509 CRL-----\\nAAAA\\n-----END X509 CRL-----\"}}}",
        "spec: {type: Notation, sigstore: null, notation: {certificates: &c {configMapKeyRef: {name: a, key: b}}, signingAuthorities: *c, "
        "timestampCertificates: *c, revocationLists: *c}}",
        "spec: {type: Notation, sigstore: null, notation: {certificates: &c {secretKeyRef: {name: a, key: b}}, signingAuthorities: *c, "
        "timestampCertificates: *c, revocationLists: *c}}"}},
      {"Registry",
       {"spec: {ca: {configMapKeyRef: null, pem: \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}}",
        "spec: {ca: {configMapKeyRef: null, secretKeyRef: {name: a, key: b}}}"}},
  };
  auto found = variants.find(kind);
  return found == variants.end() ? none : found->second;
}

// With every field written but those of a union's other members.
inline Json FullObject(std::string_view kind) {
  Json object = ExampleOf(kind);
  if (!Rest(kind).empty()) object.merge_patch(FromYaml(Rest(kind)));
  return object;
}

inline std::vector<Json> FullObjects(std::string_view kind) {
  std::vector<Json> objects = {FullObject(kind)};
  for (std::string_view variant : Variants(kind)) {
    objects.push_back(objects.front());
    objects.back().merge_patch(FromYaml(variant));
  }
  return objects;
}

// The first of them in which the field is written.
inline Json FullObject(std::string_view kind, const std::string& pointer) {
  for (const Json& object : FullObjects(kind))
    if (object.contains(Json::json_pointer(pointer))) return object;
  return {};
}

}  // namespace hullwright::api
