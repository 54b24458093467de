// What bundles and cosign's layers have in common: when a signature was made (time-stamp tokens, log entries), whether its certificate was
// good then, and how much of each a policy asks for. Source: research sections 0.5, 0.6, 0.8, 1.2 and 2.3.
//
// Pure and thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "verify/failure.h"
#include "verify/log_entry.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

// Each counts different authorities, never entries or tokens (CVE-2026-49834).
struct EvidenceThresholds {
  std::size_t logs = 1;                    // logs whose entry verified; 0: entries are not looked at and give no time either
  std::size_t certificate_timestamps = 1;  // CT logs, for signers with a certificate
  std::size_t signed_timestamps = 0;       // time-stamp authorities
  std::size_t integrated_times = 0;        // logs that promised a time
  std::size_t times = 1;                   // signed and integrated together
};

// Collected while a signature is verified.
struct SigningEvidence {
  std::vector<Time> times;  // all verified ones
  std::size_t logs = 0;
  std::size_t integrated_times = 0;
  std::size_t signed_timestamps = 0;
  std::optional<Failure> timestamp_failure;  // why a token does not count; told when one is missed
};

// RFC 3161 responses over the message. One that does not hold, or is of an unknown authority, does not count and harms nothing beside one
// that does (sigstore-go, sigstore-python). Refused: a malformed token, the same one twice, any where no authority is trusted at all.
Checked<void> AddTimestamps(const std::vector<std::string>& responses, std::string_view message,
                            const std::vector<CertificateAuthority>& authorities, SigningEvidence& evidence);

// Entries of known logs must hold; those of unknown ones are skipped. The same entry twice is refused. Call it after AddTimestamps: a log
// that promises no time must have been in use at one of the times known by then.
Checked<void> AddLogEntries(const std::vector<LogEntry>& entries, const std::vector<TransparencyLog>& logs, const LoggedSignature& wanted,
                            SigningEvidence& evidence);

Checked<void> RequireThresholds(const SigningEvidence& evidence, const EvidenceThresholds& thresholds);

enum class CertificateProfile {
  kSigstore,          // Fulcio's: the extended key usage codeSigning itself
  kPrivateAuthority,  // an organisation's own, made by hand: no extended key usage at all says nothing against it (containers/image)
};

// At every time: a code signing certificate that chains to an authority in use then; and the SCTs. helpers are untrusted.
Checked<void> RequireSigningCertificate(const Certificate& leaf, const std::vector<Certificate>& helpers, const std::vector<Time>& times,
                                        const TrustedRoot& root, std::size_t certificate_timestamps,
                                        CertificateProfile profile = CertificateProfile::kSigstore);

// Every time is inside; with a window there must be a time at all.
Checked<void> RequireKeyWindow(const std::optional<ValidityWindow>& window, const std::vector<Time>& times);

}  // namespace hullwright::verify
