// POST /v1/validate-objects and /v1/stamp: the objects of our own group. The CRD schema refuses most mistakes; here is refused what it
// prunes or cannot say, and here it is asked who may waive and who may import scans (scan_provenance.h).
#pragma once

#include "base/clock.h"
#include "webhook/access_question.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Thread-safe.
class ObjectHandler {
 public:
  explicit ObjectHandler(AskAccess ask_access);

  // Strict decoding, and trust material that can be used (evidence/trust_check.h); and for waivers (VulnerabilityException,
  // ClusterVulnerabilityException, BreakGlass) that are new or changed: the user has the verb `waive` on every policy they name, and
  // requestedBy is that user. For an ImageScan that is new, changed or deleted: the user has the verb `import`, and importedBy of what
  // changed is that user. May block until the deadline.
  Verdict Validate(const AdmissionRequest& request, Deadline deadline) const;

  // Writes who asks into spec.requestedBy of a waiver, and importedBy of the results of an ImageScan, that is new or changed. Never
  // refuses: that is for Validate.
  Verdict Stamp(const AdmissionRequest& request) const;

 private:
  const AskAccess ask_access_;
};

}  // namespace hullwright::webhook
