#include "http/http.h"

#include <catch2/catch.hpp>

using namespace hullwright::http;

TEST_CASE("a header is found whatever the case of its name, the first of that name wins", "[http]") {
  const Headers headers = {{"Content-Type", "text/plain"}, {"RETRY-AFTER", "1"}, {"retry-after", "2"}};
  CHECK(HeaderValue(headers, "content-type") == "text/plain");
  CHECK(HeaderValue(headers, "Retry-After") == "1");
  CHECK(HeaderValue(headers, "Retry").empty());
}
