// Everything there is to know about one digest, asked of one registry session: the work behind a cold image.
#pragma once

#include <memory>

#include "evidence/observer.h"
#include "evidence/revocation_fetcher.h"
#include "evidence/trust_material.h"
#include "evidence/work_pool.h"
#include "policy/evidence_needs.h"
#include "policy/trust_facts.h"
#include "registry/registry.h"

namespace hullwright::evidence {

struct GatherTask {
  ImageReference reference;                            // the name that was asked for
  Digest digest;                                       // to gather about
  std::shared_ptr<const registry::Document> document;  // of it, when resolving the tag brought it; else null
  policy::EvidenceNeeds needs;
  std::shared_ptr<const TrustMaterial> trust;
  Observer* observer = nullptr;             // null, or told of every claim
  RevocationFetcher* revocation = nullptr;  // null: nobody is asked
};

// How much of what was wanted is there.
enum class Yield {
  kUnreachable,  // something could not be asked: never remembered
  kNothing,      // asked, and nothing vouches: remembered for a short time, since a signature may be on its way
  kSome,         // somebody vouches, and not for everything that was wanted
  kAll,
};

struct Gathered {
  policy::TrustFacts facts;
  Yield yield = Yield::kAll;
};

// registry is thread-safe; the pool helps with what can be asked at the same time.
Gathered GatherFacts(registry::Registry& registry, const GatherTask& task, const registry::Call& call, WorkPool& pool, Time now);

}  // namespace hullwright::evidence
