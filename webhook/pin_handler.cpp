#include "webhook/pin_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "kube/pull_context.h"
#include "webhook/decision_text.h"
#include "webhook/pin_patch.h"

namespace hullwright::webhook {
namespace {

bool IsPinned(const AdmissionRequest& request) {
  if (request.group != "" || request.kind != "Pod" || !request.object || IsMirrorPod(request)) return false;
  if (request.operation == Operation::kCreate) return request.sub_resource.empty();
  return request.operation == Operation::kUpdate && request.sub_resource == "ephemeralcontainers";
}

// What does not parse is refused by the validating hook.
std::optional<ImageReference> UnpinnedReference(const api::ImageUse& image) {
  auto reference = ImageReference::Parse(image.reference);
  if (!reference || reference->digest) return std::nullopt;
  return std::move(*reference);
}

// What is said of the reference as its author wrote it. Once the digest stands there, no rule sees that any more.
bool IsOfReference(const policy::Reason& reason) {
  return reason.word == policy::ReasonWord::kTagForbidden || reason.word == policy::ReasonWord::kDigestRequired;
}

bool IsForTheAuthor(const policy::ImageDecision& decision) {
  return std::ranges::any_of(decision.reasons, [](const policy::Reason& reason) {
    return IsOfReference(reason) && reason.enforcement == api::Enforcement::kDeny;
  });
}

std::vector<Pin> PinsOf(const std::vector<api::ImageUse>& images, const policy::Decision& decision) {
  std::vector<Pin> pins;
  if (decision.images.size() != images.size()) return pins;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto reference = UnpinnedReference(images[i]);
    const auto digest = Digest::Parse(decision.images[i].digest);
    if (!reference || !digest || IsForTheAuthor(decision.images[i])) continue;
    pins.push_back({images[i].field_path, PinnedReference(images[i].reference, *reference, *digest)});
  }
  return pins;
}

// Said here, since the validating hook will see a digest.
void AddReferenceWarnings(policy::Decision decision, std::vector<std::string>& warnings) {
  for (policy::ImageDecision& image : decision.images) std::erase_if(image.reasons, std::not_fn(IsOfReference));
  AddWarnings(decision, "", warnings);
  BoundWarnings(warnings);
}

Verdict Pinned(const std::vector<Pin>& pins, const policy::Decision& decision) {
  Verdict verdict = PassBy(pins.empty() ? "nothing-to-pin" : "pinned");
  verdict.answer.json_patch = PinPatch(pins);
  if (!pins.empty()) verdict.answer.audit_annotations["pinned"] = fmt::format("{}", pins.size());
  AddReferenceWarnings(decision, verdict.answer.warnings);
  return verdict;
}

}  // namespace

std::optional<Verdict> PinHandler::Pin(const AdmissionRequest& request, const Patience& patience) const {
  if (!IsPinned(request)) return PassBy("not-pinned");
  const kube::Workload& pod = *workloads_.Find("", "Pod");
  const auto old_object = request.operation == Operation::kUpdate ? request.old_object : std::nullopt;
  const auto images = kube::ReviewImages(pod, *request.object, old_object);
  // What cannot be read is refused by the validating hook. Where digests stand already, nobody waits for a registry twice.
  const bool has_tags =
      images && std::ranges::any_of(images->changed, [](const auto& image) { return UnpinnedReference(image).has_value(); });
  if (!has_tags) return PassBy("nothing-to-pin");
  const evidence::Question question{.kind = policy::SubjectKind::kPod,
                                    .description = request.Describe(),
                                    .namespace_ = std::string(request.namespace_),
                                    .images = images->changed,
                                    .pull = kube::ReadPullContext(pod, *request.object, request.namespace_),
                                    .tags_are_pinned = true};
  auto decision = evidence::JudgeFromMemory(sources_, question, clock_.Now(), options_);
  if (!decision && !patience.may_block) return std::nullopt;
  if (!decision) decision = evidence::Judge(sources_, question, clock_.Now(), options_, patience.deadline);
  return Pinned(PinsOf(images->changed, *decision), *decision);
}

}  // namespace hullwright::webhook
