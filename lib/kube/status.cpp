#include "kube/status.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostMessageBytes = 1024;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
    case 422:
      return ErrorCode::kInvalidInput;
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 405:
    case 406:
    case 415:
      return ErrorCode::kUnsupported;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kExpired;
    case 413:
      return ErrorCode::kTooLarge;
    default:
      return status == 429 || status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInternal;
  }
}

bool HasCause(JsonElement status, std::string_view reason) {
  const auto details = Member(status, "details");
  const auto causes = details ? Member(*details, "causes") : std::nullopt;
  if (!causes || !causes->is_array()) return false;
  for (const JsonElement cause : JsonArray(*causes)) {
    if (TextMember(cause, "reason") == reason) return true;
  }
  return false;
}

ErrorCode CodeOf(int code, JsonElement status) {
  // "Too large resource version": this API server's cache is behind what another one, or an etcd that was since restored, has told us.
  if (HasCause(status, "ResourceVersionTooLarge")) return ErrorCode::kExpired;
  if (code == 409 && HasCause(status, "FieldManagerConflict")) return ErrorCode::kDenied;
  return CodeOf(code);
}

Error Describe(int code, std::optional<JsonElement> status, std::string_view text, std::string_view what) {
  const std::string_view message = status ? TextMember(*status, "message") : text;
  Error error{status ? CodeOf(code, *status) : CodeOf(code), fmt::format("{}: the API server answers {}", what, code)};
  if (!message.empty()) error.message += ": " + Printable(message, kMostMessageBytes);
  return error;
}

}  // namespace

Error ErrorOf(const http::Response& response, std::string_view what) {
  JsonReader reader;
  const auto body = reader.Read(response.body);
  const bool is_status = body && TextMember(*body, "kind") == "Status";
  return Describe(response.status, is_status ? std::optional(*body) : std::nullopt, response.body, what);
}

Error ErrorOf(JsonElement status, std::string_view what) {
  return Describe(StatusCode(status), status, "", what);
}

int StatusCode(JsonElement status) {
  const auto member = Member(status, "code");
  std::int64_t code = 0;
  return member && member->get(code) == simdjson::SUCCESS && code >= 100 && code < 600 ? static_cast<int>(code) : 500;
}

std::optional<std::chrono::seconds> RetryAfter(const http::Response& response) {
  if (response.status != 429 && response.status < 500) return std::nullopt;
  const std::string_view text = http::HeaderValue(response.headers, "Retry-After");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > 6) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace hullwright::kube
