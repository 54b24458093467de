#include "verify/log_body.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"
#include "verify/pem.h"

namespace hullwright::verify {
namespace {

std::unexpected<Failure> Other(std::string_view what) {
  return Reject(Step::kLogEntry, fmt::format("the log entry is of another {}", what));
}

Checked<void> RequireEqual(std::string_view logged, std::string_view wanted, std::string_view what) {
  if (logged != wanted) return Other(what);
  return {};
}

// The member is base64 of exactly these bytes.
Checked<void> RequireBytes(const JsonFields& fields, std::string_view key, std::string_view wanted, std::string_view what) {
  const auto bytes = fields.Bytes(key);
  if (!bytes) return std::unexpected(bytes.error());
  return RequireEqual(*bytes, wanted, what);
}

// PEM of the signer's certificate, or of its key where it has none. The signer's own bytes were read strictly, so equal ones need not be.
Checked<void> RequireSigner(std::string_view pem, const SignerKey& signer) {
  if (signer.certificate) {
    const auto der = ReadOnePem(pem, "CERTIFICATE");
    if (!der) return std::unexpected(der.error());
    return RequireEqual(*der, signer.certificate->der(), "certificate");
  }
  if (const auto spki = ReadOnePem(pem, "PUBLIC KEY"); spki && *spki == signer.key.spki()) return {};
  const auto key = PublicKey::FromPem(pem);
  if (!key) return std::unexpected(key.error());
  return RequireEqual(key->spki(), signer.key.spki(), "key");
}

Checked<void> RequireSignerAt(const JsonFields& fields, std::string_view key, const SignerKey& signer) {
  const auto pem = fields.Bytes(key);
  if (!pem) return std::unexpected(pem.error());
  return RequireSigner(*pem, signer);
}

struct LoggedHash {
  HashAlgorithm algorithm;
  std::string digest;
};

// {"algorithm":"sha256","value":"<hex>"}
Checked<LoggedHash> ReadHash(const JsonFields& parent, std::string_view key) {
  const auto fields = parent.Object(key);
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"algorithm", "value"}); !known) return std::unexpected(known.error());
  const auto name = fields->Text("algorithm");
  if (!name) return std::unexpected(name.error());
  const auto value = fields->Text("value");
  if (!value) return std::unexpected(value.error());
  const auto algorithm = ParseHashAlgorithm(*name);
  if (!algorithm) return std::unexpected(algorithm.error());
  auto digest = FromHex(*value);
  if (!digest) return std::unexpected(digest.error());
  return LoggedHash{*algorithm, std::move(*digest)};
}

Checked<void> RequireHashOf(const JsonFields& parent, std::string_view key, std::string_view bytes, std::string_view what) {
  const auto hash = ReadHash(parent, key);
  if (!hash) return std::unexpected(hash.error());
  return RequireEqual(hash->digest, Hash(hash->algorithm, bytes), what);
}

// The only entry of a list.
Checked<JsonFields> OnlyEntry(const JsonFields& parent, std::string_view key) {
  const auto entries = parent.List(key, 2);
  if (!entries) return std::unexpected(entries.error());
  if (entries->size() != 1) return Reject(Step::kLogEntry, "the log entry does not hold exactly one signature");
  return JsonFields::Of(entries->front(), "the signature of the log entry");
}

// hashedrekord 0.0.1 and rekord 0.0.1 say the same; the latter's other formats (pgp, minisign, ssh) have no PEM of ours.
Checked<void> MatchRecord(const JsonFields& spec, const LoggedSignature& wanted) {
  if (wanted.envelope != nullptr) return Other("kind: it is of a plain signature, not of an envelope");
  const auto signature = spec.Object("signature");
  if (!signature) return std::unexpected(signature.error());
  const auto key = signature->Object("publicKey");
  if (!key) return std::unexpected(key.error());
  const auto data = spec.Object("data");
  if (!data) return std::unexpected(data.error());
  const auto hash = ReadHash(*data, "hash");
  if (!hash) return std::unexpected(hash.error());
  const auto digest = wanted.message.DigestBy(hash->algorithm);
  if (!digest) return std::unexpected(digest.error());
  if (const auto same = RequireEqual(hash->digest, *digest, "artifact"); !same) return same;
  if (const auto same = RequireBytes(*signature, "content", wanted.signature, "signature"); !same) return same;
  return RequireSignerAt(*key, "content", wanted.signer);
}

Checked<void> MatchHashedRecord(const JsonFields& spec, const LoggedSignature& wanted) {
  if (const auto known = spec.RefuseOthers({"data", "signature"}); !known) return known;
  return MatchRecord(spec, wanted);
}

Checked<void> MatchDsse(const JsonFields& spec, const LoggedSignature& wanted) {
  if (wanted.envelope == nullptr) return Other("kind: it is of an envelope, not of a plain signature");
  if (const auto known = spec.RefuseOthers({"envelopeHash", "payloadHash", "signatures"}); !known) return known;
  const auto signature = OnlyEntry(spec, "signatures");
  if (!signature) return std::unexpected(signature.error());
  if (const auto same = RequireHashOf(spec, "payloadHash", wanted.envelope->payload, "payload"); !same) return same;
  if (!wanted.envelope_bytes.empty()) {
    if (const auto same = RequireHashOf(spec, "envelopeHash", wanted.envelope_bytes, "envelope"); !same) return same;
  }
  if (const auto same = RequireBytes(*signature, "signature", wanted.signature, "signature"); !same) return same;
  return RequireSignerAt(*signature, "verifier", wanted.signer);
}

