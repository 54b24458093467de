// The root of a TUF repository, and the rule by which one follows another. Source: theupdateframework specification 1.0, section 5.3.
//
// Pure and thread-safe.
#pragma once

#include <string_view>

#include "verify/tuf_metadata.h"

namespace hullwright::verify {

struct TufRoot {
  TufMetadata metadata;
  bool consistent_snapshot = false;
  TufRole root, timestamp, snapshot, targets;

  // Trusted because it was shipped or configured; it must still be signed as it says itself.
  static Checked<TufRoot> ParseTrusted(std::string_view json);
  // The next version of this one: signed by the thresholds of both. Expiry is not looked at: only the last root must be fresh.
  Checked<TufRoot> Successor(std::string_view json) const;
};

}  // namespace hullwright::verify
