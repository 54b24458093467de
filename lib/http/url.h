// URLs that a peer names (redirects, links, token realms), read so strictly that there is only one way to understand them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::http {

// Scheme, host and port: what may share credentials and connections.
struct Origin {
  bool tls = true;
  std::string host;  // lower case; an IPv6 address without brackets
  std::uint16_t port = 443;

  // "https://registry.example:5000"; the default port is left out.
  std::string ToString() const;
  std::string HostHeader() const;  // "registry.example:5000", "[::1]:5000"
  bool operator==(const Origin&) const = default;
};

// host_and_port as in image references: "registry.example", "127.0.0.1:5000", "[::1]:5000".
Result<Origin> ParseOrigin(std::string_view host_and_port, bool tls);

struct Url {
  Origin origin;
  std::string target = "/";  // path and query

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string ToString() const { return origin.ToString() + target; }
  bool operator==(const Url&) const = default;
};

inline constexpr std::size_t kMaxUrlBytes = 8192;

// http and https only. Refused: user information, "." and ".." segments (also as %2e), anything but visible ASCII, \ " < > ^ ` { | }.
Result<Url> ParseUrl(std::string_view text);
// A reference as found in a document fetched from base (RFC 3986 section 5); the fragment is dropped.
Result<Url> ResolveUrl(const Url& base, std::string_view reference);

// Everything but letters, digits and -._~ percent-encoded, for query values.
std::string EncodeQuery(std::string_view text);

}  // namespace hullwright::http
