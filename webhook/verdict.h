// What a handler answers to one request, together with what the log line, the metrics and the audit annotations need of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/outcome.h"
#include "webhook/admission_review.h"

namespace hullwright::webhook {

// Reasons that lie in the request itself and not in a policy; words like those of policy/reason.h, documented beside them.
enum class RequestReason {
  kReviewUnreadable,  // the bytes are no AdmissionReview v1 that can be read
  kNotSynced,         // what is in force is not known yet
  kKindUnknown,       // where this kind keeps its images is not known
  kObjectUnreadable,  // the object under review does not have the shape Kubernetes gives it
  kObjectInvalid,     // an object of our own group does not decode
  kImmutable,         // a spec that may not change was changed
  kRequestedByWrong,  // requestedBy does not name who asks
  kWaiveDenied,       // the user lacks the verb waive on a policy
  kWaiveUnknown,      // whether the user has that verb could not be found out
  kImportedByWrong,   // importedBy of a scan's result does not name who asks
  kImportDenied,      // the user lacks the verb import on imagescans
  kImportUnknown,     // whether the user has that verb could not be found out
  kInternalError,     // a bug or exhausted memory
};
std::string_view ToString(RequestReason reason);

struct Verdict {
  AdmissionAnswer answer;
  policy::Outcome outcome = policy::Outcome::kPass;
  std::vector<std::string_view> reasons;  // words, distinct
  std::vector<std::string> policies;      // ids, distinct
};

// Lets the request pass by a named rule that needs no policy: "delete", "no-images" …
Verdict PassBy(std::string_view rule);
// Could not tell, which is a denial. The message that is sent begins with the reason's word.
Verdict CouldNotTell(RequestReason reason, std::string_view message);
// We know, and the answer is no; its message begins like that too.
Verdict Refuse(RequestReason reason, std::string_view message);

}  // namespace hullwright::webhook
