#include "cli/verify_bundle.h"

#include <fmt/format.h>

#include <utility>

#include "base/digest.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "verify/bundle_verification.h"
#include "verify/doubt.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxBundleBytes = 16u << 20;
constexpr std::size_t kMaxBundleKeyBytes = 64u << 10;
constexpr std::size_t kMaxBundleRootBytes = 4u << 20;
constexpr std::size_t kMaxArtifactBytes = 1u << 30;  // larger ones by their digest

// What ends the command: a usage error, something that cannot be read, or the step that did not hold.
template <class T>
using Outcome = std::expected<T, CommandOutput>;

std::unexpected<CommandOutput> End(ExitCode code, const std::string& message) {
  return std::unexpected(Failed(code, message));
}

// Told in the words of the verdict: what a signature lacks is a violation, what nobody could look at is not.
std::unexpected<CommandOutput> Ended(std::string_view of, const verify::Failure& failure) {
  const bool known = policy::OutcomeOf(verify::WordOf(failure.step)) == policy::Outcome::kViolation;
  return End(known ? ExitCode::kViolation : ExitCode::kCouldNotTell,
             fmt::format("{}: {}: {}", of, verify::ToString(failure.step), failure.message));
}

Outcome<std::string> Read(const std::string& path, std::size_t max_bytes) {
  auto text = ReadFile(path, max_bytes);
  if (!text) return End(ExitCode::kCouldNotTell, fmt::format("{}: {}", path, text.error().message));
  return std::move(*text);
}

// The file as what it should be.
template <class Parse>
auto ReadAs(const std::string& path, std::size_t max_bytes, Parse&& parse)
    -> Outcome<typename decltype(parse(std::string_view()))::value_type> {
  const auto text = Read(path, max_bytes);
  if (!text) return std::unexpected(text.error());
  auto parsed = parse(std::string_view(*text));
  if (!parsed) return Ended(path, parsed.error());
  return std::move(*parsed);
}

Outcome<void> CheckOptions(const VerifyBundleOptions& options) {
  const bool by_identity = !options.identity.empty();
  if (by_identity == options.issuer.empty())
    return End(ExitCode::kUsage, "verify-bundle: --certificate-identity and --certificate-oidc-issuer go together");
  if (by_identity == options.key.empty()) return {};
  return End(ExitCode::kUsage, by_identity
                                   ? "verify-bundle: --key and --certificate-identity name two signers: give one"
                                   : "verify-bundle: say who must have signed: --key FILE, or --certificate-identity with its issuer");
}

Outcome<verify::TrustedRoot> ReadRoot(const VerifyBundleOptions& options, const Environment& environment) {
  const std::string& path = options.trusted_root.empty() && !options.staging ? environment.trusted_root : options.trusted_root;
  if (!path.empty()) return ReadAs(path, kMaxBundleRootBytes, verify::TrustedRoot::Parse);
  return End(ExitCode::kCouldNotTell, fmt::format("no trusted root is built in: give trusted_root.json of {} with --trusted-root{}",
                                                  options.staging ? "Sigstore's staging instance" : "the Sigstore instance",
                                                  options.staging ? "" : ", or name it in HULLCTL_TRUSTED_ROOT"));
}

Outcome<verify::Artifact> ReadArtifact(const std::string& text) {
  if (const auto digest = Digest::Parse(text)) {
    auto artifact = verify::Artifact::OfDigest(*digest);
    if (!artifact) return Ended(text, artifact.error());
    return std::move(*artifact);
  }
  auto bytes = Read(text, kMaxArtifactBytes);
  if (!bytes) return std::unexpected(bytes.error());
  return verify::Artifact::OfBytes(std::move(*bytes));
}

struct Signed {
  verify::VerifiedBundle bundle;
  std::string by;
};

Outcome<Signed> VerifyWith(const VerifyBundleOptions& options, const verify::SigstoreBundle& bundle, const verify::Artifact& artifact,
                           const verify::BundlePolicy& policy) {
  auto verified = verify::VerifyBundle(bundle, artifact, policy);
  if (!verified) return Ended(options.bundle, verified.error());
  if (verified->key) return Signed{std::move(*verified), "key " + policy.keys.front().key.Fingerprint()};
  const auto matcher = verify::IdentityMatcher::Make({options.identity, "", options.issuer, "", {}});
  if (!matcher) return Ended("verify-bundle", matcher.error());
  const auto identity = verify::RequireIdentity(*verified, {*matcher});
  if (!identity) return Ended(options.bundle, identity.error());
  return Signed{std::move(*verified), verify::ToString(*identity)};
}

Outcome<Signed> Judge(const VerifyBundleOptions& options, const Environment& environment) {
  if (const auto checked = CheckOptions(options); !checked) return std::unexpected(checked.error());
  const auto root = ReadRoot(options, environment);
  if (!root) return std::unexpected(root.error());
  std::vector<verify::TrustedKey> keys;
  if (!options.key.empty()) {
    auto key = ReadAs(options.key, kMaxBundleKeyBytes, verify::PublicKey::FromPem);
    if (!key) return std::unexpected(key.error());
    keys.push_back({std::move(*key)});
  }
  const auto bundle = ReadAs(options.bundle, kMaxBundleBytes, verify::SigstoreBundle::Parse);
  if (!bundle) return std::unexpected(bundle.error());
  const auto artifact = ReadArtifact(options.artifact);
  if (!artifact) return std::unexpected(artifact.error());
  const verify::EvidenceThresholds thresholds{.certificate_timestamps = keys.empty() ? 1u : 0u};
  return VerifyWith(options, *bundle, *artifact, {keys, *root, thresholds});
}

std::string RenderJson(const Signed& good, const std::string& artifact) {
  nlohmann::ordered_json json = {{"schema", "hullctl/verify-bundle/v1"}, {"artifact", artifact}, {"signedBy", good.by}};
  json["times"] = nlohmann::ordered_json::array();
  for (const Time time : good.bundle.times) json["times"].push_back(FormatRfc3339(time));
  json["predicateType"] = good.bundle.statement ? good.bundle.statement->predicate_type : "";
  return JsonText(json);
}

std::string RenderText(const Signed& good, const std::string& artifact, const Terminal& terminal) {
  const Paint paint(terminal);
  std::string text = Paragraph(paint.Green("passed") + "  ", 8, paint.Bold(Printable(artifact, 1024)), terminal.width);
  text += Paragraph("        ", 8, "signed by " + good.by, terminal.width);
  for (const Time time : good.bundle.times) text += Paragraph("        ", 8, "at " + FormatRfc3339(time), terminal.width);
  if (good.bundle.statement)
    text += Paragraph("        ", 8, "as a statement of type " + Printable(good.bundle.statement->predicate_type), terminal.width);
  return text;
}

}  // namespace

CommandOutput VerifyBundle(const VerifyBundleOptions& options, const Environment& environment) {
  const auto good = Judge(options, environment);
  if (!good) return good.error();
  return {ExitCode::kPass,
          options.output == "json" ? RenderJson(*good, options.artifact) : RenderText(*good, options.artifact, environment.out), ""};
}

}  // namespace hullwright::cli
