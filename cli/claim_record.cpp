#include "cli/claim_record.h"

#include <algorithm>

#include "base/text.h"
#include "evidence/claims.h"

namespace hullwright::cli {
namespace {

using evidence::ClaimFormat;

std::string_view FormatText(ClaimFormat format) {
  switch (format) {
    case ClaimFormat::kCosignSignature:
      return "cosign signature";
    case ClaimFormat::kCosignAttestation:
      return "cosign attestation";
    case ClaimFormat::kSigstoreBundle:
      return "Sigstore bundle";
    case ClaimFormat::kNotationJws:
      return "Notary Project signature (JWS)";
    case ClaimFormat::kNotationCose:
      return "Notary Project signature (COSE)";
  }
  return "unknown";
}

std::string PredicateTypeOf(const evidence::FoundClaim& claim) {
  const bool may_have_one = claim.format == ClaimFormat::kSigstoreBundle || claim.format == ClaimFormat::kCosignAttestation;
  return may_have_one ? Printable(evidence::PredicateTypeHint(*claim.bytes), 128) : "";
}

TrialRecord RecordOf(const evidence::Trial& trial) {
  TrialRecord record;
  record.publisher = trial.publisher;
  record.authority = trial.authority;
  if (trial.signer != nullptr) {
    record.accepted = true;
    record.identity = Printable(trial.signer->identity);
    record.issuer = Printable(trial.signer->issuer);
    record.times = trial.signer->times;
  } else {
    record.step = verify::ToString(trial.failure->step);
    record.message = trial.failure->message;
  }
  return record;
}

}  // namespace

void ClaimRecorder::Seeks(const registry::RepositoryName& repository, const Digest& subject, const evidence::PublisherTrust& publisher) {
  SoughtRecord sought{publisher.name, repository.ToString(), subject.text(), AuthoritiesOf(publisher), {}};
  for (const evidence::BrokenAuthority& broken : publisher.broken) sought.broken.push_back(broken.doubt.message);
  state_.With([&](State& state) { state.record.sought.push_back(std::move(sought)); });
}

void ClaimRecorder::Finds(const Digest& subject, const evidence::FoundClaim& claim) {
  FoundRecord found{subject.text(), std::string(FormatText(claim.format)), claim.source, PredicateTypeOf(claim), {}};
  state_.With([&](State& state) {
    state.record.found.push_back(std::move(found));
    state.claims.push_back(&claim);
  });
}

void ClaimRecorder::Tries(const Digest&, const evidence::FoundClaim& claim, const evidence::Trial& trial) {
  TrialRecord record = RecordOf(trial);
  state_.With([&](State& state) {
    const auto newest = std::find(state.claims.rbegin(), state.claims.rend(), &claim);
    if (newest == state.claims.rend()) return;
    state.record.found[static_cast<std::size_t>(state.claims.rend() - newest) - 1].trials.push_back(std::move(record));
  });
}

ClaimRecord ClaimRecorder::Record() const {
  return state_.With([](const State& state) { return state.record; });
}

}  // namespace hullwright::cli
