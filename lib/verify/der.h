// DER taken apart value by value, for the few places where OpenSSL's readers do not keep the bytes as they stood. Pure; ASN1_get_object
// reads, this gives it types.
#pragma once

#include <openssl/asn1.h>

#include <optional>
#include <string_view>

namespace hullwright::verify {

// Points into the bytes that it was taken from.
struct DerElement {
  int tag = 0, tag_class = V_ASN1_UNIVERSAL;
  bool constructed = false;
  std::string_view whole, content;

  bool IsUniversal() const { return tag_class == V_ASN1_UNIVERSAL; }
  bool Is(int wanted, int wanted_class = V_ASN1_UNIVERSAL) const { return tag == wanted && tag_class == wanted_class; }
};

// The first element, taken off the bytes; nullopt: there is none that is whole and of definite length. Leaves errors in OpenSSL's queue.
std::optional<DerElement> TakeDer(std::string_view& bytes);

}  // namespace hullwright::verify
