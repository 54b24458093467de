#include "webhook/object_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>

#include "api/object.h"
#include "base/json_text.h"
#include "base/text.h"
#include "evidence/trust_check.h"
#include "webhook/decision_text.h"
#include "webhook/json_equal.h"
#include "webhook/scan_provenance.h"

namespace hullwright::webhook {
namespace {

constexpr std::string_view kWaiveVerb = "waive";
constexpr AccessWords kWaiveWords{RequestReason::kWaiveDenied, RequestReason::kWaiveUnknown,
                                  "Ask whoever owns the policy, or have a Role bound that allows this verb."};
// As the field table of requestedBy.groups bounds them.
constexpr std::size_t kMaxGroups = 256, kMaxGroupBytes = 1024;

constexpr std::array<std::string_view, 1> kRequestedBy = {"requestedBy"};
constexpr std::string_view kScanKind = "ImageScan";

bool IsScan(const AdmissionRequest& request) {
  return request.group == api::kGroup && request.kind == kScanKind;
}

bool IsWaiverKind(std::string_view kind) {
  return kind == "VulnerabilityException" || kind == "ClusterVulnerabilityException" || kind == "BreakGlass";
}

// nullopt also when it is no object.
std::optional<JsonElement> SpecOf(const std::optional<JsonElement>& object) {
  const auto spec = object ? Member(*object, "spec") : std::nullopt;
  return spec && spec->is_object() ? spec : std::nullopt;
}

// The spec before and after an UPDATE differ, apart from these members. What cannot be compared has changed.
bool SpecChanged(const AdmissionRequest& request, std::span<const std::string_view> except = {}) {
  if (request.operation != Operation::kUpdate) return true;
  const auto now = SpecOf(request.object);
  const auto before = SpecOf(request.old_object);
  return !now || !before || !JsonEqualExcept(JsonObject(*now), JsonObject(*before), except);
}

// What a waiver of any kind says that is checked here.
struct WaiverClaim {
  const std::vector<api::PolicyRef>& policy_refs;
  const std::optional<api::RequestedBy>& requested_by;
};

std::optional<WaiverClaim> ClaimOf(const api::Object& object) {
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&object)) {
    return WaiverClaim{exception->spec.policy_refs, exception->spec.requested_by};
  }
  if (const auto* pass = std::get_if<api::BreakGlass>(&object)) return WaiverClaim{pass->spec.policy_refs, pass->spec.requested_by};
  return std::nullopt;
}

std::vector<std::string> StampedGroups(const UserInfo& user) {
  std::vector<std::string> groups;
  for (const std::string_view group : user.groups) {
    if (groups.size() < kMaxGroups && group.size() <= kMaxGroupBytes) groups.emplace_back(group);
  }
  return groups;
}

std::optional<Verdict> CheckRequestedBy(const WaiverClaim& claim, const UserInfo& user) {
  const std::string username(user.username);
  if (claim.requested_by && claim.requested_by->username == username && claim.requested_by->groups == StampedGroups(user))
    return std::nullopt;
  const std::string says = claim.requested_by ? fmt::format("says \"{}\"", Printable(claim.requested_by->username, 253)) : "is missing";
  return Refuse(RequestReason::kRequestedByWrong,
                fmt::format("spec.requestedBy {}, and the request was made by \"{}\". Leave the field out: the mutating hook "
                            "/v1/stamp fills it in; if it is missing all the same, that hook is not registered.",
                            says, Printable(username, 253)));
}

kube::AccessQuestion QuestionFor(const api::PolicyRef& ref, const AdmissionRequest& request) {
  const bool cluster = ref.kind == api::PolicyKind::kClusterImageAdmissionPolicy;
  return QuestionAbout(request.user, kWaiveVerb, cluster ? "clusterimageadmissionpolicies" : "imageadmissionpolicies",
                       cluster ? "" : request.namespace_, ref.name);
}

std::optional<Verdict> CheckMayWaive(const WaiverClaim& claim, const AdmissionRequest& request, const AskAccess& ask, Deadline deadline) {
  std::set<std::pair<api::PolicyKind, std::string>> asked;
  for (const api::PolicyRef& ref : claim.policy_refs) {
    if (!asked.emplace(ref.kind, ref.name).second) continue;
    if (auto refused = RequireAccess(ask, QuestionFor(ref, request), kWaiveWords, deadline)) return refused;
  }
  return std::nullopt;
}

std::optional<Verdict> CheckImmutable(const AdmissionRequest& request) {
  const bool immutable = request.kind == "BreakGlass" || request.kind == kScanKind;
  if (!immutable || request.operation != Operation::kUpdate || !SpecChanged(request)) return std::nullopt;
  return Refuse(RequestReason::kImmutable, fmt::format("spec of {} may not change. Create another one{}.", request.Describe(),
                                                       request.kind == "BreakGlass" ? "; this one ends by itself" : ""));
}

