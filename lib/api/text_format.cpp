#include "api/text_format.h"

#include <re2/re2.h>

#include <map>
#include <memory>
#include <mutex>

namespace hullwright::api {
namespace {

// Expressions are compiled once and live as long as the program: they are constants of this file.
const RE2& Compiled(const TextFormat& format) {
  static std::mutex mutex;
  static std::map<const TextFormat*, std::unique_ptr<RE2>> compiled;
  std::lock_guard lock(mutex);
  auto& expression = compiled[&format];
  if (!expression) expression = std::make_unique<RE2>(re2::StringPiece(format.pattern.data(), format.pattern.size()));
  return *expression;
}

}  // namespace

const TextFormat kDnsSubdomain = {R"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)", "name",
                                  R"(a name of lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit)"};
const TextFormat kDnsLabel = {R"([a-z0-9]([-a-z0-9]*[a-z0-9])?)", "name without dots",
                              R"(a name of lower-case letters, digits and "-", beginning and ending with a letter or digit)"};
const TextFormat kLabelKey = {
    R"(([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)", "label key",
    R"(a label key: letters, digits, "-", "_" and ".", at most 63 bytes, with an optional DNS name and "/" before it)"};
const TextFormat kLabelValue = {
    R"(([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?)", "label value",
    R"(a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit)"};
const TextFormat kVulnerabilityId = {R"([A-Za-z][A-Za-z0-9._:]*-[A-Za-z0-9._:-]*[A-Za-z0-9])", "vulnerability id",
                                     R"(a vulnerability id like "CVE-2024-1234" or "GHSA-jfh8-c2jp-5v3q", without wildcards)"};
const TextFormat kPackageUrl = {R"(pkg:[a-z][a-z0-9.+-]*/[^@?#\s]*[^@?#\s/])", "package URL without version",
                                R"(a package URL without version and qualifiers, like "pkg:deb/debian/openssl")"};
const TextFormat kTagPattern = {R"([A-Za-z0-9_.*-]+)", "tag, \"*\" for any characters",
                                R"(a tag like "latest", in which "*" stands for any characters)"};
const TextFormat kLicensePattern = {R"([A-Za-z0-9.+*-]+)", "SPDX license id, \"*\" for any characters",
                                    R"(an SPDX license id like "AGPL-3.0-only", in which "*" stands for any characters)"};
const TextFormat kDataKey = {R"([-._a-zA-Z0-9]+)", "key of the data", R"(a key of letters, digits, "-", "_" and ".")"};
const TextFormat kRegistryHost = {R"([a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?)",
                                  "host with or without port",
                                  R"(a host in lower case with an optional port, like "registry.example:5000", without "https://")"};
const TextFormat kRepository = {R"([a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+)", "repository",
                                R"(a host and path without tag and digest, like "registry.example/signatures")"};
const TextFormat kMirror = {R"([a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)", "host with or without path",
                            R"(a host with an optional port and path, like "mirror.example/hub", without "https://")"};
const TextFormat kHttpUrl = {R"(https?://[^\s/]+(/\S*)?)", "URL",
                             R"(a URL that begins with "https://" (or "http://" in a closed network))"};
const TextFormat kHttpsUrl = {R"(https://[^\s/]+(/\S*)?)", "https URL", R"(a URL that begins with "https://")"};
const TextFormat kFulcioExtension = {
    R"(buildSignerURI|buildSignerDigest|runnerEnvironment|sourceRepositoryURI|sourceRepositoryDigest|sourceRepositoryRef|)"
    R"(sourceRepositoryIdentifier|sourceRepositoryOwnerURI|sourceRepositoryOwnerIdentifier|buildConfigURI|buildConfigDigest|buildTrigger|)"
    R"(runInvocationURI|sourceRepositoryVisibilityAtSigning|deploymentEnvironment|githubWorkflowTrigger|githubWorkflowSHA|)"
    R"(githubWorkflowName|githubWorkflowRepository|githubWorkflowRef)",
    "Fulcio extension", R"(an extension of Fulcio's certificates, like "sourceRepositoryURI" or "buildSignerURI")"};
const TextFormat kTrustedIdentity = {R"(\*|x509\.subject:.*\S.*)", "trusted identity",
                                     R"("x509.subject: C=..., ST=..., O=..." or "*" for whoever has a certificate of the trust root)"};
const TextFormat kJsonPointer = {R"((/([^/~]|~[01])*)+)", "JSON pointer", R"(a JSON pointer like "/buildDefinition/buildType")"};
const TextFormat kPredicateType = {R"([a-z][a-z0-9+.-]*:\S+)", "predicate type",
                                   R"(the URI of a predicate type, like "https://slsa.dev/provenance/v1")"};

bool Matches(const TextFormat& format, std::string_view text) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), Compiled(format));
}

}  // namespace hullwright::api
