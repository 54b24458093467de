#include "scan/package_name.h"

#include <algorithm>

#include "base/text.h"
#include "scan/report_node.h"

namespace hullwright::scan {
namespace {

int HexDigit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const char lower = LowerLetter(letter);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

// Where the '@' of the version stands: in the last segment and not at its beginning ("pkg:npm/@scope/name" has none); npos for none.
std::size_t VersionAt(std::string_view url) {
  const std::size_t name = url.rfind('/');
  const std::size_t at = url.rfind('@');
  const bool is_version = at != std::string_view::npos && name != std::string_view::npos && at > name + 1;
  return is_version ? at : std::string_view::npos;
}

std::string_view WithoutQuery(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

bool IsPackageUrl(std::string_view package) {
  return package.starts_with("pkg:");
}

std::string_view WithoutQualifiers(std::string_view package) {
  if (!IsPackageUrl(package)) return package;
  package = WithoutQuery(package);
  return package.substr(0, VersionAt(package));
}

std::vector<std::string> BareNames(std::string_view package) {
  if (package == kUnnamedPackage) return {};
  if (!IsPackageUrl(package)) return {LowerCase(package)};
  const std::string_view whole = WithoutQualifiers(package);
  const std::size_t type_end = whole.find('/');
  const std::size_t name_at = whole.rfind('/');
  if (type_end == std::string_view::npos) return {};
  const std::string name = LowerCase(Decoded(whole.substr(name_at + 1)));
  if (name.empty()) return {};
  if (name_at == type_end) return {name};
  const std::string space = LowerCase(Decoded(whole.substr(type_end + 1, name_at - type_end - 1)));
  return {name, space + "/" + name, space + ":" + name};
}

std::string VersionOfPackageUrl(std::string_view url) {
  if (!IsPackageUrl(url)) return "";
  url = WithoutQuery(url);
  const std::size_t at = VersionAt(url);
  if (at == std::string_view::npos) return "";
  std::string version = Decoded(url.substr(at + 1));
  const bool plain = std::ranges::all_of(version, [](unsigned char letter) { return letter > 0x20 && letter < 0x7f; });
  return plain && version.size() <= kMaxVersionBytes ? version : "";
}

}  // namespace hullwright::scan
