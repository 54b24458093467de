// What an image is made of, as its index, manifests and configurations say: the part of the facts that needs no signature.
#pragma once

#include "base/image_reference.h"
#include "evidence/work_pool.h"
#include "policy/trust_facts.h"
#include "registry/registry.h"

namespace hullwright::evidence {

inline constexpr std::size_t kMaxPlatforms = 64;  // of one index that are looked at
// Of the annotation that names a base image: a reference has at most 255 bytes of name, 128 of tag and 135 of digest.
inline constexpr std::size_t kMaxBaseNameBytes = 1024;

struct ContentWanted {
  bool configurations = false;
  bool base_images = false;  // with configurations: what their annotations name
};

// Fills platforms, and whatever else is wanted, from the document of facts.digest. True when something was missing only because it could
// not be asked: nothing to remember.
bool ReadContent(registry::Registry& registry, const registry::RepositoryName& repository, const registry::Document& document,
                 const ContentWanted& wanted, const registry::Call& call, WorkPool& pool, policy::TrustFacts& facts);

}  // namespace hullwright::evidence
