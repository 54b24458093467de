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
#include "webhook/decision_log.h"

namespace hullwright::webhook {
namespace {

using std::chrono::steady_clock;

// A body above this gets a reader of its own, whose buffers (about twelve times the body) go back with it.
constexpr std::size_t kKeptReaderBytes = 256u << 10;

// nullopt: call again where blocking is allowed.
using ReviewHandler = std::function<std::optional<Verdict>(const AdmissionRequest&, const http::ServerRequest&)>;

http::Response PlainError(int status, std::string_view message) {
  http::Response response;
  response.status = status;
  response.body = nlohmann::json{{"error", Printable(message, 1024)}}.dump();
  return response;
}

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
    if (!IsAllowed(http)) return PlainError(403, "the client certificate is missing or not one that --allowed-client-cn names");
    if (http.body.size() > kKeptReaderBytes) {
      const auto reader = std::make_unique<JsonReader>();
      return AnswerWith(*reader, http);
    }
    thread_local JsonReader reader;
    return AnswerWith(reader, http);
  }

 private:
  bool IsAllowed(const http::ServerRequest& http) const {
    const auto& names = peers_.allowed_common_names;
    return names.empty() || (http.peer_subject && std::ranges::find(names, *http.peer_subject) != names.end());
  }

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

// A namespace that is not known yet is asked for, on a thread that may wait; memory is asked first and last.
class Validate {
 public:
  explicit Validate(const RouteTargets& targets)
      : admission_(targets.admission), catalogue_(targets.metric_sources.catalogue), cluster_(targets.cluster) {}

  std::optional<Verdict> operator()(const AdmissionRequest& request, const http::ServerRequest& http) const {
    if (const auto missing = cluster_.missing ? cluster_.missing() : std::nullopt) {
      return CouldNotTell(RequestReason::kNotSynced, "hullwright-webhook has just started and does not know all policies yet: " + *missing);
    }
    if (cluster_.fetch_namespace && !request.namespace_.empty() && !catalogue_.Namespaces()->contains(request.namespace_)) {
      if (!http.may_block) return std::nullopt;
      cluster_.fetch_namespace(request.namespace_, http.deadline);
    }
    return admission_.Handle(request, http.peer_subject.has_value());
  }

 private:
  const AdmissionHandler& admission_;
  const evidence::Catalogue& catalogue_;
  const ClusterHooks cluster_;
};

bool IsVerbose(std::string_view query) {
  return query == "verbose" || query.starts_with("verbose&") || query.starts_with("verbose=") || query.find("&verbose") != query.npos;
}

http::Response TextResponse(std::string content_type, std::string text) {
  http::Response response;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  return response;
}

}  // namespace

std::vector<http::Route> MakeProbeRoutes(const RouteTargets& targets) {
  const Readiness& readiness = targets.readiness;
  const Metrics& metrics = targets.metrics;
  const MetricSources sources = targets.metric_sources;
  return {
      {"GET", "/healthz", [](const http::ServerRequest&) { return TextResponse("text/plain; charset=utf-8", "ok\n"); }},
      {"GET", "/readyz",
       [&readiness, sources](const http::ServerRequest& request) {
         const bool verbose = IsVerbose(request.query);
         return readiness.Answer(verbose, verbose ? sources.catalogue.Problems() : std::vector<evidence::Problem>{});
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
  routes.push_back(ReviewRoute("validate", targets, false, Validate(targets)));
  // Asks the API server about waivers.
  routes.push_back(ReviewRoute(
      "validate-objects", targets, true,
      [&objects](const AdmissionRequest& request, const http::ServerRequest& http) { return objects.Validate(request, http.deadline); }));
  routes.push_back(ReviewRoute("stamp", targets, false,
                               [&objects](const AdmissionRequest& request, const http::ServerRequest&) { return objects.Stamp(request); }));
  return routes;
}

}  // namespace hullwright::webhook
