#include "verify/openssl.h"

#include <openssl/err.h>

#include <array>

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

}  // namespace hullwright::verify::openssl
