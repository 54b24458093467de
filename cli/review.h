// What check and explain have in common: manifests or one image in, a decision for each object out, by the same engine as the webhook's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/object.h"
#include "cli/command.h"
#include "cli/manifests.h"
#include "cli/registry_session.h"
#include "evidence/observer.h"
#include "policy/decision.h"
#include "policy/exploitation.h"

namespace hullwright::evidence {
struct Basis;
}

namespace hullwright::cli {

// As written on the command line.
struct ReviewOptions {
  std::vector<std::string> manifests;  // files, folders, "-"
  std::string image;                   // explain only: judge this reference, as the only container of a Pod, instead of manifests
  std::vector<std::string> old_manifests;
  std::vector<std::string> policies, scans;
  std::string admitted;
  std::string exploitation;                                                              // folder of EPSS and KEV; "": none
  std::int64_t exploitation_max_age_hours = policy::kDefaultMaxExploitationAge.count();  // 0: any age will do
  std::string namespace_ = "default";
  std::string unmatched = "Deny";
  std::vector<std::string> workload_paths;
  bool ask_registries = false;
  RegistryOptions registry;                 // a layout is asked without ask_registries
  std::vector<std::string> node_platforms;  // "linux/amd64"; empty: not known
  std::string now;
  bool strict = false;
  bool trace = false;

  bool AsksRegistries() const { return ask_registries || !registry.layout.empty(); }
};

struct ReviewedObject {
  Place place;
  ObjectIdentity identity;       // namespace_ filled in
  std::string description;       // "Pod shop/api"
  std::string error;             // not "": its images could not be read, or it names none, which is could-not-tell
  policy::Decision decision;     // meaningless when there is an error
  std::size_t unchanged = 0;     // images that are as in the old object and were not judged
  std::vector<int> image_lines;  // beside decision.images: the line of the file where the reference stands, 0 when it was not found
  std::shared_ptr<const evidence::Basis> basis = nullptr;  // what it was judged by; null without ReviewExtras::keep_basis
};

// Something in the policy, scan or exploitation folders that cannot be used.
struct InputProblem {
  std::string origin, object, error;
  bool of_scans = false;  // or of exploitation: only matters to images it is about, which then say so themselves

  // "VulnerabilityException/shop/x: …": without the origin.
  std::string Fault() const { return object.empty() ? error : object + ": " + error; }
  // "policies/a.yaml: VulnerabilityException/shop/x: …".
  std::string ToString() const { return origin + ": " + Fault(); }
};

struct SkippedObject {
  Place place;
  std::string description;  // "Service shop/web"
  std::string why;
};

struct Review {
  Time now{};
  bool strict = false;
  std::vector<ReviewedObject> objects;
  std::vector<SkippedObject> skipped;
  std::vector<ManifestError> errors;
  std::vector<InputProblem> problems;
  std::vector<std::string> notes;  // worth saying, without effect on the verdict

  ExitCode Verdict() const;
};

// What an object alone means for the exit code. Refused (with strict, warned of too): kViolation when the outcome of its decision is a
// violation, kCouldNotTell when it is could-not-tell. Otherwise kPass.
ExitCode VerdictOf(const ReviewedObject& object, bool strict);
// "denied", "warned", "passed": what the webhook would do.
std::string_view ActionOf(const ReviewedObject& object);

// kInvalidInput with ExitCode kUsage in mind: a setting of the command line is wrong. Everything else is a matter of input: kCouldNotTell.
struct ReviewFailure {
  ExitCode code = ExitCode::kCouldNotTell;
  std::string message;
};
struct GivenObject {
  api::ObjectKey key;
  api::Object object;
};
// What a command adds to the folders of its options.
struct ReviewExtras {
  std::vector<GivenObject> objects = {};
  evidence::Observer* observer = nullptr;  // null, or told what registries are asked for
  bool keep_basis = false;
};
std::expected<Review, ReviewFailure> RunReview(const ReviewOptions& options, const Environment& environment, ReviewExtras extras = {});

}  // namespace hullwright::cli
