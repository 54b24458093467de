// The "simple signing" payload that a legacy cosign signature covers. Source: research sections 1.1 and 1.2 step 6.
//
// Pure and thread-safe. Parse only what a signature covers.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/image_pattern.h"
#include "base/image_reference.h"
#include "verify/failure.h"

namespace hullwright::verify {

struct SimpleSigningPayload {
  std::string docker_reference;  // as written; may be empty
  Digest digest;                 // the signed manifest
  // The string valued members of "optional": cosign's annotations.
  std::map<std::string, std::string, std::less<>> annotations;

  // Exact members outside "optional", no duplicates, type "cosign container image signature"; "optional" must be there, object or null,
  // its creator a string and its timestamp an integer when present.
  static Checked<SimpleSigningPayload> Parse(std::string_view json);
};

// How the signed reference must agree with the image's name (containers/image, containers-policy.json(5)).
enum class ReferenceMatch {
  kRepository,             // same host and repository; a signed reference that is empty or no reference is refused
  kRepositoryUnlessEmpty,  // the same, but an empty signed reference says nothing (cosign may write it so)
  kExact,                  // the same tag or digest too, written on both sides
  kIgnore,
};

// kSubject: another image; tells what was signed.
Checked<void> RequireDigest(const SimpleSigningPayload& payload, const Digest& image);
// aliased: repositories of which the image's name is an alias, so that a signature under one of them counts for it.
Checked<void> RequireReference(const SimpleSigningPayload& payload, const ImageReference& image, ReferenceMatch match,
                               std::span<const ImagePattern> aliased = {});

}  // namespace hullwright::verify
