// hullctl rehearse: what a policy would have done to the admissions of a history, and to what manifests run.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/review.h"
#include "evidence/replay.h"

namespace hullwright::cli {

struct RehearseOptions {
  std::vector<std::string> policy_files;
  std::string history;   // "" for none
  ReviewOptions review;  // manifests: what runs, or shall; policies: what they are judged by now
  std::string output = "table";
};

// Why, of one image.
struct RehearsedReason {
  std::string image, policy, rule, word, enforcement, message;
};

// Decisions that would change in the same way for the same reasons.
struct RehearsedGroup {
  evidence::Change change = evidence::Change::kSame;
  std::string kind = {}, namespace_ = {}, name = {};  // of the last one
  std::string description = {};                       // of it: "Pod shop/api"
  std::string id = {};                                // of its decision, "" of a manifest
  std::string place = {};                             // of a manifest
  std::optional<Time> last = {};                      // when it was decided
  std::size_t count = 0;
  std::vector<RehearsedReason> reasons = {};
  std::vector<std::string> unsure = {};
  std::string was = {};  // reasons for which it was denied, where it would be admitted
};

struct Rehearsal {
  std::size_t decisions = 0, objects = 0;  // recorded; of manifests
  std::optional<Time> from, to;            // of the decisions
  std::map<evidence::Change, std::size_t> counts;
  std::vector<RehearsedGroup> groups;  // all that change, new denials first
  std::size_t left_out = 0;            // that change and are in no group, because there are too many
  std::vector<std::string> errors;     // what could not be read, the first few
  std::size_t error_count = 0;
  bool strict = false;

  ExitCode Verdict() const;
};

// Exit code: kViolation when something would be denied that is not (with --strict also: warned of), otherwise kCouldNotTell when of
// something nobody can tell, or something could not be read.
CommandOutput Rehearse(const RehearseOptions& options, const Environment& environment);

// render_rehearsal.cpp
std::string RenderRehearsal(const Rehearsal& rehearsal, const Terminal& terminal);
std::string RenderRehearsalJson(const Rehearsal& rehearsal);

}  // namespace hullwright::cli
