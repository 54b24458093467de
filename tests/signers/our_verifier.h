// Our own answer to a Demand: the production registry client, discovery and verification, with nothing of the policy above them.
#pragma once

#include "evidence/discovery.h"
#include "evidence/trust_material.h"
#include "registry/oci_registry.h"
#include "signers/signed_images.h"

namespace hullwright::testing {

class OurVerifier {
 public:
  explicit OurVerifier(const std::string& registry);  // "127.0.0.1:21234"

  Answer Ask(const SignedImage& image, const Demand& demand);

 private:
  registry::OciRegistry registry_;
  evidence::WorkPool pool_{{.threads = 2}};
};

}  // namespace hullwright::testing
