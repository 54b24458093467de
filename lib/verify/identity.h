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
#include "verify/fulcio_extensions.h"

namespace hullwright::verify {

struct CertificateIdentity {
  std::vector<std::string> subjects;  // SAN: URI, e-mail and Fulcio's otherName, in this order of kinds; never empty
  std::string issuer;                 // OIDC issuer, never empty
  FulcioExtensions extensions;
};

// The text "subject by issuer" for messages.
std::string ToString(const CertificateIdentity& identity);

// SAN: URI, e-mail and Fulcio's otherName; none is kIdentity. The names of hosts are apart: Fulcio issues none.
Checked<std::vector<std::string>> ReadSubjects(const Certificate& certificate);
Checked<std::vector<std::string>> ReadHostNames(const Certificate& certificate);  // may be empty
// No SAN of a known kind, no issuer or a malformed extension is kIdentity.
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
  // What it wants, in words: "\"alice@example.com\" by \"https://accounts.example\", sourceRepositoryURI \"…\"".
  std::string Wanted() const;

 private:
  struct Compiled;
  explicit IdentityMatcher(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

// Does any entry match? kIdentity tells who it was and what each entry wanted.
Checked<void> MatchAnyIdentity(const std::vector<IdentityMatcher>& entries, const CertificateIdentity& identity);

}  // namespace hullwright::verify
