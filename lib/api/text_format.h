// The forms that text in our objects may be bound to: one regular expression each, which the decoder matches and the CRD carries.
#pragma once

#include <string_view>

namespace hullwright::api {

struct TextFormat {
  std::string_view pattern;  // RE2 and Go syntax, of the whole value, without anchors
  std::string_view noun;     // what it is, in few words
  std::string_view words;    // what it must be, after "must be "
};

// RFC 1123 subdomain, as Kubernetes names its objects (apimachinery validation.IsDNS1123Subdomain; at most 253 bytes).
extern const TextFormat kDnsSubdomain;
extern const TextFormat kDnsLabel;    // at most 63 bytes
extern const TextFormat kLabelKey;    // apimachinery validation.IsQualifiedName
extern const TextFormat kLabelValue;  // apimachinery validation.IsValidLabelValue
extern const TextFormat kVulnerabilityId;
extern const TextFormat kPackageUrl;  // purl without version, qualifiers and subpath
extern const TextFormat kTagPattern;
extern const TextFormat kLicensePattern;  // SPDX specification 2.3, annex D: idstring and "+"
extern const TextFormat kDataKey;         // of a ConfigMap or Secret: apimachinery validation.IsConfigMapKey
extern const TextFormat kRegistryHost;    // lower case, with or without port
extern const TextFormat kRepository;      // host and path, without tag and digest
extern const TextFormat kMirror;          // host, with or without a path before the repository
extern const TextFormat kHttpUrl;         // http or https
extern const TextFormat kHttpsUrl;
extern const TextFormat kFulcioExtension;  // github.com/sigstore/fulcio docs/oid-info.md, in the spelling of cosign and sigstore-go
extern const TextFormat kTrustedIdentity;  // Notary Project, trust-store-trust-policy.md "Trusted identities"
extern const TextFormat kJsonPointer;      // RFC 6901, not the empty one
extern const TextFormat kPredicateType;    // in-toto: a URI

bool Matches(const TextFormat& format, std::string_view text);

}  // namespace hullwright::api
