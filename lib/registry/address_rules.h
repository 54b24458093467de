// Which addresses may be connected to on behalf of somebody who only wrote an image reference. Pure.
#pragma once

#include <vector>

#include "http/ip_address.h"

namespace hullwright::registry {

// Whether a host's name, or what configures it, says that it is inside: only then may its address be.
enum class Reach { kPublicOnly, kInternalToo };

// The ranges that only configured hosts may be in, unless the configuration names others: private, shared and unique local addresses.
std::vector<http::AddressRange> DefaultInternalRanges();

// Never: unspecified, link-local, multicast and the metadata addresses of clouds. Loopback and the internal ranges: only with
// kInternalToo. An address that a translator leads to an IPv4 address is judged by that one as well.
bool MayConnect(const http::IpAddress& address, Reach reach, const std::vector<http::AddressRange>& internal_ranges);

}  // namespace hullwright::registry
