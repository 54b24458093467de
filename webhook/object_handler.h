// POST /v1/validate-objects and /v1/stamp: the objects of our own group. The CRD schema refuses most mistakes; here is refused what it
// prunes or cannot say, and here it is asked who may waive.
#pragma once

#include <functional>
#include <string>

#include "api/object.h"
#include "base/clock.h"
#include "kube/client.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Asks the authorizer of the API server; an Error when it could not be asked.
using AskAccess = std::function<Result<kube::AccessAnswer>(const kube::AccessQuestion&, Deadline)>;

// What is wrong with the keys, certificates and documents that stand in a TrustedPublisher, TrustRoot or Registry itself, with the field's
// path and what would be right; "" when nothing is, or nothing stands there. The decoder knows their shape alone (api/pem_shape.h); whoever
// links lib/verify reads them. Called for each object that decodes; fetches nothing.
using TrustMaterialProblem = std::function<std::string(const api::Object&)>;

// Thread-safe.
class ObjectHandler {
 public:
  explicit ObjectHandler(AskAccess ask_access, TrustMaterialProblem trust_material_problem = {});

  // Strict decoding, and trust material that can be read; and for waivers (VulnerabilityException, ClusterVulnerabilityException,
  // BreakGlass) that are new or changed: the user has the verb `waive` on every policy they name, and requestedBy is that user. May block
  // until the deadline.
  Verdict Validate(const AdmissionRequest& request, Deadline deadline) const;

  // Writes who asks into spec.requestedBy of a waiver that is new or changed. Never refuses: that is for Validate.
  Verdict Stamp(const AdmissionRequest& request) const;

 private:
  const AskAccess ask_access_;
  const TrustMaterialProblem trust_material_problem_;
};

}  // namespace hullwright::webhook
