#include "webhook/admission_review.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/text.h"

namespace hullwright::webhook {
namespace {

constexpr std::string_view kReviewVersion = "admission.k8s.io/v1";
constexpr std::string_view kReviewKind = "AdmissionReview";
constexpr std::size_t kMaxUidBytes = 128;

constexpr std::array kOperations = {
    std::pair{std::string_view("CREATE"), Operation::kCreate},
    std::pair{std::string_view("UPDATE"), Operation::kUpdate},
    std::pair{std::string_view("DELETE"), Operation::kDelete},
    std::pair{std::string_view("CONNECT"), Operation::kConnect},
};

std::unexpected<Error> WrongType(std::string_view path, std::string_view wanted, JsonElement found) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: must be {}, is of type {}", path, wanted, JsonTypeName(found)));
}

// "" when absent.
Result<std::string_view> ReadText(JsonElement parent, std::string_view key, std::string_view path) {
  const auto member = Member(parent, key);
  if (!member) return std::string_view{};
  std::string_view text;
  if (member->get(text) != simdjson::SUCCESS) return WrongType(path, "a string", *member);
  return text;
}

Result<bool> ReadFlag(JsonElement parent, std::string_view key, std::string_view path) {
  const auto member = Member(parent, key);
  if (!member) return false;
  bool flag = false;
  if (member->get(flag) != simdjson::SUCCESS) return WrongType(path, "a boolean", *member);
  return flag;
}

Result<std::optional<JsonElement>> ReadObject(JsonElement parent, std::string_view key, std::string_view path) {
  const auto member = Member(parent, key);
  if (member && !member->is_object()) return WrongType(path, "an object", *member);
  return member;
}

Result<std::vector<std::string_view>> ReadTexts(JsonElement list, std::string_view path) {
  JsonArray items;
  if (list.get(items) != simdjson::SUCCESS) return WrongType(path, "a list of strings", list);
  std::vector<std::string_view> texts;
  for (const JsonElement item : items) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return WrongType(path, "a list of strings", item);
    texts.push_back(text);
  }
  return texts;
}

Result<std::string> ReadUid(JsonElement request) {
  const auto uid = ReadText(request, "uid", "request.uid");
  if (!uid) return std::unexpected(uid.error());
  if (uid->empty()) return Fail(ErrorCode::kInvalidInput, "request.uid: is missing");
  if (uid->size() > kMaxUidBytes) {
    return Fail(ErrorCode::kTooLarge, fmt::format("request.uid: has {} bytes, at most {} are allowed", uid->size(), kMaxUidBytes));
  }
  return std::string(*uid);
}

Result<Operation> ReadOperation(JsonElement request) {
  const auto text = ReadText(request, "operation", "request.operation");
  if (!text) return std::unexpected(text.error());
  for (const auto& [name, operation] : kOperations) {
    if (name == *text) return operation;
  }
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("request.operation: must be CREATE, UPDATE, DELETE or CONNECT, is \"{}\"", Printable(*text, 64)));
}

Result<void> ReadKind(JsonElement json, AdmissionRequest& request) {
  const auto kind = ReadObject(json, "kind", "request.kind");
  if (!kind) return std::unexpected(kind.error());
  if (!*kind) return Fail(ErrorCode::kInvalidInput, "request.kind: is missing");
  const auto group = ReadText(**kind, "group", "request.kind.group");
  const auto version = ReadText(**kind, "version", "request.kind.version");
  const auto name = ReadText(**kind, "kind", "request.kind.kind");
  for (const auto* part : {&group, &version, &name}) {
    if (!*part) return std::unexpected(part->error());
  }
  if (name->empty()) return Fail(ErrorCode::kInvalidInput, "request.kind.kind: is missing");
  request.group = *group;
  request.version = *version;
  request.kind = *name;
  return {};
}

Result<void> ReadExtra(JsonElement user, UserInfo& info) {
  const auto extra = ReadObject(user, "extra", "request.userInfo.extra");
  if (!extra) return std::unexpected(extra.error());
  if (!*extra) return {};
  for (const auto member : JsonObject(**extra)) {
    if (member.value.is_null()) continue;
    const auto values = ReadTexts(member.value, "request.userInfo.extra");
    if (!values) return std::unexpected(values.error());
    info.extra[std::string(member.key)].assign(values->begin(), values->end());
  }
  return {};
}

Result<void> ReadUser(JsonElement json, UserInfo& info) {
  const auto user = ReadObject(json, "userInfo", "request.userInfo");
  if (!user) return std::unexpected(user.error());
  if (!*user) return {};
  const auto username = ReadText(**user, "username", "request.userInfo.username");
  const auto uid = ReadText(**user, "uid", "request.userInfo.uid");
  if (!username) return std::unexpected(username.error());
  if (!uid) return std::unexpected(uid.error());
  info.username = *username;
  info.uid = *uid;
  if (const auto groups = Member(**user, "groups")) {
    auto texts = ReadTexts(*groups, "request.userInfo.groups");
    if (!texts) return std::unexpected(texts.error());
    info.groups = std::move(*texts);
  }
  return ReadExtra(**user, info);
}

Result<void> ReadNames(JsonElement json, AdmissionRequest& request) {
  const auto name = ReadText(json, "name", "request.name");
  const auto namespace_ = ReadText(json, "namespace", "request.namespace");
  const auto sub_resource = ReadText(json, "subResource", "request.subResource");
  for (const auto* part : {&name, &namespace_, &sub_resource}) {
    if (!*part) return std::unexpected(part->error());
  }
  request.name = *name;
  request.namespace_ = *namespace_;
  request.sub_resource = *sub_resource;
  return {};
}

