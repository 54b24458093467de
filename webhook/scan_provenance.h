// Who may bring the evidence of scans, and in whose name it stands. An ImageScan is believed as whoever wrote it is: beside the verbs of
// Kubernetes, bringing one, changing it and taking it away needs the verb `import` on imagescans. Labels and finalizers need no more than
// Kubernetes asks.
#pragma once

#include <optional>
#include <string>

#include "webhook/access_question.h"

namespace hullwright::webhook {

// Spec and status of the ImageScan are as they were.
bool IsScanUnchanged(const AdmissionRequest& request);

// nullopt when who asks has the verb. May block until the deadline.
std::optional<Verdict> CheckMayImport(const AdmissionRequest& request, const AskAccess& ask, Deadline deadline);

// Of an ImageScan that decodes and is written: each result names who asks as its importer, or is as it was with who brought it then; and
// who changes anything beside the results, findings above all, stands by one of them.
std::optional<Verdict> CheckImportedBy(const AdmissionRequest& request);

// The JSON Patch that makes it so; "" where nothing is to be written. A result that is new or changed is brought by who asks; where all
// else was changed and no result, all of them are.
std::string ImportedByPatch(const AdmissionRequest& request);

}  // namespace hullwright::webhook
