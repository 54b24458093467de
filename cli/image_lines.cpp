#include "cli/image_lines.h"

#include <string_view>

namespace hullwright::cli {
namespace {

// Objects with more images are refused whole; each use is looked for in each line.
constexpr std::size_t kMaxUses = 256;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("._-/:@").contains(c);
}

// Whether the line holds the reference as a whole value: "nginx:1" is not in "image: nginx:1.2".
bool Holds(std::string_view line, std::string_view reference) {
  for (auto at = line.find(reference); at != std::string_view::npos; at = line.find(reference, at + 1)) {
    const bool begins = at == 0 || !IsNameCharacter(line[at - 1]);
    const auto end = at + reference.size();
    if (begins && (end == line.size() || !IsNameCharacter(line[end]))) return true;
  }
  return false;
}

}  // namespace

std::vector<int> LinesOf(const std::vector<api::ImageUse>& uses, const ManifestObject& object) {
  std::vector<int> lines(uses.size(), 0);
  if (uses.size() > kMaxUses) return lines;
  std::string_view rest = object.text;
  for (int number = object.place.line; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    for (std::size_t i = 0; i < uses.size(); ++i) {
      if (lines[i] != 0 || uses[i].reference.empty() || !Holds(line, uses[i].reference)) continue;
      lines[i] = number;
      break;  // one line, one use
    }
  }
  return lines;
}

}  // namespace hullwright::cli