// Nothing that is read from the object has changed, so that one which has become invalid can still lose a finalizer or get a condition.
bool ChangesNothingRead(const AdmissionRequest& request) {
  if (request.kind == kScanKind) return IsScanUnchanged(request);
  return request.operation == Operation::kUpdate && !SpecChanged(request);
}

Result<api::Object> Decode(const AdmissionRequest& request) {
  const auto key = api::ReadKey(*request.object);
  if (!key) return std::unexpected(key.error());
  if (key->kind != request.kind) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("kind: is {}, but the request is about a {}", key->kind, Printable(request.kind, 64)));
  }
  return api::DecodeObject(*request.object);
}

Verdict ValidateWaiver(const WaiverClaim& claim, const AdmissionRequest& request, const AskAccess& ask, Deadline deadline) {
  if (auto refused = CheckRequestedBy(claim, request.user)) return *refused;
  if (auto refused = CheckMayWaive(claim, request, ask, deadline)) return *refused;
  return PassBy("may-waive");
}

// Taking a scan away softens too: what it forbade is then only not known, and an index is judged by the scans that are left.
Verdict ValidateScan(const AdmissionRequest& request, const AskAccess& ask, Deadline deadline) {
  auto refused = request.operation == Operation::kDelete ? std::nullopt : CheckImportedBy(request);
  if (!refused) refused = CheckMayImport(request, ask, deadline);
  return refused ? *std::move(refused) : PassBy("may-import");
}

Verdict Stamped(std::string patch) {
  Verdict verdict = PassBy(patch.empty() ? "nothing-to-stamp" : "stamped");
  verdict.answer.json_patch = std::move(patch);
  return verdict;
}

std::string PatchTo(nlohmann::json requested_by) {
  const nlohmann::json operation = {{"op", "add"}, {"path", "/spec/requestedBy"}, {"value", std::move(requested_by)}};
  return JsonLine(nlohmann::json::array({operation}));
}

// The JSON text of a small element, as it stands.
nlohmann::json Copy(JsonElement element) {
  return nlohmann::json::parse(simdjson::minify(element));
}

}  // namespace

ObjectHandler::ObjectHandler(AskAccess ask_access) : ask_access_(std::move(ask_access)) {}

Verdict ObjectHandler::Validate(const AdmissionRequest& request, Deadline deadline) const {
  if (request.operation == Operation::kDelete) return IsScan(request) ? ValidateScan(request, ask_access_, deadline) : PassBy("delete");
  if (request.operation == Operation::kConnect) return PassBy("connect");
  if (request.group != api::kGroup) {
    return CouldNotTell(RequestReason::kKindUnknown, fmt::format("{} is not of group {}: /v1/validate-objects checks that group alone",
                                                                 request.Describe(), api::kGroup));
  }
  if (!request.object) return CouldNotTell(RequestReason::kObjectUnreadable, "request.object is missing");
  if (auto refused = CheckImmutable(request)) return *refused;
  if (ChangesNothingRead(request)) return PassBy(IsScan(request) ? "unchanged" : "spec-unchanged");
  const auto object = Decode(request);
  if (!object) return Refuse(RequestReason::kObjectInvalid, Printable(object.error().message, kMaxMessageBytes));
  if (const auto mistakes = evidence::MistakesInTrustMaterial(*object); !mistakes.empty())
    return Refuse(RequestReason::kObjectInvalid, Printable(fmt::format("{}", fmt::join(mistakes, "; ")), kMaxMessageBytes));
  if (IsScan(request)) return ValidateScan(request, ask_access_, deadline);
  const auto claim = ClaimOf(*object);
  return claim ? ValidateWaiver(*claim, request, ask_access_, deadline) : PassBy("valid");
}

Verdict ObjectHandler::Stamp(const AdmissionRequest& request) const {
  const bool written = request.operation == Operation::kCreate || request.operation == Operation::kUpdate;
  if (written && IsScan(request)) return Stamped(ImportedByPatch(request));
  const auto spec = SpecOf(request.object);
  if (!written || request.group != api::kGroup || !IsWaiverKind(request.kind) || !spec) return Stamped("");
  const auto present = Member(*spec, "requestedBy");
  if (!SpecChanged(request, kRequestedBy)) {
    // Who replaces an object by the manifest it once came from has changed nothing: what was stamped then stays.
    const auto before = Member(*SpecOf(request.old_object), "requestedBy");
    return Stamped(!present && before ? PatchTo(Copy(*before)) : "");
  }
  nlohmann::json requested_by = {{"username", request.user.username}, {"groups", StampedGroups(request.user)}};
  if (present && Copy(*present) == requested_by) return Stamped("");
  return Stamped(PatchTo(std::move(requested_by)));
}

}  // namespace hullwright::webhook
