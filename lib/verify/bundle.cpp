#include "verify/bundle.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "verify/bundle_log_entry.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

Checked<Certificate> ReadCertificate(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a certificate of the bundle");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"rawBytes"}); !known) return std::unexpected(known.error());
  const auto der = fields->Bytes("rawBytes");
  if (!der) return std::unexpected(der.error());
  return Certificate::FromDer(*der);
}

// What signers trust comes from configuration alone, so a root here is a mistake or an attempt.
Checked<void> RefuseRoot(const Certificate& certificate) {
  if (!certificate.IsSelfSigned()) return {};
  return Reject(Step::kStructure, "the bundle carries a self-signed certificate");
}

Checked<BundledCertificates> ReadChain(const JsonFields& material) {
  const auto chain = material.Object("x509CertificateChain");
  if (!chain) return std::unexpected(chain.error());
  if (const auto known = chain->RefuseOthers({"certificates"}); !known) return std::unexpected(known.error());
  const auto entries = chain->List("certificates", limits::kCertificatesPerChain);
  if (!entries) return std::unexpected(entries.error());
  if (entries->empty()) return Reject(Step::kStructure, "the certificate chain of the bundle is empty");
  std::vector<Certificate> certificates;
  for (const JsonElement entry : *entries) {
    auto certificate = ReadCertificate(entry);
    if (!certificate) return std::unexpected(certificate.error());
    if (const auto no_root = RefuseRoot(*certificate); !no_root) return std::unexpected(no_root.error());
    certificates.push_back(std::move(*certificate));
  }
  return BundledCertificates{certificates.front(), {certificates.begin() + 1, certificates.end()}};
}

Checked<BundledCertificates> ReadLeaf(const JsonFields& material) {
  auto leaf = ReadCertificate(*material.Find("certificate"));
  if (!leaf) return std::unexpected(leaf.error());
  if (const auto no_root = RefuseRoot(*leaf); !no_root) return std::unexpected(no_root.error());
  return BundledCertificates{std::move(*leaf), {}};
}

Checked<BundledKey> ReadKey(const JsonFields& material) {
  const auto key = material.Object("publicKey");
  if (!key) return std::unexpected(key.error());
  if (const auto known = key->RefuseOthers({"hint"}); !known) return std::unexpected(known.error());
  if (const auto hint = key->OptionalText("hint"); !hint) return std::unexpected(hint.error());
  return BundledKey{};
}

Checked<void> ReadSigner(const JsonFields& material, SigstoreBundle& bundle) {
  const bool leaf = material.Has("certificate");
  const bool chain = material.Has("x509CertificateChain");
  const bool key = material.Has("publicKey");
  if (leaf + chain + key != 1)
    return Reject(Step::kStructure, "the bundle does not name exactly one signer: a certificate or a public key");
  if (chain && bundle.version == BundleVersion::k03) {
    return Reject(Step::kStructure, "a bundle of version 0.3 holds one certificate, not a chain");
  }
  const auto store = [&bundle](auto signer) -> Checked<void> {
    if (!signer) return std::unexpected(signer.error());
    bundle.signer = std::move(*signer);
    return {};
  };
  if (key) return store(ReadKey(material));
  return store(leaf ? ReadLeaf(material) : ReadChain(material));
}

// The first bundles were made by logs that gave no checkpoint; their promise is what counts then, and the proof proves nothing.
Checked<void> JudgeByVersion(BundleVersion version, LogEntry& entry) {
  const bool has_checkpoint = entry.proof && !entry.proof->checkpoint.empty();
  if (version != BundleVersion::k01) {
    if (has_checkpoint) return {};
    return Reject(Step::kStructure, "a log entry of the bundle has no inclusion proof with a checkpoint, which versions from 0.2 demand");
  }
  if (!entry.signed_entry_timestamp) {
    return Reject(Step::kStructure, "a log entry of the bundle has no inclusion promise, which version 0.1 demands");
  }
  if (!has_checkpoint) entry.proof.reset();
  return {};
}

Checked<void> ReadLogEntries(const JsonFields& material, SigstoreBundle& bundle) {
  const auto entries = material.List("tlogEntries", limits::kLogEntriesPerBundle);
  if (!entries) return std::unexpected(entries.error());
  for (const JsonElement element : *entries) {
    auto entry = ReadBundleLogEntry(element);
    if (!entry) return std::unexpected(entry.error());
    if (const auto judged = JudgeByVersion(bundle.version, *entry); !judged) return judged;
    bundle.log_entries.push_back(std::move(*entry));
  }
  return {};
}

Checked<void> ReadTimestamps(const JsonFields& material, SigstoreBundle& bundle) {
  if (!material.Has("timestampVerificationData")) return {};
  const auto data = material.Object("timestampVerificationData");
  if (!data) return std::unexpected(data.error());
  if (const auto known = data->RefuseOthers({"rfc3161Timestamps"}); !known) return known;
  const auto entries = data->List("rfc3161Timestamps", limits::kTimestampsPerBundle);
  if (!entries) return std::unexpected(entries.error());
  for (const JsonElement element : *entries) {
    const auto fields = JsonFields::Of(element, "a timestamp of the bundle");
    if (!fields) return std::unexpected(fields.error());
    if (const auto known = fields->RefuseOthers({"signedTimestamp"}); !known) return known;
    auto bytes = fields->Bytes("signedTimestamp");
    if (!bytes) return std::unexpected(bytes.error());
    bundle.timestamps.push_back(std::move(*bytes));
  }
  return {};
}

