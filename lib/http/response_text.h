// Responses as bytes on the wire: head and body in one buffer, so that a reply is one write and, up to 16 KiB, one TLS record.
#pragma once

#include <string>
#include <string_view>

#include "http/http.h"
#include "http/request_rules.h"

namespace hullwright::http {

struct ResponseFraming {
  bool close = false;     // "Connection: close"
  bool http11 = true;     // what the request spoke; an HTTP/1.0 client must be told that the connection stays
  std::string_view date;  // IMF-fixdate; empty: no Date header
};

// Appends the response to out. Further headers with characters that could begin another header (CR, LF, NUL) are left out.
void AppendResponse(const Response& response, const ResponseFraming& framing, std::string& out);

// {"error": "<reason>"}; a 429 carries "Retry-After: 1", without which the API server does not try again.
Response RefusalResponse(const Refusal& refusal);

// Now, as the Date header wants it.
std::string HttpDate();

}  // namespace hullwright::http
