#include "support/minted_trust.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/rfc3339.h"
#include "verify/attestor.h"
#include "verify/vex.h"

namespace hullwright::tests {
namespace {

using Json = nlohmann::json;
using policy::Claim;
using policy::Doubt;

[[noreturn]] void Refuse(const std::string& what) {
  throw std::runtime_error("trust: " + what);
}

void AllowOnly(const Json& object, const std::set<std::string>& keys, const std::string& where) {
  if (!object.is_object()) Refuse(where + " must be a mapping");
  for (const auto& [key, value] : object.items())
    if (!keys.contains(key)) Refuse(fmt::format("{} has no field \"{}\"", where, key));
}

std::string Text(const Json& object, const char* key, const std::string& fallback = "") {
  return object.contains(key) ? object.at(key).get<std::string>() : fallback;
}

Time TimeOf(const Json& text) {
  const Result<Time> time = ParseRfc3339(text.get<std::string>());
  if (!time) Refuse(time.error().message);
  return *time;
}

Digest DigestOf(const Json& text) {
  const Result<Digest> digest = Digest::Parse(text.get<std::string>());
  if (!digest) Refuse(digest.error().message);
  return *digest;
}

std::vector<Digest> DigestsOf(const Json& object, const char* key) {
  std::vector<Digest> digests;
  for (const Json& text : object.value(key, Json::array())) digests.push_back(DigestOf(text));
  return digests;
}

Doubt DoubtOf(const Json& object) {
  const std::string word = object.at("word");
  for (const policy::ReasonWord each : policy::AllReasonWords())
    if (policy::ToString(each) == word) return {each, Text(object, "message", "as the case says")};
  Refuse("no reason word: " + word);
}

policy::Signer SignerOf(const Json& given) {
  const std::string publisher = given.at("publisher");
  policy::Signer signer{Text(given, "authority", "release"), Text(given, "signer", "key of " + publisher), Text(given, "issuer"), {}};
  if (given.contains("signedAt")) {
    for (const Json& time : given.at("signedAt").is_array() ? given.at("signedAt") : Json::array({given.at("signedAt")}))
      signer.times.push_back(TimeOf(time));
  }
  return signer;
}

void AddSignature(const Json& given, policy::TrustFacts& facts) {
  const Json whole = given.is_string() ? Json{{"publisher", given}} : given;
  AllowOnly(whole, {"publisher", "authority", "signer", "issuer", "signedAt", "subject", "tolerated"}, "signature");
  policy::Signature signature{whole.at("publisher"), SignerOf(whole),
                              whole.contains("subject") ? DigestOf(whole.at("subject")) : facts.digest, "cosign-legacy"};
  for (const Json& each : whole.value("tolerated", Json::array())) signature.tolerated.push_back(DoubtOf(each));
  facts.signatures.push_back(verify::Attestor::Attest(std::move(signature)));
}

void AddAttestation(const Json& given, policy::TrustFacts& facts) {
  AllowOnly(given, {"publisher", "authority", "signer", "issuer", "signedAt", "subject", "type", "predicate", "predicateText"},
            "attestation");
  const std::string text =
      given.contains("predicateText") ? given.at("predicateText").get<std::string>() : given.value("predicate", Json::object()).dump();
  const std::string type = given.at("type");
  policy::Attestation attestation{given.at("publisher"), SignerOf(given),
                                  given.contains("subject") ? DigestOf(given.at("subject")) : facts.digest, type,
                                  std::make_shared<const std::string>(text)};
  if (verify::IsVex(type)) {
    auto document = verify::ReadVex(type, text);
    if (!document) Refuse(document.error().message);
    attestation.vex = std::make_shared<const policy::VexDocument>(std::move(*document));
  }
  facts.attestations.push_back(verify::Attestor::Attest(std::move(attestation)));
}

void AddFailure(const Json& given, policy::TrustFacts& facts) {
  AllowOnly(given, {"publisher", "claim", "subject", "type", "word", "message"}, "failure");
  const std::string claim = Text(given, "claim", "Any");
  policy::TrustFailure failure{Text(given, "publisher"),
                               claim == "Signature"     ? Claim::kSignature
                               : claim == "Attestation" ? Claim::kAttestation
                                                        : Claim::kAny,
                               std::nullopt, Text(given, "type"), DoubtOf(given)};
  if (given.contains("subject")) failure.subject = DigestOf(given.at("subject"));
  facts.failures.push_back(std::move(failure));
}

policy::ImageConfiguration ConfigurationOf(const Json& given) {
  policy::ImageConfiguration configuration{
      .created = std::nullopt, .user = Text(given, "user"), .diff_ids = {}, .base_name = {}, .base_digest = {}};
  if (given.contains("created")) configuration.created = TimeOf(given.at("created"));
  configuration.size_bytes = given.value("size", std::uint64_t{0});
  configuration.diff_ids = DigestsOf(given, "diffIds");
  configuration.layers = given.value("layers", configuration.diff_ids.size());
  configuration.base_name = Text(given, "base");
  return configuration;
}

policy::PlatformManifest ManifestOf(const Json& given, const Digest& fallback) {
  AllowOnly(given, {"digest", "platform", "fetched", "word", "message", "created", "user", "size", "layers", "diffIds", "base"},
            "platform");
  policy::PlatformManifest manifest{given.contains("digest") ? DigestOf(given.at("digest")) : fallback,
                                    Text(given, "platform", "linux/amd64"), std::nullopt};
  if (given.contains("word"))
    manifest.configuration = std::unexpected(DoubtOf(given));
  else if (given.value("fetched", true))
    manifest.configuration = ConfigurationOf(given);
  return manifest;
}

policy::BaseImage BaseImageOf(const Json& given) {
  AllowOnly(given, {"name", "digest", "diffIds"}, "base image");
  return {given.at("name"), DigestOf(given.at("digest")), DigestsOf(given, "diffIds")};
}

std::shared_ptr<const policy::TrustFacts> FactsOf(const Json& given, Time now) {
  AllowOnly(given,
            {"digest", "index", "platforms", "manifest", "signatures", "attestations", "failures", "baseImages", "baseDoubt", "gatheredAt",
             "outage"},
            "facts");
  auto facts = std::make_shared<policy::TrustFacts>(policy::TrustFacts{.digest = DigestOf(given.at("digest")),
                                                                       .platforms = {},
                                                                       .manifest_doubt = {},
                                                                       .signatures = {},
                                                                       .attestations = {},
                                                                       .failures = {},
                                                                       .base_images = {},
                                                                       .base_doubt = {}});
  facts->is_index = given.value("index", false);
  for (const Json& each : given.value("platforms", Json::array())) facts->platforms.push_back(ManifestOf(each, facts->digest));
  if (given.contains("manifest")) facts->manifest_doubt = DoubtOf(given.at("manifest"));
  for (const Json& each : given.value("signatures", Json::array())) AddSignature(each, *facts);
  for (const Json& each : given.value("attestations", Json::array())) AddAttestation(each, *facts);
  for (const Json& each : given.value("failures", Json::array())) AddFailure(each, *facts);
  for (const Json& each : given.value("baseImages", Json::array())) facts->base_images.push_back(BaseImageOf(each));
  if (given.contains("baseDoubt")) facts->base_doubt = DoubtOf(given.at("baseDoubt"));
  facts->gathered_at = given.contains("gatheredAt") ? TimeOf(given.at("gatheredAt")) : now;
  facts->from_outage = given.value("outage", false);
  return facts;
}

std::expected<policy::Resolution, Doubt> ResolutionOf(const Json& given, Time now) {
  AllowOnly(given, {"tag", "digest", "at", "outage", "word", "message"}, "resolve");
  if (given.contains("word")) return std::unexpected(DoubtOf(given));
  return policy::Resolution{DigestOf(given.at("digest")), given.contains("at") ? TimeOf(given.at("at")) : now,
                            given.value("outage", false)};
}

}  // namespace

TrustScene MintTrust(const std::string& json, Time now) {
  const Json given = Json::parse(json);
  AllowOnly(given, {"nodes", "pinned", "resolve", "facts"}, "the section");
  TrustScene scene;
  if (given.contains("nodes")) scene.node_platforms = given.at("nodes").get<std::vector<std::string>>();
  scene.tags_are_pinned = given.value("pinned", false);
  for (const Json& each : given.value("resolve", Json::array())) {
    const auto reference = ImageReference::Parse(each.at("tag").get<std::string>());
    if (!reference) Refuse(reference.error().message);
    scene.resolutions.emplace(reference->ToString(), ResolutionOf(each, now));
  }
  for (const Json& each : given.value("facts", Json::array())) scene.facts.push_back(FactsOf(each, now));
  return scene;
}

void TrustScene::AddTo(policy::ImageFacts& image) const {
  if (!image.reference) return;
  const auto resolution = resolutions.find(image.reference->ToString());
  if (!image.reference->digest && resolution != resolutions.end()) image.resolution = resolution->second;
  const Digest* digest = policy::DigestOf(image);
  if (digest == nullptr) return;
  const auto known = std::ranges::find_if(facts, [&](const auto& each) { return each->digest == *digest; });
  if (known != facts.end()) image.trust = *known;
}

}  // namespace hullwright::tests
