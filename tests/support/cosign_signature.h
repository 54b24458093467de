// Images signed by a key as cosign's own layout has it (research section 1), into a registry in memory or one that speaks HTTP.
#pragma once

#include <string>
#include <vector>

#include "base/image_reference.h"
#include "evidence/trust_material.h"
#include "support/lying_registry.h"
#include "support/memory_registry.h"
#include "support/minted_key.h"

namespace hullwright::testing {

// The payload that says "this digest is docker_reference", unsigned.
std::string SimpleSigningPayload(const Digest& digest, const std::string& docker_reference);

// A layer of a ".sig" manifest.
ManifestParts::Layer SignedLayer(const MintedKey& key, const std::string& payload);

// Pushes sha256-….sig beside the image, with one layer for each key.
void SignByKeys(MemoryRegistry& registry, const std::string& repository, const Digest& digest, const std::vector<const MintedKey*>& keys);

// Pushes sha256-….att with one attestation, an envelope in a layer; predicate: JSON. Replaces what was attested there before.
void AttestByKey(MemoryRegistry& registry, const std::string& repository, const Digest& digest, const MintedKey& key,
                 const std::string& predicate_type, const std::string& predicate);

// The same by one key, at PATH of a registry on 127.0.0.1. Replaces what was signed there before.
void SignByKey(LyingRegistry& registry, const std::string& path, const std::string& digest, const MintedKey& key);

// A publisher whose authorities are these keys, without a transparency log; fingerprint: of the keys.
std::shared_ptr<const evidence::PublisherTrust> TrustInKeys(const std::string& name, const std::vector<const MintedKey*>& keys);

}  // namespace hullwright::testing
