// What may be the name of a namespace.
#pragma once

#include <algorithm>
#include <string_view>

namespace hullwright::webhook {

// RFC 1123 label, which every namespace name is; anything else is never put into a path or a query.
inline bool IsNamespaceName(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, allowed);
}

}  // namespace hullwright::webhook
