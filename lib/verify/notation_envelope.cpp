#include "verify/notation_envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kPayloadType = "application/vnd.cncf.notary.payload.v1+json";

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Checked<SigningScheme> ReadScheme(const std::string& scheme) {
  if (scheme == "notary.x509") return SigningScheme::kX509;
  if (scheme == "notary.x509.signingAuthority") return SigningScheme::kX509SigningAuthority;
  if (scheme.empty()) return Reject(Step::kStructure, "the signature has no signing scheme");
  return Reject(Step::kUnsupported,
                fmt::format("signing scheme \"{}\": notary.x509 and notary.x509.signingAuthority are known", Printable(scheme)));
}

// Each scheme has its own time, and only that.
Checked<Time> SchemeTime(SigningScheme scheme, const NotationAttributes& attributes) {
  const bool claimed = scheme == SigningScheme::kX509;
  const auto& wanted = claimed ? attributes.signing_time : attributes.authentic_signing_time;
  const auto& foreign = claimed ? attributes.authentic_signing_time : attributes.signing_time;
  if (!wanted) return Reject(Step::kStructure, fmt::format("scheme {} without its time of signing", attributes.scheme));
  if (foreign) return Reject(Step::kStructure, fmt::format("scheme {} with the time of the other scheme", attributes.scheme));
  return *wanted;
}

Checked<void> CheckCritical(const NotationAttributes& attributes) {
  constexpr std::array kUnderstood = {kSchemeName, kSigningTimeName, kAuthenticSigningTimeName, kExpiryName};
  for (const std::string& name : attributes.critical) {
    if (std::ranges::find(kUnderstood, name) == kUnderstood.end())
      return Reject(Step::kCriticalExtension, fmt::format("critical attribute \"{}\" is not understood", Printable(name)));
    if (std::ranges::count(attributes.critical, name) > 1)
      return Reject(Step::kStructure, fmt::format("critical attribute {} is listed twice", name));
  }
  const auto present_but_not_listed = [&](const auto& value, std::string_view name) { return value && !Has(attributes.critical, name); };
  if (!Has(attributes.critical, kSchemeName) || present_but_not_listed(attributes.expiry, kExpiryName) ||
      present_but_not_listed(attributes.authentic_signing_time, kAuthenticSigningTimeName))
    return Reject(Step::kStructure, "crit does not list the signing scheme, the expiry or the authentic signing time");
  const auto listed_but_absent = [&](const auto& value, std::string_view name) { return !value && Has(attributes.critical, name); };
  if (listed_but_absent(attributes.expiry, kExpiryName) || listed_but_absent(attributes.signing_time, kSigningTimeName) ||
      listed_but_absent(attributes.authentic_signing_time, kAuthenticSigningTimeName))
    return Reject(Step::kStructure, "crit lists an attribute that is not there");
  return {};
}

// Whether critical or not: the signer wants a plugin to have its say, and there is none.
Checked<void> CheckPlugin(const NotationAttributes& attributes) {
  const auto plugin = std::ranges::find_if(attributes.others, [](const std::string& name) {
    return name == "io.cncf.notary.verificationPlugin" || name == "io.cncf.notary.verificationPluginMinVersion";
  });
  if (plugin != attributes.others.end())
    return Reject(Step::kCriticalExtension, fmt::format("{}: verification plugins are not supported", *plugin));
  return {};
}

}  // namespace

std::optional<Time>* NotationAttributes::TimeNamed(std::string_view name) {
  if (name == kSigningTimeName) return &signing_time;
  if (name == kAuthenticSigningTimeName) return &authentic_signing_time;
  if (name == kExpiryName) return &expiry;
  return nullptr;
}

Checked<NotationEnvelope> DecodeNotationEnvelope(std::string_view media_type, std::string_view bytes) {
  if (bytes.size() > limits::kEnvelopeBytes)
    return Reject(Step::kLimit, fmt::format("an envelope of {} bytes: at most {} are read", bytes.size(), limits::kEnvelopeBytes));
  if (media_type == "application/jose+json") return DecodeNotationJws(bytes);
  if (media_type == "application/cose") return DecodeNotationCose(bytes);
  return Reject(Step::kUnsupported,
                fmt::format("envelope of type \"{}\": application/jose+json and application/cose are known", Printable(media_type)));
}

Checked<SigningScheme> CheckNotationAttributes(const NotationAttributes& attributes) {
  if (attributes.content_type != kPayloadType)
    return Reject(Step::kUnsupported, fmt::format("payload of type \"{}\", not {}", Printable(attributes.content_type), kPayloadType));
  if (auto none = CheckPlugin(attributes); !none) return std::unexpected(none.error());
  const auto scheme = ReadScheme(attributes.scheme);
  if (!scheme) return scheme;
  if (auto sound = CheckCritical(attributes); !sound) return std::unexpected(sound.error());
  const auto time = SchemeTime(*scheme, attributes);
  if (!time) return std::unexpected(time.error());
  if (attributes.expiry && *attributes.expiry <= *time) return Reject(Step::kStructure, "the expiry is not after the time of signing");
  return scheme;
}

}  // namespace hullwright::verify
