// hullctl verify-bundle: one Sigstore bundle and one artifact, with the command line that Sigstore's conformance suite calls clients with.
#pragma once

#include <string>

#include "cli/command.h"

namespace hullwright::cli {

struct VerifyBundleOptions {
  std::string bundle;            // file
  std::string identity, issuer;  // of the certificate …
  std::string key;               // … or the file of the key
  std::string trusted_root;      // file; "": the environment's
  bool staging = false;
  std::string artifact;  // a file, or "sha256:…"
  std::string output = "table";
};

CommandOutput VerifyBundle(const VerifyBundleOptions& options, const Environment& environment);

}  // namespace hullwright::cli
