#include "cli/verify_objects.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/json_text.h"
#include "cli/files.h"
#include "verify/public_key.h"
#include "verify/trusted_root.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxKeyBytes = 64u << 10;
constexpr std::size_t kMaxRootBytes = 4u << 20;

std::unexpected<ReviewFailure> Usage(std::string message) {
  return std::unexpected(ReviewFailure{ExitCode::kUsage, std::move(message)});
}

std::unexpected<ReviewFailure> Unusable(std::string_view option, const std::string& file, std::string_view why) {
  return std::unexpected(ReviewFailure{ExitCode::kCouldNotTell, fmt::format("{} {}: {}", option, file, why)});
}

// The file, once Parse says that it is what it should be. Told here, where the name of the file is known.
template <class Parse>
std::expected<std::string, ReviewFailure> ReadChecked(std::string_view option, const std::string& file, std::size_t max_bytes,
                                                      Parse&& parse) {
  auto text = ReadFile(file, max_bytes);
  if (!text) return Unusable(option, file, text.error().message);
  if (const auto parsed = parse(*text); !parsed) return Unusable(option, file, parsed.error().message);
  return std::move(*text);
}

bool NeedsRoot(const SignerOptions& signer) {
  return signer.by_identity() || signer.transparency_log == "Required";
}

std::expected<void, ReviewFailure> CheckOptions(const SignerOptions& signer, const std::string& root) {
  if (!signer.key.empty() && signer.by_identity()) return Usage("--key and --certificate-identity name two signers: give one");
  if (!signer.identity.empty() && !signer.identity_pattern.empty())
    return Usage("--certificate-identity and --certificate-identity-regexp name the subject twice: give one");
  if (signer.by_identity() == signer.issuer.empty())
    return Usage("--certificate-identity and --certificate-oidc-issuer go together: a subject means nothing without who vouches for it");
  if (!NeedsRoot(signer) || !root.empty()) return {};
  if (signer.by_identity()) return Usage("--certificate-identity needs --trusted-root: the authorities and logs that certificates rest on");
  return Usage("--key needs --trusted-root, to prove that the signature is in a transparency log, or --transparency-log Ignore");
}

std::expected<GivenObject, ReviewFailure> Decoded(std::string_view kind, nlohmann::json spec) {
  const std::string text = JsonLine(
      nlohmann::json{{"apiVersion", api::kApiVersion}, {"kind", kind}, {"metadata", {{"name", kCommandLine}}}, {"spec", std::move(spec)}});
  JsonReader reader;
  const auto element = reader.Read(text);
  auto object = element ? api::DecodeObject(*element) : Result<api::Object>(std::unexpected(element.error()));
  if (!object) return Usage("the signer cannot be used: " + object.error().message);
  return GivenObject{{std::string(kind), "", std::string(kCommandLine)}, std::move(*object)};
}

nlohmann::json KeyAuthority(const SignerOptions& signer, const std::string& pem) {
  nlohmann::json key = {{"pem", pem}, {"transparencyLog", signer.transparency_log}};
  if (NeedsRoot(signer)) key["trustRootRef"] = {{"name", kCommandLine}};
  return {{"name", "key"}, {"type", "Key"}, {"key", key}};
}

nlohmann::json KeylessAuthority(const SignerOptions& signer) {
  nlohmann::json keyless = {
      {"issuer", signer.issuer}, {"transparencyLog", signer.transparency_log}, {"trustRootRef", {{"name", kCommandLine}}}};
  if (signer.identity.empty())
    keyless["subjectRegExp"] = signer.identity_pattern;
  else
    keyless["subject"] = signer.identity;
  return {{"name", "certificate-identity"}, {"type", "Keyless"}, {"keyless", keyless}};
}

nlohmann::json PolicySpec(const SignerOptions& signer) {
  const nlohmann::json publishers = nlohmann::json::array({{{"name", kCommandLine}}});
  nlohmann::json rules;
  if (signer.attestation.empty())
    rules["publishers"] = {{"refs", publishers}};
  else
    rules["attestations"] =
        nlohmann::json::array({{{"name", "attestation"}, {"predicateType", signer.attestation}, {"publisherRefs", publishers}}});
  return {{"enforcement", {{"newImages", "Deny"}}}, {"rules", rules}};
}

}  // namespace

std::expected<std::vector<GivenObject>, ReviewFailure> ObjectsOf(const SignerOptions& signer, const ImageReference& image,
                                                                 const Environment& environment) {
  const std::string& root = signer.trusted_root.empty() ? environment.trusted_root : signer.trusted_root;
  if (const auto checked = CheckOptions(signer, root); !checked) return std::unexpected(checked.error());
  std::vector<std::pair<std::string_view, nlohmann::json>> specs{{"ClusterImageAdmissionPolicy", PolicySpec(signer)}};
  if (NeedsRoot(signer)) {
    const auto json = ReadChecked("--trusted-root", root, kMaxRootBytes, verify::TrustedRoot::Parse);
    if (!json) return std::unexpected(json.error());
    specs.emplace_back(
        "TrustRoot",
        nlohmann::json{{"type", "Sigstore"},
                       {"sigstore", {{"trustedRoot", {{"json", *json}}}, {"certificateTransparency", signer.certificate_transparency}}}});
  }
  nlohmann::json authority = KeylessAuthority(signer);
  if (!signer.key.empty()) {
    const auto pem = ReadChecked("--key", signer.key, kMaxKeyBytes, verify::PublicKey::FromPem);
    if (!pem) return std::unexpected(pem.error());
    authority = KeyAuthority(signer, *pem);
  }
  specs.emplace_back("TrustedPublisher", nlohmann::json{{"displayName", "the signer of the command line"},
                                                        {"repositories", {image.Name()}},
                                                        {"verification", "Signature"},
                                                        {"authorities", nlohmann::json::array({authority})}});
  std::vector<GivenObject> objects;
  for (auto& [kind, spec] : specs) {
    auto object = Decoded(kind, std::move(spec));
    if (!object) return std::unexpected(object.error());
    objects.push_back(std::move(*object));
  }
  return objects;
}

}  // namespace hullwright::cli
