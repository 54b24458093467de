// WWW-Authenticate: whatever the bytes, the answer is an error in one line, or challenges within their bounds; a realm is a URL that can be
// understood in one way only.
#include <string_view>

#include "fuzz/fuzzing.h"
#include "http/url.h"
#include "registry/www_authenticate.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;

constexpr std::size_t kMaxMessage = 4096;

void CheckUrl(std::string_view text) {
  const auto url = http::ParseUrl(text);
  if (!url) return RequireOneLine(url.error().message, kMaxMessage);
  const auto again = http::ParseUrl(url->ToString());
  Require(again && *again == *url);
  Require(url->origin.host.find('@') == std::string::npos && url->target.starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = Text(data, size);
  const auto challenges = registry::ParseChallenges(text);
  if (!challenges) {
    RequireOneLine(challenges.error().message, kMaxMessage);
    return 0;
  }
  Require(challenges->size() <= registry::kMaxChallenges);
  for (const auto& challenge : *challenges) {
    Require(!challenge.scheme.empty() && challenge.parameters.size() <= registry::kMaxChallengeParameters);
    CheckUrl(challenge.Parameter("realm"));
  }
  return 0;
}
