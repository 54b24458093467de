#include "verify/trusted_root.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::array<std::string_view, 3> kMediaTypes = {"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                                                         "application/vnd.dev.sigstore.trustedroot.v0.1+json",
                                                         "application/vnd.dev.sigstore.trustedroot.v0.2+json"};

Checked<PublicKey> ReadKey(std::string_view key_details, std::string_view der) {
  // Deprecated, and still in the staging instance's root: the bytes are PKCS#1, not SPKI.
  return key_details.starts_with("PKCS1_") ? PublicKey::FromPkcs1(der) : PublicKey::FromSpki(der);
}

struct DeclaredKey {
  PublicKey key;
  SignatureAlgorithm algorithm;
  ValidityWindow window;
};

Checked<DeclaredKey> ReadDeclaredKey(const JsonFields& log) {
  const auto fields = log.Object("publicKey");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"rawBytes", "keyDetails", "validFor"}); !known) return std::unexpected(known.error());
  const auto details = fields->Text("keyDetails");
  if (!details) return std::unexpected(details.error());
  const auto bytes = fields->Bytes("rawBytes");
  if (!bytes) return std::unexpected(bytes.error());
  const auto window = ValidityWindow::Read(*fields);
  if (!window) return std::unexpected(window.error());
  auto key = ReadKey(*details, *bytes);
  if (!key) return std::unexpected(key.error());
  const auto algorithm = AlgorithmOfKeyDetails(*key, *details);
  if (!algorithm) return std::unexpected(algorithm.error());
  return DeclaredKey{std::move(*key), *algorithm, *window};
}

// {"keyId": base64} with at least the four bytes of a note's key hint and at most those of a hash.
Checked<std::string> ReadKeyId(const JsonFields& log, std::string_view key) {
  constexpr std::size_t kMin = 4;
  constexpr std::size_t kMax = 64;
  const auto fields = log.Object(key);
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"keyId"}); !known) return std::unexpected(known.error());
  auto id = fields->Bytes("keyId");
  if (id && (id->size() < kMin || id->size() > kMax))
    return Reject(Step::kStructure, fmt::format("{} has {} bytes", fields->where(), id->size()));
  return id;
}

Checked<TransparencyLog> ReadLog(const JsonFields& fields) {
  if (const auto known = fields.RefuseOthers({"baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator"}); !known) {
    return std::unexpected(known.error());
  }
  const auto url = fields.OptionalText("baseUrl");
  if (!url) return std::unexpected(url.error());
  const auto hash = fields.Text("hashAlgorithm");
  if (!hash) return std::unexpected(hash.error());
  if (*hash != "SHA2_256") return Reject(Step::kUnsupported, fmt::format("{} hashes with \"{}\"", fields.where(), Printable(*hash, 32)));
  auto key = ReadDeclaredKey(fields);
  if (!key) return std::unexpected(key.error());
  auto id = ReadKeyId(fields, "logId");
  if (!id) return std::unexpected(id.error());
  const auto operator_name = fields.OptionalText("operator");
  if (!operator_name) return std::unexpected(operator_name.error());
  TransparencyLog log{std::string(*url), std::move(key->key),        key->algorithm, key->window, std::move(*id),
                      std::nullopt,      std::string(*operator_name)};
  if (!fields.Has("checkpointKeyId")) return log;
  auto checkpoint_id = ReadKeyId(fields, "checkpointKeyId");
  if (!checkpoint_id) return std::unexpected(checkpoint_id.error());
  log.checkpoint_id = std::move(*checkpoint_id);
  return log;
}

Checked<Certificate> ReadCertificate(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a certificate");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"rawBytes"}); !known) return std::unexpected(known.error());
  const auto der = fields->Bytes("rawBytes");
  if (!der) return std::unexpected(der.error());
  return Certificate::FromDer(*der);
}

Checked<std::vector<Certificate>> ReadChain(const JsonFields& authority) {
  const auto fields = authority.Object("certChain");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"certificates"}); !known) return std::unexpected(known.error());
  const auto entries = fields->List("certificates", limits::kCertificatesPerChain);
  if (!entries) return std::unexpected(entries.error());
  if (entries->empty()) return Reject(Step::kStructure, fmt::format("{} has no certificate", authority.where()));
  std::vector<Certificate> chain;
  for (const JsonElement entry : *entries) {
    auto certificate = ReadCertificate(entry);
    if (!certificate) return std::unexpected(certificate.error());
    chain.push_back(std::move(*certificate));
  }
  return chain;
}

