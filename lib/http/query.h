// The parameters of a query, as they are written: nothing is decoded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hullwright::http {

// use(name, value) of each, in order. "verbose&limit=100" has verbose with "" and limit with "100".
template <class Use>
void ForEachParameter(std::string_view query, const Use& use) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    use(parameter.substr(0, equals), parameter.substr(std::min(equals + 1, parameter.size())));
  }
}

}  // namespace hullwright::http
