#include "verify/bundle_log_entry.h"

#include <utility>

#include "base/base64.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

Checked<void> ReadHashes(const JsonFields& proof, InclusionProof& read) {
  const auto entries = proof.List("hashes", limits::kMerkleProofHashes);
  if (!entries) return std::unexpected(entries.error());
  for (const JsonElement entry : *entries) {
    std::string_view text;
    if (entry.get(text) != simdjson::SUCCESS) return Reject(Step::kStructure, "a hash of the inclusion proof is not a string");
    auto hash = DecodeBase64(text);
    if (!hash) return Reject(Step::kParse, "a hash of the inclusion proof is not base64");
    read.hashes.push_back(std::move(*hash));
  }
  return {};
}

Checked<void> ReadCheckpoint(const JsonFields& proof, InclusionProof& read) {
  if (!proof.Has("checkpoint")) return {};
  const auto checkpoint = proof.Object("checkpoint");
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (const auto known = checkpoint->RefuseOthers({"envelope"}); !known) return known;
  return Store(checkpoint->Text("envelope"), read.checkpoint);
}

// proto3 leaves a zero out.
Checked<std::int64_t> IntegerOrZero(const JsonFields& fields, std::string_view key) {
  if (!fields.Has(key)) return 0;
  return fields.Integer(key);
}

Checked<void> ReadProof(const JsonFields& entry, LogEntry& read) {
  if (!entry.Has("inclusionProof")) return {};
  const auto proof = entry.Object("inclusionProof");
  if (!proof) return std::unexpected(proof.error());
  const auto known = proof->RefuseOthers({"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"});
  if (!known) return known;
  InclusionProof& place = read.proof.emplace();
  if (const auto stored = Store(IntegerOrZero(*proof, "logIndex"), place.log_index); !stored) return stored;
  if (const auto stored = Store(IntegerOrZero(*proof, "treeSize"), place.tree_size); !stored) return stored;
  if (const auto stored = Store(proof->Bytes("rootHash"), place.root_hash); !stored) return stored;
  if (const auto stored = ReadHashes(*proof, place); !stored) return stored;
  return ReadCheckpoint(*proof, place);
}

Checked<void> ReadPromise(const JsonFields& entry, LogEntry& read) {
  if (!entry.Has("inclusionPromise")) return {};
  const auto promise = entry.Object("inclusionPromise");
  if (!promise) return std::unexpected(promise.error());
  if (const auto known = promise->RefuseOthers({"signedEntryTimestamp"}); !known) return known;
  return Store(promise->Bytes("signedEntryTimestamp"), read.signed_entry_timestamp);
}

Checked<void> ReadKind(const JsonFields& entry, LogEntry& read) {
  const auto kind = entry.Object("kindVersion");
  if (!kind) return std::unexpected(kind.error());
  if (const auto known = kind->RefuseOthers({"kind", "version"}); !known) return known;
  if (const auto stored = Store(kind->Text("kind"), read.kind); !stored) return stored;
  if (const auto stored = Store(kind->Text("version"), read.version); !stored) return stored;
  if (read.kind.empty() || read.version.empty()) return Reject(Step::kStructure, "the kind of a log entry is empty");
  return {};
}

Checked<void> ReadLogId(const JsonFields& entry, LogEntry& read) {
  const auto id = entry.Object("logId");
  if (!id) return std::unexpected(id.error());
  if (const auto known = id->RefuseOthers({"keyId"}); !known) return known;
  return Store(id->Bytes("keyId"), read.log_id);
}

Checked<void> ReadNumbers(const JsonFields& entry, LogEntry& read) {
  if (const auto stored = Store(IntegerOrZero(entry, "logIndex"), read.log_index); !stored) return stored;
  if (read.log_index < 0) return Reject(Step::kStructure, "the index of a log entry is negative");
  const auto time = IntegerOrZero(entry, "integratedTime");
  if (!time) return std::unexpected(time.error());
  if (*time < 0) return Reject(Step::kStructure, "the integrated time of a log entry is negative");
  if (*time != 0) read.integrated_time = *time;
  return {};
}

}  // namespace

Checked<LogEntry> ReadBundleLogEntry(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a log entry of the bundle");
  if (!fields) return std::unexpected(fields.error());
  const auto known = fields->RefuseOthers(
      {"logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"});
  if (!known) return std::unexpected(known.error());
  LogEntry entry;
  for (const auto read : {ReadNumbers, ReadLogId, ReadKind, ReadPromise, ReadProof}) {
    if (const auto done = read(*fields, entry); !done) return std::unexpected(done.error());
  }
  if (const auto stored = Store(fields->Bytes("canonicalizedBody"), entry.body); !stored) return std::unexpected(stored.error());
  return entry;
}

}  // namespace hullwright::verify
