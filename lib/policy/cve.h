// Names of CVEs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hullwright::policy {

// A CVE's name in 32 bits: year and sequence number. Equal numbers are equal names, and names in order are numbers in order.
using CveNumber = std::uint32_t;
// "CVE-2024-1234", in upper or lower case; nullopt for anything else, and for a number beyond 33 million, which no CVE has.
std::optional<CveNumber> ParseCve(std::string_view name);

}  // namespace hullwright::policy
