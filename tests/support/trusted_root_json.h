// A trusted root as the document that verifiers are given.
#pragma once

#include <string>

#include "verify/trusted_root.h"

namespace hullwright::testing {

// Keys of types other than ECDSA P-256 and P-384 throw std::runtime_error.
std::string TrustedRootJson(const verify::TrustedRoot& root);

}  // namespace hullwright::testing
