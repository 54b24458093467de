// Facts about origin, as decision cases write them (tests/cases/README.md, `trust`), made into the engine's facts.
//
// This is the one file of the tests that makes Verified values without a signature: rules are tested here, cryptography in unit/verify. It
// does so through verify::Attestor itself, so that there is one definition of it (docs/decisions/0013-verified.md).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/facts.h"

namespace hullwright::tests {

struct TrustScene {
  std::optional<std::vector<std::string>> node_platforms;
  bool tags_are_pinned = false;
  std::map<std::string, std::expected<policy::Resolution, policy::Doubt>> resolutions;  // by canonical reference with tag
  std::vector<std::shared_ptr<const policy::TrustFacts>> facts;

  // Gives the image its resolution and its facts, as lib/evidence would.
  void AddTo(policy::ImageFacts& image) const;
};

// json: the `trust` of a materialised case. Throws std::runtime_error for what is no such thing.
TrustScene MintTrust(const std::string& json, Time now);

}  // namespace hullwright::tests
