#include "cli/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/image_lines.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "evidence/exploitation_source.h"
#include "evidence/folder_source.h"
#include "evidence/judge.h"
#include "kube/pod_spec.h"

namespace hullwright::cli {
namespace {

std::unexpected<ReviewFailure> Usage(std::string message) {
  return std::unexpected(ReviewFailure{ExitCode::kUsage, std::move(message)});
}

std::unexpected<ReviewFailure> Unreadable(const Error& error) {
  return std::unexpected(ReviewFailure{ExitCode::kCouldNotTell, error.message});
}

// What the settings mean, once understood.
struct Settings {
  Time now;
  policy::EngineOptions engine;
  kube::Workloads workloads;
};

policy::Unmatched UnmatchedOf(std::string_view word) {
  if (word == "Allow") return policy::Unmatched::kAllow;
  return word == "Warn" ? policy::Unmatched::kWarn : policy::Unmatched::kDeny;
}

bool AsksRegistries(const ReviewOptions& options) {
  return options.ask_registries || !options.registry.layout.empty();
}

bool HasRegistrySettings(const RegistryOptions& options) {
  return !options.registries.empty() || !options.plain_http.empty() || !options.registry_config.empty() || !options.cluster_data.empty();
}

std::expected<Settings, ReviewFailure> Understand(const ReviewOptions& options, const Environment& environment) {
  Settings settings{environment.clock.Now(), {}, {}};
  if (!options.now.empty()) {
    const auto now = ParseRfc3339(options.now);
    if (!now) return Usage("--now: " + now.error().message);
    settings.now = *now;
  }
  for (const std::string& platform : options.node_platforms) {
    if (!platform.contains('/'))
      return Usage(fmt::format("--node-platforms: \"{}\" is no OS/ARCHITECTURE such as linux/amd64", Printable(platform, 64)));
  }
  for (const std::string& path : options.workload_paths) {
    if (auto added = settings.workloads.Add(path); !added) return Usage("--workload-path: " + added.error().message);
  }
  if (!AsksRegistries(options) && HasRegistrySettings(options.registry))
    return Usage("--registries, --plain-http, --registry-config and --cluster-data say how registries are asked: add --registry");
  settings.engine.unmatched = UnmatchedOf(options.unmatched);
  settings.engine.trace = options.trace;
  return settings;
}

std::expected<void, ReviewFailure> LoadInventory(const std::string& file, evidence::AdmittedImages& admitted) {
  if (file.empty()) return {};
  if (auto loaded = admitted.LoadFile(file); !loaded) return Unreadable(loaded.error());
  return {};
}

std::expected<void, ReviewFailure> LoadCatalogue(const ReviewOptions& options, std::vector<GivenObject> extra,
                                                 evidence::Catalogue& catalogue) {
  std::vector<evidence::Folder> folders;
  folders.reserve(options.policies.size() + options.scans.size());
  for (const std::string& path : options.policies) folders.push_back({path, true});
  for (const std::string& path : options.scans) folders.push_back({path, false});
  if (auto loaded = evidence::LoadFolders(folders, catalogue); !loaded) return Unreadable(loaded.error());
  if (!options.exploitation.empty()) {
    evidence::ExploitationOptions exploitation{.folder = options.exploitation, .max_age = std::nullopt};
    if (options.exploitation_max_age_hours > 0) exploitation.max_age = std::chrono::hours(options.exploitation_max_age_hours);
    if (auto loaded = evidence::LoadExploitation(exploitation, catalogue); !loaded) return Unreadable(loaded.error());
  }
  for (GivenObject& given : extra) catalogue.Put(given.key, "the command line", std::move(given.object));
  catalogue.Publish();
  return {};
}

class StandingClock final : public Clock {
 public:
  explicit StandingClock(Time now) : now_(now) {}
  Time Now() const override { return now_; }

 private:
  const Time now_;
};

bool IsBelow(const std::string& path, const std::string& folder) {
  const auto inside = std::filesystem::path(path).lexically_normal().lexically_relative(std::filesystem::path(folder).lexically_normal());
  return !inside.empty() && *inside.begin() != "..";
}

std::vector<InputProblem> ProblemsOf(const evidence::Catalogue& catalogue, const ReviewOptions& options) {
  std::vector<InputProblem> problems;
  for (const evidence::Problem& problem : catalogue.Problems()) {
    const auto holds = [&](const std::string& folder) { return IsBelow(problem.origin, folder); };
    // A broken file there is no data for the policies that ask for it, which then say so themselves.
    const bool of_exploitation = !options.exploitation.empty() && holds(options.exploitation);
    const bool of_scans = (of_exploitation || std::ranges::any_of(options.scans, holds)) && std::ranges::none_of(options.policies, holds);
    problems.push_back({problem.origin, problem.object, problem.error, of_scans});
  }
  return problems;
}

bool IsNamespace(const ManifestObject& object) {
  return object.api_version == "v1" && object.identity.kind == "Namespace";
}

// Goes through the objects of the manifests and asks about each.
class Reviewer {
 public:
  // registries: null, or asked for what the catalogue does not know.
  Reviewer(const ReviewOptions& options, const Settings& settings, evidence::Catalogue& catalogue, const evidence::AdmittedImages& admitted,
           RegistrySession* registries)
      : options_(options), settings_(settings), catalogue_(catalogue), admitted_(admitted), registries_(registries) {
    review_.now = settings.now;
    review_.strict = options.strict;
  }

