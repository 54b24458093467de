// Distinguished names as Notary Project compares them: a set of attribute types with one text each. Order does not count.
// Source: RFC 4514 for the text; trust-store-trust-policy.md for what a trusted identity may be.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "verify/certificate.h"
#include "verify/failure.h"

namespace hullwright::verify {

// Short type names in upper case ("C", "ST", "CN") to values, bytes as written.
using NotationName = std::map<std::string, std::string, std::less<>>;

// "C=US,ST=WA,O=Notary". Refused: an unknown type, a type twice, a value that is empty or hexadecimal ("=#", CVE-2023-25656), several
// attributes in one part, malformed escapes, no C, ST or O.
Checked<NotationName> ParseNotationName(std::string_view text);

// A certificate's subject under the same rules: what cannot be an identity's text matches none.
Checked<NotationName> ToNotationName(const DistinguishedName& subject);

// Whether every attribute of part is in whole with the same value.
bool IsSubset(const NotationName& part, const NotationName& whole);

}  // namespace hullwright::verify
