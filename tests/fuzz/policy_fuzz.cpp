// Objects of our group: whatever the bytes, each document gives an object or an error that is safe to show. What is written of an ImageScan
// reads back as the same.
#include <variant>

#include "api/object.h"
#include "base/json.h"
#include "base/yaml.h"
#include "fuzz/fuzzing.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;

constexpr std::size_t kMaxMessage = 64 * 1024;

void RequireRoundTrip(const api::ImageScan& scan) {
  static JsonReader reader;
  const std::string text = api::EncodeJson(scan);
  const auto element = reader.Read(text, {.max_bytes = 64u << 20});
  Require(element.has_value());
  const auto again = api::DecodeObject(*element);
  Require(again.has_value());
  Require(api::EncodeJson(std::get<api::ImageScan>(*again)) == text);
}

void CheckObject(JsonElement element) {
  const auto key = api::ReadKey(element);
  if (!key) RequireOneLine(key.error().message, kMaxMessage);
  const auto match = api::DecodePolicyMatch(element);
  if (!match) RequireOneLine(match.error().message, kMaxMessage);
  const auto object = api::DecodeObject(element);
  if (!object) return RequireOneLine(object.error().message, kMaxMessage);
  // What decodes as a whole has a key, and a policy that decodes has a readable match.
  Require(key.has_value());
  Require(match.has_value() == std::holds_alternative<api::ImageAdmissionPolicy>(*object));
  if (const auto* scan = std::get_if<api::ImageScan>(&*object)) RequireRoundTrip(*scan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonReader reader;
  const auto documents = ReadYaml(Text(data, size));
  if (!documents) return 0;
  for (const auto& document : *documents) {
    const auto element = reader.Read(document.json, {.max_bytes = 64u << 20});
    if (!element) continue;
    for (const JsonElement item : api::Items(*element)) CheckObject(item);
  }
  return 0;
}
