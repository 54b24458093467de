// IP addresses as values: what a name resolves to is looked at before it is connected to. Pure.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::http {

// An IPv4 address is kept as its IPv6-mapped form (::ffff:a.b.c.d), so that both spellings of one machine are one value. Addresses that
// carry an IPv4 address for a translator or tunnel (64:ff9b::/96, 2002::/16) are told apart from it: see EmbeddedIpv4.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;  // ::
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  // "10.0.0.1", "fd00::1"; without brackets, zone or port. nullopt: a name, or nothing at all.
  static std::optional<IpAddress> Parse(std::string_view text);

  const Bytes& bytes() const { return bytes_; }
  bool is_ipv4() const;
  // The IPv4 address that a NAT64 or 6to4 address leads to.
  std::optional<IpAddress> EmbeddedIpv4() const;
  std::string ToString() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Bytes bytes_{};
};

// "10.0.0.0/8", "fd00::/8".
class AddressRange {
 public:
  static Result<AddressRange> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;
  bool operator==(const AddressRange&) const = default;

 private:
  IpAddress first_;
  int prefix_bits_ = 128;
};

}  // namespace hullwright::http
