// An image reference as a container runtime reads it, in one canonical form, so that a policy pattern and the runtime can
// never mean two different images.
//
// Grammar and defaults: distribution/reference ("familiar" names) as containerd uses it:
//   nginx → docker.io/library/nginx (tag latest) · index.docker.io, registry-1.docker.io and docker.io are one host · host
//   lower-cased, ":443" dropped (https has it anyway), but kept for loopback hosts (plain HTTP by default) and for a host that
//   would read as a path without it (registry:443) · tag default only where neither tag nor digest is given.
// Refused: white space, control and non-ASCII characters, upper-case repository, user info ("a@b/c"), trailing dot in the host,
//   empty components, names over 255 bytes, tags over 128, a bare 64-hex name and "sha256:<hex>" as a name (a runtime may read
//   both as a local image id), malformed digests (63 or 65 hex, upper case, unknown algorithm).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"

namespace hullwright {

struct ImageReference {
  std::string host;                // "docker.io", "registry.example:5000", "[::1]:5000"
  std::string repository;          // "library/nginx": path without host
  std::optional<std::string> tag;  // absent when only a digest was given; "latest" when neither was
  bool tag_defaulted = false;      // tag was not written: it is the runtime's default "latest"
  std::optional<Digest> digest;    // when present it alone decides what runs; the tag is decoration

  // text may be up to 8 KiB; longer is refused. The message never contains control characters.
  static Result<ImageReference> Parse(std::string_view text);

  std::string Name() const { return host + "/" + repository; }  // "docker.io/library/nginx"
  std::string ToString() const;                                 // canonical, with tag (the default one too) and digest

  bool operator==(const ImageReference&) const = default;
};

}  // namespace hullwright
