// What was found beside an image while it was judged, and what became of each find: kept for an answer to people.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "cli/trust_text.h"
#include "evidence/observer.h"

namespace hullwright::cli {

struct TrialRecord {
  std::string publisher, authority;
  bool accepted = false;
  std::string identity, issuer;  // accepted: who signed …
  std::vector<Time> times;       // … and when, as far as that is proved
  std::string step, message;     // not accepted: the step that failed, what was seen and what was wanted
};

struct FoundRecord {
  std::string subject;         // digest
  std::string format;          // "cosign signature"
  std::string source;          // the manifest it was found in
  std::string predicate_type;  // of an attestation, as it says itself
  std::vector<TrialRecord> trials;
};

struct SoughtRecord {
  std::string publisher;
  std::string repository, subject;  // where, and about what
  std::vector<AuthorityText> authorities;
  std::vector<std::string> broken;  // authorities that cannot be used, and why
};

struct ClaimRecord {
  std::vector<SoughtRecord> sought;
  std::vector<FoundRecord> found;
};

// Thread-safe.
class ClaimRecorder final : public evidence::Observer {
 public:
  void Seeks(const registry::RepositoryName& repository, const Digest& subject, const evidence::PublisherTrust& publisher) override;
  void Finds(const Digest& subject, const evidence::FoundClaim& claim) override;
  void Tries(const Digest& subject, const evidence::FoundClaim& claim, const evidence::Trial& trial) override;

  ClaimRecord Record() const;

 private:
  struct State {
    ClaimRecord record;
    std::vector<const evidence::FoundClaim*> claims;  // beside record.found; the newest of an address is meant
  };
  Guarded<State> state_;
};

}  // namespace hullwright::cli
