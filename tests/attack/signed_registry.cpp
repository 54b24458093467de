#include "attack/signed_registry.h"

#include <algorithm>

#include "support/cosign_signature.h"

namespace hullwright::test {

using testing::kManifestType;

SignedRegistry::SignedRegistry(const Json& rules) : name_(UniqueName("signed")) {
  // Each kind reaches the webhook by a watch of its own: the registry first, the publisher, whom nobody asks about before, last.
  objects_ = std::make_unique<Installed>(std::vector<Json>{RegistryAt(registry.host()), Policy(rules), PublisherOf(key)});
  // By digest: which digest a tag names is kept for a while, and so would be that nobody could be asked yet.
  Gate::Get().WaitUntil(Pod("probe", ByDigest("probe", PushSigned("probe", "probe"))), true);
}

std::string SignedRegistry::Push(const std::string& path, const std::string& text, const std::string& tag,
                                 const std::string& configuration) {
  registry.PutBlob(path, configuration);
  registry.PutBlob(path, text);
  return registry.PutManifest(path, tag, std::string(kManifestType), testing::ImageManifestJson(configuration, text));
}

std::string SignedRegistry::PushSigned(const std::string& path, const std::string& text, const std::string& tag,
                                       const std::string& configuration) {
  const std::string digest = Push(path, text, tag, configuration);
  Sign(path, digest);
  return digest;
}

void SignedRegistry::SignAs(const testing::MintedKey& signer, const std::string& path, const std::string& digest) {
  testing::SignByKey(registry, path, digest, signer);
}

int SignedRegistry::Asked(const std::string& part) const {
  const auto requests = registry.Requests();
  return static_cast<int>(
      std::ranges::count_if(requests, [&](const std::string& request) { return request.find(part) != std::string::npos; }));
}

Json SignedRegistry::Policy(const Json& rules) const {
  Json all = SignedBy(name_);
  all.update(rules);
  return PolicyFor(name_, {registry.host() + "/**"}, all);
}

Json SignedRegistry::PublisherOf(const testing::MintedKey& trusted) const {
  return Publisher(name_, {registry.host() + "/**"}, KeyAuthority(trusted.Pem()));
}

}  // namespace hullwright::test
