// OLPC canonical JSON: the bytes that TUF's signatures cover. Source: theupdateframework specification 1.0, section 4.2.
//
// Pure and thread-safe. (The canonical form of log entries, RFC 8785, is written where it is needed: log_entry.cpp and log_body.cpp; there
// every value is base64, hex or an integer.)
#pragma once

#include <string>

#include "base/json.h"
#include "verify/failure.h"

namespace hullwright::verify {

// Members sorted by their bytes, no spaces, only quote and backslash escaped. kStructure: a number that is no integer.
Checked<std::string> OlpcCanonicalJson(JsonElement element);

}  // namespace hullwright::verify
