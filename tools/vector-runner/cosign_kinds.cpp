#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/base64.h"
#include "tools/vector-runner/log_kinds.h"
#include "verify/cosign_layer.h"
#include "verify/identity.h"
#include "verify/limits.h"

namespace hullwright::vectors {
namespace {

using verify::Checked;
using verify::Reject;
using verify::Step;

// {"mimeType":…,"payload":base64,"annotations":{…}}
Checked<verify::CosignLayer> ReadLayer(const std::string& text) {
  JsonReader reader;
  const auto root = reader.Read(text);
  if (!root) return Reject(Step::kParse, root.error().message);
  auto payload = DecodeBase64(TextMember(*root, "payload"));
  if (!payload) return Reject(Step::kParse, "the payload is not base64");
  verify::Annotations annotations;
  const auto entries = Member(*root, "annotations");
  JsonObject object;
  if (entries && entries->get(object) == simdjson::SUCCESS) {
    for (const auto member : object) annotations.emplace(member.key, TextMember(*entries, member.key));
  }
  return verify::CosignLayer::Read(TextMember(*root, "mimeType"), std::move(*payload), annotations);
}

// Each root by itself an authority, with all helpers.
Checked<void> AddAuthorities(const Vector& vector, verify::TrustedRoot& root) {
  if (!vector.Has("ca_roots")) return {};
  const auto anchors = verify::Certificate::ListFromPem(vector.ReadFileOf("ca_roots"), verify::limits::kCertificatesPerFile);
  if (!anchors) return std::unexpected(anchors.error());
  std::vector<verify::Certificate> helpers;
  if (vector.Has("ca_intermediates")) {
    auto read = verify::Certificate::ListFromPem(vector.ReadFileOf("ca_intermediates"), verify::limits::kCertificatesPerFile);
    if (!read) return std::unexpected(read.error());
    helpers = std::move(*read);
  }
  for (const verify::Certificate& anchor : *anchors) {
    std::vector<verify::Certificate> chain = helpers;
    chain.push_back(anchor);
    root.certificate_authorities.push_back({"", "", "", verify::AuthorityPath(std::move(chain)), {}});
  }
  return {};
}

Checked<verify::TrustedRoot> ReadRoot(const Vector& vector) {
  auto root = ReadTrustedRoot(vector);
  if (!root) return root;
  const auto logs = ReadLogs(vector);
  if (!logs) return std::unexpected(logs.error());
  root->logs.insert(root->logs.end(), logs->begin(), logs->end());
  if (const auto added = AddAuthorities(vector, *root); !added) return std::unexpected(added.error());
  return root;
}

// A certificate that is itself trusted, not an authority: its key, while it is valid.
Checked<std::vector<verify::TrustedKey>> ReadSignerKeys(const Vector& vector) {
  auto keys = ReadKeys(vector);
  if (!keys || !vector.Has("certificate") || vector.Has("ca_roots")) return keys;
  const auto pinned = verify::Certificate::FromPem(vector.ReadFileOf("certificate"));
  if (!pinned) return std::unexpected(pinned.error());
  keys->push_back({pinned->public_key(), verify::ValidityWindow{pinned->not_before(), pinned->not_after()}});
  return keys;
}

// Authorities with long-lived certificates and neither log nor issuer: judged at the present.
bool IsPrivateAuthority(const Vector& vector) {
  return vector.Has("ca_roots") && !vector.Has("rekor_key") && !vector.Has("issuer") && !vector.Has("trusted_root");
}

bool AsksForSet(const Vector& vector, bool by_key) {
  bool required = false;
  const auto option = vector.Option("require_set");
  if (option && option->get(required) != simdjson::SUCCESS) throw std::runtime_error("the option require_set is no boolean");
  if (required || !vector.Texts("rekor_key").empty() || vector.Has("trusted_root")) return true;
  return !by_key && !vector.Option("observed_time") && !IsPrivateAuthority(vector);
}

verify::EvidenceThresholds ReadThresholds(const Vector& vector, bool by_key) {
  const std::size_t logs = AsksForSet(vector, by_key) ? 1 : 0;
  const auto scts = vector.OptionNumber("min_scts");
  if (scts && (*scts < 0 || *scts > 1000)) throw std::runtime_error("the option min_scts is no threshold");
  const std::size_t otherwise = by_key || IsPrivateAuthority(vector) ? 0 : 1;
  return {.logs = logs,
          .certificate_timestamps = scts ? static_cast<std::size_t>(*scts) : otherwise,
          .signed_timestamps = 0,
          .integrated_times = logs,
          .times = 0};
}

std::vector<Time> ReadKnownTimes(const Vector& vector) {
  if (const auto observed = vector.OptionNumber("observed_time")) return {Time(std::chrono::seconds(*observed))};
  if (IsPrivateAuthority(vector)) return {SystemClock().Now()};
  return {};
}

Checked<void> RequireContains(const Checked<std::vector<std::string>>& names, std::string_view wanted) {
  if (!names) return std::unexpected(names.error());
  if (std::ranges::find(*names, wanted) != names->end()) return {};
  return Reject(Step::kIdentity, "the certificate is somebody else's");
}

// A text is a subject; an object names an e-mail address and a host apart.
Checked<void> RequireSubjects(const Vector& vector, const verify::Certificate& certificate) {
  const auto identity = Member(vector.entry(), "identity");
  if (!identity) return {};
  if (!identity->is_object()) return RequireContains(verify::ReadSubjects(certificate), vector.Text("identity"));
  for (const auto member : JsonObject(*identity)) {
    const auto names = member.key == "hostname" ? verify::ReadHostNames(certificate) : verify::ReadSubjects(certificate);
    if (const auto found = RequireContains(names, TextMember(*identity, member.key)); !found) return found;
  }
  return {};
}

Checked<void> RequireSigner(const Vector& vector, const verify::VerifiedLayer& layer) {
  if (!layer.certificate) return {};
  if (!vector.Has("issuer")) return RequireSubjects(vector, *layer.certificate);
  const auto matcher = verify::IdentityMatcher::Make({vector.Text("identity"), "", vector.Text("issuer"), "", {}});
  if (!matcher) return std::unexpected(matcher.error());
  const auto identity = verify::ReadIdentity(*layer.certificate);
  if (!identity) return std::unexpected(identity.error());
  return matcher->Match(*identity);
}

Checked<void> RequireTime(const Vector& vector, const verify::CosignLayer& layer, const verify::VerifiedLayer& verified) {
  const auto wanted = vector.OptionNumber("integrated_time");
  if (!wanted || !layer.log_entry) return {};
  if (std::ranges::find(verified.times, Time(std::chrono::seconds(*wanted))) != verified.times.end()) return {};
  return Reject(Step::kTime, "another time comes out");
}

verify::ReferenceMatch ReadMatch(const Vector& vector) {
  if (!vector.Has("reference")) return verify::ReferenceMatch::kIgnore;
  const std::string match = vector.Text("match");
  if (match == "exact") return verify::ReferenceMatch::kExact;
  if (match.empty() || match == "repository") return verify::ReferenceMatch::kRepository;
  throw std::runtime_error("an unknown match");
}

Checked<void> RequireClaims(const Vector& vector, const verify::CosignLayer& layer, const Digest& image) {
  if (layer.envelope) {
    const auto statement = verify::RequireAttestationClaims(layer, image);
    return statement ? Checked<void>() : std::unexpected(statement.error());
  }
  ImageReference reference;
  if (vector.Has("reference")) {
    const auto parsed = ImageReference::Parse(vector.Text("reference"));
    if (!parsed) return Reject(Step::kSubject, parsed.error().message);
    reference = *parsed;
  }
  const auto payload = verify::RequireSignatureClaims(layer, image, reference, ReadMatch(vector));
  return payload ? Checked<void>() : std::unexpected(payload.error());
}

Checked<void> RunLayer(const Vector& vector, const std::string& path, const std::optional<Digest>& image) {
  auto layer = ReadLayer(vector.Read(path));
  if (!layer) return std::unexpected(layer.error());
  if (!layer->certificate && vector.Has("certificate") && vector.Has("ca_roots")) {
    auto certificate = verify::Certificate::FromPem(vector.ReadFileOf("certificate"));
    if (!certificate) return std::unexpected(certificate.error());
    layer->certificate = std::move(*certificate);
  }
  const auto root = ReadRoot(vector);
  if (!root) return std::unexpected(root.error());
  const auto keys = ReadSignerKeys(vector);
  if (!keys) return std::unexpected(keys.error());
  const auto profile = IsPrivateAuthority(vector) ? verify::CertificateProfile::kPrivateAuthority : verify::CertificateProfile::kSigstore;
  const auto verified =
      verify::VerifyLayer(*layer, {*keys, *root, ReadThresholds(vector, !keys->empty()), ReadKnownTimes(vector), profile});
  if (!verified) return std::unexpected(verified.error());
  if (const auto signer = RequireSigner(vector, *verified); !signer) return signer;
  if (const auto time = RequireTime(vector, *layer, *verified); !time) return time;
  if (!image) return {};
  return RequireClaims(vector, *layer, *image);
}

Checked<Digest> ReadImageDigest(const Vector& vector) {
  const std::string text = vector.Has("artifact_manifest")
                               ? fmt::format("sha256:{}", verify::ToHex(verify::Sha256(vector.ReadFileOf("artifact_manifest"))))
                               : vector.Text("artifact_digest");
  const auto digest = Digest::Parse(text);
  if (!digest) return Reject(Step::kSubject, digest.error().message);
  return *digest;
}

}  // namespace

Checked<void> RunCosignImage(const Vector& vector) {
  if (!vector.Has("artifact_manifest")) return Reject(Step::kSubject, "there is no manifest");
  const auto image = ReadImageDigest(vector);
  if (!image) return std::unexpected(image.error());
  const auto files = vector.Texts("file");
  if (files.size() > verify::limits::kSignaturesPerImage) return Reject(Step::kLimit, "too many signatures");
  Checked<void> result = Reject(Step::kStructure, "the image has no signature");
  for (const std::string& file : files) {
    result = RunLayer(vector, file, *image);
    if (result) return result;
  }
  return result;
}

Checked<void> RunCosignLayer(const Vector& vector) {
  std::optional<Digest> image;
  if (vector.Has("artifact_digest") || vector.Has("artifact_manifest")) {
    const auto digest = ReadImageDigest(vector);
    if (!digest) return std::unexpected(digest.error());
    image = *digest;
  }
  return RunLayer(vector, vector.Text("file"), image);
}

}  // namespace hullwright::vectors