Checked<void> ReadSubject(const JsonFields& fields, CertificateAuthority& authority) {
  if (!fields.Has("subject")) return {};
  const auto subject = fields.Object("subject");
  if (!subject) return std::unexpected(subject.error());
  if (const auto known = subject->RefuseOthers({"organization", "commonName"}); !known) return known;
  const auto organization = subject->OptionalText("organization");
  const auto common_name = subject->OptionalText("commonName");
  if (!organization || !common_name) return std::unexpected(!organization ? organization.error() : common_name.error());
  authority.organization = *organization;
  authority.common_name = *common_name;
  return {};
}

Checked<CertificateAuthority> ReadAuthority(const JsonFields& fields) {
  if (const auto known = fields.RefuseOthers({"subject", "uri", "certChain", "validFor", "operator"}); !known)
    return std::unexpected(known.error());
  auto chain = ReadChain(fields);
  if (!chain) return std::unexpected(chain.error());
  const auto window = ValidityWindow::Read(fields);
  if (!window) return std::unexpected(window.error());
  const auto uri = fields.OptionalText("uri");
  if (!uri) return std::unexpected(uri.error());
  CertificateAuthority authority{"", "", std::string(*uri), AuthorityPath(std::move(*chain)), *window};
  if (const auto subject = ReadSubject(fields, authority); !subject) return std::unexpected(subject.error());
  return authority;
}

template <class T>
Checked<void> ReadAll(const JsonFields& root, std::string_view key, Checked<T> (*read)(const JsonFields&), std::vector<T>& all) {
  const auto entries = root.List(key, limits::kAuthoritiesPerRoot);
  if (!entries) return std::unexpected(entries.error());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto fields = JsonFields::Of((*entries)[i], fmt::format("{}[{}]", key, i));
    if (!fields) return std::unexpected(fields.error());
    auto one = read(*fields);
    if (!one) return Reject(one.error().step, fmt::format("{}[{}]: {}", key, i, one.error().message));
    all.push_back(std::move(*one));
  }
  return {};
}

Checked<void> CheckMediaType(const JsonFields& root) {
  const auto media_type = root.Text("mediaType");
  if (!media_type) return std::unexpected(media_type.error());
  if (std::ranges::find(kMediaTypes, *media_type) != kMediaTypes.end()) return {};
  return Reject(Step::kUnsupported, fmt::format("the trusted root has the media type \"{}\", expected \"{}\" or its later forms",
                                                Printable(*media_type, 128), kMediaTypes.front()));
}

}  // namespace

std::string TransparencyLog::Host() const {
  std::string_view host = base_url;
  if (const auto scheme = host.find("://"); scheme != std::string_view::npos) host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));  // IPv6
  return std::string(host.substr(0, host.find(':')));
}

Checked<CertificateAuthority> CertificateAuthority::Parse(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kTrustRootBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the certificate authority");
  if (!fields) return std::unexpected(fields.error());
  return ReadAuthority(*fields);
}

Checked<TrustedRoot> TrustedRoot::Parse(std::string_view json) {
  JsonReader reader;
  const auto document = ReadJson(reader, json, limits::kTrustRootBytes);
  if (!document) return std::unexpected(document.error());
  const auto fields = JsonFields::Of(*document, "the trusted root");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"mediaType", "tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"}); !known) {
    return std::unexpected(known.error());
  }
  if (const auto known = CheckMediaType(*fields); !known) return std::unexpected(known.error());
  TrustedRoot root;
  for (const auto& read : {ReadAll(*fields, "tlogs", ReadLog, root.logs), ReadAll(*fields, "ctlogs", ReadLog, root.certificate_logs),
                           ReadAll(*fields, "certificateAuthorities", ReadAuthority, root.certificate_authorities),
                           ReadAll(*fields, "timestampAuthorities", ReadAuthority, root.timestamp_authorities)}) {
    if (!read) return std::unexpected(read.error());
  }
  return root;
}

}  // namespace hullwright::verify
