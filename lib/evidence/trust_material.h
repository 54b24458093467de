// What signatures are judged by: the keys, identities, roots and certificates of every publisher, read and checked once, away from the
// request path. Immutable; a refresher publishes a new one when anything has changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/image_pattern.h"
#include "policy/trust_facts.h"
#include "registry/registry.h"
#include "verify/image_verification.h"
#include "verify/notation_signature.h"

namespace hullwright::evidence {

// One authority that cannot be used: whatever it might accept is could-not-tell.
struct BrokenAuthority {
  std::string name;
  policy::Doubt doubt;
};

// A TrustedPublisher with verification Signature.
struct PublisherTrust {
  std::string name;
  std::vector<verify::Authority> authorities;  // Key and Keyless
  std::vector<verify::NotationAuthority> notation;
  std::vector<BrokenAuthority> broken;
  std::vector<ImagePattern> repositories, aliases;
  // Where signatures lie when not beside the image.
  std::optional<registry::RepositoryName> signature_repository;
  // Of everything above. Facts are remembered under it, so that changed trust finds none.
  std::string fingerprint;
};

struct TrustMaterial {
  std::map<std::string, std::shared_ptr<const PublisherTrust>, std::less<>> publishers;

  const PublisherTrust* Find(std::string_view name) const {
    const auto found = publishers.find(name);
    return found == publishers.end() ? nullptr : found->second.get();
  }
};

}  // namespace hullwright::evidence
