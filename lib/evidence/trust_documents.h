// Keys, certificates and documents of trust, from text to what signatures are judged by: one function each, for whoever puts them in force
// (trust_reader.h) and whoever checks them when they are written (trust_check.h). So what is refused there is what could not be used here.
//
// Pure and thread-safe. Errors: kInvalidInput, with the step of lib/verify that refused and what it saw.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/trusted_publisher.h"
#include "base/error.h"
#include "registry/configuration.h"
#include "verify/identity.h"
#include "verify/notation_identity.h"
#include "verify/notation_trust_store.h"
#include "verify/public_key.h"
#include "verify/revocation.h"
#include "verify/trusted_root.h"
#include "verify/tuf_root.h"

namespace hullwright::evidence {

// As an error of this layer.
Error ToError(const verify::Failure& failure);

Result<verify::PublicKey> ReadPublicKey(std::string_view pem);
Result<verify::IdentityMatcher> ReadIdentity(const api::KeylessAuthority& keyless);
Result<verify::TrustedIdentities> ReadIdentities(const api::NotationAuthority& notation);
Result<verify::TrustedRoot> ReadTrustedRoot(std::string_view json);
// root.json from which a TUF client starts.
Result<verify::TufRoot> ReadInitialRoot(std::string_view json);
Result<std::vector<verify::Certificate>> ReadStore(verify::TrustStoreType type, const std::string& pem);
// Blocks X509 CRL, each in DER. Who signed them and until when they count is found out when they are used.
Result<std::vector<std::string>> ReadRevocationLists(std::string_view pem);
// The certificates that a host is trusted by.
Result<void> RequireRoots(const std::string& pem);

}  // namespace hullwright::evidence
