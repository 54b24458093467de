#include "verify/predicate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

using Check = Checked<void> (*)(const JsonFields& predicate);

// The predicate itself is what its type promises; the words come from the specification of each type.

Checked<void> RequireText(const JsonFields& fields, std::string_view key) {
  const auto text = fields.Text(key);
  if (!text) return std::unexpected(text.error());
  return text->empty() ? Reject(Step::kStructure, fmt::format("\"{}\" of {} is empty", key, fields.where())) : Checked<void>();
}

// {key: {"id": "…"}}
Checked<void> RequireId(const JsonFields& fields, std::string_view key) {
  const auto object = fields.Object(key);
  return object ? RequireText(*object, "id") : std::unexpected(object.error());
}

Checked<void> RequireList(const JsonFields& fields, std::string_view key) {
  const auto member = fields.Find(key);
  if (member && member->is_array()) return {};
  return Reject(Step::kStructure, fmt::format("{} has no \"{}\" that is a list", fields.where(), key));
}

Checked<void> RequireTimes(const JsonFields& fields, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (!fields.Has(key)) continue;
    if (const auto time = fields.Timestamp(key); !time) return std::unexpected(time.error());
  }
  return {};
}

// An object that may be absent, with times that may be absent, but are times.
Checked<void> CheckTimesIn(const JsonFields& fields, std::string_view key, std::initializer_list<std::string_view> times) {
  if (!fields.Has(key)) return {};
  const auto object = fields.Object(key);
  return object ? RequireTimes(*object, times) : std::unexpected(object.error());
}

Checked<void> CheckAny(const JsonFields&) {
  return {};
}

Checked<void> CheckCosignCustom(const JsonFields& predicate) {
  if (!predicate.Has("Data")) return Reject(Step::kStructure, "the predicate has no \"Data\"");
  return predicate.Has("Timestamp") ? RequireText(predicate, "Timestamp") : Checked<void>();
}

Checked<void> CheckSlsa02(const JsonFields& predicate) {
  if (const auto builder = RequireId(predicate, "builder"); !builder) return builder;
  if (const auto type = RequireText(predicate, "buildType"); !type) return type;
  return CheckTimesIn(predicate, "metadata", {"buildStartedOn", "buildFinishedOn"});
}

Checked<void> CheckSlsa1(const JsonFields& predicate) {
  const auto definition = predicate.Object("buildDefinition");
  if (!definition) return std::unexpected(definition.error());
  if (const auto type = RequireText(*definition, "buildType"); !type) return type;
  if (const auto parameters = definition->Object("externalParameters"); !parameters) return std::unexpected(parameters.error());
  const auto run = predicate.Object("runDetails");
  if (!run) return std::unexpected(run.error());
  if (const auto builder = RequireId(*run, "builder"); !builder) return builder;
  return CheckTimesIn(*run, "metadata", {"startedOn", "finishedOn"});
}

// Freshness is asked of scanFinishedOn, so it must be there and a time.
Checked<void> CheckScan(const JsonFields& predicate) {
  const auto metadata = predicate.Object("metadata");
  if (!metadata) return std::unexpected(metadata.error());
  if (const auto finished = metadata->Timestamp("scanFinishedOn"); !finished) return std::unexpected(finished.error());
  return RequireTimes(*metadata, {"scanStartedOn"});
}

Checked<void> CheckCosignVulnerabilities(const JsonFields& predicate) {
  const auto scanner = predicate.Object("scanner");
  if (!scanner) return std::unexpected(scanner.error());
  if (const auto uri = RequireText(*scanner, "uri"); !uri) return uri;
  if (!scanner->Has("result")) return Reject(Step::kStructure, "scanner of the predicate has no \"result\"");
  return CheckScan(predicate);
}

Checked<void> CheckInTotoVulnerabilities(const JsonFields& predicate) {
  const auto scanner = predicate.Object("scanner");
  if (!scanner) return std::unexpected(scanner.error());
  if (const auto uri = RequireText(*scanner, "uri"); !uri) return uri;
  if (const auto result = RequireList(*scanner, "result"); !result) return result;
  return CheckScan(predicate);
}

// A statement without the justification that it needs is for vex.h to pass over: the others stand.
Checked<void> CheckOpenVex(const JsonFields& predicate) {
  if (const auto author = RequireText(predicate, "author"); !author) return author;
  const auto statements = predicate.List("statements", limits::kSubjectsPerStatement * limits::kJsonDepth);
  if (!statements) return std::unexpected(statements.error());
  if (statements->empty()) return Reject(Step::kStructure, "the predicate has no \"statements\"");
  constexpr std::array<std::string_view, 4> kStatus = {"not_affected", "affected", "fixed", "under_investigation"};
  for (const JsonElement entry : *statements) {
    const auto fields = JsonFields::Of(entry, "a statement of the predicate");
    if (!fields) return std::unexpected(fields.error());
    if (!fields->Has("vulnerability")) return Reject(Step::kStructure, "a statement of the predicate names no vulnerability");
    const auto status = fields->Text("status");
    if (!status) return std::unexpected(status.error());
    if (std::ranges::find(kStatus, *status) == kStatus.end()) {
      return Reject(Step::kStructure, fmt::format("a statement of the predicate has the status \"{}\"", Printable(*status, 32)));
    }
  }
  return {};
}

