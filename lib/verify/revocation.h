// Has any certificate of a chain been revoked? From lists and responses that somebody fetched before: this asks nobody, and every use
// verifies them again, so a poisoned cache proves nothing (CVE-2024-51491). Source: research section 3.6.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/certificate.h"

namespace hullwright::verify {

// Lists or responses that one check looks at, at most.
inline constexpr std::size_t kMaxRevocationDocuments = 64;

// What was fetched, in DER. Which is for which certificate is found out here; nothing of it is trusted.
struct RevocationMaterial {
  std::vector<std::string> crls;
  std::vector<std::string> ocsp_responses;
};

// Ordered chain, leaf first, root last. From the root down: a certificate that names neither OCSP nor a list cannot be revoked; OCSP is
// asked first, then the base list and its delta. kRevoked, or kRevocationUnknown when the material does not tell (an air-gapped cluster:
// supply lists, or skip revocation in so many words).
//
// signed_at: a time of signing that somebody trusted vouches for. An issuer may say that signatures before an earlier day stay good.
Checked<void> CheckRevocation(std::span<const Certificate> chain, const RevocationMaterial& material, Time now,
                              std::optional<Time> signed_at = std::nullopt);

}  // namespace hullwright::verify
