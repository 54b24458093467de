// The API server's way to say no: an HTTP status and, mostly, a meta/v1 Status object.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "http/http.h"

namespace hullwright::kube {

// The error of a response that is not 2xx; what: "GET /api/v1/namespaces".
Error ErrorOf(const http::Response& response, std::string_view what);
// The error in a watch event of type ERROR, whose object is a Status.
Error ErrorOf(JsonElement status, std::string_view what);
// The "code" of a Status; 500 when it has none.
int StatusCode(JsonElement status);

// What Retry-After names in an answer of 429 or 5xx, in seconds; nullopt when it names none.
std::optional<std::chrono::seconds> RetryAfter(const http::Response& response);

}  // namespace hullwright::kube
