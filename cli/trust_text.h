// What trust is, in words for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evidence/trust_material.h"

namespace hullwright::cli {

// One way of signing that counts for a publisher.
struct AuthorityText {
  std::string name;    // of the authority
  std::string type;    // "Key", "Keyless", "Notation"
  std::string wanted;  // "key sha256:… (ECDSA P-256)", "\"alice@example.com\" by \"https://accounts.example\""
  std::string proofs;  // what else must be proved: "in a transparency log", "level Strict, revocation not checked"
};

// Those that can be used, in the publisher's order of kinds.
std::vector<AuthorityText> AuthoritiesOf(const evidence::PublisherTrust& publisher);

}  // namespace hullwright::cli
