// Which of the platforms that an image index lists a node would run. Compared as containerd does (github.com/containerd/platforms,
// Normalize and Only), since another spelling of our nodes' platform is still theirs.
#pragma once

#include <string_view>

namespace hullwright::policy {

// False for "unknown/unknown", which BuildKit gives its attestation manifests.
bool RunsSomewhere(std::string_view platform);

enum class Fit {
  kNone,
  kFallback,  // another architecture that the node runs where the index has nothing of its own: 386 on amd64, arm on arm64
  kPossible,  // a part is empty: the runtime finds it out from the configuration, or takes its own
  kOwn,
};

// Both "os/architecture[/variant]"; variants are not compared.
Fit FitOf(std::string_view platform, std::string_view node);

}  // namespace hullwright::policy
