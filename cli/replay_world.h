// What recorded decisions are judged again by, as the command line says it: the history, changed objects, other objects, registries.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/registry_session.h"
#include "cli/review.h"
#include "evidence/catalogue.h"
#include "evidence/record_reader.h"
#include "evidence/replay.h"

namespace hullwright::cli {

struct ReplayWorldOptions {
  std::string history;
  std::vector<std::string> policy_files;  // put in place of what was in force
  const ReviewOptions* review = nullptr;  // policies, registry and now of it
  bool by_folders = false;                // judge by review->policies instead of what was recorded
};

// What is wrong with the options of a command line, "" when nothing is.
std::string WrongUse(const ReviewOptions& review);

// Not thread-safe.
class ReplayWorld {
 public:
  // The options are not WrongUse. Errors: something cannot be read.
  static Result<std::unique_ptr<ReplayWorld>> Open(const ReplayWorldOptions& options, const Environment& environment);

  store::HistoryReader& history() { return *history_; }
  evidence::RecordReader& records() { return *records_; }
  // What in the policy folders cannot be used, in sentences.
  const std::vector<std::string>& problems() const { return problems_; }
  evidence::ReplayPlan Plan(bool trace) const;

 private:
  ReplayWorld() = default;
  Result<void> OpenFolders(const ReplayWorldOptions& options, const Environment& environment);

  std::unique_ptr<store::HistoryReader> history_;
  std::unique_ptr<evidence::RecordReader> records_;
  std::vector<GivenObject> given_;
  std::vector<std::string> problems_;
  std::optional<Time> now_;
  bool by_folders_ = false;
  evidence::Catalogue catalogue_;
  std::unique_ptr<RegistrySession> registries_;  // last: it asks the catalogue
};

}  // namespace hullwright::cli
