#include "webhook/image_review_route.h"

#include <chrono>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "webhook/decision_log.h"

namespace hullwright::webhook {
namespace {

using std::chrono::steady_clock;

constexpr const char* kPath = "imagereview";

class ImageReviewEdge {
 public:
  explicit ImageReviewEdge(const RouteTargets& targets) : targets_(targets) {}

  http::Response Answer(const http::ServerRequest& http) const {
    if (auto refused = RefusePeer(targets_.peers, http)) return std::move(*refused);
    const auto start = steady_clock::now();
    JsonReader reader;
    const auto request = DecodeImageReview(reader, http.body);
    if (!request) return AnswerUnreadable(request.error());
    const auto verdict = Handle(*request, http);
    if (!verdict) return CallAgain();
    AdmissionRequest told;
    told.kind = "ImageReview";
    told.namespace_ = request->namespace_;
    RecordDecision(kPath, told, *verdict, steady_clock::now() - start, targets_.metrics);
    http::Response response;
    response.body = EncodeImageReview({verdict->answer.allowed, verdict->answer.message, verdict->answer.audit_annotations});
    return response;
  }

 private:
  static http::Response CallAgain() {
    http::Response response;
    response.status = http::kCallAgainBlocking;
    return response;
  }

  // Fails closed, whatever happens below.
  std::optional<Verdict> Handle(const ImageReviewRequest& request, const http::ServerRequest& http) const {
    try {
      return Judge(request, http);
    } catch (const std::exception& error) {
      log::Error("request failed", {{"path", kPath}, {"error", error.what()}});
    } catch (...) {
      log::Error("request failed", {{"path", kPath}, {"error", "not a std::exception"}});
    }
    targets_.metrics.CountInternalError(kPath);
    return CouldNotTell(RequestReason::kInternalError, "an unexpected error occurred; see the log of hullwright-webhook");
  }

  std::optional<Verdict> Judge(const ImageReviewRequest& request, const http::ServerRequest& http) const {
    switch (Prepare(targets_, request.namespace_, http)) {
      case Preparation::kCallAgain:
        return std::nullopt;
      case Preparation::kNotSynced:
        return CouldNotTell(RequestReason::kNotSynced, "hullwright-webhook has just started and does not know all policies yet");
      case Preparation::kReady:
        break;
    }
    return targets_.image_review->Handle(request, {http.may_block, http.deadline});
  }

  http::Response AnswerUnreadable(const Error& error) const {
    targets_.metrics.CountUnreadable(kPath);
    const std::string message = Printable(error.message, 1024);
    log::Warn("review unreadable", {{"path", kPath}, {"error", message}});
    return PlainError(error.code == ErrorCode::kTooLarge ? 413 : 400, message);
  }

  const RouteTargets targets_;
};

}  // namespace

http::Route ImageReviewRoute(const RouteTargets& targets) {
  auto edge = std::make_shared<const ImageReviewEdge>(targets);
  return {"POST", "/v1/imagereview", [edge](const http::ServerRequest& request) { return edge->Answer(request); }};
}

}  // namespace hullwright::webhook
