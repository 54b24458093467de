// One entry of a transparency log as it travels with a signature: the log's promise (SET), the proof that the entry is in the log, and the
// checkpoint the proof leads to. Source: research sections 0.10 and 0.11.
//
// Pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "verify/failure.h"
#include "verify/log_body.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

struct InclusionProof {
  std::int64_t log_index = 0;  // inside the shard
  std::int64_t tree_size = 0;
  std::string root_hash;            // raw
  std::vector<std::string> hashes;  // raw
  std::string checkpoint;           // the signed note
};

struct LogEntry {
  std::string kind, version;  // "" where the format has none outside the body
  std::int64_t log_index = 0;
  std::string log_id;                                 // raw
  std::optional<std::int64_t> integrated_time;        // seconds since 1970; nullopt: absent or zero
  std::optional<std::string> signed_entry_timestamp;  // raw signature
  std::optional<InclusionProof> proof;
  std::string body;  // decoded
};

// The promise alone: signed by this log over body, time, id and index, at a time inside the window of the log's key. Returns that time.
Checked<Time> VerifySignedEntryTimestamp(const LogEntry& entry, const TransparencyLog& log);

struct VerifiedLogEntry {
  const TransparencyLog* log;           // of the list that was given
  std::optional<Time> integrated_time;  // only where the log promised it
};

// Everything the entry carries holds, and there is a promise or a proof; its body is of exactly this signature. nullopt: none of the logs
// has this id (an entry of somebody else's log proves nothing and harms nothing). A part that fails is a failure even beside one that
// holds.
Checked<std::optional<VerifiedLogEntry>> VerifyLogEntry(const LogEntry& entry, const std::vector<TransparencyLog>& logs,
                                                        const LoggedSignature& wanted);

}  // namespace hullwright::verify
