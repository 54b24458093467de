// Who may sign, as a Notary Project trust policy says: "*", or "x509.subject:" and a distinguished name that the leaf's subject contains.
// Source: trust-store-trust-policy.md, "Trusted identities".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/notation_name.h"

namespace hullwright::verify {

class TrustedIdentities {
 public:
  // Refused (kIdentity): none at all, "*" beside others, a malformed name, two names of which one contains the other. An identity of a
  // prefix that we do not know is kept and matches nobody.
  static Checked<TrustedIdentities> Parse(std::span<const std::string> texts);

  // The identity that the subject meets, as it was written; kIdentity with both sides in words when none does.
  Checked<std::string> Match(const DistinguishedName& subject) const;

  bool any() const { return any_; }
  // "any", or those that are looked at, in words.
  std::string Wanted() const;

 private:
  struct Name {
    std::string text;
    NotationName name;
  };

  Checked<void> Add(const std::string& text);

  bool any_ = false;  // "*": the trust store alone decides
  std::vector<Name> names_;
};

}  // namespace hullwright::verify
