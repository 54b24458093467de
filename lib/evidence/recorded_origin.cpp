#include "evidence/recorded_origin.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/rfc3339.h"
#include "registry/content_digest.h"

namespace hullwright::evidence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<policy::Claim, std::string_view>, 3> kClaims = {{
    {policy::Claim::kSignature, "signature"},
    {policy::Claim::kAttestation, "attestation"},
    {policy::Claim::kAny, "any"},
}};

std::string_view ClaimWord(policy::Claim claim) {
  for (const auto& [value, word] : kClaims)
    if (value == claim) return word;
  return "any";
}

std::optional<policy::Claim> FindClaim(std::string_view text) {
  for (const auto& [value, word] : kClaims)
    if (word == text) return value;
  return std::nullopt;
}

template <class Texts>
Json DigestTexts(const Texts& digests) {
  Json list = Json::array();
  for (const Digest& digest : digests) list.push_back(digest.text());
  return list;
}

Json DoubtJson(const policy::Doubt& doubt) {
  return {{"reason", policy::ToString(doubt.word)}, {"message", doubt.message}};
}

Json SignerJson(std::string_view publisher, const policy::Signer& signer, const Digest& subject) {
  Json times = Json::array();
  for (const Time time : signer.times) times.push_back(FormatRfc3339(time));
  return {{"publisher", publisher},  {"authority", signer.authority}, {"identity", signer.identity},
          {"issuer", signer.issuer}, {"times", std::move(times)},     {"subject", subject.text()}};
}

Json SignatureJson(const policy::Signature& signature) {
  Json json = SignerJson(signature.publisher, signature.signer, signature.subject);
  json["format"] = signature.format;
  for (const policy::Doubt& doubt : signature.tolerated) json["tolerated"].push_back(DoubtJson(doubt));
  return json;
}

// The predicate may have megabytes: it is named, and lies beside the image.
Json AttestationJson(const policy::Attestation& attestation) {
  Json json = SignerJson(attestation.publisher, attestation.signer, attestation.subject);
  json["predicateType"] = attestation.predicate_type;
  if (attestation.predicate) json["predicateDigest"] = registry::DigestOf(*attestation.predicate).text();
  if (attestation.vex) json["vex"] = attestation.vex->format();
  return json;
}

Json FailureJson(const policy::TrustFailure& failure) {
  Json json = {{"publisher", failure.publisher},
               {"claim", ClaimWord(failure.claim)},
               {"predicateType", failure.predicate_type},
               {"doubt", DoubtJson(failure.doubt)}};
  if (failure.subject) json["subject"] = failure.subject->text();
  return json;
}

policy::TrustFailure FailureOf(const RecordedNode& node) {
  policy::TrustFailure failure;
  failure.publisher = node.TextOr("publisher");
  failure.claim = node.Word("claim", FindClaim);
  failure.subject = node.DigestIf("subject");
  failure.predicate_type = node.TextOr("predicateType");
  if (const auto doubt = node.Find("doubt")) failure.doubt = doubt->AsDoubt();
  return failure;
}

Json ConfigurationJson(const policy::ImageConfiguration& configuration) {
  Json json = {{"user", configuration.user},
               {"sizeBytes", configuration.size_bytes},
               {"layers", configuration.layers},
               {"diffIds", DigestTexts(configuration.diff_ids)},
               {"baseName", configuration.base_name}};
  if (configuration.created) json["created"] = FormatRfc3339(*configuration.created);
  if (configuration.base_digest) json["baseDigest"] = configuration.base_digest->text();
  return json;
}

std::vector<Digest> DigestsOf(const RecordedNode& node, std::string_view key) {
  std::vector<Digest> digests;
  for (const RecordedNode& item : node.Items(key)) digests.push_back(item.AsDigest());
  return digests;
}

policy::ImageConfiguration ConfigurationOf(const RecordedNode& node) {
  policy::ImageConfiguration configuration;
  configuration.created = node.TimeIf("created");
  configuration.user = node.TextOr("user");
  configuration.size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(node.Number("sizeBytes"), 0));
  configuration.layers = static_cast<std::size_t>(std::max<std::int64_t>(node.Number("layers"), 0));
  configuration.diff_ids = DigestsOf(node, "diffIds");
  configuration.base_name = node.TextOr("baseName");
  configuration.base_digest = node.DigestIf("baseDigest");
  return configuration;
}

