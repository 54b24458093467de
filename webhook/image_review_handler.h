// POST /v1/imagereview: the same decision for the API server's ImagePolicyWebhook plugin.
#pragma once

#include <optional>

#include "evidence/judge.h"
#include "webhook/admission_handler.h"
#include "webhook/image_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// Thread-safe. The collaborators outlive it.
class ImageReviewHandler {
 public:
  ImageReviewHandler(const evidence::Sources& sources, const Clock& clock, policy::EngineOptions options)
      : sources_(sources), clock_(clock), options_(options) {}

  // Which list of the Pod an image stands in is not told, so that it is judged as in each of the three. Neither are pull secrets: private
  // registries need credentials in a Registry object. Nothing is pinned: a policy that wants a digest refuses a tag.
  // nullopt: a registry has to be waited for; call again with patience.
  std::optional<Verdict> Handle(const ImageReviewRequest& request, const Patience& patience) const;

 private:
  const evidence::Sources sources_;
  const Clock& clock_;
  const policy::EngineOptions options_;
};

}  // namespace hullwright::webhook
