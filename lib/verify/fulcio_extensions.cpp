#include "verify/fulcio_extensions.h"

#include <fmt/format.h>
#include <openssl/asn1.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kArc = "1.3.6.1.4.1.57264.";

struct Known {
  std::string_view key, name;
  bool raw;  // the octets are the text; deprecated
};
constexpr std::array kKnown = {Known{"1.1", "issuer", true},
                               Known{"1.2", "githubWorkflowTrigger", true},
                               Known{"1.3", "githubWorkflowSHA", true},
                               Known{"1.4", "githubWorkflowName", true},
                               Known{"1.5", "githubWorkflowRepository", true},
                               Known{"1.6", "githubWorkflowRef", true},
                               Known{"1.8", "issuerV2", false},
                               Known{"1.9", "buildSignerURI", false},
                               Known{"1.10", "buildSignerDigest", false},
                               Known{"1.11", "runnerEnvironment", false},
                               Known{"1.12", "sourceRepositoryURI", false},
                               Known{"1.13", "sourceRepositoryDigest", false},
                               Known{"1.14", "sourceRepositoryRef", false},
                               Known{"1.15", "sourceRepositoryIdentifier", false},
                               Known{"1.16", "sourceRepositoryOwnerURI", false},
                               Known{"1.17", "sourceRepositoryOwnerIdentifier", false},
                               Known{"1.18", "buildConfigURI", false},
                               Known{"1.19", "buildConfigDigest", false},
                               Known{"1.20", "buildTrigger", false},
                               Known{"1.21", "runInvocationURI", false},
                               Known{"1.22", "sourceRepositoryVisibilityAtSigning", false},
                               Known{"1.23", "deploymentEnvironment", false}};

const Known* FindKnown(std::string_view key) {
  const auto* known = std::ranges::find(kKnown, key, &Known::key);
  return known == kKnown.end() ? nullptr : known;
}

Checked<std::string> Decode(const Known& known, std::string_view value) {
  const auto text = known.raw ? std::optional<std::string>(value) : ReadDerUtf8(value);
  if (text && IsPlainText(*text)) return *text;
  return Reject(Step::kIdentity, fmt::format("the certificate's extension {} ({}{}) is malformed: {} is expected", known.name, kArc,
                                             known.key, known.raw ? "plain text" : "exactly one UTF8String"));
}

}  // namespace

std::optional<std::string> ReadDerUtf8(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(der);
  const openssl::Handle<ASN1_UTF8STRING, ASN1_UTF8STRING_free> text(d2i_ASN1_UTF8STRING(nullptr, &at, static_cast<long>(der.size())));
  if (!text || at != openssl::Data(der) + der.size()) return std::nullopt;
  // Shortest lengths, primitive form: what DER writes.
  if (openssl::Encode<const ASN1_UTF8STRING>(i2d_ASN1_UTF8STRING, text.get()) != der) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text.get())),
                     static_cast<std::size_t>(ASN1_STRING_length(text.get())));
}

bool IsPlainText(std::string_view text) {
  const unsigned char* at = openssl::Data(text);
  auto left = static_cast<int>(text.size());
  while (left > 0) {
    unsigned long code_point = 0;
    const int used = UTF8_getc(at, left, &code_point);
    constexpr unsigned long kDelete = 0x7f;
    if (used <= 0 || code_point < ' ' || code_point == kDelete) return false;
    at += used;
    left -= used;
  }
  return true;
}

Checked<FulcioExtensions> ReadFulcioExtensions(const Certificate& certificate) {
  FulcioExtensions extensions;
  for (const Extension& extension : certificate.extensions()) {
    if (!extension.oid.starts_with(kArc)) continue;
    const Known* known = FindKnown(std::string_view(extension.oid).substr(kArc.size()));
    if (known == nullptr) continue;  // a later Fulcio may write more; nothing can ask for it here
    auto text = Decode(*known, extension.value);
    if (!text) return std::unexpected(text.error());
    extensions.emplace(known->key, std::move(*text));
  }
  const auto raw = extensions.find("1.1");
  const auto coded = extensions.find("1.8");
  if (raw != extensions.end() && coded != extensions.end() && raw->second != coded->second) {
    return Reject(Step::kIdentity,
                  fmt::format("the certificate names two issuers: \"{}\" and \"{}\"", Printable(raw->second), Printable(coded->second)));
  }
  return extensions;
}

Checked<std::string> ReadOidcIssuer(const FulcioExtensions& extensions) {
  for (const std::string_view key : {"1.8", "1.1"}) {
    const auto found = extensions.find(key);
    if (found != extensions.end() && !found->second.empty()) return found->second;
  }
  return Reject(Step::kIdentity, "the certificate names no OIDC issuer (extension 1.3.6.1.4.1.57264.1.8 or .1.1)");
}

std::optional<std::string> FulcioExtensionKey(std::string_view name_or_oid) {
  const std::string_view key = name_or_oid.starts_with(kArc) ? name_or_oid.substr(kArc.size()) : std::string_view();
  for (const Known& known : kKnown) {
    if (known.name == name_or_oid || known.key == key) return std::string(known.key);
  }
  return std::nullopt;
}

std::string_view FulcioExtensionName(std::string_view key) {
  const Known* known = FindKnown(key);
  return known != nullptr ? known->name : key;
}

}  // namespace hullwright::verify
