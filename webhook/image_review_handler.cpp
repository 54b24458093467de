#include "webhook/image_review_handler.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "webhook/decision_text.h"

namespace hullwright::webhook {
namespace {

constexpr std::array kTypes = {api::ContainerType::kContainers, api::ContainerType::kInitContainers,
                               api::ContainerType::kEphemeralContainers};

std::vector<api::ImageUse> UsesOf(const ImageReviewRequest& request) {
  std::vector<api::ImageUse> uses;
  uses.reserve(request.images.size() * kTypes.size());
  for (std::size_t i = 0; i < request.images.size(); ++i)
    for (const api::ContainerType type : kTypes) uses.push_back({type, "", fmt::format("spec.containers[{}].image", i), request.images[i]});
  return uses;
}

}  // namespace

std::optional<Verdict> ImageReviewHandler::Handle(const ImageReviewRequest& request, const Patience& patience) const {
  if (request.images.empty()) return PassBy("no-images");
  const evidence::Question question{.kind = policy::SubjectKind::kPod,
                                    .description = "ImageReview in " + Printable(request.namespace_, 63),
                                    .namespace_ = request.namespace_,
                                    .images = UsesOf(request),
                                    .pull = {request.namespace_, "", {}},
                                    .tags_are_pinned = false};
  auto decision = evidence::JudgeFromMemory(sources_, question, clock_.Now(), options_);
  if (!decision && !patience.may_block) return std::nullopt;
  if (!decision) decision = evidence::Judge(sources_, question, clock_.Now(), options_, patience.deadline);
  return ToVerdict(*decision);
}

}  // namespace hullwright::webhook