  void KeepOldState(Manifests manifests) {
    for (ManifestError& error : manifests.errors) review_.errors.push_back(std::move(error));
    for (ManifestObject& object : manifests.objects) {
      const ObjectIdentity identity = InNamespace(object.identity);
      old_state_.insert_or_assign(identity, std::move(object));
    }
  }

  Review JudgeManifests(Manifests manifests) {
    for (ManifestError& error : manifests.errors) review_.errors.push_back(std::move(error));
    for (ForeignDocument& document : manifests.foreign) {
      review_.skipped.push_back({std::move(document.place), "a document", "no Kubernetes object"});
    }
    TakeNamespaces(manifests.objects);
    for (const ManifestObject& object : manifests.objects) JudgeObject(object);
    return std::move(review_);
  }

  Review JudgeImage(const std::string& reference) {
    ReviewedObject reviewed;
    reviewed.identity = {"", "Pod", options_.namespace_, "image"};
    reviewed.description = fmt::format("a Pod in namespace {}", Printable(options_.namespace_, 64));
    Judge(policy::SubjectKind::kPod, {{api::ContainerType::kContainers, "image", "spec.containers[0].image", reference}}, reviewed);
    review_.objects.push_back(std::move(reviewed));
    return std::move(review_);
  }

 private:
  ObjectIdentity InNamespace(ObjectIdentity identity) const {
    if (identity.namespace_.empty()) identity.namespace_ = options_.namespace_;
    return identity;
  }

  // The folders speak for the cluster; a manifest, which its author can write at will, only adds namespaces they do not know.
  void TakeNamespaces(const std::vector<ManifestObject>& objects) {
    const auto known = catalogue_.Namespaces();
    bool changed = false;
    for (const ManifestObject& object : objects) {
      if (!IsNamespace(object) || object.identity.name.empty()) continue;
      if (known && known->contains(object.identity.name)) {
        review_.notes.push_back(fmt::format("{}: Namespace {} is also in the policy folders: their labels count, not these",
                                            object.place.ToString(), object.identity.name));
        continue;
      }
      JsonReader reader;
      const auto element = reader.Read(object.json, {.max_bytes = 4 * kMaxManifestBytes});
      auto decoded = element ? api::DecodeObject(*element) : Result<api::Object>(std::unexpected(element.error()));
      if (!decoded) {
        review_.errors.push_back({object.place, decoded.error().message});
        continue;
      }
      catalogue_.Put({"Namespace", "", object.identity.name}, object.place.ToString(), std::move(decoded));
      changed = true;
    }
    if (changed) catalogue_.Publish();
  }

  void Skip(const ManifestObject& object, std::string why) { review_.skipped.push_back({object.place, object.ToString(), std::move(why)}); }

  void JudgeObject(const ManifestObject& object) {
    if (IsNamespace(object)) return Skip(object, "read for its labels");
    if (object.identity.group == api::kGroup) return Skip(object, "a Hullwright object: check it with `hullctl validate`");
    const kube::Workload* workload = settings_.workloads.Find(object.identity.group, object.identity.kind);
    if (workload == nullptr) return Skip(object, "no Pod, and no workload kind that is known");
    ReviewedObject reviewed;
    reviewed.place = object.place;
    reviewed.identity = InNamespace(object.identity);
    reviewed.description = fmt::format("{} {}/{}", reviewed.identity.kind, reviewed.identity.namespace_, reviewed.identity.name);
    if (auto images = ImagesOf(*workload, object, reviewed)) {
      const auto kind = workload->is_pod ? policy::SubjectKind::kPod : policy::SubjectKind::kTemplate;
      reviewed.unchanged = images->unchanged.size();
      reviewed.image_lines = LinesOf(images->changed, object);
      Judge(kind, std::move(images->changed), reviewed);
    } else {
      reviewed.error = "ObjectUnreadable: " + Printable(images.error().message, 1024);  // the webhook's word
    }
    review_.objects.push_back(std::move(reviewed));
  }

  Result<kube::ReviewedImages> ImagesOf(const kube::Workload& workload, const ManifestObject& object,
                                        const ReviewedObject& reviewed) const {
    const JsonLimits limits{.max_bytes = 4 * kMaxManifestBytes};
    JsonReader reader, old_reader;
    const auto element = reader.Read(object.json, limits);
    if (!element) return std::unexpected(element.error());
    const auto old_state = old_state_.find(reviewed.identity);
    if (old_state == old_state_.end()) return kube::ReviewImages(workload, *element, std::nullopt);
    const auto old_element = old_reader.Read(old_state->second.json, limits);
    if (!old_element) return std::unexpected(old_element.error());
    return kube::ReviewImages(workload, *element, *old_element);
  }

