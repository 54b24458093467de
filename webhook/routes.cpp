#include "webhook/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/query.h"
#include "webhook/decision_log.h"
#include "webhook/image_review_route.h"

namespace hullwright::webhook {
namespace {

using std::chrono::steady_clock;

// A body above this gets a reader of its own, whose buffers (about twelve times the body) go back with it.
constexpr std::size_t kKeptReaderBytes = 256u << 10;

// nullopt: call again where blocking is allowed.
using ReviewHandler = std::function<std::optional<Verdict>(const AdmissionRequest&, const http::ServerRequest&)>;

http::Response ReviewResponse(std::string_view uid, const Verdict& verdict) {
  http::Response response;
  response.body = EncodeReview(uid, verdict.answer);
  return response;
}

http::Response CallAgain() {
  http::Response response;
  response.status = http::kCallAgainBlocking;
  return response;
}

Verdict InternalError() {
  return CouldNotTell(RequestReason::kInternalError,
                      "an unexpected error occurred while judging this request; see the log of "
                      "hullwright-webhook");
}

// One path of reviews.
class ReviewEdge {
 public:
  ReviewEdge(std::string path, ReviewHandler handler, Metrics& metrics, PeerRules peers)
      : path_(std::move(path)), handler_(std::move(handler)), metrics_(metrics), peers_(std::move(peers)) {}

  http::Response Answer(const http::ServerRequest& http) const {
    if (auto refused = RefusePeer(peers_, http)) return std::move(*refused);
    if (http.body.size() > kKeptReaderBytes) {
      const auto reader = std::make_unique<JsonReader>();
      return AnswerWith(*reader, http);
    }
    thread_local JsonReader reader;
    return AnswerWith(reader, http);
  }

 private:
  http::Response AnswerWith(JsonReader& reader, const http::ServerRequest& http) const {
    const auto start = steady_clock::now();
    const auto request = DecodeReview(reader, http.body);
    if (!request) return AnswerUnreadable(request.error());
    const auto verdict = Handle(*request, http);
    if (!verdict) return CallAgain();
    RecordDecision(path_, *request, *verdict, steady_clock::now() - start, metrics_);
    return ReviewResponse(request->uid, *verdict);
  }

  // Fails closed, whatever happens below.
  std::optional<Verdict> Handle(const AdmissionRequest& request, const http::ServerRequest& http) const {
    try {
      return handler_(request, http);
    } catch (const std::exception& error) {
      log::Error("request failed", {{"path", path_}, {"uid", Printable(request.uid, 128)}, {"error", error.what()}});
    } catch (...) {
      log::Error("request failed", {{"path", path_}, {"uid", Printable(request.uid, 128)}, {"error", "not a std::exception"}});
    }
    metrics_.CountInternalError(path_);
    return InternalError();
  }

  // With a uid the answer can be a review, which reaches the user; without one only the API server's log tells.
  http::Response AnswerUnreadable(const UnreadableReview& unreadable) const {
    metrics_.CountUnreadable(path_);
    const std::string message = Printable(unreadable.error.message, 1024);
    log::Warn("review unreadable", {{"path", path_}, {"uid", Printable(unreadable.uid, 128)}, {"error", message}});
    if (unreadable.uid.empty()) return PlainError(unreadable.error.code == ErrorCode::kTooLarge ? 413 : 400, message);
    return ReviewResponse(unreadable.uid, CouldNotTell(RequestReason::kReviewUnreadable, message));
  }

  const std::string path_;
  const ReviewHandler handler_;
  Metrics& metrics_;
  const PeerRules peers_;
};

http::Route ReviewRoute(std::string path, const RouteTargets& targets, bool blocking, ReviewHandler handler) {
  const std::string url = "/v1/" + path;
  auto edge = std::make_shared<const ReviewEdge>(std::move(path), std::move(handler), targets.metrics, targets.peers);
  return {"POST", url, [edge](const http::ServerRequest& request) { return edge->Answer(request); }, blocking};
}

// The two paths about Pods: nothing is judged before what is in force is known.
class PodPath {
 public:
  using Handle = std::function<std::optional<Verdict>(const AdmissionRequest&, const http::ServerRequest&)>;

  PodPath(const RouteTargets& targets, Handle handle, Handle not_synced)
      : targets_(targets), handle_(std::move(handle)), not_synced_(std::move(not_synced)) {}

  std::optional<Verdict> operator()(const AdmissionRequest& request, const http::ServerRequest& http) const {
    switch (Prepare(targets_, request.namespace_, http)) {
      case Preparation::kCallAgain:
        return std::nullopt;
      case Preparation::kNotSynced:
        return not_synced_(request, http);
      case Preparation::kReady:
        break;
    }
    return handle_(request, http);
  }

