#include "http/http.h"

#include <algorithm>

#include "base/text.h"

namespace hullwright::http {

std::string_view HeaderValue(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return EqualWithoutCase(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace hullwright::http
