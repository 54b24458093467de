#include "cli/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "cli/image_lines.h"
#include "cli/review_inputs.h"
#include "evidence/judge.h"
#include "kube/pod_spec.h"

namespace hullwright::cli {
namespace {

bool IsNamespace(const ManifestObject& object) {
  return object.api_version == "v1" && object.identity.kind == "Namespace";
}

// Of a workload that names no image: most often a misspelt member, which the API server would refuse or drop. What it runs nobody knows.
std::string NoImageText(const kube::Workload& workload) {
  return fmt::format("it names no image, so nothing of it could be judged: a {} lists its containers in {}.containers, each with an image",
                     workload.kind, fmt::join(workload.pod_spec_path, "."));
}

// Goes through the objects of the manifests and asks about each.
class Reviewer {
 public:
  Reviewer(const ReviewOptions& options, bool keep_basis, ReviewInputs& inputs)
      : options_(options), keep_basis_(keep_basis), settings_(inputs.settings), inputs_(inputs) {
    review_.now = settings_.now;
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
    const auto known = inputs_.catalogue.Namespaces();
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
      inputs_.catalogue.Put({"Namespace", "", object.identity.name}, object.place.ToString(), std::move(decoded));
      changed = true;
    }
    if (changed) inputs_.catalogue.Publish();
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
    if (auto images = ImagesOf(*workload, object, reviewed); !images) {
      reviewed.error = "ObjectUnreadable: " + Printable(images.error().message, 1024);  // the webhook's word
    } else if (images->changed.empty() && images->unchanged.empty()) {
      reviewed.error = "ObjectUnreadable: " + NoImageText(*workload);
    } else {
      const auto kind = workload->is_pod ? policy::SubjectKind::kPod : policy::SubjectKind::kTemplate;
      reviewed.unchanged = images->unchanged.size();
      reviewed.image_lines = LinesOf(images->changed, object);
      Judge(kind, std::move(images->changed), reviewed);
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
    const evidence::Sources sources = inputs_.SourcesFor(question);
    const Deadline deadline = std::chrono::steady_clock::now() + kRegistryPatience;
    const auto basis = keep_basis_ ? std::make_shared<evidence::Basis>() : nullptr;
    reviewed.decision = evidence::Judge(sources, question, settings_.now, settings_.engine, deadline, basis.get());
    reviewed.basis = basis;
  }

  const ReviewOptions& options_;
  const bool keep_basis_;
  const ReviewSettings& settings_;
  ReviewInputs& inputs_;
  std::map<ObjectIdentity, ManifestObject> old_state_;
  Review review_;
};

// Not of Kubernetes itself: what it runs, nobody here knows.
bool IsCustom(const ManifestObject& object) {
  const std::string& group = object.identity.group;
  return group.contains('.') && !group.ends_with(".k8s.io") && group != api::kGroup;
}

// A pipe whose other end failed hands over nothing, a wrong path an empty folder, a custom workload no image: none is a pass. Services and
// their like alone are one, which is told.
void RefuseNothing(const Manifests& manifests, const ReviewOptions& options, Review& review) {
  if (!review.objects.empty() || !manifests.errors.empty()) return;
  std::string why;
  if (manifests.documents == 0) why = "holds no manifest, so nothing was judged";
  if (std::ranges::any_of(manifests.objects, IsCustom)) {
    why = "holds no workload kind that is known, so nothing was judged: name where a further kind keeps its PodSpec by --workload-path";
  }
  if (why.empty()) review.notes.emplace_back("nothing was judged: what was named holds no Pod and no other workload");
  if (why.empty()) return;
  for (const std::string& path : options.manifests) review.errors.push_back({{path == "-" ? "<stdin>" : path, 0, ""}, why});
}

}  // namespace

std::expected<Review, ReviewFailure> RunReview(const ReviewOptions& options, const Environment& environment, ReviewExtras extras) {
  const bool keep_basis = extras.keep_basis;
  const auto inputs = ReadInputs(options, environment, std::move(extras));
  if (!inputs) return std::unexpected(inputs.error());
  Reviewer reviewer(options, keep_basis, **inputs);
  Review review;
  if (!options.image.empty()) {
    review = reviewer.JudgeImage(options.image);
  } else {
    if (!options.old_manifests.empty()) reviewer.KeepOldState(ReadManifests(options.old_manifests, environment));
    const Manifests manifests = ReadManifests(options.manifests, environment);
    review = reviewer.JudgeManifests(manifests);
    RefuseNothing(manifests, options, review);
  }
  review.problems = std::move((*inputs)->problems);
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