  void Judge(policy::SubjectKind kind, std::vector<api::ImageUse> images, ReviewedObject& reviewed) const {
    evidence::Question question{kind, reviewed.description, reviewed.identity.namespace_, std::move(images)};
    if (registries_ == nullptr) {
      reviewed.decision = evidence::Judge(catalogue_, admitted_, question, settings_.now, settings_.engine);
      return;
    }
    question.pull = registries_->pull();
    question.tags_are_pinned = true;  // as behind the hook that writes digests
    evidence::Sources sources{catalogue_, admitted_, &registries_->gatherer()};
    if (!options_.node_platforms.empty()) sources.node_platforms = options_.node_platforms;
    const Deadline deadline = std::chrono::steady_clock::now() + kRegistryPatience;
    reviewed.decision = evidence::Judge(sources, question, settings_.now, settings_.engine, deadline);
  }

  const ReviewOptions& options_;
  const Settings& settings_;
  evidence::Catalogue& catalogue_;
  const evidence::AdmittedImages& admitted_;
  RegistrySession* const registries_;
  std::map<ObjectIdentity, ManifestObject> old_state_;
  Review review_;
};

// Not of Kubernetes itself: what it runs, nobody here knows.
bool IsCustom(const ManifestObject& object) {
  const std::string& group = object.identity.group;
  return group.contains('.') && !group.ends_with(".k8s.io") && group != api::kGroup;
}

// A pipe whose other end failed hands over nothing, a wrong path an empty folder, a custom workload no image: none is a pass.
void RefuseNothing(const Manifests& manifests, const ReviewOptions& options, Review& review) {
  if (!review.objects.empty() || !manifests.errors.empty()) return;
  std::string why;
  if (manifests.documents == 0) why = "holds no manifest, so nothing was judged";
  if (std::ranges::any_of(manifests.objects, IsCustom)) {
    why = "holds no workload kind that is known, so nothing was judged: name where a further kind keeps its PodSpec by --workload-path";
  }
  if (why.empty()) return;
  for (const std::string& path : options.manifests) review.errors.push_back({{path == "-" ? "<stdin>" : path, 0, ""}, why});
}

}  // namespace

std::expected<Review, ReviewFailure> RunReview(const ReviewOptions& options, const Environment& environment, ReviewExtras extras) {
  const auto settings = Understand(options, environment);
  if (!settings) return std::unexpected(settings.error());
  evidence::Catalogue catalogue;
  if (auto loaded = LoadCatalogue(options, std::move(extras.objects), catalogue); !loaded) return std::unexpected(loaded.error());
  evidence::AdmittedImages admitted;
  if (auto loaded = LoadInventory(options.admitted, admitted); !loaded) return std::unexpected(loaded.error());
  auto problems = ProblemsOf(catalogue, options);
  const StandingClock clock(settings->now);
  std::unique_ptr<RegistrySession> registries;
  if (AsksRegistries(options)) {
    auto opened = RegistrySession::Open(options.registry, catalogue, environment, clock, extras.observer);
    if (!opened) return Unreadable(opened.error());
    registries = std::move(*opened);
  }

  Reviewer reviewer(options, *settings, catalogue, admitted, registries.get());
  Review review;
  if (!options.image.empty()) {
    review = reviewer.JudgeImage(options.image);
  } else {
    if (!options.old_manifests.empty()) reviewer.KeepOldState(ReadManifests(options.old_manifests, environment));
    const Manifests manifests = ReadManifests(options.manifests, environment);
    review = reviewer.JudgeManifests(manifests);
    RefuseNothing(manifests, options, review);
  }
  review.problems = std::move(problems);
  return review;
}

ExitCode VerdictOf(const ReviewedObject& object, bool strict) {
  if (!object.error.empty()) return ExitCode::kCouldNotTell;
  const auto least = strict ? api::Enforcement::kWarn : api::Enforcement::kDeny;
  const bool acts = object.decision.enforcement && *object.decision.enforcement >= least;
  if (!acts) return ExitCode::kPass;
  return object.decision.outcome == policy::Outcome::kViolation ? ExitCode::kViolation : ExitCode::kCouldNotTell;
}

std::string_view ActionOf(const ReviewedObject& object) {
  if (!object.error.empty() || !object.decision.allowed()) return "denied";
  return object.decision.enforcement == api::Enforcement::kWarn ? "warned" : "passed";
}

ExitCode Review::Verdict() const {
  ExitCode verdict = ExitCode::kPass;
  for (const ReviewedObject& object : objects) {
    const ExitCode one = VerdictOf(object, strict);
    if (one == ExitCode::kViolation) return one;
    verdict = std::max(verdict, one);
  }
  const bool unreadable = !errors.empty() || std::ranges::any_of(problems, [](const InputProblem& problem) { return !problem.of_scans; });
  return unreadable ? ExitCode::kCouldNotTell : verdict;
}

}  // namespace hullwright::cli
