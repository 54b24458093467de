// POST /v1/validate: may this Pod, or a template of Pods, name these images?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "evidence/decision_recorder.h"
#include "evidence/judge.h"
#include "kube/pod_spec.h"
#include "policy/engine.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Whether an answer may be waited for, and until when.
struct Patience {
  bool may_block = false;
  Deadline deadline = {};
};

// What else than memory facts come from.
struct Origins {
  evidence::Gatherer* gatherer = nullptr;  // null: no registry is asked
  std::optional<std::vector<std::string>> node_platforms = std::nullopt;
};

// Where decisions are kept, and whose.
struct Recording {
  evidence::DecisionRecorder* recorder = nullptr;  // null: nowhere
  // Also what a peer asks that did not prove to be an API server: anybody could fill the history.
  bool of_anybody = false;
};

// What a decision says to who asked.
Verdict ToVerdict(const policy::Decision& decision);

// A Pod that a kubelet reports after having started it from a file of its own node.
bool IsMirrorPod(const AdmissionRequest& request);

// Thread-safe. The collaborators outlive it.
class AdmissionHandler {
 public:
  AdmissionHandler(const evidence::Catalogue& catalogue, evidence::AdmittedImages& admitted, const kube::Workloads& workloads,
                   const Clock& clock, policy::EngineOptions options, const Origins& origins = {}, const Recording& recording = {});

  // peer_authenticated: the client proved to be an API server. Only then is remembered what was admitted, since anybody on the pod network
  // can post a forged review. nullopt: a registry has to be waited for; call again with patience.
  std::optional<Verdict> Handle(const AdmissionRequest& request, bool peer_authenticated, const Patience& patience) const;

 private:
  struct Review {
    const AdmissionRequest& request;
    const kube::Workload& workload;
    bool peer_authenticated;
    const Patience& patience;
  };
  std::optional<Verdict> Judge(const Review& review, const kube::ReviewedImages& images) const;
  evidence::Question QuestionOf(const Review& review, const std::vector<api::ImageUse>& images) const;
  std::optional<policy::Decision> Ask(const Review& review, const std::vector<api::ImageUse>& images, Time now,
                                      evidence::Basis* basis) const;
  std::optional<policy::Decision> AskOfRunning(const Review& review, const std::vector<api::ImageUse>& images, Time now) const;
  void Remember(const AdmissionRequest& request, const std::vector<api::ImageUse>& images, const policy::Decision& decision,
                Time now) const;

  const evidence::Sources sources_;
  evidence::AdmittedImages& admitted_;
  const kube::Workloads& workloads_;
  const Clock& clock_;
  const policy::EngineOptions options_;
  const Recording recording_;
};

}  // namespace hullwright::webhook
