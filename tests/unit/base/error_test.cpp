#include "base/error.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using hullwright::Error;
using hullwright::ErrorCode;

TEST_CASE("every error code has its own word", "[base]") {
  std::set<std::string_view> words;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) words.insert(ToString(static_cast<ErrorCode>(code)));
  CHECK(words.size() == 10);
}

TEST_CASE("an error told from further out keeps its code", "[base]") {
  const Error error = Error{ErrorCode::kDenied, "no"}.Within("registry");
  CHECK(error.code == ErrorCode::kDenied);
  CHECK(error.message == "registry: no");
}
