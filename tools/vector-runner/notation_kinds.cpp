#include "tools/vector-runner/notation_kinds.h"

#include <array>

namespace hullwright::vectors {

std::span<const Kind> NotationKinds() {
  static constexpr std::array kKinds = {
      Kind{"notation-envelope", RunNotationEnvelope},
      Kind{"notation-authentic-timestamp", RunNotationAuthenticTimestamp},
      Kind{"notation-countersignature", RunNotationCountersignature},
      Kind{"notation-encoding", RunNotationEncoding},
      Kind{"notation-identity", RunNotationIdentity},
      Kind{"notation-truststore", RunNotationTrustStore},
      Kind{"notation-artifact-reference", RunNotationArtifactReference},
      Kind{"x509-codesigning-chain", RunCodeSigningChain},
      Kind{"x509-codesigning-leaf", RunCodeSigningLeaf},
      Kind{"x509-codesigning-ca", RunCodeSigningCa},
      Kind{"x509-timestamping-chain", RunTimeStampingChain},
      Kind{"x509-timestamping-leaf", RunTimeStampingLeaf},
      Kind{"x509-timestamping-ca", RunTimeStampingCa},
      Kind{"crl-parse", RunCrlParse},
      Kind{"freshest-crl-parse", RunFreshestCrlParse},
  };
  return kKinds;
}

}  // namespace hullwright::vectors