// intoto encodes the signature in base64 twice.
Checked<void> RequireTwiceEncoded(const JsonFields& fields, std::string_view key, std::string_view wanted) {
  const auto once = fields.Bytes(key);
  if (!once) return std::unexpected(once.error());
  const auto twice = DecodeBase64(*once);
  if (!twice) return Reject(Step::kParse, "the signature of the log entry is not encoded in base64 twice");
  return RequireEqual(*twice, wanted, "signature");
}

Checked<void> MatchInToto2(const JsonFields& spec, const LoggedSignature& wanted) {
  if (wanted.envelope == nullptr) return Other("kind: it is of an envelope, not of a plain signature");
  const auto content = spec.Object("content");
  if (!content) return std::unexpected(content.error());
  const auto envelope = content->Object("envelope");
  if (!envelope) return std::unexpected(envelope.error());
  const auto type = envelope->Text("payloadType");
  if (!type) return std::unexpected(type.error());
  const auto signature = OnlyEntry(*envelope, "signatures");
  if (!signature) return std::unexpected(signature.error());
  if (const auto same = RequireEqual(*type, wanted.envelope->payload_type, "payload type"); !same) return same;
  if (const auto same = RequireHashOf(*content, "payloadHash", wanted.envelope->payload, "payload"); !same) return same;
  if (const auto same = RequireTwiceEncoded(*signature, "sig", wanted.signature); !same) return same;
  return RequireSignerAt(*signature, "publicKey", wanted.signer);
}

// It holds the whole envelope's hash and no signature, so it proves nothing unless the bytes that were submitted are at hand.
Checked<void> MatchInToto1(const JsonFields& spec, const LoggedSignature& wanted) {
  if (wanted.envelope == nullptr || wanted.envelope_bytes.empty()) {
    return Reject(Step::kUnsupported, "a log entry of kind intoto 0.0.1 is accepted for attestations stored by cosign 1 and 2 only");
  }
  const auto content = spec.Object("content");
  if (!content) return std::unexpected(content.error());
  if (const auto same = RequireHashOf(*content, "hash", wanted.envelope_bytes, "envelope"); !same) return same;
  return RequireSignerAt(spec, "publicKey", wanted.signer);
}

using Match = Checked<void> (*)(const JsonFields&, const LoggedSignature&);

Match FindMatch(std::string_view kind, std::string_view version) {
  if (kind == "hashedrekord" && version == "0.0.1") return MatchHashedRecord;
  if (kind == "rekord" && version == "0.0.1") return MatchRecord;
  if (kind == "dsse" && version == "0.0.1") return MatchDsse;
  if (kind == "intoto" && version == "0.0.2") return MatchInToto2;
  if (kind == "intoto" && version == "0.0.1") return MatchInToto1;
  return nullptr;
}

std::string_view Rekor2Name(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return "SHA2_256";
    case HashAlgorithm::kSha384:
      return "SHA2_384";
    case HashAlgorithm::kSha512:
      return "SHA2_512";
  }
  return "";
}

}  // namespace

Checked<void> RequireBodyMatches(std::string_view body, std::string_view kind, std::string_view version, const LoggedSignature& wanted) {
  JsonReader reader;
  const auto root = ReadJson(reader, body, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the body of the log entry");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"apiVersion", "kind", "spec"}); !known) return known;
  const auto inner_kind = fields->Text("kind");
  if (!inner_kind) return std::unexpected(inner_kind.error());
  const auto inner_version = fields->Text("apiVersion");
  if (!inner_version) return std::unexpected(inner_version.error());
  if ((!kind.empty() && kind != *inner_kind) || (!version.empty() && version != *inner_version)) {
    return Other("kind: its body is not of the kind that the entry says");
  }
  const Match match = FindMatch(*inner_kind, *inner_version);
  if (match == nullptr) {
    return Reject(Step::kUnsupported,
                  fmt::format("log entries of kind {} {} are not supported", Printable(*inner_kind, 32), Printable(*inner_version, 16)));
  }
  const auto spec = fields->Object("spec");
  if (!spec) return std::unexpected(spec.error());
  return match(*spec, wanted);
}

Checked<std::string> RebuildRekor2Body(const LoggedSignature& wanted) {
  const auto details = DefaultKeyDetails(wanted.signer.key);
  if (!details) return std::unexpected(details.error());
  const auto algorithm = AlgorithmOfKeyDetails(wanted.signer.key, *details);
  if (!algorithm) return std::unexpected(algorithm.error());
  const auto digest = wanted.message.DigestBy(algorithm->hash);
  if (!digest) return std::unexpected(digest.error());
  const auto& certificate = wanted.signer.certificate;
  return fmt::format(
      R"({{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{{"hashedRekordV002":{{"data":{{"algorithm":"{}","digest":"{}"}},)"
      R"("signature":{{"content":"{}","verifier":{{"keyDetails":"{}","{}":{{"rawBytes":"{}"}}}}}}}}}}}})",
      Rekor2Name(algorithm->hash), EncodeBase64(*digest), EncodeBase64(wanted.signature), *details,
      certificate ? "x509Certificate" : "publicKey", EncodeBase64(certificate ? certificate->der() : wanted.signer.key.spki()));
}

}  // namespace hullwright::verify
