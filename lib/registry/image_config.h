// The configuration of an image: what runs, as whom, made when, from which layers. Pure.
// Source: OCI image specification v1.1, config.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "registry/answer.h"
#include "registry/manifest.h"

namespace hullwright::registry {

inline constexpr std::size_t kMaxConfigBytes = 4u << 20;
inline constexpr std::size_t kMaxUserBytes = 256;  // two names; a runtime finds none of such a length

struct ImageConfig {
  Platform platform;
  std::optional<Time> created;  // as the builder says; absent when it says nothing or something that is no time
  std::string user;             // "" when unset: the runtime then uses root
  std::vector<Digest> diff_ids;
  Annotations labels;
};

// bytes: of a blob with media type application/vnd.oci.image.config.v1+json or application/vnd.docker.container.image.v1+json.
// What is no such document is kMalformed; more layers, a longer user or longer words of the platform than the bounds are kTooLarge.
Answer<ImageConfig> ParseImageConfig(std::string_view bytes);
bool IsImageConfig(std::string_view media_type);

}  // namespace hullwright::registry
