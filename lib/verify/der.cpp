#include "verify/der.h"

#include "verify/openssl.h"

namespace hullwright::verify {

std::optional<DerElement> TakeDer(std::string_view& bytes) {
  constexpr int kError = 0x80;
  constexpr int kIndefinite = 0x01;
  const unsigned char* at = openssl::Data(bytes);
  long length = 0;
  DerElement element;
  const int form = ASN1_get_object(&at, &length, &element.tag, &element.tag_class, static_cast<long>(bytes.size()));
  if ((form & (kError | kIndefinite)) != 0) return std::nullopt;
  const auto head = static_cast<std::size_t>(at - openssl::Data(bytes));
  element.constructed = (form & V_ASN1_CONSTRUCTED) != 0;
  element.whole = bytes.substr(0, head + static_cast<std::size_t>(length));
  element.content = element.whole.substr(head);
  bytes.remove_prefix(element.whole.size());
  return element;
}

}  // namespace hullwright::verify
