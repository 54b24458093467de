#include "policy/package_url.h"

#include <cctype>
#include <string>

#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kScheme = "pkg:";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

// "type/namespace/name", decoded, the type in lower case; "" for what is no package URL.
std::string Identity(std::string_view package) {
  if (!package.starts_with(kScheme)) return {};
  std::string_view rest = WithoutVersion(package).substr(kScheme.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);  // "pkg://type/…" is the same URL
  std::string identity = PercentDecoded(rest);
  for (std::size_t i = 0; i < identity.size() && identity[i] != '/'; ++i) identity[i] = LowerLetter(identity[i]);
  return identity;
}

}  // namespace

std::string_view WithoutVersion(std::string_view package) {
  if (!package.starts_with(kScheme)) return package;
  package = package.substr(0, package.find_first_of("?#"));
  // The '@' of a version stands in the last segment and not at its beginning: "pkg:npm/@scope/name" has none.
  const std::size_t name = package.rfind('/');
  const std::size_t at = package.rfind('@');
  return at != std::string_view::npos && name != std::string_view::npos && at > name + 1 ? package.substr(0, at) : package;
}

bool IsSamePackage(std::string_view a, std::string_view b) {
  const std::string identity = Identity(a);
  return !identity.empty() && identity == Identity(b);
}

}  // namespace hullwright::policy
