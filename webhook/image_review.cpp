#include "webhook/image_review.h"

#include <fmt/format.h>

#include <utility>

#include "base/image_reference.h"
#include "base/json_text.h"

namespace hullwright::webhook {
namespace {

constexpr std::string_view kImageReviewVersion = "imagepolicy.k8s.io/v1alpha1";
constexpr std::string_view kImageReviewKind = "ImageReview";

std::unexpected<Error> Wrong(std::string_view path, std::string_view wanted) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: must be {}", path, wanted));
}

Result<std::string> ReadNamespace(JsonElement spec) {
  const auto member = Member(spec, "namespace");
  std::string_view text;
  if (!member || member->get(text) != simdjson::SUCCESS) return Wrong("spec.namespace", "a text");
  return std::string(text);
}

Result<std::vector<std::string>> ReadImages(JsonElement spec) {
  const auto containers = Member(spec, "containers");
  JsonArray list;
  if (!containers || containers->get(list) != simdjson::SUCCESS) return Wrong("spec.containers", "a list");
  std::vector<std::string> images;
  for (const JsonElement container : list) {
    const auto image = Member(container, "image");
    std::string_view text;
    if (!image || image->get(text) != simdjson::SUCCESS) return Wrong(fmt::format("spec.containers[{}].image", images.size()), "a text");
    images.emplace_back(text);
  }
  return images;
}

}  // namespace

Result<ImageReviewRequest> DecodeImageReview(JsonReader& reader, std::string_view body) {
  const auto review = reader.Read(body);
  if (!review) return std::unexpected(review.error());
  if (TextMember(*review, "apiVersion") != kImageReviewVersion || TextMember(*review, "kind") != kImageReviewKind) {
    return Fail(ErrorCode::kUnsupported, fmt::format("the body must be an {} {}", kImageReviewVersion, kImageReviewKind));
  }
  const auto spec = Member(*review, "spec");
  if (!spec || !spec->is_object()) return Wrong("spec", "an object");
  auto namespace_ = ReadNamespace(*spec);
  if (!namespace_) return std::unexpected(namespace_.error());
  auto images = ReadImages(*spec);
  if (!images) return std::unexpected(images.error());
  return ImageReviewRequest{std::move(*namespace_), std::move(*images)};
}

std::string EncodeImageReview(const ImageReviewAnswer& answer) {
  std::string json = fmt::format(R"({{"apiVersion":"{}","kind":"{}","spec":{{}},"status":{{"allowed":{})", kImageReviewVersion,
                                 kImageReviewKind, answer.allowed);
  if (!answer.reason.empty()) {
    json += R"(,"reason":)";
    AppendJsonString(answer.reason, json);
  }
  char before = '{';
  for (const auto& [key, value] : answer.audit_annotations) {
    json += before == '{' ? R"(,"auditAnnotations":{)" : ",";
    before = ',';
    AppendJsonString(key, json);
    json += ':';
    AppendJsonString(value, json);
  }
  return json + (before == ',' ? "}}}" : "}}");
}

}  // namespace hullwright::webhook
