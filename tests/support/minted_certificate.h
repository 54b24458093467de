// X.509 certificates made for one test: any names, any extensions, any validity, so that each can be wrong on purpose. Errors throw
// std::runtime_error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "support/minted_key.h"
#include "verify/certificate.h"

namespace hullwright::testing {

// As OpenSSL's configuration writes them: {"keyUsage", "critical,digitalSignature"}; any OID in dots with RawExtension's value.
using MintedExtension = std::pair<std::string, std::string>;
MintedExtension RawExtension(std::string_view oid, std::string_view bytes, bool critical = false);

// Type and value, in the order of the certificate.
using MintedName = std::vector<std::pair<std::string, std::string>>;
MintedName Named(std::string_view common_name);  // of the organization "Minted"

struct CertificateShape {
  MintedName subject = {{"C", "US"}, {"ST", "WA"}, {"O", "Acme"}, {"CN", "signer"}};
  MintedName issuer = {};  // empty: the subject
  Time not_before = Time{std::chrono::sys_days{std::chrono::January / 1 / 2026}};
  Time not_after = Time{std::chrono::sys_days{std::chrono::January / 1 / 2027}};
  std::vector<MintedExtension> extensions = {};
  std::string hash = "SHA256";  // as OpenSSL calls it; Ed25519 keys have their own
};

// The certificate in DER. issuer: another certificate in DER, whose name counts instead of the shape's.
std::string MintCertificate(const CertificateShape& shape, const MintedKey& key, const MintedKey& issuer_key, std::string_view issuer = {});
// The same certificate with an extension more, signed again.
std::string WithExtension(std::string_view certificate, const MintedExtension& extension, const MintedKey& issuer_key);

verify::Certificate ParseMinted(const std::string& der);
std::string ToPem(std::string_view der, std::string_view label = "CERTIFICATE");

// A root and a leaf that it issued, with valid code-signing extensions unless the shapes say otherwise.
struct MintedChain {
  explicit MintedChain(MintedKey::Type leaf_type, const CertificateShape& leaf = CodeSigningLeaf(), const CertificateShape& root = Root());

  static CertificateShape CodeSigningLeaf();
  static CertificateShape Root();

  MintedKey root_key;
  MintedKey leaf_key;
  std::string root, leaf;  // DER

  std::vector<std::string> chain() const { return {leaf, root}; }
};

}  // namespace hullwright::testing
