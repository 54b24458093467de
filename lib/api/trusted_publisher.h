// TrustedPublisher: who may publish images under which repositories. In this version by name only, and only when that is said.
#pragma once

#include <string>
#include <vector>

#include "api/common.h"
#include "base/image_pattern.h"

namespace hullwright::api {

// Signature is refused by the decoder until signatures are verified.
enum class PublisherVerification { kSignature, kNameOnly };

struct TrustedPublisherSpec {
  std::string display_name;
  std::vector<ImagePattern> repositories;                                  // at least one
  PublisherVerification verification = PublisherVerification::kSignature;  // required
};

struct TrustedPublisherStatus {
  std::vector<Condition> conditions;
};

struct TrustedPublisher {
  ObjectMeta metadata;
  TrustedPublisherSpec spec;
  TrustedPublisherStatus status;
};

}  // namespace hullwright::api
