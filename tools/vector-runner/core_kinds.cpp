#include <array>

#include "tools/vector-runner/kinds.h"

namespace hullwright::vectors {

std::span<const Kind> CoreKinds() {
  static constexpr std::array kKinds = {
      Kind{"leaf-pem-parse", RunLeafPemParse},
      Kind{"x509-is-ca", RunIsCa},
      Kind{"x509-is-root-ca", RunIsRootCa},
      Kind{"x509-is-leaf", RunIsLeaf},
      Kind{"fulcio-certificate", RunFulcioCertificate},
      Kind{"fulcio-issuer", RunFulcioIssuer},
      Kind{"certificate-extensions", RunCertificateExtensions},
      Kind{"certificate-summary", RunCertificateSummary},
      Kind{"sct", RunSct},
      Kind{"sct-leaf-hash", RunSctLeafHash},
      Kind{"trusted-root-parse", RunTrustedRootParse},
      Kind{"certificate-authority-parse", RunCertificateAuthorityParse},
      Kind{"signing-config-parse", RunSigningConfigParse},
      Kind{"rfc3161-timestamp", RunRfc3161Timestamp},
      Kind{"dsse", RunDsse},
      Kind{"simple-signing-payload", RunSimpleSigningPayload},
      Kind{"detached-signature", RunDetachedSignature},
  };
  return kKinds;
}

}  // namespace hullwright::vectors
