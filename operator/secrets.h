// The two Secrets: that of the CA, which the operator alone reads, and that of the webhook, which its Pods mount. Both hold tls.crt,
// tls.key and ca.crt. Read by name alone: the operator may not list Secrets.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/client.h"
#include "operator/certificate_authority.h"

namespace hullwright::controller {

struct StoredSecret {
  nlohmann::json object;                    // as the API server gave it; null: there is none
  std::map<std::string, std::string> data;  // decoded; what is no base64 is left out
};

Result<StoredSecret> ReadSecret(kube::KubeClient& client, const std::string& path);

// Creates the Secret, or replaces its data if it is still as before was read (kConflict otherwise, so that of two leaders one wins). What
// others have put into its metadata stays.
Result<void> WriteSecret(kube::KubeClient& client, const std::string& path, const StoredSecret& before,
                         const std::map<std::string, std::string>& data);

// What can be used of such a Secret.
struct SecretContent {
  PemPair pair;
  std::optional<CertificateView> certificate;  // of the pair; nullopt: absent, or unusable as problem says
  std::vector<CertificateView> bundle;         // the CAs of ca.crt; none when it cannot be read
  std::string problem;                         // "" when it is absent or in order
};

// whose: "CA" or "webhook", for problem.
SecretContent ContentOf(const StoredSecret& secret, std::string_view whose);

// The CAs of a bundle; what is no CA is left out, and so is a bundle that cannot be read.
std::vector<CertificateView> AuthoritiesIn(const std::string& pem);

std::map<std::string, std::string> SecretData(const PemPair& pair, const std::vector<CertificateView>& bundle);

}  // namespace hullwright::controller
