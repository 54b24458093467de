// The extensions that Fulcio writes into a certificate, 1.3.6.1.4.1.57264.1.*: their names and how each is encoded. Source: research
// section 0.7, fulcio's oid-info.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "verify/certificate.h"
#include "verify/failure.h"

namespace hullwright::verify {

// By the OID below 1.3.6.1.4.1.57264: "1.9" → "https://github.com/…".
using FulcioExtensions = std::map<std::string, std::string, std::less<>>;

// Every Fulcio extension of a known number, strictly decoded: raw text (1.1 to 1.6) or exactly one DER UTF8String (1.8 on). Another type,
// bytes behind it, text that is not UTF-8 or has control characters is kIdentity; so is an issuer in both forms that differ.
Checked<FulcioExtensions> ReadFulcioExtensions(const Certificate& certificate);

// "1.8", else "1.1"; kIdentity when there is neither or it is empty.
Checked<std::string> ReadOidcIssuer(const FulcioExtensions& extensions);

// "sourceRepositoryURI", or the full OID in dots, to the key of FulcioExtensions; nullopt: not one of Fulcio's.
std::optional<std::string> FulcioExtensionKey(std::string_view name_or_oid);
std::string_view FulcioExtensionName(std::string_view key);  // the name for messages; the key itself when unknown

// Exactly one DER UTF8String and nothing behind it; nullopt otherwise.
std::optional<std::string> ReadDerUtf8(std::string_view der);
// Valid UTF-8 without control characters: text that can be compared and shown.
bool IsPlainText(std::string_view text);

}  // namespace hullwright::verify
