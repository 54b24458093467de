// Link and Retry-After: whatever the bytes, the next page is an error in one line, none, or a reference that resolves to one URL or to an
// error; a wait is within its bounds.
#include <string_view>

#include "fuzz/fuzzing.h"
#include "http/url.h"
#include "registry/link.h"
#include "registry/retry_after.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;

constexpr std::size_t kMaxMessage = 4096;

void CheckReference(std::string_view reference) {
  const http::Url base{{true, "registry.example", 443}, "/v2/a/referrers/x"};
  const auto url = http::ResolveUrl(base, reference);
  if (!url) return RequireOneLine(url.error().message, kMaxMessage);
  const auto again = http::ParseUrl(url->ToString());
  Require(again && *again == *url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = Text(data, size);
  const auto link = registry::NextLink(text);
  if (!link) RequireOneLine(link.error().message, kMaxMessage);
  if (link && *link) CheckReference(**link);
  CheckReference(text);
  const auto wait = registry::ParseRetryAfter(text, Time{});
  Require(!wait || (*wait >= std::chrono::seconds(0) && *wait <= registry::kLongestRetryAfter));
  return 0;
}
