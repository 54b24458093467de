// What one request holds of facts about images, with a bound: it may name hundreds of images, and how large each one's facts are is for
// whoever fills its registry to say.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "policy/trust_facts.h"

namespace hullwright::evidence {

// Thread-safe.
class FactsShare {
 public:
  explicit FactsShare(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // bytes: what they take, about (facts_size.h). Facts that the request holds already take nothing. False: it would hold more than it may.
  bool Take(const std::shared_ptr<const policy::TrustFacts>& facts, std::size_t bytes) {
    return holding_.With([&](Holding& holding) {
      if (std::ranges::find(holding.facts, facts) != holding.facts.end()) return true;
      holding.refused = holding.refused || bytes > max_bytes_ - holding.bytes;
      if (bytes > max_bytes_ - holding.bytes) return false;
      holding.facts.push_back(facts);
      holding.bytes += bytes;
      return true;
    });
  }
  // Whether some were refused so far.
  bool refused() const {
    return holding_.With([](const Holding& holding) { return holding.refused; });
  }

 private:
  struct Holding {
    std::vector<std::shared_ptr<const policy::TrustFacts>> facts;
    std::size_t bytes = 0;
    bool refused = false;
  };

  const std::size_t max_bytes_;
  Guarded<Holding> holding_;
};

}  // namespace hullwright::evidence
