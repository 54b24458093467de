#include "evidence/decision_id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace hullwright::evidence {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kIdLength = 26, kTimeBytes = 6, kIdBytes = 16;

}  // namespace

std::string NewDecisionId(Time at) {
  std::array<std::uint8_t, kIdBytes> bytes{};
  auto milliseconds = static_cast<std::uint64_t>(at.time_since_epoch().count());
  for (std::size_t i = kTimeBytes; i-- > 0; milliseconds >>= 8) bytes[i] = static_cast<std::uint8_t>(milliseconds & 0xFF);
  if (::getrandom(bytes.data() + kTimeBytes, kIdBytes - kTimeBytes, 0) != static_cast<ssize_t>(kIdBytes - kTimeBytes))
    throw std::runtime_error("the system has no random bytes");
  // 26 characters of five bits each: the 128 bits behind two zeros.
  std::string id(kIdLength, '0');
  for (std::size_t i = 0; i < kIdLength; ++i) {
    unsigned value = 0;
    for (std::size_t bit = 5 * i; bit < 5 * i + 5; ++bit) {
      const bool is_set = bit >= 2 && ((bytes[(bit - 2) / 8] >> (7 - (bit - 2) % 8)) & 1) != 0;
      value = 2 * value + (is_set ? 1 : 0);
    }
    id[i] = kAlphabet[value];
  }
  return id;
}

bool IsDecisionId(std::string_view text) {
  return text.size() == kIdLength && text.find_first_not_of(kAlphabet) == text.npos;
}

}  // namespace hullwright::evidence
