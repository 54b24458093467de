#include "verify/tls_reader.h"

namespace hullwright::verify {

std::optional<std::string_view> TlsReader::Take(std::size_t count) {
  if (count > rest_.size()) return std::nullopt;
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::optional<std::uint64_t> TlsReader::Integer(std::size_t bytes) {
  const auto taken = Take(bytes);
  if (!taken) return std::nullopt;
  std::uint64_t value = 0;
  for (const char byte : *taken) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::optional<std::string_view> TlsReader::Vector16() {
  const std::string_view before = rest_;
  const auto length = Integer(2);
  const auto taken = length ? Take(*length) : std::nullopt;
  if (!taken) rest_ = before;
  return taken;
}

std::string TlsInteger(std::uint64_t value, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = bytes; i-- > 0; value >>= 8) text[i] = static_cast<char>(value & 0xff);
  return text;
}

}  // namespace hullwright::verify
