#include "base/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hullwright {
namespace {

bool StandsForItself(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  if (!std::ranges::all_of(text, StandsForItself)) {
    out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace hullwright
