// JSON text piece by piece, for what is written on every request; everything else is written with nlohmann.
#pragma once

#include <string>
#include <string_view>

namespace hullwright {

// Appends the text with its quotes: ASCII only, everything else escaped; invalid UTF-8 becomes U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace hullwright
