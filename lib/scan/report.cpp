#include "scan/report.h"

#include <fmt/format.h>

#include "base/json.h"
#include "scan/formats.h"

namespace hullwright::scan {
namespace {

// Real reports stay below 20 levels, but Grype's carry its configuration and package metadata of any depth.
constexpr std::size_t kMaxDepth = 64;

bool IsTrivy(JsonElement document) {
  return Member(document, "SchemaVersion").has_value() && Member(document, "ArtifactName").has_value();
}

bool IsGrype(JsonElement document) {
  const auto descriptor = Member(document, "descriptor");
  return descriptor && TextMember(*descriptor, "name") == "grype";
}

Error NotRecognised(JsonElement document) {
  constexpr std::string_view kKnown =
      "known are Trivy's JSON (\"trivy image --format json\", marked by SchemaVersion and ArtifactName) and Grype's JSON (\"grype -o "
      "json\", "
      "marked by descriptor.name)";
  if (!document.is_object()) {
    return {ErrorCode::kInvalidInput, fmt::format("a scan report is a JSON object, not {}; {}", JsonTypeName(document), kKnown)};
  }
  return {ErrorCode::kUnsupported, fmt::format("not a scan report of a format that is known here; {}", kKnown)};
}

}  // namespace

Result<Report> DecodeReport(std::string_view json, const ReportLimits& limits) {
  JsonReader reader;
  const auto document = reader.Read(json, {.max_bytes = limits.max_bytes, .max_depth = kMaxDepth});
  if (!document) return std::unexpected(document.error().Within("scan report"));
  if (IsTrivy(*document)) return DecodeTrivy(*document, limits);
  if (IsGrype(*document)) return DecodeGrype(*document, limits);
  return std::unexpected(NotRecognised(*document));
}

}  // namespace hullwright::scan
