#include "webhook/pin_patch.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace hullwright::webhook {

std::string PinnedReference(std::string_view as_written, const ImageReference& image, const Digest& digest) {
  return fmt::format("{}{}@{}", as_written, image.tag_defaulted ? ":" + *image.tag : "", digest.text());
}

std::string JsonPointerOf(std::string_view field_path) {
  std::string pointer = "/";
  for (const char c : field_path) {
    switch (c) {
      case '.':
      case '[':
        pointer += '/';
        break;
      case ']':
        break;
      case '~':
        pointer += "~0";
        break;
      case '/':
        pointer += "~1";
        break;
      default:
        pointer += c;
    }
  }
  return pointer;
}

std::string PinPatch(const std::vector<Pin>& pins) {
  if (pins.empty()) return "";
  std::string patch;
  for (const Pin& pin : pins) {
    patch += patch.empty() ? R"([{"op":"replace","path":)" : R"(,{"op":"replace","path":)";
    AppendJsonString(JsonPointerOf(pin.field_path), patch);
    patch += R"(,"value":)";
    AppendJsonString(pin.reference, patch);
    patch += '}';
  }
  return patch + ']';
}

}  // namespace hullwright::webhook
