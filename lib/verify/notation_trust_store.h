// The certificates that a Notary Project verifier trusts, by what they are trusted for. Source: trust-store-trust-policy.md, "Trust store".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/certificate.h"

namespace hullwright::verify {

enum class TrustStoreType { kCa, kSigningAuthority, kTsa };

// "ca", "signingAuthority", "tsa".
Checked<TrustStoreType> ParseTrustStoreType(std::string_view name);

// The files of one store, each one certificate in DER or any number in PEM. kTrustRoot for an empty store, for bytes that are no
// certificate and for a certificate that may not stand there: ca and signingAuthority hold CAs and self-signed signing certificates, tsa
// self-signed CAs only.
Checked<std::vector<Certificate>> ReadTrustStore(TrustStoreType type, std::span<const std::string> files);

struct NotationTrustStores {
  std::vector<Certificate> ca;                 // for notary.x509
  std::vector<Certificate> signing_authority;  // for notary.x509.signingAuthority
  std::vector<Certificate> tsa;                // for time-stamps of notary.x509; empty: none are wanted
};

}  // namespace hullwright::verify
