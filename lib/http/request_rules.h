// Which requests reach a handler. Everything that can be refused from the head alone is refused here, before a byte of body is read.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/request_head.h"
#include "http/server.h"

namespace hullwright::http {

struct Refusal {
  int status = 400;
  std::string_view reason;      // constant, for the caller; in plain words
  std::string_view allow = {};  // the method that a 405 names
};

// The route of a request, or why there is none.
std::expected<const Route*, Refusal> FindRoute(const RequestHead& head, const std::vector<Route>& routes, std::size_t max_body_bytes);

// When the caller gives up, less a margin. The API server sends ?timeout=Ns, its remaining time rounded up to whole seconds
// (k8s.io/apiserver, admission webhook dispatcher), so up to one second less may be true.
Deadline RequestDeadline(std::string_view query, Deadline arrived, std::chrono::milliseconds longest);

}  // namespace hullwright::http
