// The only place that makes policy::Verified values, for the verifiers of this layer: whoever calls Attest says "every check of the
// format held for exactly this value". No file outside lib/verify may include this header (tests/architecture/layers_test.py), and
// nobody else can name the passkey (docs/decisions/0013-verified.md).
#pragma once

#include <utility>

#include "policy/verified.h"

namespace hullwright::verify {

class Attestor {
 public:
  template <class T>
  static policy::Verified<T> Attest(T value) {
    return policy::Verified<T>(policy::VerifierPasskey(), std::move(value));
  }
};

}  // namespace hullwright::verify
