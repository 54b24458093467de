// Where to ask whether a certificate was revoked: what its issuer says there. Whoever fetches decides which of these it will ask; this asks
// nobody. Source: research section 3.6, RFC 5280 section 4.2.1.13 and 4.2.1.15, RFC 6960.
//
// Pure and thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/notation.h"
#include "verify/revocation.h"

namespace hullwright::verify {

struct RevocationQuery {
  Certificate certificate, issuer;
  Time now{};
  std::optional<Time> signed_at;  // as CheckRevocation takes it
  std::vector<std::string> ocsp_urls, crl_urls, freshest_urls;
};

// One for each certificate of the chain that can be revoked and of which the material does not tell whether it was, from the root down.
// None where an extension is malformed: no answer would help.
std::vector<RevocationQuery> UnansweredQueries(std::span<const Certificate> chain, const RevocationMaterial& material, Time now,
                                               std::optional<Time> signed_at = std::nullopt);
bool IsAnswered(const RevocationQuery& query, const RevocationMaterial& material);

// The same for both chains of a signature, the signer's and its time-stamp authority's. Empty for one that is not authentic (where a
// stranger's certificate says to ask is not asked), and where the policy does not look at revocation.
std::vector<RevocationQuery> UnansweredQueries(const NotationPolicy& policy, const NotationRequest& request);

// OCSPRequest in DER (RFC 6960 section 4.1) for one certificate, unsigned and without nonce, so that answers may come from a cache; empty
// when memory is short.
std::string OcspRequest(const Certificate& certificate, const Certificate& issuer);

}  // namespace hullwright::verify
