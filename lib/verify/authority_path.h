// The certificates of one authority as a trusted root lists them, and the chain of a leaf to them. Source: research sections 0.5 and 0.6.
//
// What neither a time nor the leaf can change is proved once, when the path is made; a leaf by the lowest of its certificates then costs
// one signature and the dates (docs/decisions/0022-proved-paths.md). A value; safe to use from several threads at once.
#pragma once

#include <vector>

#include "verify/certificate.h"
#include "verify/certificate_chain.h"

namespace hullwright::verify {

class AuthorityPath {
 public:
  // Lowest first, at least one. The last is trusted, the others are helpers towards it.
  explicit AuthorityPath(std::vector<Certificate> certificates);

  const std::vector<Certificate>& certificates() const { return certificates_; }
  const Certificate& lowest() const { return certificates_.front(); }
  // Each was issued by the next, and nothing above the lowest restricts what it issues. False: every leaf is verified all the way up.
  bool is_proved() const { return proved_; }

  // As BuildChain with the last certificate as anchor, the others and the untrusted helpers as intermediates; same failures.
  Checked<std::vector<Certificate>> ChainOf(const Certificate& leaf, const std::vector<Certificate>& helpers, Time at,
                                            ChainPurpose purpose) const;

 private:
  Checked<std::vector<Certificate>> LongWay(const Certificate& leaf, const std::vector<Certificate>& helpers, Time at,
                                            ChainPurpose purpose) const;
  Checked<std::vector<Certificate>> ShortWay(const Certificate& leaf, Time at, ChainPurpose purpose) const;

  std::vector<Certificate> certificates_;
  bool proved_;
};

}  // namespace hullwright::verify
