// One HTTPS request of a test to a server on this machine, independent of the client under test.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/http.h"

namespace hullwright::testing {

struct HttpsTarget {
  std::uint16_t port = 0;  // on 127.0.0.1
  std::string ca_file;
};

// Throws std::runtime_error when there is no response within patience.
http::Response Exchange(const HttpsTarget& target, std::string_view method, const std::string& path_and_query, const http::Headers& headers,
                        const std::string& body, std::chrono::milliseconds patience = std::chrono::seconds(30));

}  // namespace hullwright::testing
