// YAML and JSON: whatever the bytes, the answer is an error in one line or JSON that the JSON reader takes.
#include "base/json.h"
#include "base/yaml.h"
#include "fuzz/fuzzing.h"

namespace {

using namespace hullwright::fuzz;

constexpr std::size_t kMaxMessage = 4096;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hullwright::JsonReader reader;
  const auto documents = hullwright::ReadYaml(Text(data, size));
  if (!documents) {
    RequireOneLine(documents.error().message, kMaxMessage);
    return 0;
  }
  for (const auto& document : *documents) {
    Require(document.line >= 1);
    Require(reader.Read(document.json, {.max_bytes = 64u << 20, .max_depth = 64}).has_value());
    Require(document.json != "null");
  }
  return 0;
}