Checked<void> ReadMaterial(const JsonFields& root, SigstoreBundle& bundle) {
  const auto material = root.Object("verificationMaterial");
  if (!material) return std::unexpected(material.error());
  const auto known =
      material->RefuseOthers({"certificate", "x509CertificateChain", "publicKey", "tlogEntries", "timestampVerificationData"});
  if (!known) return known;
  if (const auto read = ReadSigner(*material, bundle); !read) return read;
  if (const auto read = ReadLogEntries(*material, bundle); !read) return read;
  return ReadTimestamps(*material, bundle);
}

Checked<MessageSignature::ClaimedDigest> ReadMessageDigest(const JsonFields& message) {
  static constexpr std::array<std::pair<std::string_view, HashAlgorithm>, 3> kNames = {
      {{"SHA2_256", HashAlgorithm::kSha256}, {"SHA2_384", HashAlgorithm::kSha384}, {"SHA2_512", HashAlgorithm::kSha512}}};
  const auto fields = message.Object("messageDigest");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"algorithm", "digest"}); !known) return std::unexpected(known.error());
  const auto name = fields->Text("algorithm");
  if (!name) return std::unexpected(name.error());
  auto digest = fields->Bytes("digest");
  if (!digest) return std::unexpected(digest.error());
  for (const auto& [text, algorithm] : kNames) {
    if (text == *name) return MessageSignature::ClaimedDigest{algorithm, std::move(*digest)};
  }
  return Reject(Step::kAlgorithm, fmt::format("the digest algorithm {} is not supported", Printable(*name, 32)));
}

Checked<MessageSignature> ReadMessage(const JsonFields& root) {
  const auto message = root.Object("messageSignature");
  if (!message) return std::unexpected(message.error());
  if (const auto known = message->RefuseOthers({"messageDigest", "signature"}); !known) return std::unexpected(known.error());
  auto signature = message->Bytes("signature");
  if (!signature) return std::unexpected(signature.error());
  MessageSignature read{std::nullopt, std::move(*signature)};
  if (message->Has("messageDigest")) {
    auto digest = ReadMessageDigest(*message);
    if (!digest) return std::unexpected(digest.error());
    read.digest = std::move(*digest);
  }
  return read;
}

Checked<void> ReadContent(const JsonFields& root, SigstoreBundle& bundle) {
  const auto envelope = root.Find("dsseEnvelope");
  if (envelope.has_value() == root.Has("messageSignature")) {
    return Reject(Step::kStructure, "the bundle does not hold exactly one of messageSignature and dsseEnvelope");
  }
  const auto store = [&bundle](auto content) -> Checked<void> {
    if (!content) return std::unexpected(content.error());
    bundle.content = std::move(*content);
    return {};
  };
  return envelope ? store(DsseEnvelope::Read(*envelope)) : store(ReadMessage(root));
}

}  // namespace

Checked<BundleVersion> ParseBundleMediaType(std::string_view media_type) {
  static constexpr std::array<std::pair<std::string_view, BundleVersion>, 6> kTypes = {
      {{"application/vnd.dev.sigstore.bundle+json;version=0.1", BundleVersion::k01},
       {"application/vnd.dev.sigstore.bundle+json;version=0.2", BundleVersion::k02},
       {"application/vnd.dev.sigstore.bundle+json;version=0.3", BundleVersion::k03},
       {"application/vnd.dev.sigstore.bundle.v0.1+json", BundleVersion::k01},
       {"application/vnd.dev.sigstore.bundle.v0.2+json", BundleVersion::k02},
       {"application/vnd.dev.sigstore.bundle.v0.3+json", BundleVersion::k03}}};
  for (const auto& [text, version] : kTypes) {
    if (text == media_type) return version;
  }
  return Reject(Step::kUnsupported, fmt::format("bundles of media type {} are not supported", Printable(media_type, 96)));
}

Checked<SigstoreBundle> SigstoreBundle::Parse(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the bundle");
  if (!fields) return std::unexpected(fields.error());
  const auto media_type = fields->Text("mediaType");
  if (!media_type) return std::unexpected(media_type.error());
  const auto version = ParseBundleMediaType(*media_type);
  if (!version) return std::unexpected(version.error());
  const auto known = fields->RefuseOthers({"mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"});
  if (!known) return std::unexpected(known.error());
  SigstoreBundle bundle;
  bundle.version = *version;
  if (const auto read = ReadMaterial(*fields, bundle); !read) return std::unexpected(read.error());
  if (const auto read = ReadContent(*fields, bundle); !read) return std::unexpected(read.error());
  return bundle;
}

}  // namespace hullwright::verify
