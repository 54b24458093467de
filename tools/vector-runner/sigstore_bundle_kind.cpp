#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/rfc3339.h"
#include "tools/vector-runner/log_kinds.h"

namespace hullwright::vectors {
namespace {

using verify::Checked;
using verify::Reject;
using verify::Step;

std::size_t Threshold(const Vector& vector, std::string_view option, std::size_t otherwise) {
  const auto number = vector.OptionNumber(option);
  if (!number) return otherwise;
  if (*number < 0 || *number > 1000) throw std::runtime_error(fmt::format("the option {} is no threshold", option));
  return static_cast<std::size_t>(*number);
}

// Absent is the default of FORMAT.md; the two names for verified times are those of two suites.
verify::EvidenceThresholds ReadThresholds(const Vector& vector, bool by_key) {
  verify::EvidenceThresholds thresholds;
  thresholds.logs = Threshold(vector, "min_tlog", 1);
  thresholds.certificate_timestamps = by_key ? 0 : Threshold(vector, "min_scts", 1);
  thresholds.signed_timestamps = Threshold(vector, "min_signed_timestamps", 0);
  thresholds.integrated_times = Threshold(vector, "min_integrated_times", 0);
  const std::size_t otherwise = by_key && thresholds.logs == 0 ? 0 : 1;
  thresholds.times = std::max(Threshold(vector, "min_observer_timestamps", otherwise), Threshold(vector, "min_verified_times", otherwise));
  return thresholds;
}

// The text as it is, or a pattern that is searched anywhere, as the suites do.
struct Wanted {
  std::string exact, pattern;
};

std::vector<Wanted> ReadWanted(const Vector& vector, std::string_view field, std::string_view option) {
  std::vector<Wanted> wanted;
  if (vector.Has(field)) wanted.push_back({vector.Text(field), ""});
  if (const auto pattern = vector.OptionText(option)) wanted.push_back({"", fmt::format("(?s:.*)(?:{})(?s:.*)", *pattern)});
  if (wanted.empty()) wanted.push_back({"", "(?s:.*)"});
  return wanted;
}

// Every criterion that the case names must hold.
Checked<void> RequireWanted(const Vector& vector, const verify::VerifiedBundle& bundle) {
  const auto subjects = ReadWanted(vector, "identity", "identity_regexp");
  const auto issuers = ReadWanted(vector, "issuer", "issuer_regexp");
  for (const Wanted& subject : subjects) {
    for (const Wanted& issuer : issuers) {
      const auto matcher = verify::IdentityMatcher::Make({subject.exact, subject.pattern, issuer.exact, issuer.pattern, {}});
      if (!matcher) return std::unexpected(matcher.error());
      if (const auto matches = verify::RequireIdentity(bundle, {*matcher}); !matches) return std::unexpected(matches.error());
    }
  }
  return {};
}

bool HasIdentityPolicy(const Vector& vector) {
  return vector.Has("identity") || vector.Has("issuer") || vector.Option("identity_regexp") || vector.Option("issuer_regexp");
}

Checked<void> Judge(const Vector& vector, const verify::VerifiedBundle& bundle) {
  const auto predicate_type = vector.OptionText("predicate_type");
  if (predicate_type && (!bundle.statement || bundle.statement->predicate_type != *predicate_type)) {
    return Reject(Step::kPredicate, "the bundle holds no statement of the type that is wanted");
  }
  if (!bundle.certificate || !HasIdentityPolicy(vector)) return {};
  return RequireWanted(vector, bundle);
}

Checked<verify::Artifact> ReadArtifact(const Vector& vector, std::string_view mode) {
  if (mode == "artifact") return verify::Artifact::OfBytes(vector.ReadFileOf("artifact"));
  if (mode != "digest") throw std::runtime_error("an unknown mode");
  const auto digest = Digest::Parse(vector.Text("artifact_digest"));
  if (!digest) return Reject(Step::kParse, digest.error().message);
  return verify::Artifact::OfDigest(*digest);
}

std::vector<std::string> ReadModes(const Vector& vector) {
  if (const auto option = vector.Option("modes")) {
    std::vector<std::string> modes;
    JsonArray array;
    if (option->get(array) != simdjson::SUCCESS) throw std::runtime_error("the option modes is no list");
    for (const JsonElement mode : array) modes.emplace_back(std::string_view(mode));
    if (modes.empty() || modes.size() > 2) throw std::runtime_error("the option modes has no or too many entries");
    return modes;
  }
  return {vector.Has("artifact") ? "artifact" : "digest"};
}

}  // namespace

Checked<verify::TrustedRoot> ReadTrustedRoot(const Vector& vector) {
  if (!vector.Has("trusted_root")) return verify::TrustedRoot{};
  return verify::TrustedRoot::Parse(vector.ReadFileOf("trusted_root"));
}

Checked<std::vector<verify::TrustedKey>> ReadKeys(const Vector& vector) {
  std::optional<verify::ValidityWindow> window;
  if (const auto valid_for = vector.Option("key_valid_for")) {
    const auto start = ParseRfc3339(TextMember(*valid_for, "start"));
    if (!start) return Reject(Step::kParse, start.error().message);
    window = verify::ValidityWindow{*start, std::nullopt};
    if (Member(*valid_for, "end")) {
      const auto end = ParseRfc3339(TextMember(*valid_for, "end"));
      if (!end) return Reject(Step::kParse, end.error().message);
      window->end = *end;
    }
  }
  std::vector<verify::TrustedKey> keys;
  for (const std::string& path : vector.Texts("key")) {
    auto key = verify::PublicKey::FromPem(vector.Read(path));
    if (!key) return std::unexpected(key.error());
    keys.push_back({std::move(*key), window});
  }
  return keys;
}

Checked<void> RunSigstoreBundle(const Vector& vector) {
  const auto root = ReadTrustedRoot(vector);
  if (!root) return std::unexpected(root.error());
  const auto keys = ReadKeys(vector);
  if (!keys) return std::unexpected(keys.error());
  const auto bundle = verify::SigstoreBundle::Parse(vector.ReadFileOf("file"));
  if (!bundle) return std::unexpected(bundle.error());
  const verify::BundlePolicy policy{*keys, *root, ReadThresholds(vector, !keys->empty())};
  for (const std::string& mode : ReadModes(vector)) {
    const auto artifact = ReadArtifact(vector, mode);
    if (!artifact) return std::unexpected(artifact.error());
    const auto verified = verify::VerifyBundle(*bundle, *artifact, policy);
    if (!verified) return std::unexpected(verified.error());
    if (const auto wanted = Judge(vector, *verified); !wanted) return wanted;
  }
  return {};
}

}  // namespace hullwright::vectors
