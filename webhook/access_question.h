// Asking the API server's authorizer whether who made a request may do more than the request itself: verbs of our own, which no role of
// Kubernetes has.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "kube/client.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// An Error when it could not be asked.
using AskAccess = std::function<Result<kube::AccessAnswer>(const kube::AccessQuestion&, Deadline)>;

// About an object of our own group; namespace_ is "" for one of the cluster.
kube::AccessQuestion QuestionAbout(const UserInfo& user, std::string_view verb, std::string_view resource, std::string_view namespace_,
                                   std::string_view name);

// How a refusal is told.
struct AccessWords {
  RequestReason denied, unknown;
  std::string_view remedy;  // of a denial, a full sentence
};

// nullopt: the user may. May block until the deadline.
std::optional<Verdict> RequireAccess(const AskAccess& ask, const kube::AccessQuestion& question, const AccessWords& words,
                                     Deadline deadline);

}  // namespace hullwright::webhook
