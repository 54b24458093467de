// Big-endian integers and length-prefixed strings of the TLS presentation language (RFC 8446 section 3), bounded by what is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hullwright::verify {

class TlsReader {
 public:
  explicit TlsReader(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }
  // nullopt: fewer bytes are left than asked for; then nothing was consumed.
  std::optional<std::string_view> Take(std::size_t count);
  std::optional<std::uint64_t> Integer(std::size_t bytes);
  std::optional<std::string_view> Vector16();  // u16 length, then as many bytes

 private:
  std::string_view rest_;
};

// The integer in so many bytes, big-endian.
std::string TlsInteger(std::uint64_t value, std::size_t bytes);

}  // namespace hullwright::verify
