#include "support/minted_rekor.h"

#include <fmt/format.h>

#include <vector>

#include "base/base64.h"
#include "verify/hash.h"
#include "verify/merkle.h"

namespace hullwright::testing {
namespace {

using verify::Sha256;

constexpr std::size_t kIndex = 3;
constexpr std::size_t kSize = 7;

// RFC 6962 section 2.1, as it is written there; the code under test walks the other way.
std::string TreeHash(const std::vector<std::string>& leaves, std::size_t from, std::size_t to) {
  if (to - from == 1) return leaves[from];
  std::size_t split = 1;
  while (split * 2 < to - from) split *= 2;
  return Sha256("\x01" + TreeHash(leaves, from, from + split) + TreeHash(leaves, from + split, to));
}

std::vector<std::string> Path(const std::vector<std::string>& leaves, std::size_t index, std::size_t from, std::size_t to) {
  if (to - from == 1) return {};
  std::size_t split = 1;
  while (split * 2 < to - from) split *= 2;
  const bool left = index - from < split;
  auto path = left ? Path(leaves, index, from, from + split) : Path(leaves, index, from + split, to);
  path.push_back(left ? TreeHash(leaves, from + split, to) : TreeHash(leaves, from, from + split));
  return path;
}

std::string Hex(std::string_view bytes) {
  return verify::ToHex(Sha256(bytes));
}

}  // namespace

MintedRekor::MintedRekor(Generation generation, MintedKey::Type type)
    : generation_(generation), key_(type), public_key_(verify::PublicKey::FromSpki(key_.Spki()).value()) {}

verify::TransparencyLog MintedRekor::Description() const {
  const verify::ValidityWindow window{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1), std::nullopt};
  return {
      "https://rekor.example", public_key_, verify::AcceptedAlgorithms(public_key_).front(), window, public_key_.id(), std::nullopt, ""};
}

std::string MintedRekor::Origin() const {
  return std::string(name()) + (generation_ == Generation::kFirst ? " - 1193050959916656506" : "");
}

std::string MintedRekor::SignNote(std::string_view text, std::string_view signer) const {
  std::string hint = public_key_.id().substr(0, 4);
  if (public_key_.type() == verify::KeyType::kEd25519) {
    hint = Sha256(fmt::format("{}\n\x01{}", signer, public_key_.Ed25519Bytes())).substr(0, 4);
  }
  const std::string signature = key_.Sign(verify::AcceptedAlgorithms(public_key_).front(), text);
  return fmt::format("{}\n\u2014 {} {}\n", text, signer, EncodeBase64(hint + signature));
}

std::string MintedRekor::Promise(const verify::LogEntry& entry) const {
  const std::string text = fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})", EncodeBase64(entry.body),
                                       entry.integrated_time.value_or(0), verify::ToHex(entry.log_id), entry.log_index);
  return key_.Sign(verify::AcceptedAlgorithms(public_key_).front(), text);
}

verify::LogEntry MintedRekor::Log(std::string_view kind, std::string_view version, std::string body, Time time) const {
  const bool first = generation_ == Generation::kFirst;
  std::vector<std::string> leaves;
  for (std::size_t i = 0; i < kSize; ++i) leaves.push_back(verify::MerkleLeafHash(i == kIndex ? body : fmt::format("leaf {}", i)));
  const std::string root = TreeHash(leaves, 0, kSize);
  verify::LogEntry entry;
  entry.kind = kind;
  entry.version = version;
  entry.log_index = first ? 1000 + kIndex : kIndex;
  entry.log_id = public_key_.id();
  entry.body = std::move(body);
  entry.proof = {kIndex, kSize, root, Path(leaves, kIndex, 0, kSize),
                 SignNote(fmt::format("{}\n{}\n{}\n", Origin(), kSize, EncodeBase64(root)), name())};
  if (!first) return entry;
  entry.integrated_time = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  entry.signed_entry_timestamp = Promise(entry);
  return entry;
}

std::string HashedRecordBody(std::string_view artifact, std::string_view signature, std::string_view pem) {
  return fmt::format(R"({{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{{"data":{{"hash":{{"algorithm":"sha256","value":"{}"}}}},)"
                     R"("signature":{{"content":"{}","publicKey":{{"content":"{}"}}}}}}}})",
                     Hex(artifact), EncodeBase64(signature), EncodeBase64(pem));
}

std::string RecordBody(std::string_view artifact, std::string_view signature, std::string_view pem) {
  return fmt::format(R"({{"apiVersion":"0.0.1","kind":"rekord","spec":{{"data":{{"hash":{{"algorithm":"sha256","value":"{}"}}}},)"
                     R"("signature":{{"content":"{}","format":"x509","publicKey":{{"content":"{}"}}}}}}}})",
                     Hex(artifact), EncodeBase64(signature), EncodeBase64(pem));
}

std::string DsseBody(std::string_view envelope, std::string_view payload, std::string_view signature, std::string_view pem) {
  return fmt::format(R"({{"apiVersion":"0.0.1","kind":"dsse","spec":{{"envelopeHash":{{"algorithm":"sha256","value":"{}"}},)"
                     R"("payloadHash":{{"algorithm":"sha256","value":"{}"}},"signatures":[{{"signature":"{}","verifier":"{}"}}]}}}})",
                     Hex(envelope), Hex(payload), EncodeBase64(signature), EncodeBase64(pem));
}

std::string InToto2Body(std::string_view envelope, std::string_view payload, std::string_view signature, std::string_view pem) {
  return fmt::format(
      R"({{"apiVersion":"0.0.2","kind":"intoto","spec":{{"content":{{"envelope":{{"payloadType":"application/vnd.in-toto+json",)"
      R"("signatures":[{{"publicKey":"{}","sig":"{}"}}]}},"hash":{{"algorithm":"sha256","value":"{}"}},)"
      R"("payloadHash":{{"algorithm":"sha256","value":"{}"}}}}}}}})",
      EncodeBase64(pem), EncodeBase64(EncodeBase64(signature)), Hex(envelope), Hex(payload));
}

std::string InToto1Body(std::string_view envelope, std::string_view pem) {
  return fmt::format(
      R"({{"apiVersion":"0.0.1","kind":"intoto","spec":{{"content":{{"hash":{{"algorithm":"sha256","value":"{}"}}}},"publicKey":"{}"}}}})",
      Hex(envelope), EncodeBase64(pem));
}

}  // namespace hullwright::testing
