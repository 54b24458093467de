// What of an image's facts the trust rules of one policy may use, and what of an index they must judge (docs/decisions/0014).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rule.h"

namespace hullwright::policy {

// The digest to judge by; a Doubt when there is none, or only one of before that the policy's registryOutageHours does not cover.
std::expected<const Digest*, Doubt> DigestFor(const RuleInput& input);

// The facts about that digest; a Doubt when nobody looked, when they are of before and too old, when its manifest could not be read or has
// two meanings (its signature then vouches for nothing known), or when there is no such image. Tells the report
// when they are of before and count.
std::expected<const TrustFacts*, Doubt> OriginFor(const RuleInput& input, RuleReport& report);

// A digest that must be vouched for. Points into the facts.
struct Target {
  const Digest* digest;
  std::string_view platform;  // "" when the digest is the one that the reference names
};
// By rules.image.platforms. Never empty: nothing to judge is PlatformMissing.
std::expected<std::vector<Target>, Doubt> TargetsOf(const RuleInput& input, const TrustFacts& facts);

// The manifests that rules about an image's content judge: with Index all that could run anywhere, with Schedulable those that could run on
// our nodes. Never empty.
std::expected<std::vector<const PlatformManifest*>, Doubt> ManifestsOf(const RuleInput& input, const TrustFacts& facts);

// Adds the doubt as a reason, unless another rule has told the same already.
void ReportDoubt(const Doubt& doubt, std::string_view rule, RuleReport& report);

// Reasons of one rule, one per word, however many publishers and platforms they concern.
class ReasonsByWord {
 public:
  void Add(ReasonWord word, const std::string& message);
  // What was found of one platform more: of a worse outcome it stands alone, of a better one it is not told.
  void Absorb(const ReasonsByWord& other, std::string_view platform);
  void MoveTo(RuleReport& report, std::string_view rule);
  Outcome outcome() const;

 private:
  std::vector<Doubt> reasons_;
};

}  // namespace hullwright::policy