Checked<void> CheckSpdx(const JsonFields& predicate) {
  const auto version = predicate.Text("spdxVersion");
  if (!version) return std::unexpected(version.error());
  if (!version->starts_with("SPDX-2."))
    return Reject(Step::kUnsupported, fmt::format("SPDX version \"{}\", SPDX-2.x is read", Printable(*version, 32)));
  if (const auto info = predicate.Object("creationInfo"); !info) return std::unexpected(info.error());
  return predicate.Has("packages") ? RequireList(predicate, "packages") : Checked<void>();
}

Checked<void> CheckCycloneDx(const JsonFields& predicate) {
  const auto format = predicate.Text("bomFormat");
  if (!format) return std::unexpected(format.error());
  if (*format != "CycloneDX") return Reject(Step::kStructure, "bomFormat of the predicate is not CycloneDX");
  if (const auto version = RequireText(predicate, "specVersion"); !version) return version;
  return predicate.Has("components") ? RequireList(predicate, "components") : Checked<void>();
}

Checked<void> CheckVerificationSummary(const JsonFields& predicate) {
  if (const auto verifier = RequireId(predicate, "verifier"); !verifier) return verifier;
  if (const auto uri = RequireText(predicate, "resourceUri"); !uri) return uri;
  if (const auto policy = predicate.Object("policy"); !policy) return std::unexpected(policy.error());
  const auto result = predicate.Text("verificationResult");
  if (!result) return std::unexpected(result.error());
  if (*result != "PASSED" && *result != "FAILED")
    return Reject(Step::kStructure, "verificationResult of the predicate is not PASSED or FAILED");
  if (const auto levels = RequireList(predicate, "verifiedLevels"); !levels && *result == "PASSED") return levels;
  return RequireTimes(predicate, {"timeVerified"});
}

struct Known {
  std::string_view type;
  PredicateKind kind;
  Check check;
  bool optional = false;  // the predicate may be absent
};

constexpr std::array kKnown = {
    Known{kCosignSignaturePredicate, PredicateKind::kCosignSignature, CheckAny, true},
    Known{"https://cosign.sigstore.dev/attestation/v1", PredicateKind::kCosignCustom, CheckCosignCustom},
    Known{"https://slsa.dev/provenance/v0.2", PredicateKind::kSlsaProvenance02, CheckSlsa02},
    Known{"https://slsa.dev/provenance/v1", PredicateKind::kSlsaProvenance1, CheckSlsa1},
    Known{"https://cosign.sigstore.dev/attestation/vuln/v1", PredicateKind::kCosignVulnerabilities, CheckCosignVulnerabilities},
    Known{"https://in-toto.io/attestation/vulns/v0.1", PredicateKind::kInTotoVulnerabilities, CheckInTotoVulnerabilities},
    Known{"https://in-toto.io/attestation/vulns/v0.2", PredicateKind::kInTotoVulnerabilities, CheckInTotoVulnerabilities},
    Known{"https://openvex.dev/ns", PredicateKind::kOpenVex, CheckOpenVex},
    Known{"https://openvex.dev/ns/v0.2.0", PredicateKind::kOpenVex, CheckOpenVex},
    Known{"https://spdx.dev/Document", PredicateKind::kSpdx, CheckSpdx},
    Known{"https://spdx.dev/Document/v2.2", PredicateKind::kSpdx, CheckSpdx},
    Known{"https://spdx.dev/Document/v2.3", PredicateKind::kSpdx, CheckSpdx},
    Known{"https://cyclonedx.org/bom", PredicateKind::kCycloneDx, CheckCycloneDx},
    Known{"https://in-toto.io/Link/v1", PredicateKind::kLink, CheckAny},
    Known{"https://slsa.dev/verification_summary/v1", PredicateKind::kVerificationSummary, CheckVerificationSummary},
};

const Known* FindKnown(std::string_view type) {
  // CycloneDX writes its minor versions into the type.
  if (type.starts_with("https://cyclonedx.org/bom/v1.")) type = "https://cyclonedx.org/bom";
  const auto* known = std::ranges::find(kKnown, type, &Known::type);
  return known == kKnown.end() ? nullptr : known;
}

}  // namespace

PredicateKind KindOfPredicate(std::string_view predicate_type) {
  const Known* known = FindKnown(predicate_type);
  return known != nullptr ? known->kind : PredicateKind::kUnknown;
}

Checked<PredicateKind> CheckPredicate(const Statement& statement) {
  const Known* known = FindKnown(statement.predicate_type);
  if (known == nullptr) return PredicateKind::kUnknown;
  if (statement.predicate.empty() && known->optional) return known->kind;
  if (statement.predicate.empty()) return Reject(Step::kPredicate, "the statement has no predicate");
  JsonReader reader;
  const auto root = ReadJson(reader, statement.predicate, limits::kEnvelopeBytes);
  if (!root) return Reject(Step::kPredicate, root.error().message);
  const auto fields = JsonFields::Of(*root, "the predicate");
  if (!fields) return Reject(Step::kPredicate, fields.error().message);
  if (const auto checked = known->check(*fields); !checked) {
    return Reject(Step::kPredicate, fmt::format("{} predicate: {}", Printable(statement.predicate_type, 128), checked.error().message));
  }
  return known->kind;
}

}  // namespace hullwright::verify
