// HTTP requests and responses as values, shared by server and client. Only lib/http includes Boost.Beast or cpprestsdk.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hullwright::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name, compared without case; "" when absent.
std::string_view HeaderValue(const Headers& headers, std::string_view name);

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  Headers headers = {};  // further headers
};

}  // namespace hullwright::http
