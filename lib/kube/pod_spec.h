// The one iterator over every image a Kubernetes object can name, and what of it a request changes.
//
// In every PodSpec: containers[].image, initContainers[].image (sidecars included), ephemeralContainers[].image and
// volumes[].image.reference (core/v1). A test compares this list with the API server's OpenAPI document, so that a new image field in
// Kubernetes is noticed (docs/decisions/0007-one-iterator.md). Not image references: volumes[].rbd.image, status, node images.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/image_use.h"
#include "base/error.h"
#include "base/json.h"

namespace hullwright::kube {

// Where a kind keeps its PodSpec: {"apps", "Deployment", {"spec", "template", "spec"}}.
struct Workload {
  std::string group;  // "" for core
  std::string kind;
  std::vector<std::string> pod_spec_path;
  bool is_pod = false;             // the images run now; otherwise a template from which Pods will be made
  bool may_lack_pod_spec = false;  // Kubernetes (or the operator who configured the kind) lets an object have no PodSpec
};

// The kinds we can read. Immutable after construction.
class Workloads {
 public:
  // Pod, PodTemplate, ReplicationController, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob.
  Workloads();

  // Adds a kind from "group/Kind=/path/to/podSpec" (--workload-path), e.g. "argoproj.io/Rollout=/spec/template/spec". The path goes
  // through members only, not through lists. A kind that is known already is refused: nothing can redirect a built-in one.
  Result<void> Add(std::string_view setting);

  // The kinds that every Kubernetes has, in the order above; they live as long as the program.
  static const std::vector<Workload>& BuiltIn();

  // nullptr: a kind we cannot read.
  const Workload* Find(std::string_view group, std::string_view kind) const;

 private:
  std::vector<Workload> workloads_;
};

// The images of an object, split by what the request changes. Order: the four lists, each in document order.
struct ReviewedImages {
  std::vector<api::ImageUse> changed;    // to be judged: new, or another reference or user than the old object's container of that name
  std::vector<api::ImageUse> unchanged;  // same list, same container name, same reference and user as in the old object
};

// Lists the images of an object. old_object is the state before an UPDATE; nullopt judges everything.
//   - A name that occurs twice in its list, or is empty, counts as changed; so does everything when the old object cannot be read.
//   - A member of another type than Kubernetes gives it is an error (kInvalidInput) with its path: what cannot be read is never skipped.
//     Members that Kubernetes does not have are ignored, as it ignores them. null means absent.
//   - An absent PodSpec is an error unless the kind may lack it.
//   - An absent or empty image is one and the same to Kubernetes (omitempty). In a Pod it is listed with reference ""; in a template, where
//     a default may fill it in before there is a Pod, it names no image and is not listed.
Result<ReviewedImages> ReviewImages(const Workload& workload, JsonElement object, std::optional<JsonElement> old_object);

}  // namespace hullwright::kube
