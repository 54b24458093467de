#include "verify/openssl.h"

#include <openssl/err.h>

#include <array>
#include <ctime>

namespace hullwright::verify::openssl {

ErrorQueueGuard::~ErrorQueueGuard() {
  ERR_clear_error();
}

std::string ToText(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  const int length = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  if (length <= 0 || static_cast<std::size_t>(length) >= text.size()) return {};
  return text.data();
}

Checked<Time> ToTime(const ASN1_TIME* value) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(value, &tm) != 1) return Reject(Step::kParse, "a date is malformed");
  const auto day = std::chrono::year(tm.tm_year + 1900) / std::chrono::month(static_cast<unsigned>(tm.tm_mon) + 1) /
                   std::chrono::day(static_cast<unsigned>(tm.tm_mday));
  return std::chrono::sys_days(day) + std::chrono::hours(tm.tm_hour) + std::chrono::minutes(tm.tm_min) + std::chrono::seconds(tm.tm_sec);
}

}  // namespace hullwright::verify::openssl
