// signing_config.json: where a signer asks for certificates, log entries and time stamps. A verifier has no use for it; it is read so
// that a wrong file is told from a right one. Source: research section 0.12, protobuf-specs sigstore_trustroot.proto (SigningConfig).
//
// Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"
#include "verify/validity_window.h"

namespace hullwright::verify {

struct SigningService {
  std::string url;
  std::int64_t major_api_version = 0;
  ValidityWindow window;
  std::string operator_name;
};

struct SigningConfig {
  std::vector<SigningService> certificate_authorities, oidc_providers, logs, timestamp_authorities;

  // Strict, version 0.2 only; failures as TrustedRoot::Parse.
  static Checked<SigningConfig> Parse(std::string_view json);
};

}  // namespace hullwright::verify
