// Image references and patterns: whatever the bytes, what is read is canonical, and no message carries anything but visible ASCII.
#include <string_view>

#include "base/image_pattern.h"
#include "base/image_reference.h"
#include "base/text.h"
#include "fuzz/fuzzing.h"

namespace {

using namespace hullwright::fuzz;
using hullwright::ImagePattern;
using hullwright::ImageReference;

constexpr std::size_t kMaxMessage = 4096;

void CheckReference(const ImageReference& reference) {
  const auto again = ImageReference::Parse(reference.ToString());
  Require(again.has_value());
  ImageReference expected = reference;
  expected.tag_defaulted = false;  // the canonical text writes the default tag out
  Require(*again == expected);
  // The name read as a pattern means that very name.
  const auto pattern = ImagePattern::Parse(reference.Name());
  Require(pattern && pattern->Matches(reference) && pattern->literal_prefix() == reference.Name());
}

// A pattern that matches an image must be found by an index over its literal prefix.
void CheckPattern(const ImagePattern& pattern, const ImageReference& reference) {
  if (!pattern.Matches(reference)) return;
  Require(pattern.literal_prefix().empty() || (reference.Name() + "/").starts_with(pattern.literal_prefix() + "/"));
}

}  // namespace

// The input is one text for both, or "pattern image" to try them on each other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = Text(data, size);
  const std::size_t space = text.find(' ');
  const auto pattern = ImagePattern::Parse(text.substr(0, space));
  const auto reference = ImageReference::Parse(space == std::string_view::npos ? text : text.substr(space + 1));
  if (!pattern) RequireOneLine(pattern.error().message, kMaxMessage);
  if (!reference) RequireOneLine(reference.error().message, kMaxMessage);
  if (reference) CheckReference(*reference);
  if (pattern && reference) CheckPattern(*pattern, *reference);
  return 0;
}
