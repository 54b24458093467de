#include "tools/vector-runner/log_kinds.h"

#include <array>

namespace hullwright::vectors {

std::span<const Kind> LogKinds() {
  static constexpr std::array kKinds = {
      Kind{"sigstore-bundle", RunSigstoreBundle},
      Kind{"cosign-legacy-image", RunCosignImage},
      Kind{"cosign-legacy-layer", RunCosignLayer},
      Kind{"rekor-set", RunSet},
      Kind{"rekor-set-match", RunSetMatch},
      Kind{"rfc6962-inclusion", RunInclusion},
      Kind{"checkpoint-body-parse", RunCheckpointBody},
      Kind{"tuf-root-update", RunTufRootUpdate},
  };
  return kKinds;
}

}  // namespace hullwright::vectors
