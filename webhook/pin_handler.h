// POST /v1/pin: writes the digest behind the tags of a Pod's images, so that what was judged is what runs. Decides nothing: the validating
// hook does, from the same facts, and trusts nothing that stands in the object.
#pragma once

#include <optional>

#include "evidence/judge.h"
#include "kube/pod_spec.h"
#include "webhook/admission_handler.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Thread-safe. The collaborators outlive it.
class PinHandler {
 public:
  PinHandler(const evidence::Sources& sources, const kube::Workloads& workloads, const Clock& clock, policy::EngineOptions options)
      : sources_(sources), workloads_(workloads), clock_(clock), options_(options) {}

  // Pods only, at creation and when ephemeral containers are added; templates and everything else stay as their authors wrote them
  // (docs/decisions/0016-pods-are-pinned.md). Always allows. An image whose tag is forbidden, or must have been written with its digest,
  // is left to the validating hook as it is. nullopt: a registry has to be waited for; call again with patience.
  std::optional<Verdict> Pin(const AdmissionRequest& request, const Patience& patience) const;

 private:
  const evidence::Sources sources_;
  const kube::Workloads& workloads_;
  const Clock& clock_;
  const policy::EngineOptions options_;
};

}  // namespace hullwright::webhook
