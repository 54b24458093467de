#include "base/image_name.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace hullwright::image_name {
namespace {

constexpr std::string_view kHttpsPort = "443";

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool IsAlphanumeric(char c) {
  return IsLowerAlphanumeric(c) || IsUpper(c);
}

std::unexpected<Error> BadHost(std::string_view host, std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("\"{}\" is no host of a registry: {}", Printable(host), why));
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

// Cuts at the ':' of the port, which in "[::1]:5000" is the one after the bracket.
HostAndPort Split(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return {text, std::nullopt};
  const std::size_t colon = text.find(':', bracket);
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// One spelling only: a leading zero would make two names of one port.
bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0' || !std::ranges::all_of(text, IsDigit)) return false;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 65535;
}

bool IsDomainLabel(std::string_view text) {
  return !text.empty() && IsAlphanumeric(text.front()) && IsAlphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

// A host whose last label is a number is an IPv4 address in one of its many old spellings (2130706433, 127.1, 0x7f.1), which some
// resolvers read and others do not.
bool EndsInNumber(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return std::ranges::all_of(last, IsDigit) || last.starts_with("0x") || last.starts_with("0X");
}

bool IsDottedQuad(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

Result<std::string> CanonicalDomain(std::string_view host) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = std::min(host.find('.', begin), host.size());
    if (!IsDomainLabel(host.substr(begin, dot - begin))) {
      return BadHost(host, "its parts are letters, digits and inner '-', separated by single dots, with no dot at the end");
    }
    if (dot == host.size()) break;
    begin = dot + 1;
  }
  std::string canonical = LowerCase(host);
  if (EndsInNumber(canonical) && !IsDottedQuad(canonical)) {
    return BadHost(host, "write an IPv4 address as four decimal numbers without leading zeros, like 127.0.0.1");
  }
  return canonical;
}

// "[::1]" with the brackets.
Result<std::string> CanonicalIpv6(std::string_view literal) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool bracketed = literal.size() > 2 && literal.ends_with(']');
  const std::string inside(bracketed ? literal.substr(1, literal.size() - 2) : "");
  if (inet_pton(AF_INET6, inside.c_str(), &address) != 1 || inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) {
    return BadHost(literal, "write an IPv6 address in brackets, without zone, like [2001:db8::1]:5000");
  }
  const std::string_view canonical(text.data());
  if (canonical.find('.') != std::string_view::npos || inside.find('.') != std::string::npos) {
    return BadHost(literal, "it is an IPv4 address written as IPv6: write the IPv4 address");
  }
  return fmt::format("[{}]", canonical);
}

// Runtimes reach these with plain HTTP on port 80 when no port is written, so ":443" is not their default.
bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool IsHubAlias(std::string_view host) {
  return host == "index.docker.io" || host == "registry-1.docker.io";
}

}  // namespace

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsLowerAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z');
}

bool IsHost(std::string_view first_component) {
  return first_component == "localhost" || first_component.starts_with('[') ||
         first_component.find_first_of(".:") != std::string_view::npos || std::ranges::any_of(first_component, IsUpper);
}

Result<std::string> CanonicalHost(std::string_view host) {
  const auto [name, port] = Split(host);
  auto canonical = name.starts_with('[') ? CanonicalIpv6(name) : CanonicalDomain(name);
  if (!canonical) return canonical;
  if (port && !IsPort(*port)) return BadHost(host, "the port is a number from 1 to 65535 without leading zeros");
  if (port && (*port != kHttpsPort || IsLoopback(*canonical))) return fmt::format("{}:{}", *canonical, *port);
  if (IsHubAlias(*canonical)) return std::string(kHubHost);
  // "Registry" and "registry:443" are hosts, "registry" alone would be a path on Docker Hub: these keep their port.
  if (!IsHost(*canonical)) return fmt::format("{}:{}", *canonical, kHttpsPort);
  return canonical;
}

bool IsPathComponent(std::string_view text) {
  if (text.empty() || !IsLowerAlphanumeric(text.front()) || !IsLowerAlphanumeric(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of("abcdefghijklmnopqrstuvwxyz0123456789", i), text.size());
    const std::string_view separator = text.substr(i, end - i);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    i = end + 1;
  }
  return true;
}

Result<void> CheckVisibleAscii(std::string_view what, std::string_view text) {
  const auto bad = std::ranges::find_if(text, [](char c) { return c <= ' ' || c > '~'; });
  if (bad == text.end()) return {};
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("{} \"{}\" has a space, control or non-ASCII character at position {}: only visible ASCII is allowed", what,
                          Printable(text), bad - text.begin() + 1));
}

}  // namespace hullwright::image_name
