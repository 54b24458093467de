// The objects that were in force, as two documents of the decision history: those of the whole cluster, and those of one namespace. Both
// stay the same from one change of an object to the next, so that many decisions share them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "policy/policy_set.h"

namespace hullwright::evidence {

// namespace_: "" for the objects of the cluster (cluster policies, publishers, cluster-wide exceptions). Without status and what else
// Kubernetes changes in an object that says the same.
std::string EncodeObjects(const policy::PolicySet& policies, std::string_view namespace_);

// Adds them to parts. Errors: damage, and objects that this version does not read.
Result<void> DecodeObjects(std::string_view document, policy::PolicySetParts& parts);

// An ImageScan that was used.
std::string EncodeScan(const policy::ScanRecord& scan);
Result<std::shared_ptr<const policy::ScanRecord>> DecodeScan(std::string_view document);

}  // namespace hullwright::evidence
