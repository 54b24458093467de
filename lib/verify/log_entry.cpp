#include "verify/log_entry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "verify/checkpoint.h"
#include "verify/merkle.h"

namespace hullwright::verify {
namespace {

// RFC 8785 of the promise; every value is an integer, hex or base64, so nothing needs an escape.
std::string PromisedBytes(const LogEntry& entry) {
  return fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})", EncodeBase64(entry.body), *entry.integrated_time,
                     ToHex(entry.log_id), entry.log_index);
}

constexpr std::int64_t kMaxSeconds = 253402300799;  // the end of the year 9999: beyond it nothing is meant

Checked<Checkpoint> CheckpointOf(const InclusionProof& proof, const TransparencyLog& log, LogGeneration generation) {
  auto checkpoint = VerifyCheckpoint(proof.checkpoint, log, generation);
  if (!checkpoint) return checkpoint;
  if (proof.tree_size < 0 || static_cast<std::uint64_t>(proof.tree_size) != checkpoint->size || proof.root_hash != checkpoint->root) {
    return Reject(Step::kTransparencyLog, "the inclusion proof is for another tree than the checkpoint");
  }
  return checkpoint;
}

Checked<void> VerifyProof(const InclusionProof& proof, std::string_view body, const TransparencyLog& log, LogGeneration generation) {
  const auto checkpoint = CheckpointOf(proof, log, generation);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (proof.log_index < 0) return Reject(Step::kTransparencyLog, "the inclusion proof has a negative index");
  return VerifyInclusion(static_cast<std::uint64_t>(proof.log_index), checkpoint->size, MerkleLeafHash(body), proof.hashes,
                         checkpoint->root);
}

Checked<VerifiedLogEntry> VerifyRekor1(const LogEntry& entry, const TransparencyLog& log, const LoggedSignature& wanted) {
  VerifiedLogEntry verified{&log, std::nullopt};
  if (const auto same = RequireBodyMatches(entry.body, entry.kind, entry.version, wanted); !same) return std::unexpected(same.error());
  if (!entry.signed_entry_timestamp && !entry.proof) {
    return Reject(Step::kTransparencyLog, "the log entry has neither a promise nor an inclusion proof");
  }
  if (entry.signed_entry_timestamp) {
    const auto time = VerifySignedEntryTimestamp(entry, log);
    if (!time) return std::unexpected(time.error());
    verified.integrated_time = *time;
  }
  if (entry.proof) {
    if (const auto holds = VerifyProof(*entry.proof, entry.body, log, LogGeneration::kRekor1); !holds)
      return std::unexpected(holds.error());
  }
  return verified;
}

Checked<VerifiedLogEntry> VerifyRekor2(const LogEntry& entry, const TransparencyLog& log, const LoggedSignature& wanted) {
  if (!entry.proof) return Reject(Step::kTransparencyLog, "the log entry has no inclusion proof");
  if (entry.signed_entry_timestamp || entry.integrated_time) {
    return Reject(Step::kTransparencyLog, "an entry of a Rekor v2 log has a promise or a time, which such logs do not make");
  }
  if (entry.proof->log_index != entry.log_index)
    return Reject(Step::kTransparencyLog, "the log entry and its inclusion proof differ in index");
  const auto body = RebuildRekor2Body(wanted);
  if (!body) return std::unexpected(body.error());
  if (entry.body != *body) return Reject(Step::kLogEntry, "the log entry is of another signature, signer or artifact");
  if (const auto holds = VerifyProof(*entry.proof, *body, log, LogGeneration::kRekor2); !holds) return std::unexpected(holds.error());
  return VerifiedLogEntry{&log, std::nullopt};
}

}  // namespace

Checked<Time> VerifySignedEntryTimestamp(const LogEntry& entry, const TransparencyLog& log) {
  if (!entry.signed_entry_timestamp) return Reject(Step::kTransparencyLog, "the log entry has no signed entry timestamp");
  if (!entry.integrated_time) return Reject(Step::kTransparencyLog, "the log entry has a signed entry timestamp but no time");
  if (*entry.integrated_time < 0 || *entry.integrated_time > kMaxSeconds) {
    return Reject(Step::kTransparencyLog, "the time of the log entry is no time");
  }
  const auto holds = VerifySignature(log.key, log.algorithm, PromisedBytes(entry), *entry.signed_entry_timestamp);
  if (!holds) {
    return Reject(Step::kTransparencyLog,
                  fmt::format("the signed entry timestamp is not by the log {}: {}", log.base_url, holds.error().message));
  }
  const Time time{std::chrono::seconds(*entry.integrated_time)};
  if (!log.window.Contains(time)) {
    return Reject(Step::kTransparencyLog, fmt::format("the log entry is of {}, when the key of the log {} was not valid ({})",
                                                      FormatRfc3339(time), log.base_url, ToString(log.window)));
  }
  return time;
}

Checked<std::optional<VerifiedLogEntry>> VerifyLogEntry(const LogEntry& entry, const std::vector<TransparencyLog>& logs,
                                                        const LoggedSignature& wanted) {
  if (entry.log_index < 0) return Reject(Step::kStructure, "the log entry has a negative index");
  const auto verify = entry.kind == kRekor2Kind && entry.version == kRekor2Version ? VerifyRekor2 : VerifyRekor1;
  std::optional<Failure> failure;
  // A trusted root may list one log twice, for instance with two windows.
  for (const TransparencyLog& log : logs) {
    if (log.id != entry.log_id) continue;
    auto verified = verify(entry, log, wanted);
    if (verified) return std::optional(*verified);
    if (!failure) failure = std::move(verified.error());
  }
  if (failure) return std::unexpected(std::move(*failure));
  return std::optional<VerifiedLogEntry>();
}

}  // namespace hullwright::verify
