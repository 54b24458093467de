#include "http/http.h"

#include <algorithm>

namespace hullwright::http {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, Lower, Lower);
}

std::string_view HeaderValue(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return EqualsIgnoreCase(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace hullwright::http
