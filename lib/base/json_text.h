// JSON text piece by piece, for what is written on every request; everything else is written with nlohmann, on one line by JsonLine.
#pragma once

#include <string>
#include <string_view>

namespace hullwright {

// Appends the text with its quotes: ASCII only, everything else escaped; invalid UTF-8 becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

// A value of nlohmann::json or ordered_json on one line; invalid UTF-8, of which its dump() would throw, becomes U+FFFD.
template <class Json>
std::string JsonLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hullwright
