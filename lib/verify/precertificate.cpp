#include "verify/precertificate.h"

#include <openssl/asn1.h>

#include <optional>

#include "verify/der.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

// The two object identifiers as DER has them.
constexpr std::string_view kListOid = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02";
constexpr std::string_view kPoisonOid = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03";

constexpr int kExtensionsTag = 3;

// The content of the element of this tag that begins the bytes; rest: what stands behind it.
std::optional<std::string_view> Open(std::string_view bytes, int tag, std::string_view* rest = nullptr) {
  const auto element = TakeDer(bytes);
  if (!element || !element->Is(tag) || (rest == nullptr && !bytes.empty())) return std::nullopt;
  if (rest != nullptr) *rest = bytes;
  return element->content;
}

std::string Wrap(int tag, int tag_class, std::string_view content) {
  const int length = static_cast<int>(content.size());
  std::string bytes(static_cast<std::size_t>(ASN1_object_size(1, length, tag)) - content.size(), '\0');
  auto* at = reinterpret_cast<unsigned char*>(bytes.data());
  ASN1_put_object(&at, 1, length, tag, tag_class);
  return bytes.append(content);
}

// Extension ::= SEQUENCE {extnID OBJECT IDENTIFIER, …}; nullopt: it is not.
std::optional<bool> IsOfTheLog(std::string_view extension) {
  std::string_view rest;
  const auto oid = Open(extension, V_ASN1_OBJECT, &rest);
  if (!oid) return std::nullopt;
  return *oid == kListOid || *oid == kPoisonOid;
}

// extensions [3] EXPLICIT SEQUENCE OF Extension, without those of the log; "" when none is left, as an empty list must not be written.
std::optional<std::string> WithoutLog(std::string_view extensions) {
  auto list = Open(extensions, V_ASN1_SEQUENCE);
  if (!list) return std::nullopt;
  std::string kept;
  while (!list->empty()) {
    const auto extension = TakeDer(*list);
    const auto of_the_log = extension && extension->Is(V_ASN1_SEQUENCE) ? IsOfTheLog(extension->content) : std::nullopt;
    if (!of_the_log) return std::nullopt;
    if (!*of_the_log) kept.append(extension->whole);
  }
  if (kept.empty()) return std::string();
  return Wrap(kExtensionsTag, V_ASN1_CONTEXT_SPECIFIC, Wrap(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, kept));
}

std::optional<std::string> BodyOf(std::string_view der) {
  const auto certificate = Open(der, V_ASN1_SEQUENCE);
  std::string_view signature;
  auto body = certificate ? Open(*certificate, V_ASN1_SEQUENCE, &signature) : std::nullopt;
  if (!body) return std::nullopt;
  std::string kept;
  while (!body->empty()) {
    const auto field = TakeDer(*body);
    if (!field) return std::nullopt;
    const bool is_extensions = field->Is(kExtensionsTag, V_ASN1_CONTEXT_SPECIFIC);
    if (is_extensions && !body->empty()) return std::nullopt;  // they come last
    const auto text = is_extensions ? WithoutLog(field->content) : std::string(field->whole);
    if (!text) return std::nullopt;
    kept += *text;
  }
  return Wrap(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, kept);
}

}  // namespace

Checked<std::string> PrecertificateBody(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  auto body = BodyOf(der);
  if (!body) return Reject(Step::kParse, "the logged certificate is malformed");
  return std::move(*body);
}

}  // namespace hullwright::verify
