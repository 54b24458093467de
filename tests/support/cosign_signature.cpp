#include "support/cosign_signature.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/base64.h"
#include "verify/dsse.h"

namespace hullwright::testing {

std::string SimpleSigningPayload(const Digest& digest, const std::string& docker_reference) {
  return fmt::format(
      R"({{"critical":{{"identity":{{"docker-reference":"{}"}},"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}},"optional":null}})",
      docker_reference, digest.text());
}

ManifestParts::Layer SignedLayer(const MintedKey& key, const std::string& payload) {
  const std::string signature = key.Sign({verify::Scheme::kEcdsa, verify::HashAlgorithm::kSha256}, payload);
  return {"application/vnd.dev.cosign.simplesigning.v1+json", payload, {{"dev.cosignproject.cosign/signature", EncodeBase64(signature)}}};
}

void SignByKeys(MemoryRegistry& registry, const std::string& repository, const Digest& digest, const std::vector<const MintedKey*>& keys) {
  ManifestParts parts;
  for (const MintedKey* key : keys) parts.layers.push_back(SignedLayer(*key, SimpleSigningPayload(digest, repository)));
  Push(registry, repository, parts, fmt::format("sha256-{}.sig", digest.hex()));
}

void AttestByKey(MemoryRegistry& registry, const std::string& repository, const Digest& digest, const MintedKey& key,
                 const std::string& predicate_type, const std::string& predicate) {
  constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
  const std::string statement = fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"{}","subject":[{{"name":"{}","digest":{{"sha256":"{}"}}}}],"predicate":{}}})",
      predicate_type, repository, digest.hex(), predicate);
  const std::string signature =
      key.Sign({verify::Scheme::kEcdsa, verify::HashAlgorithm::kSha256}, verify::PreAuthenticationEncoding(kPayloadType, statement));
  const nlohmann::json envelope = {{"payloadType", kPayloadType},
                                   {"payload", EncodeBase64(statement)},
                                   {"signatures", {{{"keyid", ""}, {"sig", EncodeBase64(signature)}}}}};
  const ManifestParts parts{
      .layers = {{"application/vnd.dsse.envelope.v1+json", envelope.dump(), {{"dev.cosignproject.cosign/signature", ""}}}}};
  Push(registry, repository, parts, fmt::format("sha256-{}.att", digest.hex()));
}

void SignByKey(LyingRegistry& registry, const std::string& path, const std::string& digest, const MintedKey& key) {
  using nlohmann::json;
  const std::string configuration = "{}";
  const auto layer = SignedLayer(key, SimpleSigningPayload(Digest::Parse(digest).value(), registry.host() + "/" + path));
  registry.PutBlob(path, configuration);
  registry.PutBlob(path, layer.bytes);
  json descriptor = json::parse(DescriptorJson(layer.media_type, layer.bytes));
  descriptor["annotations"] = layer.annotations;
  const json manifest = {{"schemaVersion", 2},
                         {"mediaType", kManifestType},
                         {"config", json::parse(DescriptorJson("application/vnd.oci.image.config.v1+json", configuration))},
                         {"layers", {descriptor}}};
  registry.PutManifest(path, "sha256-" + digest.substr(digest.find(':') + 1) + ".sig", std::string(kManifestType), manifest.dump());
}

std::shared_ptr<const evidence::PublisherTrust> TrustInKeys(const std::string& name, const std::vector<const MintedKey*>& keys) {
  auto trust = std::make_shared<evidence::PublisherTrust>();
  trust->name = name;
  for (const MintedKey* key : keys) {
    auto parsed = verify::PublicKey::FromPem(key->Pem());
    if (!parsed) throw std::runtime_error(parsed.error().message);
    trust->authorities.push_back({name, fmt::format("key-{}", trust->authorities.size()),
                                  verify::KeyAuthority{std::move(*parsed), verify::TransparencyLogRule::kIgnored, nullptr}});
    trust->fingerprint += key->Pem();
  }
  return trust;
}

}  // namespace hullwright::testing
