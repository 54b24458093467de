#include "support/minted_signature.h"

#include <fmt/format.h>

#include <optional>

#include "base/base64.h"
#include "verify/dsse.h"
#include "verify/hash.h"

namespace hullwright::testing {

using nlohmann::json;
using verify::Scheme;

// Who signs in one signature: a key, and for keyless ones the certificate that was issued to it.
struct MintedSigstore::Signer {
  std::optional<MintedKey> own;
  const MintedKey* key;
  std::string certificate;  // DER; "" by key

  std::string Pem() const { return certificate.empty() ? key->Pem() : ToPem(certificate); }
  std::string Sign(std::string_view message) const { return key->Sign({Scheme::kEcdsa, verify::HashAlgorithm::kSha256}, message); }
  verify::SignerKey Description() const {
    return certificate.empty() ? verify::SignerKey(verify::PublicKey::FromSpki(key->Spki()).value())
                               : verify::SignerKey(ParseMinted(certificate));
  }
};

MintedSigstore::MintedSigstore() = default;

Digest MintedSigstore::ArtifactDigest() const {
  return Digest::Parse("sha256:" + verify::ToHex(verify::Sha256(artifact))).value();
}

verify::PublicKey MintedSigstore::PublicKey() const {
  return verify::PublicKey::FromSpki(key.Spki()).value();
}

verify::TrustedRoot MintedSigstore::Root() const {
  return {{rekor1.Description(), rekor2.Description()}, {certificate_log.Description()}, {fulcio.Description()}, {authority.Description()}};
}

MintedSigstore::Signer MintedSigstore::MakeSigner(const SignatureShape& shape) const {
  if (shape.by_key) return {std::nullopt, &key, ""};
  Signer signer{MintedKey(MintedKey::kP256), nullptr, ""};
  const auto leaf = fulcio.LeafShape(shape.subject);
  signer.certificate =
      shape.promised_certificate ? fulcio.MintLogged(leaf, *signer.own, {&certificate_log}) : fulcio.Mint(leaf, *signer.own);
  return signer;
}

std::string MintedSigstore::Statement(const SignatureShape& shape) const {
  return fmt::format(
      R"({{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"x","digest":{{"sha256":"{}"}}}}],"predicateType":"{}","predicate":{}}})",
      ArtifactDigest().hex(), shape.predicate_type, shape.predicate);
}

json EntryJson(const verify::LogEntry& entry) {
  json made = {{"logIndex", std::to_string(entry.log_index)},
               {"logId", {{"keyId", EncodeBase64(entry.log_id)}}},
               {"kindVersion", {{"kind", entry.kind}, {"version", entry.version}}},
               {"canonicalizedBody", EncodeBase64(entry.body)}};
  if (entry.integrated_time) made["integratedTime"] = std::to_string(*entry.integrated_time);
  if (entry.signed_entry_timestamp) made["inclusionPromise"] = {{"signedEntryTimestamp", EncodeBase64(*entry.signed_entry_timestamp)}};
  if (!entry.proof) return made;
  json hashes = json::array();
  for (const std::string& hash : entry.proof->hashes) hashes.push_back(EncodeBase64(hash));
  made["inclusionProof"] = {{"logIndex", std::to_string(entry.proof->log_index)},
                            {"treeSize", std::to_string(entry.proof->tree_size)},
                            {"rootHash", EncodeBase64(entry.proof->root_hash)},
                            {"hashes", hashes},
                            {"checkpoint", {{"envelope", entry.proof->checkpoint}}}};
  return made;
}

namespace {

std::string EnvelopeJson(const SignatureShape& shape, std::string_view payload, std::string_view signature) {
  return fmt::format(R"({{"payloadType":"{}","payload":"{}","signatures":[{{"sig":"{}"}}]}})", shape.payload_type, EncodeBase64(payload),
                     EncodeBase64(signature));
}

struct Body {
  std::string kind, version, text;
};

Body EnvelopeBody(const SignatureShape& shape, std::string_view envelope, std::string_view payload, std::string_view signature,
                  std::string_view pem) {
  if (shape.entry_kind == "intoto") return {"intoto", "0.0.2", InToto2Body(envelope, payload, signature, pem)};
  if (shape.entry_kind == "intoto1") return {"intoto", "0.0.1", InToto1Body(envelope, pem)};
  return {"dsse", "0.0.1", DsseBody(envelope, payload, signature, pem)};
}

Body PlainBody(const SignatureShape& shape, std::string_view artifact, std::string_view signature, std::string_view pem) {
  if (shape.entry_kind == "rekord") return {"rekord", "0.0.1", RecordBody(artifact, signature, pem)};
  return {"hashedrekord", "0.0.1", HashedRecordBody(artifact, signature, pem)};
}

}  // namespace

json MintedSigstore::Bundle(const SignatureShape& shape) const {
  const Signer minted = MakeSigner(shape);
  Signer signer{std::nullopt, minted.own ? &*minted.own : minted.key, minted.certificate};
  const std::string payload = Statement(shape);
  const std::string message = shape.statement ? verify::PreAuthenticationEncoding(shape.payload_type, payload) : artifact;
  const std::string signature = signer.Sign(message);
  json bundle = {{"mediaType", shape.media_type}};
  json& material = bundle["verificationMaterial"];
  const bool chain = shape.media_type.find("0.3") == std::string::npos;
  if (shape.by_key) {
    material["publicKey"] = {{"hint", "aGludA=="}};
  } else if (chain) {
    material["x509CertificateChain"]["certificates"] = json::array({{{"rawBytes", EncodeBase64(signer.certificate)}}});
  } else {
    material["certificate"] = {{"rawBytes", EncodeBase64(signer.certificate)}};
  }
  if (shape.statement) {
    bundle["dsseEnvelope"] = json::parse(EnvelopeJson(shape, payload, signature));
  } else {
    bundle["messageSignature"] = {{"messageDigest", {{"algorithm", "SHA2_256"}, {"digest", EncodeBase64(verify::Sha256(artifact))}}},
                                  {"signature", EncodeBase64(signature)}};
  }
  if (shape.log == LogForm::kRekor1) {
    const Body body = shape.statement ? EnvelopeBody(shape, EnvelopeJson(shape, payload, signature), payload, signature, signer.Pem())
                                      : PlainBody(shape, artifact, signature, signer.Pem());
    material["tlogEntries"] = json::array({EntryJson(rekor1.Log(body.kind, body.version, body.text, shape.time))});
  }
  if (shape.log == LogForm::kRekor2) {
    const verify::SignerKey described = signer.Description();
    const auto signed_message = verify::SignedMessage::OfBytes(message);
    const std::string body = verify::RebuildRekor2Body({signature, described, signed_message, nullptr, {}}).value();
    material["tlogEntries"] = json::array({EntryJson(rekor2.Log("hashedrekord", "0.0.2", body, shape.time))});
  }
  if (shape.log == LogForm::kRekor2 || shape.log == LogForm::kTimeStamp) {
    const std::string token = authority.Response(signature, shape.time);
    material["timestampVerificationData"]["rfc3161Timestamps"] = json::array({{{"signedTimestamp", EncodeBase64(token)}}});
  }
  return bundle;
}

MintedSigstore::Layer MintedSigstore::CosignLayer(const SignatureShape& shape) const {
  const Signer minted = MakeSigner(shape);
  Signer signer{std::nullopt, minted.own ? &*minted.own : minted.key, minted.certificate};
  Layer layer;
  std::string signature;
  std::string payload;
  if (shape.statement) {
    payload = Statement(shape);
    signature = signer.Sign(verify::PreAuthenticationEncoding(shape.payload_type, payload));
    layer = {"application/vnd.dsse.envelope.v1+json", EnvelopeJson(shape, payload, signature), {}};
    layer.annotations["dev.cosignproject.cosign/signature"] = "";
  } else {
    payload = fmt::format(
        R"({{"critical":{{"identity":{{"docker-reference":"registry.example/shop/api"}},"image":{{"docker-manifest-digest":"{}"}},)"
        R"("type":"cosign container image signature"}},"optional":null}})",
        ArtifactDigest().text());
    signature = signer.Sign(payload);
    layer = {"application/vnd.dev.cosign.simplesigning.v1+json", payload, {}};
    layer.annotations["dev.cosignproject.cosign/signature"] = EncodeBase64(signature);
  }
  if (!shape.by_key) {
    layer.annotations["dev.sigstore.cosign/certificate"] = signer.Pem();
    layer.annotations["dev.sigstore.cosign/chain"] = ToPem(fulcio.intermediate().der());
  }
  if (shape.log != LogForm::kRekor1) return layer;
  const Body body = shape.statement ? EnvelopeBody(shape, layer.bytes, payload, signature, signer.Pem())
                                    : PlainBody(shape, payload, signature, signer.Pem());
  const verify::LogEntry entry = rekor1.Log(body.kind, body.version, body.text, shape.time);
  layer.annotations["dev.sigstore.cosign/bundle"] = json{
      {"SignedEntryTimestamp", EncodeBase64(*entry.signed_entry_timestamp)},
      {"Payload",
       {{"body", EncodeBase64(entry.body)},
        {"integratedTime", *entry.integrated_time},
        {"logIndex", entry.log_index},
        {"logID", verify::ToHex(entry.log_id)}}}}.dump();
  return layer;
}

}  // namespace hullwright::testing
