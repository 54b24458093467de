// The shared API server with our CRDs, each of them served.
#pragma once

#include <catch2/catch.hpp>

#include "support/api_server.h"
#include "support/paths.h"

namespace hullwright::testing {

inline ApiServer& ServerWithOurKinds() {
  ApiServer& server = ApiServer::Shared();
  const auto applied = server.Kubectl({"apply", "-f", SourcePath("crds")});
  INFO(applied.err);
  REQUIRE(applied.exit == 0);
  const auto served = server.Kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", SourcePath("crds")});
  INFO(served.err);
  REQUIRE(served.exit == 0);
  return server;
}

}  // namespace hullwright::testing
