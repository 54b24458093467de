// What the engine is given: the request, and everything known of each image, as plain data. "Unknown" is always its own value.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/image_use.h"
#include "base/image_reference.h"
#include "policy/exploitation.h"
#include "policy/scan_record.h"
#include "policy/trust_facts.h"

namespace hullwright::policy {

// What is being judged: an object that runs images now (a Pod), or one from which Pods will be made.
enum class SubjectKind { kPod, kTemplate };

// Everything about the request that a decision may depend on. Nothing here comes from annotations, labels or owners of the object.
struct Subject {
  SubjectKind kind = SubjectKind::kPod;
  std::string description;  // "Pod shop/api-0", for reasons and logs
  std::string namespace_;
  // Labels of the namespace; nullopt when we do not know the namespace.
  std::optional<std::map<std::string, std::string>> namespace_labels;
  // Of a Pod: whoever asks will write the digest beside each tag before anything runs (the pin hook itself, or a question ahead of it).
  bool tags_are_pinned = false;
  // Platforms of the cluster's nodes, "linux/amd64"; nullopt when we do not know them.
  std::optional<std::vector<std::string>> node_platforms = std::nullopt;
};

// Why there is no usable scan record although something under the digest's name exists.
struct BrokenScan {
  std::string error;
};

struct ImageFacts {
  api::ImageUse use;
  Result<ImageReference> reference;  // parsed use.reference
  // Scans of this digest: of the platform manifest, or of every platform the index lists. Empty: unscanned.
  std::vector<std::shared_ptr<const ScanRecord>> scans;
  std::vector<BrokenScan> broken_scans;
  // When this namespace was first seen to run the digest under a policy; key: Policy::Id(). Absent: it did not.
  std::map<std::string, Time> admitted_since;
  // Of a reference without digest: which one its tag names. nullopt: no registry was asked.
  std::optional<std::expected<Resolution, Doubt>> resolution = std::nullopt;
  // Of the digest (DigestOf). nullptr: nobody looked.
  std::shared_ptr<const TrustFacts> trust = nullptr;
  // EPSS and KEV, of all vulnerabilities. nullptr: nothing was loaded.
  std::shared_ptr<const Exploitation> exploitation = nullptr;
};

// The digest that is judged: the one the reference names, otherwise the one its tag was resolved to; nullptr when it is not known.
const Digest* DigestOf(const ImageFacts& image);

}  // namespace hullwright::policy
