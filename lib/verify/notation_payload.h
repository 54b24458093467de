// What a Notary Project signature says: "this artifact" (signature-specification.md, "Payload"). Read from the signed bytes only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "verify/failure.h"

namespace hullwright::verify {

struct NotationPayload {
  std::string media_type;
  std::string digest;  // as written: "sha256:…", also of algorithms that we cannot compute
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations;  // user metadata
};

// The artifact that must have been signed. What the caller does not know is absent and not compared; the digest always is.
struct NotationTarget {
  std::string digest;
  std::optional<std::string> media_type;
  std::optional<std::uint64_t> size;
  std::map<std::string, std::string> user_metadata;  // must be among the annotations
};

Checked<NotationPayload> ReadNotationPayload(std::string_view payload);
// Step::kSubject when the payload names something else.
Checked<void> CheckNotationTarget(const NotationPayload& payload, const NotationTarget& target);

// "host/repository@sha256:…" as a Notary Project client wants it: with its host, a digest, no tag needed. kStructure otherwise.
Checked<void> CheckNotationReference(std::string_view reference);

}  // namespace hullwright::verify
