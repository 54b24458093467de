// POST /v1/validate: may this Pod, or a template of Pods, name these images?
#pragma once

#include "base/clock.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "evidence/judge.h"
#include "kube/pod_spec.h"
#include "policy/engine.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Thread-safe; memory only. The collaborators outlive it.
class AdmissionHandler {
 public:
  AdmissionHandler(const evidence::Catalogue& catalogue, evidence::AdmittedImages& admitted, const kube::Workloads& workloads,
                   const Clock& clock, policy::EngineOptions options);

  // peer_authenticated: the client proved to be an API server. Only then is remembered what was admitted, since anybody on the pod network
  // can post a forged review.
  Verdict Handle(const AdmissionRequest& request, bool peer_authenticated) const;

 private:
  Verdict Judge(const AdmissionRequest& request, const kube::Workload& workload, const kube::ReviewedImages& images,
                bool peer_authenticated) const;
  policy::Decision Ask(const AdmissionRequest& request, const kube::Workload& workload, const std::vector<api::ImageUse>& images,
                       Time now) const;
  void Remember(const AdmissionRequest& request, const std::vector<api::ImageUse>& images, const policy::Decision& decision,
                Time now) const;

  const evidence::Catalogue& catalogue_;
  evidence::AdmittedImages& admitted_;
  const kube::Workloads& workloads_;
  const Clock& clock_;
  const policy::EngineOptions options_;
};

}  // namespace hullwright::webhook
