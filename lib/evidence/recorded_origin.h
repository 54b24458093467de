// What was known of an image's origin, as part of a document of the decision history.
//
// Signatures and attestations are kept as words for people: who signed, when, in which form. They are never read back as proved: what a
// file says is not what was verified (docs/decisions/0013-verified.md). Everything else is.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "evidence/recorded_json.h"
#include "policy/facts.h"

namespace hullwright::evidence {

nlohmann::ordered_json ToJson(const policy::TrustFacts& facts);
nlohmann::ordered_json ToJson(const std::expected<policy::Resolution, policy::Doubt>& resolution);

// The facts without signatures and attestations, and with one failure more: that they were not verified again. So what asks for them is
// could-not-tell, and what asks for the image's content is judged as it was.
std::shared_ptr<const policy::TrustFacts> OriginOf(const RecordedNode& node);
std::expected<policy::Resolution, policy::Doubt> ResolutionOf(const RecordedNode& node);

// Whether a signed VEX document was among what was found.
bool HadVex(const RecordedNode& node);

}  // namespace hullwright::evidence
