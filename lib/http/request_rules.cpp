#include "http/request_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "http/query.h"

namespace hullwright::http {
namespace {

using std::chrono::milliseconds;

std::optional<Refusal> CheckFraming(const RequestHead& head) {
  if (head.ambiguous_length) {
    return Refusal{400, "Content-Length must be given once, as one number"};
  }
  if (head.has_transfer_encoding) {
    // Beast has refused it together with Content-Length already; this keeps the rule when that should change.
    return head.content_length ? Refusal{400, "Content-Length and Transfer-Encoding exclude each other"}
                               : Refusal{411, "Transfer-Encoding is not supported, send Content-Length"};
  }
  if (head.host_fields > 1 || (head.http11 && head.host_fields == 0)) {
    return Refusal{400, "exactly one Host header is required"};
  }
  return std::nullopt;
}

bool IsJson(std::string_view content_type) {
  std::string_view media_type = content_type.substr(0, content_type.find(';'));
  while (!media_type.empty() && (media_type.back() == ' ' || media_type.back() == '\t')) {
    media_type.remove_suffix(1);
  }
  return EqualWithoutCase(media_type, "application/json");
}

std::optional<Refusal> CheckBody(const RequestHead& head, std::size_t max_body_bytes) {
  const bool takes_body = head.method == "POST";
  if (!takes_body) {
    return head.content_length.value_or(0) == 0 ? std::nullopt : std::optional(Refusal{400, "this method takes no body"});
  }
  if (!head.content_length) {
    return Refusal{411, "Content-Length is required"};
  }
  if (*head.content_length > max_body_bytes) {
    return Refusal{413, "the body is larger than this server takes"};
  }
  if (!IsJson(head.content_type)) {
    return Refusal{415, "Content-Type must be application/json"};
  }
  if (*head.content_length == 0) {
    return Refusal{400, "the body is empty"};
  }
  return std::nullopt;
}

std::expected<const Route*, Refusal> MatchRoute(const RequestHead& head, const std::vector<Route>& routes) {
  std::string_view allowed;
  for (const Route& route : routes) {
    if (route.path != head.path) continue;
    if (route.method == head.method) return &route;
    allowed = route.method;
  }
  if (allowed.empty()) {
    return std::unexpected(Refusal{404, "no such path"});
  }
  return std::unexpected(Refusal{405, "the method is not allowed here", allowed});
}

// "Ns" or "N"; nullopt for anything else.
std::optional<milliseconds> ParseTimeout(std::string_view text) {
  std::uint32_t seconds = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  const std::string_view unit(end, last);
  const bool good = error == std::errc() && (unit.empty() || unit == "s") && seconds > 0 && seconds <= 3600;
  return good ? std::optional(milliseconds(seconds * 1000)) : std::nullopt;
}

// Of the first "timeout=…".
std::optional<milliseconds> TimeoutParameter(std::string_view query) {
  std::optional<std::string_view> first;
  ForEachParameter(query, [&first](std::string_view name, std::string_view value) {
    if (name == "timeout" && !first) first = value;
  });
  return first ? ParseTimeout(*first) : std::nullopt;
}

}  // namespace

std::expected<const Route*, Refusal> FindRoute(const RequestHead& head, const std::vector<Route>& routes, std::size_t max_body_bytes) {
  if (const auto refusal = CheckFraming(head)) {
    return std::unexpected(*refusal);
  }
  const auto route = MatchRoute(head, routes);
  if (!route) {
    return route;
  }
  if (head.has_expectation) {
    // The API server never sends it; clients that do (curl, for large bodies) try again without. Answering 100 would let a caller
    // hold a request open at no cost.
    return std::unexpected(Refusal{417, "Expect is not supported, send the body at once"});
  }
  if (const auto refusal = CheckBody(head, max_body_bytes)) {
    return std::unexpected(*refusal);
  }
  return route;
}

Deadline RequestDeadline(std::string_view query, Deadline arrived, milliseconds longest) {
  constexpr milliseconds kShortest{500};
  milliseconds allowed = longest;
  if (const auto timeout = TimeoutParameter(query)) {
    allowed = *timeout >= milliseconds(2000) ? *timeout - milliseconds(1000) : *timeout / 2;
  }
  return arrived + std::min(std::max(allowed, kShortest), longest);
}

}  // namespace hullwright::http
