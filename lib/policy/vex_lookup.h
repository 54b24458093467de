// Which signed VEX statement, if any, takes a finding of one image away under one policy (rules.vulnerabilities.vex).
//
// A document counts when all of this holds of it: it is the predicate of an attestation that was verified, about the digest that is judged
// or about the manifest whose scan is; its publisher is one that the policy names there; that publisher signs, has the authority that
// accepted it today, and the image is one of its own. Every other document is as if it were not there, and so are all of them when the
// registry could not be asked: what is missing takes nothing away, and is no reason by itself.
// Nothing is taken away from an entry with `waivable: false` (docs/decisions/0026-vex.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/rule.h"
#include "policy/vex_matching.h"

namespace hullwright::policy {

// Does nothing until asked first. Keeps references to what it is given.
class VexLookup {
 public:
  // The report is told when facts of before are used because the registry cannot be asked (origin.h), and has the budget.
  VexLookup(const RuleInput& input, RuleReport& report) : input_(input), report_(report) {}

  // The statement that takes the finding away; nullopt: it stays.
  std::optional<Suppression> Covering(const api::ForbidEntry& entry, const ScanRecord& scan, const FindingView& finding);

  // What there is, for people: "2 statements of acme (OpenVEX); …". After everything was asked.
  std::string Describe();

 private:
  struct Source {
    SignedVex vex;
    const Digest* subject;
  };

  void PrepareSources(RuleReport& report);
  std::vector<SignedVex> About(const ScanRecord& scan) const;

  const RuleInput& input_;
  RuleReport& report_;
  bool prepared_ = false;
  const TrustFacts* facts_ = nullptr;
  std::string doubt_;  // why there are no facts
  std::vector<Source> sources_;
  const ScanRecord* scan_ = nullptr;  // the last that was asked about
  std::vector<SignedVex> about_scan_;
};

// The record of what a statement took away; the policy's id is the engine's to fill in.
Waived RecordSuppressed(const Suppression& suppression, std::string_view rule, std::string what);

}  // namespace hullwright::policy