Json PlatformJson(const policy::PlatformManifest& manifest) {
  Json json = {{"digest", manifest.digest.text()}, {"platform", manifest.platform}};
  if (!manifest.configuration) return json;
  if (*manifest.configuration)
    json["configuration"] = ConfigurationJson(**manifest.configuration);
  else
    json["doubt"] = DoubtJson(manifest.configuration->error());
  return json;
}

policy::PlatformManifest PlatformManifestOf(const RecordedNode& node) {
  policy::PlatformManifest manifest{node.DigestAt("digest"), node.TextOr("platform")};
  if (const auto configuration = node.Find("configuration")) manifest.configuration = ConfigurationOf(*configuration);
  if (const auto doubt = node.Find("doubt")) manifest.configuration = std::unexpected(doubt->AsDoubt());
  return manifest;
}

std::optional<policy::Doubt> DoubtIf(const RecordedNode& node, std::string_view key) {
  const auto doubt = node.Find(key);
  return doubt ? std::optional(doubt->AsDoubt()) : std::nullopt;
}

policy::TrustFailure NotVerifiedAgain() {
  return {"",
          policy::Claim::kAny,
          std::nullopt,
          "",
          {policy::ReasonWord::kOriginUnchecked,
           "signatures and attestations of a recorded decision are not verified again, unless registries are asked"}};
}

}  // namespace

Json ToJson(const policy::TrustFacts& facts) {
  Json json = {{"digest", facts.digest.text()},
               {"isIndex", facts.is_index},
               {"gatheredAt", FormatRfc3339(facts.gathered_at)},
               {"fromOutage", facts.from_outage}};
  const auto add_list = [&json](const char* key, const auto& items, auto to_json) {
    Json list = Json::array();
    for (const auto& item : items) list.push_back(to_json(item));
    if (!list.empty()) json[key] = std::move(list);
  };
  add_list("platforms", facts.platforms, PlatformJson);
  add_list("signatures", facts.signatures, [](const auto& signature) { return SignatureJson(*signature); });
  add_list("attestations", facts.attestations, [](const auto& attestation) { return AttestationJson(*attestation); });
  add_list("failures", facts.failures, FailureJson);
  add_list("baseImages", facts.base_images, [](const policy::BaseImage& base) {
    return Json{{"name", base.name}, {"digest", base.digest.text()}, {"diffIds", DigestTexts(base.diff_ids)}};
  });
  if (facts.manifest_doubt) json["manifestDoubt"] = DoubtJson(*facts.manifest_doubt);
  if (facts.base_doubt) json["baseDoubt"] = DoubtJson(*facts.base_doubt);
  return json;
}

Json ToJson(const std::expected<policy::Resolution, policy::Doubt>& resolution) {
  if (!resolution) return {{"doubt", DoubtJson(resolution.error())}};
  return {{"digest", resolution->digest.text()},
          {"resolvedAt", FormatRfc3339(resolution->resolved_at)},
          {"fromOutage", resolution->from_outage}};
}

std::shared_ptr<const policy::TrustFacts> OriginOf(const RecordedNode& node) {
  auto facts = std::make_shared<policy::TrustFacts>();
  facts->digest = node.DigestAt("digest");
  facts->is_index = node.Flag("isIndex");
  facts->gathered_at = node.TimeAt("gatheredAt");
  facts->from_outage = node.Flag("fromOutage");
  for (const RecordedNode& platform : node.Items("platforms")) facts->platforms.push_back(PlatformManifestOf(platform));
  for (const RecordedNode& failure : node.Items("failures")) facts->failures.push_back(FailureOf(failure));
  facts->failures.push_back(NotVerifiedAgain());
  for (const RecordedNode& base : node.Items("baseImages"))
    facts->base_images.push_back({base.Text("name"), base.DigestAt("digest"), DigestsOf(base, "diffIds")});
  facts->manifest_doubt = DoubtIf(node, "manifestDoubt");
  facts->base_doubt = DoubtIf(node, "baseDoubt");
  return facts;
}

std::expected<policy::Resolution, policy::Doubt> ResolutionOf(const RecordedNode& node) {
  if (const auto doubt = node.Find("doubt")) return std::unexpected(doubt->AsDoubt());
  return policy::Resolution{node.DigestAt("digest"), node.TimeAt("resolvedAt"), node.Flag("fromOutage")};
}

bool HadVex(const RecordedNode& node) {
  return std::ranges::any_of(node.Items("attestations"), [](const RecordedNode& attestation) { return attestation.Has("vex"); });
}

}  // namespace hullwright::evidence
