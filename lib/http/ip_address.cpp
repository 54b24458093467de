#include "http/ip_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace hullwright::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kNat64Prefix = {0, 0x64, 0xff, 0x9b};

IpAddress Mapped(const std::uint8_t* ipv4) {
  IpAddress::Bytes bytes;
  std::ranges::copy(kMappedPrefix, bytes.begin());
  std::copy_n(ipv4, 4, bytes.begin() + 12);
  return IpAddress(bytes);
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  const std::string terminated(text);
  Bytes bytes;
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return Mapped(bytes.data());
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  return std::nullopt;
}

bool IpAddress::is_ipv4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::optional<IpAddress> IpAddress::EmbeddedIpv4() const {
  if (std::equal(kNat64Prefix.begin(), kNat64Prefix.end(), bytes_.begin())) return Mapped(bytes_.data() + 12);
  if (bytes_[0] == 0x20 && bytes_[1] == 0x02) return Mapped(bytes_.data() + 2);
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_ipv4()) {
    inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  }
  return text;
}

Result<AddressRange> AddressRange::Parse(std::string_view text) {
  const auto invalid = [&] {
    return Fail(ErrorCode::kInvalidInput, fmt::format("\"{}\" is no address range: write 10.0.0.0/8 or fd00::/8", Printable(text, 64)));
  };
  const auto slash = text.find('/');
  const auto first = IpAddress::Parse(text.substr(0, slash));
  if (!first || slash == std::string_view::npos) return invalid();
  const std::string_view bits = text.substr(slash + 1);
  int count = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
  if (error != std::errc() || end != bits.data() + bits.size() || count < 0 || count > (first->is_ipv4() ? 32 : 128)) return invalid();
  AddressRange range;
  range.first_ = *first;
  range.prefix_bits_ = first->is_ipv4() ? count + 96 : count;
  return range;
}

bool AddressRange::Contains(const IpAddress& address) const {
  for (int bit = 0; bit < prefix_bits_; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    if ((first_.bytes()[bit / 8] & mask) != (address.bytes()[bit / 8] & mask)) return false;
  }
  return true;
}

}  // namespace hullwright::http
