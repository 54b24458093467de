// Names of certificates as plain attributes and as RFC 4514 text.
#include "verify/distinguished_name.h"

#include <openssl/x509.h>

#include <array>

#include "verify/certificate.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

struct AttributeType {
  std::string_view oid, name;
};
constexpr std::array kTypes = {AttributeType{"2.5.4.3", "CN"},
                               AttributeType{"2.5.4.5", "SERIALNUMBER"},
                               AttributeType{"2.5.4.6", "C"},
                               AttributeType{"2.5.4.7", "L"},
                               AttributeType{"2.5.4.8", "ST"},
                               AttributeType{"2.5.4.9", "STREET"},
                               AttributeType{"2.5.4.10", "O"},
                               AttributeType{"2.5.4.11", "OU"},
                               AttributeType{"2.5.4.17", "POSTALCODE"},
                               AttributeType{"0.9.2342.19200300.100.1.1", "UID"},
                               AttributeType{"0.9.2342.19200300.100.1.25", "DC"},
                               AttributeType{"1.2.840.113549.1.9.1", "EMAILADDRESS"}};

std::string NameOfType(const ASN1_OBJECT* object) {
  std::string oid = openssl::ToText(object);
  for (const AttributeType& type : kTypes) {
    if (type.oid == oid) return std::string(type.name);
  }
  return oid;
}

// RFC 4514 section 2.4.
std::string Escaped(std::string_view value) {
  constexpr std::string_view kSpecial = "\"+,;<>\\";
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = (c == ' ' && (i == 0 || i + 1 == value.size())) || (c == '#' && i == 0);
    if (c == '\0') {
      text += "\\00";
      continue;
    }
    if (at_edge || kSpecial.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

Checked<DistinguishedName> ReadName(const X509_name_st* name) {
  DistinguishedName attributes;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    unsigned char* text = nullptr;
    const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (length < 0) return Reject(Step::kParse, "a name in the certificate is not text");
    attributes.push_back(
        {NameOfType(X509_NAME_ENTRY_get_object(entry)), std::string(reinterpret_cast<char*>(text), static_cast<std::size_t>(length))});
    OPENSSL_free(text);
  }
  return attributes;
}

std::string ToString(const DistinguishedName& name) {
  std::string text;
  for (auto attribute = name.rbegin(); attribute != name.rend(); ++attribute) {
    if (!text.empty()) text += ',';
    text += attribute->type + "=" + Escaped(attribute->value);
  }
  return text;
}

}  // namespace hullwright::verify
