#include "support/trusted_root_json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/base64.h"
#include "base/rfc3339.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;

std::string KeyDetails(const verify::PublicKey& key) {
  if (key.type() == verify::KeyType::kEcdsaP256) return "PKIX_ECDSA_P256_SHA_256";
  if (key.type() == verify::KeyType::kEcdsaP384) return "PKIX_ECDSA_P384_SHA_384";
  throw std::runtime_error("no name is known for this key");
}

json WindowJson(const verify::ValidityWindow& window) {
  json text = {{"start", FormatRfc3339(window.start)}};
  if (window.end) text["end"] = FormatRfc3339(*window.end);
  return text;
}

json LogsJson(const std::vector<verify::TransparencyLog>& logs) {
  json list = json::array();
  for (const auto& log : logs) {
    list.push_back(
        {{"baseUrl", log.base_url},
         {"hashAlgorithm", "SHA2_256"},
         {"publicKey",
          {{"rawBytes", EncodeBase64(log.key.spki())}, {"keyDetails", KeyDetails(log.key)}, {"validFor", WindowJson(log.window)}}},
         {"logId", {{"keyId", EncodeBase64(log.id)}}}});
    if (log.checkpoint_id) list.back()["checkpointKeyId"] = {{"keyId", EncodeBase64(*log.checkpoint_id)}};
  }
  return list;
}

json AuthoritiesJson(const std::vector<verify::CertificateAuthority>& authorities) {
  json list = json::array();
  for (const auto& authority : authorities) {
    json chain = json::array();
    for (const auto& certificate : authority.path.certificates()) chain.push_back({{"rawBytes", EncodeBase64(certificate.der())}});
    list.push_back({{"subject", {{"organization", authority.organization}, {"commonName", authority.common_name}}},
                    {"uri", authority.uri},
                    {"certChain", {{"certificates", chain}}},
                    {"validFor", WindowJson(authority.window)}});
  }
  return list;
}

}  // namespace

std::string TrustedRootJson(const verify::TrustedRoot& root) {
  return json{{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"},
              {"tlogs", LogsJson(root.logs)},
              {"certificateAuthorities", AuthoritiesJson(root.certificate_authorities)},
              {"ctlogs", LogsJson(root.certificate_logs)},
              {"timestampAuthorities", AuthoritiesJson(root.timestamp_authorities)}}
      .dump(2);
}

}  // namespace hullwright::testing