 private:
  const RouteTargets targets_;
  const Handle handle_, not_synced_;
};

Verdict NotSynced(const std::string& missing) {
  return CouldNotTell(RequestReason::kNotSynced, "hullwright-webhook has just started and does not know all policies yet: " + missing);
}

http::Route ValidateRoute(const RouteTargets& targets) {
  const AdmissionHandler& admission = targets.admission;
  const auto missing = targets.cluster.missing;
  return ReviewRoute("validate", targets, false,
                     PodPath(
                         targets,
                         [&admission](const AdmissionRequest& request, const http::ServerRequest& http) {
                           return admission.Handle(request, http.peer_subject.has_value(), {http.may_block, http.deadline});
                         },
                         [missing](const AdmissionRequest&, const http::ServerRequest&) { return NotSynced(missing().value_or("")); }));
}

http::Route PinRoute(const RouteTargets& targets) {
  const PinHandler& pin = *targets.pin;
  return ReviewRoute("pin", targets, false,
                     PodPath(
                         targets,
                         [&pin](const AdmissionRequest& request, const http::ServerRequest& http) {
                           return pin.Pin(request, {http.may_block, http.deadline});
                         },
                         // Which denies is for the validating hook.
                         [](const AdmissionRequest&, const http::ServerRequest&) { return PassBy("not-synced"); }));
}

bool IsVerbose(std::string_view query) {
  bool is_verbose = false;
  http::ForEachParameter(query, [&is_verbose](std::string_view name, std::string_view) { is_verbose |= name == "verbose"; });
  return is_verbose;
}

http::Response TextResponse(std::string content_type, std::string text) {
  http::Response response;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  return response;
}

}  // namespace

http::Response PlainError(int status, std::string_view message) {
  http::Response response;
  response.status = status;
  response.body = nlohmann::json{{"error", Printable(message, 1024)}}.dump();
  return response;
}

std::optional<http::Response> RefusePeer(const PeerRules& peers, const http::ServerRequest& http) {
  const auto& names = peers.allowed_common_names;
  if (names.empty() || (http.peer_subject && std::ranges::find(names, *http.peer_subject) != names.end())) return std::nullopt;
  return PlainError(403, "the client certificate is missing or not one that --allowed-client-cn names");
}

Preparation Prepare(const RouteTargets& targets, std::string_view namespace_, const http::ServerRequest& http) {
  const ClusterHooks& cluster = targets.cluster;
  if (cluster.missing && cluster.missing()) return Preparation::kNotSynced;
  const bool unknown = !namespace_.empty() && !targets.metric_sources.catalogue.Namespaces()->contains(namespace_);
  if (!cluster.fetch_namespace || !unknown) return Preparation::kReady;
  if (!http.may_block) return Preparation::kCallAgain;
  cluster.fetch_namespace(namespace_, http.deadline);
  return Preparation::kReady;
}

std::vector<http::Route> MakeProbeRoutes(const RouteTargets& targets) {
  const Readiness& readiness = targets.readiness;
  const Metrics& metrics = targets.metrics;
  const MetricSources sources = targets.metric_sources;
  return {
      {"GET", "/healthz", [](const http::ServerRequest&) { return TextResponse("text/plain; charset=utf-8", "ok\n"); }},
      {"GET", "/readyz",
       [&readiness, sources](const http::ServerRequest& request) {
         const bool verbose = IsVerbose(request.query);
         return readiness.Answer(verbose, verbose ? sources.Problems() : std::vector<evidence::Problem>{});
       }},
      {"GET", "/metrics",
       [&metrics, sources](const http::ServerRequest&) {
         return TextResponse("text/plain; version=0.0.4; charset=utf-8", metrics.Serialize(sources));
       }},
  };
}

std::vector<http::Route> MakeRoutes(const RouteTargets& targets) {
  std::vector<http::Route> routes = MakeProbeRoutes(targets);
  const ObjectHandler& objects = targets.objects;
  routes.push_back(ValidateRoute(targets));
  if (targets.pin != nullptr) routes.push_back(PinRoute(targets));
  if (targets.image_review != nullptr) routes.push_back(ImageReviewRoute(targets));
  if (targets.history != nullptr) routes.push_back(DecisionsRoute(*targets.history));
  // Asks the API server about waivers.
  routes.push_back(ReviewRoute(
      "validate-objects", targets, true,
      [&objects](const AdmissionRequest& request, const http::ServerRequest& http) { return objects.Validate(request, http.deadline); }));
  routes.push_back(ReviewRoute("stamp", targets, false,
                               [&objects](const AdmissionRequest& request, const http::ServerRequest&) { return objects.Stamp(request); }));
  return routes;
}

}  // namespace hullwright::webhook
