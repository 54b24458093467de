// X.509 certificates made for one test: any subject, any extensions, any validity, so that each can be wrong on purpose.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "support/minted_key.h"

namespace hullwright::testing {

struct CertificateRequest {
  // Type and value, in the order of the certificate.
  std::vector<std::pair<std::string, std::string>> subject = {{"C", "US"}, {"ST", "WA"}, {"O", "Acme"}, {"CN", "signer"}};
  Time not_before = Time{std::chrono::sys_days{std::chrono::January / 1 / 2026}};
  Time not_after = Time{std::chrono::sys_days{std::chrono::January / 1 / 2027}};
  // As OpenSSL's configuration files write them: {"keyUsage", "critical,digitalSignature"}.
  std::vector<std::pair<std::string, std::string>> extensions;
  std::string hash = "SHA256";
};

// The certificate in DER. issuer is another certificate in DER; empty: self-signed, by the key given.
std::string MintCertificate(const CertificateRequest& request, const MintedKey& key, const MintedKey& issuer_key,
                            std::string_view issuer = {});

std::string ToPem(std::string_view certificate);

// A root and a leaf that it issued, with valid code-signing extensions unless the requests say otherwise.
struct MintedChain {
  explicit MintedChain(MintedKey::Type leaf_type, CertificateRequest leaf = CodeSigningLeaf(), CertificateRequest root = Root());

  static CertificateRequest CodeSigningLeaf();
  static CertificateRequest Root();

  MintedKey root_key;
  MintedKey leaf_key;
  std::string root, leaf;  // DER

  std::vector<std::string> chain() const { return {leaf, root}; }
};

}  // namespace hullwright::testing
