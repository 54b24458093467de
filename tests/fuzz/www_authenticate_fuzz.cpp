// WWW-Authenticate: whatever the bytes, the answer is an error in one line, or challenges within their bounds; a realm is a URL that can be
// understood in one way only.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/url.h"
#include "registry/www_authenticate.h"

namespace {

using namespace hullwright;

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireOneLine(const Error& error) {
  Require(!error.message.empty() && error.message.size() < 4096);
  for (const char c : error.message) Require(c >= ' ' && c <= '~');
}

void CheckUrl(std::string_view text) {
  const auto url = http::ParseUrl(text);
  if (!url) return RequireOneLine(url.error());
  const auto again = http::ParseUrl(url->ToString());
  Require(again && *again == *url);
  Require(url->origin.host.find('@') == std::string::npos && url->target.starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto challenges = registry::ParseChallenges(text);
  if (!challenges) {
    RequireOneLine(challenges.error());
    return 0;
  }
  Require(challenges->size() <= registry::kMaxChallenges);
  for (const auto& challenge : *challenges) {
    Require(!challenge.scheme.empty() && challenge.parameters.size() <= registry::kMaxChallengeParameters);
    CheckUrl(challenge.Parameter("realm"));
  }
  return 0;
}
