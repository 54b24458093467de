// AdmissionReview v1 (k8s.io/api/admission/v1): bytes to a typed request, and an answer to bytes. The only code that knows its members.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hullwright::webhook {

enum class Operation { kCreate, kUpdate, kDelete, kConnect };

// "CREATE", "UPDATE", "DELETE", "CONNECT".
std::string_view ToString(Operation operation);

// Who asked the API server. Of an unauthenticated peer this is a claim like everything else in the request.
struct UserInfo {
  std::string_view username, uid;
  std::vector<std::string_view> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

// Views and elements point into the document of the JsonReader that read it, and live as long.
struct AdmissionRequest {
  std::string uid;
  Operation operation = Operation::kCreate;
  std::string_view group, version, kind;  // of the object under review
  std::string_view sub_resource;          // "ephemeralcontainers", "" for none
  std::string_view namespace_, name;      // name may be empty with generateName
  UserInfo user;
  std::optional<JsonElement> object;      // absent on DELETE
  std::optional<JsonElement> old_object;  // absent on CREATE and CONNECT
  bool dry_run = false;

  std::string Describe() const;  // "Pod shop/api-0", printable and bounded
};

// A request that cannot be read. uid is echoed when at least that could be read.
struct UnreadableReview {
  std::string uid;
  Error error;
};

// Strict about what decides: apiVersion admission.k8s.io/v1, kind AdmissionReview, a uid of 1 to 128 bytes, a known operation, members of
// the types the API server gives them. Members that later versions may add are ignored.
std::expected<AdmissionRequest, UnreadableReview> DecodeReview(JsonReader& reader, std::string_view body);

struct AdmissionAnswer {
  bool allowed = false;
  // Of a denial. The API server turns a code below 400 into 400.
  int code = 403;
  std::string reason = "Forbidden";
  std::string message;
  std::vector<std::string> warnings;                     // each of at most 120 characters
  std::map<std::string, std::string> audit_annotations;  // bare keys of [A-Za-z0-9._-], at most 63
  std::string json_patch;                                // RFC 6902; "" for none. Only from a mutating hook
};

std::string EncodeReview(std::string_view uid, const AdmissionAnswer& answer);

}  // namespace hullwright::webhook
