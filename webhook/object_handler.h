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

// Thread-safe.
class ObjectHandler {
 public:
  explicit ObjectHandler(AskAccess ask_access);

  // Strict decoding, and trust material that can be used (evidence/trust_check.h); and for waivers (VulnerabilityException,
  // ClusterVulnerabilityException, BreakGlass) that are new or changed: the user has the verb `waive` on every policy they name, and
  // requestedBy is that user. May block until the deadline.
  Verdict Validate(const AdmissionRequest& request, Deadline deadline) const;

  // Writes who asks into spec.requestedBy of a waiver that is new or changed. Never refuses: that is for Validate.
  Verdict Stamp(const AdmissionRequest& request) const;

 private:
  const AskAccess ask_access_;
};

}  // namespace hullwright::webhook
