#include "registry/address_rules.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace hullwright::registry {
namespace {

using http::AddressRange;
using http::IpAddress;

std::vector<AddressRange> Ranges(std::initializer_list<std::string_view> texts) {
  std::vector<AddressRange> ranges;
  for (const auto text : texts) ranges.push_back(*AddressRange::Parse(text));
  return ranges;
}

bool IsIn(const IpAddress& address, const std::vector<AddressRange>& ranges) {
  return std::ranges::any_of(ranges, [&](const AddressRange& range) { return range.Contains(address); });
}

// Unspecified and "this network", link-local with the metadata services, multicast, reserved and broadcast, translators and tunnels whose
// end cannot be told; the last five: metadata
// services of clouds at addresses of other kinds (AWS over IPv6, Alibaba, Azure's host, Oracle's).
const std::vector<AddressRange>& NeverAsked() {
  static const auto kRanges =
      Ranges({"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8", "64:ff9b:1::/48", "2001::/32",
              "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"});
  return kRanges;
}

const std::vector<AddressRange>& Loopback() {
  static const auto kRanges = Ranges({"127.0.0.0/8", "::1/128"});
  return kRanges;
}

}  // namespace

std::vector<AddressRange> DefaultInternalRanges() {
  return Ranges(
      {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "fc00::/7", "fec0::/10"});
}

bool MayConnect(const IpAddress& address, Reach reach, const std::vector<AddressRange>& internal_ranges) {
  if (const auto embedded = address.EmbeddedIpv4(); embedded && !MayConnect(*embedded, reach, internal_ranges)) return false;
  if (IsIn(address, NeverAsked())) return false;
  return reach == Reach::kInternalToo || (!IsIn(address, Loopback()) && !IsIn(address, internal_ranges));
}

}  // namespace hullwright::registry
