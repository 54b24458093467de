#include <stdexcept>

#include "base/base64.h"
#include "tools/vector-runner/log_kinds.h"
#include "verify/checkpoint.h"
#include "verify/cosign_layer.h"
#include "verify/json_fields.h"
#include "verify/merkle.h"
#include "verify/tuf_root.h"

namespace hullwright::vectors {
namespace {

using verify::Checked;
using verify::Reject;
using verify::Step;

constexpr std::size_t kMaxFileBytes = 8u << 20;

struct InclusionCase {
  std::int64_t index = 0, size = 0;
  std::string root, leaf;
  std::vector<std::string> proof;
};

Checked<InclusionCase> ReadInclusion(const verify::JsonFields& fields) {
  InclusionCase read;
  if (const auto done = verify::Store(fields.Integer("leafIdx"), read.index); !done) return std::unexpected(done.error());
  if (const auto done = verify::Store(fields.Integer("treeSize"), read.size); !done) return std::unexpected(done.error());
  if (const auto done = verify::Store(fields.Bytes("root"), read.root); !done) return std::unexpected(done.error());
  if (const auto done = verify::Store(fields.Bytes("leafHash"), read.leaf); !done) return std::unexpected(done.error());
  const auto hashes = fields.List("proof", 1024);
  if (!hashes) return std::unexpected(hashes.error());
  for (const JsonElement element : *hashes) {
    std::string_view text;
    const auto hash = element.get(text) == simdjson::SUCCESS ? DecodeBase64(text) : DecodeBase64("?");
    if (!hash) return Reject(Step::kParse, "a hash of the proof is not base64");
    read.proof.push_back(*hash);
  }
  return read;
}

Checked<verify::SignerKey> ReadSigner(const Vector& vector) {
  if (vector.Has("certificate")) {
    const auto certificate = verify::Certificate::FromPem(vector.ReadFileOf("certificate"));
    if (!certificate) return std::unexpected(certificate.error());
    return verify::SignerKey(*certificate);
  }
  const auto key = verify::PublicKey::FromPem(vector.ReadFileOf("key"));
  if (!key) return std::unexpected(key.error());
  return verify::SignerKey(*key);
}

Checked<std::string> ReadSignature(const Vector& vector) {
  std::string text = vector.ReadFileOf("signature");
  if (text.ends_with('\n')) text.pop_back();
  auto signature = DecodeBase64(text);
  if (!signature) return Reject(Step::kParse, "the signature is not base64");
  return std::move(*signature);
}

}  // namespace

Checked<std::vector<verify::TransparencyLog>> ReadLogs(const Vector& vector) {
  std::vector<verify::TransparencyLog> logs;
  const auto id = vector.OptionText("log_id");
  for (const std::string& path : vector.Texts("rekor_key")) {
    const auto key = verify::PublicKey::FromPem(vector.Read(path));
    if (!key) return std::unexpected(key.error());
    const auto raw_id = id ? verify::FromHex(*id) : Checked<std::string>(key->id());
    if (!raw_id) return std::unexpected(raw_id.error());
    logs.push_back({path, *key, verify::AcceptedAlgorithms(*key).front(), {}, *raw_id, std::nullopt, ""});
  }
  return logs;
}

Checked<void> RunInclusion(const Vector& vector) {
  JsonReader reader;
  const std::string text = vector.ReadFileOf("file");
  const auto root = verify::ReadJson(reader, text, kMaxFileBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = verify::JsonFields::Of(*root, "the inclusion proof");
  if (!fields) return std::unexpected(fields.error());
  const auto read = ReadInclusion(*fields);
  if (!read) return std::unexpected(read.error());
  if (read->index < 0 || read->size < 0) return Reject(Step::kParse, "a negative index or size");
  return verify::VerifyInclusion(static_cast<std::uint64_t>(read->index), static_cast<std::uint64_t>(read->size), read->leaf, read->proof,
                                 read->root);
}

Checked<void> RunCheckpointBody(const Vector& vector) {
  const auto checkpoint = verify::Checkpoint::Parse(vector.ReadFileOf("file"));
  if (!checkpoint) return std::unexpected(checkpoint.error());
  return {};
}

Checked<void> RunSet(const Vector& vector) {
  const auto entry = verify::ParseLogAnnotation(vector.ReadFileOf("file"));
  if (!entry) return std::unexpected(entry.error());
  const auto logs = ReadLogs(vector);
  if (!logs) return std::unexpected(logs.error());
  for (const verify::TransparencyLog& log : *logs) {
    if (log.id != entry->log_id) continue;
    if (const auto time = verify::VerifySignedEntryTimestamp(*entry, log)) return {};
  }
  return Reject(Step::kTransparencyLog, "no trusted log made this promise");
}

Checked<void> RunSetMatch(const Vector& vector) {
  const auto entry = verify::ParseLogAnnotation(vector.ReadFileOf("file"));
  if (!entry) return std::unexpected(entry.error());
  const auto logs = ReadLogs(vector);
  if (!logs) return std::unexpected(logs.error());
  const auto signer = ReadSigner(vector);
  if (!signer) return std::unexpected(signer.error());
  const auto signature = ReadSignature(vector);
  if (!signature) return std::unexpected(signature.error());
  const auto message = verify::SignedMessage::OfBytes(vector.ReadFileOf("payload"));
  const auto verified = verify::VerifyLogEntry(*entry, *logs, {*signature, *signer, message, nullptr, {}});
  if (!verified) return std::unexpected(verified.error());
  if (!*verified) return Reject(Step::kTransparencyLog, "the entry is of a log that is not trusted");
  const auto wanted = vector.OptionNumber("integrated_time");
  if (wanted && (*verified)->integrated_time != Time(std::chrono::seconds(*wanted))) return Reject(Step::kTime, "another time comes out");
  return {};
}

Checked<void> RunTufRootUpdate(const Vector& vector) {
  const auto previous = verify::TufRoot::ParseTrusted(vector.ReadFileOf("trusted_previous"));
  if (!previous) return std::unexpected(previous.error());
  const auto next = previous->Successor(vector.ReadFileOf("file"));
  if (!next) return std::unexpected(next.error());
  return {};
}

}  // namespace hullwright::vectors
