// Beast's text as the standard's.
#pragma once

#include <boost/beast/core/string_type.hpp>
#include <string_view>

namespace hullwright::http {

inline std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace hullwright::http
