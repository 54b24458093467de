// Who a Fulcio certificate was issued to, and whether that is who a policy wants. Source: research section 0.7, fulcio's oid-info.md.
//
// Pure and thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verify/certificate.h"
#include "verify/failure.h"

namespace hullwright::verify {

struct CertificateIdentity {
  std::vector<std::string> subjects;  // SAN: URI, e-mail and Fulcio's otherName, in this order of kinds; never empty
  std::string issuer;                 // OIDC issuer, never empty
  std::string certificate_issuer;     // distinguished name of the certificate's issuer; for messages
  // Fulcio's extensions by their OID below 1.3.6.1.4.1.57264: "1.9" → "https://github.com/…". Raw and DER coded ones as plain text.
  std::map<std::string, std::string, std::less<>> extensions;
};

// The text "subject by issuer" for messages.
std::string ToString(const CertificateIdentity& identity);

// Only Fulcio's extensions, strictly decoded: a duplicate, another ASN.1 type, bytes behind it, or an issuer in two forms that differ
// is kIdentity. The issuer is "1.8", else "1.1"; its absence is kIdentity in ReadIdentity.
Checked<std::map<std::string, std::string, std::less<>>> ReadFulcioExtensions(const Certificate& certificate);
Checked<std::string> ReadOidcIssuer(const Certificate& certificate);
// The whole identity; no SAN of a known kind or no issuer is kIdentity.
Checked<CertificateIdentity> ReadIdentity(const Certificate& certificate);

// One entry of a policy. A subject and an issuer are both mandatory, each exact or as a pattern; "" is missing, not "any". Patterns are
// RE2 and match the whole text. Extensions are compared exactly, by Fulcio's name ("sourceRepositoryURI") or full OID.
struct IdentityCriteria {
  std::string subject, subject_pattern;
  std::string issuer, issuer_pattern;
  std::map<std::string, std::string> extensions;
};

// Criteria made ready once, matched often. A value; copies share the compiled patterns.
class IdentityMatcher {
 public:
  // kStructure: a criterion is missing, given twice, a pattern does not compile, an extension is unknown.
  static Checked<IdentityMatcher> Make(IdentityCriteria criteria);

  // All criteria of this entry hold for the identity; kIdentity tells the first that does not: what was seen, what was wanted.
  Checked<void> Match(const CertificateIdentity& identity) const;

 private:
  struct Compiled;
  explicit IdentityMatcher(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

// Does any entry match? kIdentity tells who it was and what each entry wanted.
Checked<void> MatchAnyIdentity(const std::vector<IdentityMatcher>& entries, const CertificateIdentity& identity);

}  // namespace hullwright::verify
