// A registry that lies when a test tells it to, a key minted for it, and the gate's policy that every image there is signed with that key.
#pragma once

#include <memory>
#include <string>

#include "attack/trust_objects.h"
#include "support/lying_registry.h"
#include "support/minted_key.h"

namespace hullwright::test {

class SignedRegistry {
 public:
  // rules: further ones of the policy. Returns when the gate admits a signed image of it, which is then warm.
  explicit SignedRegistry(const Json& rules = Json::object());

  testing::LyingRegistry registry;
  const testing::MintedKey key{testing::MintedKey::kP256};

  // An image of its own for each text. Each returns its digest.
  std::string Push(const std::string& path, const std::string& text, const std::string& tag = "", const std::string& configuration = "{}");
  std::string PushSigned(const std::string& path, const std::string& text, const std::string& tag = "",
                         const std::string& configuration = "{}");
  void Sign(const std::string& path, const std::string& digest) { SignAs(key, path, digest); }
  void SignAs(const testing::MintedKey& signer, const std::string& path, const std::string& digest);

  std::string ByDigest(const std::string& path, const std::string& digest) const { return registry.host() + "/" + path + "@" + digest; }
  std::string ByTag(const std::string& path, const std::string& tag) const { return registry.host() + "/" + path + ":" + tag; }
  // How often it was asked for something whose target contains this.
  int Asked(const std::string& part) const;

  // Changes the rules or the trusted key of everything there; wait for what changes by it.
  void SetRules(const Json& rules) { objects_->Change(Policy(rules)); }
  void Trust(const testing::MintedKey& other) { objects_->Change(PublisherOf(other)); }
  const std::string& name() const { return name_; }  // of its TrustedPublisher and of its policy

 private:
  Json Policy(const Json& rules) const;
  Json PublisherOf(const testing::MintedKey& trusted) const;

  const std::string name_;
  std::unique_ptr<Installed> objects_;
};

}  // namespace hullwright::test
