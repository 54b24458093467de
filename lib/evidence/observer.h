// Who is told what a gathering looks for, what it finds and what becomes of each find: for people who ask why. Facts and decisions do not
// depend on it.
#pragma once

#include <string_view>

#include "evidence/discovery.h"
#include "evidence/trust_material.h"
#include "policy/trust_facts.h"
#include "verify/failure.h"

namespace hullwright::evidence {

// One claim held against one authority. Exactly one of signer and failure.
struct Trial {
  std::string_view publisher, authority;
  const policy::Signer* signer = nullptr;    // accepted: whose it is
  const verify::Failure* failure = nullptr;  // the step that did not hold
};

// Called on the threads of gatherings: thread-safe. Nothing of what is passed may be kept but copies.
class Observer {
 public:
  virtual ~Observer() = default;

  // Claims about the subject are looked for in the repository, on behalf of the publisher.
  virtual void Seeks(const registry::RepositoryName& repository, const Digest& subject, const PublisherTrust& publisher) = 0;
  virtual void Finds(const Digest& subject, const FoundClaim& claim) = 0;
  // After Finds; for each authority that knows the claim's format and was asked for its kind.
  virtual void Tries(const Digest& subject, const FoundClaim& claim, const Trial& trial) = 0;
};

}  // namespace hullwright::evidence