Result<void> ReadObjects(JsonElement json, AdmissionRequest& request) {
  const auto object = ReadObject(json, "object", "request.object");
  const auto old_object = ReadObject(json, "oldObject", "request.oldObject");
  const auto dry_run = ReadFlag(json, "dryRun", "request.dryRun");
  if (!object) return std::unexpected(object.error());
  if (!old_object) return std::unexpected(old_object.error());
  if (!dry_run) return std::unexpected(dry_run.error());
  request.object = *object;
  request.old_object = *old_object;
  request.dry_run = *dry_run;
  return {};
}

// The name of what is asked for; validating hooks find a generated name only in the object.
void FindName(AdmissionRequest& request) {
  if (!request.name.empty() || !request.object) return;
  if (const auto metadata = Member(*request.object, "metadata")) request.name = TextMember(*metadata, "name");
}

Result<void> CheckEnvelope(JsonElement review) {
  if (!review.is_object()) return WrongType("the body", "an AdmissionReview", review);
  const std::string_view api_version = TextMember(review, "apiVersion");
  const std::string_view kind = TextMember(review, "kind");
  if (api_version == kReviewVersion && kind == kReviewKind) return {};
  return Fail(ErrorCode::kUnsupported, fmt::format("the body must be an {} {}, is \"{}\" \"{}\"", kReviewVersion, kReviewKind,
                                                   Printable(api_version, 64), Printable(kind, 64)));
}

Result<void> ReadRequest(JsonElement json, AdmissionRequest& request) {
  auto operation = ReadOperation(json);
  if (!operation) return std::unexpected(operation.error());
  request.operation = *operation;
  for (const auto& read : {ReadKind, ReadNames, ReadObjects}) {
    if (auto done = read(json, request); !done) return done;
  }
  FindName(request);
  return ReadUser(json, request.user);
}

void AppendStatus(const AdmissionAnswer& answer, std::string& json) {
  json += fmt::format(R"(,"status":{{"status":"Failure","code":{},"reason":)", answer.code);
  AppendJsonString(answer.reason, json);
  json += R"(,"message":)";
  AppendJsonString(answer.message, json);
  json += '}';
}

void AppendWarnings(const std::vector<std::string>& warnings, std::string& json) {
  if (warnings.empty()) return;
  json += R"(,"warnings":)";
  char before = '[';
  for (const std::string& warning : warnings) {
    json += std::exchange(before, ',');
    AppendJsonString(warning, json);
  }
  json += ']';
}

void AppendAnnotations(const std::map<std::string, std::string>& annotations, std::string& json) {
  if (annotations.empty()) return;
  json += R"(,"auditAnnotations":)";
  char before = '{';
  for (const auto& [key, value] : annotations) {
    json += std::exchange(before, ',');
    AppendJsonString(key, json);
    json += ':';
    AppendJsonString(value, json);
  }
  json += '}';
}

}  // namespace

std::string_view ToString(Operation operation) {
  for (const auto& [name, value] : kOperations) {
    if (value == operation) return name;
  }
  return "CREATE";
}

std::string AdmissionRequest::Describe() const {
  const std::string_view shown = name.empty() ? "(name to be generated)" : name;
  if (namespace_.empty()) return fmt::format("{} {}", Printable(kind, 64), Printable(shown, 253));
  return fmt::format("{} {}/{}", Printable(kind, 64), Printable(namespace_, 63), Printable(shown, 253));
}

std::expected<AdmissionRequest, UnreadableReview> DecodeReview(JsonReader& reader, std::string_view body) {
  const auto review = reader.Read(body);
  if (!review) return std::unexpected(UnreadableReview{"", review.error()});
  const auto json = ReadObject(*review, "request", "request");
  Result<std::string> uid = Fail(ErrorCode::kInvalidInput, "request: is missing");
  if (!json) uid = std::unexpected(json.error());
  if (json && *json) uid = ReadUid(**json);
  if (const auto envelope = CheckEnvelope(*review); !envelope) {
    return std::unexpected(UnreadableReview{uid.value_or(""), envelope.error()});
  }
  if (!uid) return std::unexpected(UnreadableReview{"", uid.error()});
  AdmissionRequest request;
  request.uid = *uid;
  if (auto read = ReadRequest(**json, request); !read) return std::unexpected(UnreadableReview{std::move(*uid), read.error()});
  return request;
}

std::string EncodeReview(std::string_view uid, const AdmissionAnswer& answer) {
  std::string json = fmt::format(R"({{"apiVersion":"{}","kind":"{}","response":{{"uid":)", kReviewVersion, kReviewKind);
  json.reserve(1024);
  AppendJsonString(uid, json);
  json += answer.allowed ? R"(,"allowed":true)" : R"(,"allowed":false)";
  if (!answer.allowed) AppendStatus(answer, json);
  AppendWarnings(answer.warnings, json);
  AppendAnnotations(answer.audit_annotations, json);
  if (!answer.json_patch.empty()) json += fmt::format(R"(,"patchType":"JSONPatch","patch":"{}")", EncodeBase64(answer.json_patch));
  json += "}}";
  return json;
}

}  // namespace hullwright::webhook
