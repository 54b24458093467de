#include <array>

#include "tools/vector-runner/kinds.h"

namespace hullwright::vectors {

std::span<const Kind> CoreKinds() {
  static constexpr std::array kKinds = {
      Kind{"leaf-pem-parse", RunLeafPemParse},
      Kind{"x509-is-ca", RunIsCa},
      Kind{"x509-is-root-ca", RunIsRootCa},
      Kind{"x509-is-leaf", RunIsLeaf},
  };
  return kKinds;
}

}  // namespace hullwright::vectors
