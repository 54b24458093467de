// YAML and JSON: whatever the bytes, the answer is an error in one line or JSON that the JSON reader takes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "base/yaml.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hullwright::JsonReader reader;
  const auto documents = hullwright::ReadYaml({reinterpret_cast<const char*>(data), size});
  if (!documents) {
    const std::string& message = documents.error().message;
    Require(!message.empty() && message.size() < 4096);
    for (const char c : message) Require(c >= ' ' && c <= '~');
    return 0;
  }
  for (const auto& document : *documents) {
    Require(document.line >= 1);
    Require(reader.Read(document.json, {.max_bytes = 64u << 20, .max_depth = 64}).has_value());
    Require(document.json != "null");
  }
  return 0;
}
