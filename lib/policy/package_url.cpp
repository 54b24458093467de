#include "policy/package_url.h"

#include <algorithm>

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

// "type/namespace/name", decoded, the type in lower case; "" for what is no package URL.
std::string Identity(std::string_view package) {
  if (!package.starts_with(kScheme)) return {};
  std::string_view rest = WithoutVersion(package).substr(kScheme.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);  // "pkg://type/…" is the same URL
  std::string identity = PercentDecoded(rest);
  for (std::size_t i = 0; i < identity.size() && identity[i] != '/'; ++i) identity[i] = LowerLetter(identity[i]);
  return identity;
}

// "?key=value&key=value", up to the subpath.
std::vector<std::pair<std::string, std::string>> QualifiersOf(std::string_view package) {
  std::vector<std::pair<std::string, std::string>> qualifiers;
  package = package.substr(0, package.find('#'));
  const std::size_t begin = package.find('?');
  if (begin == std::string_view::npos) return qualifiers;
  for (std::string_view rest = package.substr(begin + 1); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == pair.size()) continue;
    qualifiers.emplace_back(LowerCase(pair.substr(0, equals)), PercentDecoded(pair.substr(equals + 1)));
  }
  return qualifiers;
}

}  // namespace

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0;
    decoded += escape ? static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

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

std::optional<PackageUrl> PackageUrl::Parse(std::string_view text) {
  PackageUrl url;
  url.identity = Identity(text);
  const std::size_t slash = url.identity.find('/');
  if (slash == std::string::npos || slash == 0 || url.identity.ends_with('/')) return std::nullopt;
  const std::string_view body = text.substr(0, text.find_first_of("?#"));
  const std::size_t version = WithoutVersion(text).size();
  if (version < body.size()) url.version = PercentDecoded(body.substr(version + 1));
  url.qualifiers = QualifiersOf(text);
  return url;
}

std::string_view PackageUrl::Type() const {
  return std::string_view(identity).substr(0, identity.find('/'));
}

std::string_view PackageUrl::Name() const {
  return std::string_view(identity).substr(identity.rfind('/') + 1);
}

const std::string* PackageUrl::Qualifier(std::string_view key) const {
  const auto found = std::ranges::find(qualifiers, key, [](const auto& pair) { return std::string_view(pair.first); });
  return found == qualifiers.end() ? nullptr : &found->second;
}

}  // namespace hullwright::policy
