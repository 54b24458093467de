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

bool Matches(const TextFormat& format, std::string_view text);

}  // namespace hullwright::api
