// A content digest of an OCI artifact: "sha256:<64 lower-case hex>" or "sha512:<128 lower-case hex>".
// Source: OCI image specification v1.1, descriptor.md, "Digests". Other algorithms are refused: we could not check them.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright {

class Digest {
 public:
  // No digest at all: a place for one that is still to be read. Its text is empty and equals no parsed digest.
  Digest() = default;
  // Refuses every other algorithm, length, upper-case hex and surrounding characters.
  static Result<Digest> Parse(std::string_view text);

  const std::string& text() const { return text_; }  // "sha256:…"
  std::string_view algorithm() const;                // "sha256"
  std::string_view hex() const;                      // "…"

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace hullwright
