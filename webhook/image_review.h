// ImageReview v1alpha1 (k8s.io/api/imagepolicy/v1alpha1), the protocol of the API server's ImagePolicyWebhook plugin. The only code that
// knows its members.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hullwright::webhook {

// Which list of the Pod an image stands in, who asks and which pull secrets there are is not told. Annotations are, and are not read: they
// are the author's own words.
struct ImageReviewRequest {
  std::string namespace_;
  std::vector<std::string> images;
};

// Strict about apiVersion, kind, and the types of the members that are read.
Result<ImageReviewRequest> DecodeImageReview(JsonReader& reader, std::string_view body);

struct ImageReviewAnswer {
  bool allowed = false;
  std::string reason;
  std::map<std::string, std::string> audit_annotations;
};
std::string EncodeImageReview(const ImageReviewAnswer& answer);

}  // namespace hullwright::webhook
