#include "verify/signing_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/rfc3339.h"
#include "verify/certificate_timestamp.h"
#include "verify/limits.h"
#include "verify/time_stamp_token.h"

namespace hullwright::verify {
namespace {

Checked<void> RefuseDuplicates(const std::vector<std::string>& responses) {
  const std::set<std::string_view> different(responses.begin(), responses.end());
  if (different.size() != responses.size()) return Reject(Step::kTimestamp, "the same time-stamp token is given twice");
  return {};
}

Checked<void> RefuseDuplicates(const std::vector<LogEntry>& entries) {
  std::set<std::pair<std::string_view, std::int64_t>> places;
  for (const LogEntry& entry : entries) {
    if (places.emplace(entry.log_id, entry.log_index).second) continue;
    return Reject(Step::kTransparencyLog, fmt::format("the log entry {} is given twice", entry.log_index));
  }
  return {};
}

// Where the log itself promised no time, others must say that its key was in use.
Checked<void> RequireLogInUse(const VerifiedLogEntry& entry, const std::vector<Time>& times) {
  if (entry.integrated_time || times.empty()) return {};
  if (std::ranges::any_of(times, [&](Time time) { return entry.log->window.Contains(time); })) return {};
  return Reject(Step::kTransparencyLog, fmt::format("the key of the log {} was not valid when the signature was made ({})",
                                                    entry.log->base_url, ToString(entry.log->window)));
}

Checked<void> RequireCount(std::size_t have, std::size_t want, Step step, std::string_view what) {
  if (have >= want) return {};
  return Reject(step, fmt::format("{} of {} count, {} wanted", have, what, want));
}

struct LeafChain {
  const CertificateAuthority* authority;
  std::vector<Certificate> certificates;  // leaf first
};

// A chain that was built for one time is one for every other at which its dates and its authority's are good.
bool HoldsAt(const LeafChain& chain, Time time) {
  return chain.authority->window.Contains(time) && RequireUsableChain(chain.certificates, time, ChainPurpose::kCodeSigning);
}

// The chain of the leaf at one time, from any authority that was in use then; the failure of the last that was tried.
Checked<LeafChain> ChainAt(const Certificate& leaf, const std::vector<Certificate>& helpers, Time time,
                           const std::vector<CertificateAuthority>& authorities) {
  std::optional<Failure> failure;
  for (const CertificateAuthority& authority : authorities) {
    if (!authority.window.Contains(time)) continue;
    auto chain = authority.path.ChainOf(leaf, helpers, time, ChainPurpose::kCodeSigning);
    if (chain) return LeafChain{&authority, std::move(*chain)};
    // A certificate out of date says more than one of another authority.
    if (!failure || chain.error().step != Step::kChain) failure = std::move(chain.error());
  }
  if (failure) return std::unexpected(std::move(*failure));
  return Reject(Step::kChain, fmt::format("no certificate authority of the trusted root was in use at {}", FormatRfc3339(time)));
}

// One chain for each time, each only once.
Checked<std::vector<LeafChain>> ChainsAt(const Certificate& leaf, const std::vector<Certificate>& helpers, const std::vector<Time>& times,
                                         const std::vector<CertificateAuthority>& authorities) {
  std::vector<LeafChain> chains;
  for (const Time time : times) {
    if (std::ranges::any_of(chains, [time](const LeafChain& chain) { return HoldsAt(chain, time); })) continue;
    auto chain = ChainAt(leaf, helpers, time, authorities);
    if (!chain) return std::unexpected(chain.error());
    chains.push_back(std::move(*chain));
  }
  return chains;
}

Checked<void> RequireLeaf(const Certificate& leaf, CertificateProfile profile) {
  const CertificateUse& use = leaf.use();
  if (profile == CertificateProfile::kSigstore || use.extended_key_usage) return RequireCodeSigningLeaf(leaf);
  const bool may_sign = !use.key_usage || (*use.key_usage & kDigitalSignature) != 0;
  if (may_sign && !use.is_ca.value_or(false)) return {};
  return Reject(Step::kCertificateUse, "the certificate is an authority's or may not sign");
}

// Every issuer that signed the leaf in one of its chains; mostly one.
Checked<void> RequireAnyCertificateTimestamps(const Certificate& leaf, const std::vector<LeafChain>& chains, const TrustedRoot& root,
                                              std::size_t threshold) {
  if (threshold == 0) return {};
  for (const LeafChain& chain : chains) {
    if (chain.certificates.size() < 2)
      return Reject(Step::kCertificateLog, "the certificate has no issuer, so no log can have promised it");
    if (const auto holds = RequireCertificateTimestamps(leaf, chain.certificates[1], root.certificate_logs, threshold); !holds)
      return holds;
  }
  return {};
}

}  // namespace

Checked<void> AddTimestamps(const std::vector<std::string>& responses, std::string_view message,
                            const std::vector<CertificateAuthority>& authorities, SigningEvidence& evidence) {
  if (responses.size() > limits::kTimestampsPerBundle) {
    return Reject(Step::kLimit, fmt::format("there are more than {} time-stamp tokens", limits::kTimestampsPerBundle));
  }
  if (responses.empty()) return {};
  if (authorities.empty()) return Reject(Step::kTimestamp, "there are time-stamp tokens, but no time-stamp authority is trusted");
  if (const auto different = RefuseDuplicates(responses); !different) return different;
  std::set<std::size_t> seen;
  for (const std::string& response : responses) {
    const auto token = TimeStampToken::FromResponse(response);
    if (!token) return std::unexpected(token.error());
    const auto stamp = VerifyTimeStamp(*token, message, authorities);
    if (!stamp) {
      if (!evidence.timestamp_failure) evidence.timestamp_failure = stamp.error();
      continue;
    }
    evidence.times.push_back(stamp->stamp.time);
    seen.insert(stamp->authority);
  }
  evidence.signed_timestamps = seen.size();
  return {};
}

Checked<void> AddLogEntries(const std::vector<LogEntry>& entries, const std::vector<TransparencyLog>& logs, const LoggedSignature& wanted,
                            SigningEvidence& evidence) {
  if (entries.size() > limits::kLogEntriesPerBundle) {
    return Reject(Step::kLimit, fmt::format("there are more than {} log entries", limits::kLogEntriesPerBundle));
  }
  if (const auto different = RefuseDuplicates(entries); !different) return different;
  const std::vector<Time> signed_times = evidence.times;
  std::set<std::string_view> seen;
  std::set<std::string_view> promised;
  for (const LogEntry& entry : entries) {
    const auto verified = VerifyLogEntry(entry, logs, wanted);
    if (!verified) return std::unexpected(verified.error());
    if (!*verified) continue;
    if (const auto in_use = RequireLogInUse(**verified, signed_times); !in_use) return in_use;
    seen.insert((*verified)->log->id);
    if (!(*verified)->integrated_time) continue;
    promised.insert((*verified)->log->id);
    evidence.times.push_back(*(*verified)->integrated_time);
  }
  evidence.logs = seen.size();
  evidence.integrated_times = promised.size();
  return {};
}

Checked<void> RequireThresholds(const SigningEvidence& evidence, const EvidenceThresholds& thresholds) {
  const std::size_t times = evidence.signed_timestamps + evidence.integrated_times;
  if (const auto enough = RequireCount(evidence.logs, thresholds.logs, Step::kTransparencyLog, "the log entries"); !enough) return enough;
  // That a token did not hold says more than that one is missing.
  const bool misses_token = evidence.signed_timestamps < thresholds.signed_timestamps || times < thresholds.times;
  if (misses_token && evidence.timestamp_failure) return std::unexpected(*evidence.timestamp_failure);
  const auto stamped = RequireCount(evidence.signed_timestamps, thresholds.signed_timestamps, Step::kTimestamp, "the time-stamp tokens");
  if (!stamped) return stamped;
  const auto promised = RequireCount(evidence.integrated_times, thresholds.integrated_times, Step::kTime, "the times of logs");
  if (!promised) return promised;
  return RequireCount(times, thresholds.times, Step::kTime, "the times of signing");
}

Checked<void> RequireSigningCertificate(const Certificate& leaf, const std::vector<Certificate>& helpers, const std::vector<Time>& times,
                                        const TrustedRoot& root, std::size_t certificate_timestamps, CertificateProfile profile) {
  if (times.empty()) return Reject(Step::kTime, "nothing proves when the signature was made, so the certificate proves nothing");
  if (const auto usable = RequireLeaf(leaf, profile); !usable) return usable;
  const auto chains = ChainsAt(leaf, helpers, times, root.certificate_authorities);
  if (!chains) return std::unexpected(chains.error());
  return RequireAnyCertificateTimestamps(leaf, *chains, root, certificate_timestamps);
}

Checked<void> RequireKeyWindow(const std::optional<ValidityWindow>& window, const std::vector<Time>& times) {
  if (!window) return {};
  if (times.empty()) return Reject(Step::kTime, "nothing proves when the signature was made, but the key is trusted for a time only");
  for (const Time time : times) {
    if (window->Contains(time)) continue;
    return Reject(Step::kTime,
                  fmt::format("the signature was made at {}, when the key was not trusted ({})", FormatRfc3339(time), ToString(*window)));
  }
  return {};
}

}  // namespace hullwright::verify
