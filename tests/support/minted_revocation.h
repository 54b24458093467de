// Revocation lists and OCSP responses made for one test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "support/minted_key.h"

namespace hullwright::testing {

struct RevokedEntry {
  std::string certificate;    // DER
  std::optional<int> reason;  // RFC 5280 section 5.3.1; 8 is removeFromCRL
  std::optional<Time> invalid_since;
};

struct CrlShape {
  Time this_update{};
  std::optional<Time> next_update;
  long number = 1;
  std::optional<long> base_number;  // makes it a delta
  std::vector<RevokedEntry> revoked;
  // As OpenSSL's configuration writes them: {"issuingDistributionPoint", "critical,onlyuser:TRUE"}.
  std::vector<std::pair<std::string, std::string>> extensions;
  std::string hash = "SHA256";
};

// DER; issuer is its certificate in DER, key signs.
std::string MintCrl(const CrlShape& shape, std::string_view issuer, const MintedKey& key);

struct OcspShape {
  int status = 0;  // 0 good, 1 revoked, 2 unknown
  Time this_update{};
  std::optional<Time> next_update;
  std::string hash = "SHA256";
};

// About this certificate of this issuer, signed by the responder (which may be the issuer).
std::string MintOcsp(const OcspShape& shape, std::string_view certificate, std::string_view issuer, std::string_view responder,
                     const MintedKey& responder_key);

}  // namespace hullwright::testing
