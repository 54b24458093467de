// Paths to handlers, and the edge that catches everything: whatever is thrown below becomes a denial of that one request.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "webhook/admission_handler.h"
#include "webhook/decisions_route.h"
#include "webhook/image_review_handler.h"
#include "webhook/metrics.h"
#include "webhook/object_handler.h"
#include "webhook/pin_handler.h"
#include "webhook/readiness.h"

namespace hullwright::webhook {

// Who may post reviews. Without a list, anybody who reaches the port; with one, clients whose verified certificate has one of these names.
struct PeerRules {
  std::vector<std::string> allowed_common_names;
};

// What only a webhook in cluster mode has.
struct ClusterHooks {
  // nullopt when all that is in force is known; before that nothing is judged.
  std::function<std::optional<std::string>()> missing;
  std::function<void(std::string_view namespace_, Deadline)> fetch_namespace;  // may block
};

struct RouteTargets {
  const AdmissionHandler& admission;
  const ObjectHandler& objects;
  Metrics& metrics;
  const Readiness& readiness;
  MetricSources metric_sources;
  PeerRules peers;
  ClusterHooks cluster = {};  // empty functions in files mode
  // Null: without its route.
  const PinHandler* pin = nullptr;
  const ImageReviewHandler* image_review = nullptr;
  const HistoryAccess* history = nullptr;
};

enum class Preparation { kReady, kCallAgain, kNotSynced };
// Whether what a decision about this namespace depends on is known. One that is not known yet is asked for, where waiting is allowed.
Preparation Prepare(const RouteTargets& targets, std::string_view namespace_, const http::ServerRequest& http);

// Who may not post is told so; nullopt for everybody else.
std::optional<http::Response> RefusePeer(const PeerRules& peers, const http::ServerRequest& http);
http::Response PlainError(int status, std::string_view message);

// POST /v1/validate, /v1/pin, /v1/imagereview, /v1/validate-objects and /v1/stamp, GET /v1/decisions, and those of MakeProbeRoutes. The
// targets outlive the server.
std::vector<http::Route> MakeRoutes(const RouteTargets& targets);
// GET /healthz, /readyz and /metrics alone: for a port of their own that needs no client certificate.
std::vector<http::Route> MakeProbeRoutes(const RouteTargets& targets);

}  // namespace hullwright::webhook
