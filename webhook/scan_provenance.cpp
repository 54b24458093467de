#include "webhook/scan_provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "webhook/json_equal.h"

namespace hullwright::webhook {
namespace {

constexpr std::string_view kImportVerb = "import";
constexpr AccessWords kImportWords{
    RequestReason::kImportDenied, RequestReason::kImportUnknown,
    "Have the ClusterRole hullwright-import bound (docs/install/rbac.yaml), or let a scan pipeline that has it "
    "import the report."};
// As the field tables of status.results and importedBy bound them.
constexpr std::size_t kMaxResults = 16, kMaxImporterBytes = 1024;

using Names = std::span<const std::string_view>;
constexpr std::array<std::string_view, 1> kResults = {"results"};
// An import that cuts findings notes in every result how many it had (scan/import.h): that is no new word of its scanner.
constexpr std::array<std::string_view, 1> kCounts = {"counts"};
constexpr std::array<std::string_view, 2> kCountsAndImporter = {"counts", "importedBy"};

// Who asks, as the field holds it.
std::string ImporterOf(const AdmissionRequest& request) {
  return Printable(request.user.username, kMaxImporterBytes);
}

std::optional<JsonElement> PartOf(const std::optional<JsonElement>& object, std::string_view part) {
  return object ? Member(*object, part) : std::nullopt;
}

// Apart from these members of it. What cannot be compared has changed.
bool PartChanged(const AdmissionRequest& request, std::string_view part, Names except = {}) {
  const auto now = PartOf(request.object, part);
  const auto before = PartOf(request.old_object, part);
  if (!now && !before) return false;
  const bool comparable = now && before && now->is_object() && before->is_object();
  return !comparable || !JsonEqualExcept(JsonObject(*now), JsonObject(*before), except);
}

// Empty also where they are none that an ImageScan may have, which the API server refuses after us.
std::vector<JsonElement> ResultsOf(const std::optional<JsonElement>& object) {
  const auto status = PartOf(object, "status");
  const auto list = status ? Member(*status, "results") : std::nullopt;
  std::vector<JsonElement> results;
  JsonArray items;
  if (!list || list->get_array().get(items) != simdjson::SUCCESS) return results;
  for (const JsonElement item : items) {
    if (!item.is_object() || results.size() == kMaxResults) return {};
    results.push_back(item);
  }
  return results;
}

std::string_view ScannerOf(JsonElement result) {
  const auto ref = Member(result, "scannerRef");
  return ref ? TextMember(*ref, "name") : "";
}

// What the same scanner's result was, if it is still that apart from these members.
std::optional<JsonElement> AsBefore(JsonElement result, const std::vector<JsonElement>& before, Names except) {
  const auto old = std::ranges::find(before, ScannerOf(result), ScannerOf);
  if (old == before.end() || !JsonEqualExcept(JsonObject(result), JsonObject(*old), except)) return std::nullopt;
  return *old;
}

Verdict ImportedByWrong(std::string_view what, const std::string& importer) {
  return Refuse(
      RequestReason::kImportedByWrong,
      fmt::format("{}, and the request was made by \"{}\". Leave importedBy out: the mutating hook /v1/stamp fills it in; if it is "
                  "missing all the same, that hook is not registered for imagescans/status.",
                  what, Printable(importer, 253)));
}

}  // namespace

bool IsScanUnchanged(const AdmissionRequest& request) {
  return request.operation == Operation::kUpdate && !PartChanged(request, "spec") && !PartChanged(request, "status");
}

std::optional<Verdict> CheckMayImport(const AdmissionRequest& request, const AskAccess& ask, Deadline deadline) {
  return RequireAccess(ask, QuestionAbout(request.user, kImportVerb, "imagescans", "", request.name), kImportWords, deadline);
}

std::optional<Verdict> CheckImportedBy(const AdmissionRequest& request) {
  const std::string importer = ImporterOf(request);
  const auto results = ResultsOf(request.object);
  const auto before = ResultsOf(request.old_object);
  bool stands_by_one = false;
  for (const JsonElement result : results) {
    const std::string_view said = TextMember(result, "importedBy");
    const bool own = said == importer;
    stands_by_one |= own;
    if (own || AsBefore(result, before, kCounts)) continue;
    return ImportedByWrong(fmt::format("importedBy of the result of {} {}", Printable(ScannerOf(result), 64),
                                       said.empty() ? "is missing" : fmt::format("says \"{}\"", Printable(said, 253))),
                           importer);
  }
  if (results.empty() || stands_by_one || !PartChanged(request, "status", kResults)) return std::nullopt;
  return ImportedByWrong("the status was changed, and no result names who did it", importer);
}

std::string ImportedByPatch(const AdmissionRequest& request) {
  const std::string importer = ImporterOf(request);
  const auto results = ResultsOf(request.object);
  const auto before = ResultsOf(request.old_object);
  const auto unchanged = [&](JsonElement result) { return AsBefore(result, before, kCountsAndImporter); };
  const bool none_changed = std::ranges::all_of(results, [&](JsonElement result) { return unchanged(result).has_value(); });
  const bool changed_by_all = none_changed && PartChanged(request, "status", kResults);
  auto patch = nlohmann::json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto old = changed_by_all ? std::nullopt : unchanged(results[i]);
    const std::string wanted(old ? TextMember(*old, "importedBy") : std::string_view(importer));
    if (wanted.empty() || TextMember(results[i], "importedBy") == wanted) continue;
    patch.push_back({{"op", "add"}, {"path", fmt::format("/status/results/{}/importedBy", i)}, {"value", wanted}});
  }
  return patch.empty() ? "" : JsonLine(patch);
}

}  // namespace hullwright::webhook
