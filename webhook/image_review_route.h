// The edge of POST /v1/imagereview: bytes in, bytes out, and whatever is thrown below becomes a denial of that one request.
#pragma once

#include "http/server.h"
#include "webhook/routes.h"

namespace hullwright::webhook {

// targets.image_review is not null, and outlives the route.
http::Route ImageReviewRoute(const RouteTargets& targets);

}  // namespace hullwright::webhook
