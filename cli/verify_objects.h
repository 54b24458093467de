// A signer named on the command line, as the objects that a cluster would have for it: so that `hullctl verify --key` is judged by the very
// rules that a policy is.
#pragma once

#include <string>
#include <vector>

#include "api/object.h"
#include "base/image_reference.h"
#include "cli/review.h"

namespace hullwright::cli {

// As written on the command line.
struct SignerOptions {
  std::string key;                                 // file
  std::string identity, identity_pattern, issuer;  // of a certificate
  std::string trusted_root;                        // file; "": the environment's
  std::string transparency_log = "Required", certificate_transparency = "Required";
  std::string attestation;  // predicate type; "": a signature is wanted

  bool by_identity() const { return !identity.empty() || !identity_pattern.empty(); }
  bool any() const { return !key.empty() || by_identity(); }
};

// Names of what is made: reasons tell them.
inline constexpr std::string_view kCommandLine = "command-line";

// A publisher of this one image, the policy that asks for it and the TrustRoot it rests on.
std::expected<std::vector<GivenObject>, ReviewFailure> ObjectsOf(const SignerOptions& signer, const ImageReference& image,
                                                                 const Environment& environment);

}  // namespace hullwright::cli
