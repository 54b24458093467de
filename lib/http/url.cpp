#include "http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "http/ip_address.h"

namespace hullwright::http {
namespace {

std::unexpected<Error> Invalid(std::string_view text, std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("\"{}\" is no URL that can be used: {}", Printable(text, 200), why));
}

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool IsTargetCharacter(char c) {
  return c > ' ' && c <= '~' && std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos;
}

bool IsDotSegment(std::string_view segment) {
  std::string lower = Lower(segment);
  for (auto at = lower.find("%2e"); at != std::string::npos; at = lower.find("%2e")) lower.replace(at, 3, ".");
  return lower == "." || lower == "..";
}

bool HasDotSegment(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (IsDotSegment(path.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

Result<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || port == 0) return Invalid(text, "the port is no number");
  return port;
}

Result<Url> WithTarget(Origin origin, std::string_view target, std::string_view text) {
  target = target.substr(0, target.find('#'));
  if (!std::ranges::all_of(target, IsTargetCharacter)) return Invalid(text, "it has characters that must be percent-encoded");
  Url url{std::move(origin), std::string(target)};
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (HasDotSegment(url.path())) return Invalid(text, "it has . or .. in its path");
  return url;
}

}  // namespace

std::string Origin::HostHeader() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string Origin::ToString() const {
  return (tls ? "https://" : "http://") + HostHeader();
}

Result<Origin> ParseOrigin(std::string_view text, bool tls) {
  Origin origin{tls, "", static_cast<std::uint16_t>(tls ? 443 : 80)};
  std::string_view port;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return Invalid(text, "the bracket of its address is not closed");
    origin.host = text.substr(1, bracket - 1);
    const auto address = IpAddress::Parse(origin.host);
    if (!address || origin.host.find(':') == std::string::npos) return Invalid(text, "what stands in brackets is no IPv6 address");
    origin.host = address->is_ipv4() ? "::ffff:" + address->ToString() : address->ToString();
    port = text.substr(bracket + 1);
  } else {
    const auto colon = text.find(':');
    origin.host = Lower(text.substr(0, colon));
    port = colon == std::string_view::npos ? "" : text.substr(colon);
    const auto is_host = [](char c) { return IsAlphanumeric(c) || c == '.' || c == '-' || c == '_'; };
    if (origin.host.empty() || origin.host.size() > 253 || !std::ranges::all_of(origin.host, is_host))
      return Invalid(text, "it has no host");
  }
  if (port.empty()) return origin;
  if (port.front() != ':') return Invalid(text, "something stands behind its host");
  const auto number = ParsePort(port.substr(1));
  if (!number) return std::unexpected(number.error());
  origin.port = *number;
  return origin;
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return Invalid(text.substr(0, 100), "it is too long");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return Invalid(text, "it is not absolute");
  const std::string scheme = Lower(text.substr(0, colon));
  if (scheme != "https" && scheme != "http") return Invalid(text, "only https and http are known");
  const std::string_view rest = text.substr(colon + 3);
  const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  auto origin = ParseOrigin(rest.substr(0, authority_end), scheme == "https");
  if (!origin) return Invalid(text, "its host cannot be read");
  return WithTarget(std::move(*origin), rest.substr(authority_end), text);
}

Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  if (reference.size() > kMaxUrlBytes) return Invalid(reference.substr(0, 100), "it is too long");
  if (reference.starts_with("//")) return ParseUrl((base.origin.tls ? "https:" : "http:") + std::string(reference));
  const auto special = reference.find_first_of(":/?#");
  if (special != std::string_view::npos && reference[special] == ':') return ParseUrl(reference);
  if (reference.starts_with('/')) return WithTarget(base.origin, reference, reference);
  if (reference.empty() || reference.starts_with('#')) return base;
  if (reference.starts_with('?')) return WithTarget(base.origin, std::string(base.path()) + std::string(reference), reference);
  const std::string_view folder = base.path().substr(0, base.path().rfind('/') + 1);
  return WithTarget(base.origin, std::string(folder) + std::string(reference), reference);
}

std::string EncodeQuery(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsAlphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace hullwright::http
