// Decision cases: YAML files under tests/cases/ that say what is in force, what is asked and what the answer must be. The engine, `hullctl
// check` and the webhook are all driven from them. The format is explained in tests/cases/README.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace hullwright::tests {

// What is given is compared; what is left out may be anything. policy is an id ("ClusterImageAdmissionPolicy/floor") or its last segment.
struct ExpectedReason {
  std::string word;
  std::optional<std::string> policy, rule, enforcement, image;
};

struct ExpectedWaived {
  std::optional<std::string> waiver, what, rule;  // waiver: an id or its last segment; what: a part of the text
};

struct Expectation {
  std::string outcome;  // "pass", "could-not-tell", "violation"
  bool allowed = false;
  std::optional<bool> unmatched;
  std::vector<ExpectedReason> reasons;       // exactly these, in any order
  std::vector<ExpectedWaived> waived;        // exactly these, in any order
  std::vector<std::string> absent;           // reason words that must not appear
  std::vector<std::string> mentions;         // texts that must each appear in some reason's message
  std::vector<std::string> notices;          // exactly these words, in any order
  std::vector<std::string> notice_mentions;  // texts that must each appear in some notice's message
};

// A text of mentions with "{now-3h}" written as a time.
std::string WithTimes(std::string text, Time now);

// A digest that the namespace already ran under a policy.
struct AdmittedBefore {
  std::string namespace_;
  std::string image;   // "registry.example/shop/api@sha256:…"
  std::string policy;  // id
  Time since;
};

struct ReviewedObject {
  std::string operation;  // "CREATE", "UPDATE"
  std::string namespace_;
  std::string object;  // JSON, complete
  std::optional<std::string> old_object;
};

// A case with every short form written out and every relative time made absolute.
struct MaterialisedCase {
  Time now{};
  std::vector<std::string> objects;     // JSON: policies, publishers, waivers
  std::vector<std::string> namespaces;  // JSON: v1 Namespaces
  std::vector<std::string> scans;       // JSON: ImageScans
  std::vector<std::string> broken;      // YAML text of objects that do not decode
  std::vector<AdmittedBefore> admitted;
  std::optional<std::string> trust;  // JSON, for MintTrust (minted_trust.h)
  std::optional<std::string> epss;   // CSV, as FIRST publishes it
  std::optional<std::string> kev;    // JSON, as CISA publishes it
  ReviewedObject review;
};

struct Case {
  std::string file;  // "waivers.yaml", "trust/publishers.yaml"
  std::string name;
  std::string unmatched;    // "Deny", "Warn", "Allow"
  std::optional<Time> now;  // given only by cases that must be judged at that moment
  Expectation expect;
  // The case says what registries would have answered. Until lib/evidence can be fed with that, hullctl and the webhook cannot be asked:
  // their drivers skip these cases, and say so.
  bool engine_only = false;

  // now: of the clock that will judge; ignored when the case gives its own.
  MaterialisedCase Materialise(Time at) const;

  struct Body;
  std::shared_ptr<const Body> body;
};

// Every case of every *.yaml file in the folder and below it, in the order of file names. Throws std::runtime_error with file and case for
// a mistake in a file.
std::vector<Case> LoadCases(const std::string& folder);

}  // namespace hullwright::tests
