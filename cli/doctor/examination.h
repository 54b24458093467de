// What `hullctl doctor` found out: findings of checks, each with what was seen and what to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

namespace hullwright::cli {

// An error is never ok: where a check could not look, it could not tell.
enum class Health { kOk, kCouldNotTell, kProblem };
std::string_view ToString(Health health);  // "ok", "could-not-tell", "problem"

struct HealthFinding {
  Health health = Health::kOk;
  std::string seen;
  std::string remedy;  // what to do, with the command; "" when ok
};

// What one check has to say. Texts of a cluster go through Printable before they come here.
class CheckReport {
 public:
  void Ok(std::string seen) { findings_.push_back({Health::kOk, std::move(seen), ""}); }
  void Problem(std::string seen, std::string remedy) { findings_.push_back({Health::kProblem, std::move(seen), std::move(remedy)}); }
  void CouldNotTell(std::string seen, std::string remedy) {
    findings_.push_back({Health::kCouldNotTell, std::move(seen), std::move(remedy)});
  }
  // The API server did not give what was asked for; what: "the Deployment hullwright-webhook".
  void Unread(std::string_view what, const Error& error);
  // Worth knowing, and neither good nor bad.
  void Note(std::string text) { notes_.push_back(std::move(text)); }

  // The worst of its findings; a check that found nothing to say could not tell.
  Health health() const;
  const std::vector<HealthFinding>& findings() const { return findings_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<HealthFinding> findings_;
  std::vector<std::string> notes_;
};

struct CheckedPart {
  std::string name;   // "webhook-certificates"
  std::string about;  // what the check looks at, in some words
  CheckReport report;
};

struct Examination {
  std::string time;              // RFC 3339
  std::string namespace_, name;  // of the installation
  std::vector<CheckedPart> parts;

  ExitCode exit_code() const;  // a problem is kViolation, and outweighs what could not be told
};

// For people, and as JSON (docs/reference/hullctl-json.md).
std::string RenderExamination(const Examination& examination, const Terminal& terminal);
std::string ExaminationJson(const Examination& examination);

}  // namespace hullwright::cli
