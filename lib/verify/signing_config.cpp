#include "verify/signing_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kMediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

Checked<SigningService> ReadService(const JsonFields& fields) {
  if (const auto known = fields.RefuseOthers({"url", "majorApiVersion", "validFor", "operator"}); !known)
    return std::unexpected(known.error());
  const auto url = fields.Text("url");
  const auto version = fields.Integer("majorApiVersion");
  auto window = ValidityWindow::Read(fields);
  const auto operator_name = fields.OptionalText("operator");
  if (!url) return std::unexpected(url.error());
  if (!version) return std::unexpected(version.error());
  if (!window) return std::unexpected(window.error());
  if (!operator_name) return std::unexpected(operator_name.error());
  return SigningService{std::string(*url), *version, *window, std::string(*operator_name)};
}

Checked<void> ReadServices(const JsonFields& config, std::string_view key, std::vector<SigningService>& services) {
  const auto entries = config.List(key, limits::kAuthoritiesPerRoot);
  if (!entries) return std::unexpected(entries.error());
  for (const JsonElement entry : *entries) {
    const auto fields = JsonFields::Of(entry, fmt::format("an entry of {}", key));
    if (!fields) return std::unexpected(fields.error());
    auto service = ReadService(*fields);
    if (!service) return std::unexpected(service.error());
    services.push_back(std::move(*service));
  }
  return {};
}

// How many of the services a signer asks: {"selector": "EXACT", "count": 2}.
Checked<void> CheckSelection(const JsonFields& config, std::string_view key) {
  if (!config.Has(key)) return {};
  const auto fields = config.Object(key);
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"selector", "count"}); !known) return known;
  const auto selector = fields->Text("selector");
  if (!selector) return std::unexpected(selector.error());
  constexpr std::array<std::string_view, 3> kSelectors = {"ANY", "ALL", "EXACT"};
  if (std::ranges::find(kSelectors, *selector) == kSelectors.end()) {
    return Reject(Step::kStructure, fmt::format("the selector of {} is \"{}\", not ANY, ALL or EXACT", key, Printable(*selector, 32)));
  }
  if (*selector != "EXACT") return {};
  const auto count = fields->Integer("count");
  if (!count) return std::unexpected(count.error());
  return *count > 0 ? Checked<void>() : Reject(Step::kStructure, fmt::format("the count of {} is not positive", key));
}

}  // namespace

Checked<SigningConfig> SigningConfig::Parse(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kTrustRootBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the signing config");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known =
          fields->RefuseOthers({"mediaType", "caUrls", "oidcUrls", "rekorTlogUrls", "rekorTlogConfig", "tsaUrls", "tsaConfig"});
      !known) {
    return std::unexpected(known.error());
  }
  const auto media_type = fields->Text("mediaType");
  if (!media_type) return std::unexpected(media_type.error());
  if (*media_type != kMediaType)
    return Reject(Step::kUnsupported,
                  fmt::format("the signing config has the media type \"{}\", expected \"{}\"", Printable(*media_type), kMediaType));
  SigningConfig config;
  for (const auto& read :
       {ReadServices(*fields, "caUrls", config.certificate_authorities), ReadServices(*fields, "oidcUrls", config.oidc_providers),
        ReadServices(*fields, "rekorTlogUrls", config.logs), ReadServices(*fields, "tsaUrls", config.timestamp_authorities),
        CheckSelection(*fields, "rekorTlogConfig"), CheckSelection(*fields, "tsaConfig")}) {
    if (!read) return std::unexpected(read.error());
  }
  return config;
}

}  // namespace hullwright::verify
