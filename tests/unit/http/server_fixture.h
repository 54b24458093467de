// A server on a free port with the routes that the tests ask.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <semaphore>
#include <stdexcept>
#include <string>

#include "http/server.h"
#include "support/raw_http.h"

namespace hullwright::http {

using testing::GetRequest;
using testing::PostRequest;
using testing::RawConnection;

// A gate that blocking handlers stand at until the test opens it.
struct Gate {
  std::counting_semaphore<1024> arrived{0}, open{0};
};

inline std::vector<Route> TestRoutes(Gate* gate = nullptr) {
  return {
      {"GET", "/healthz", [](const ServerRequest&) { return Response{.content_type = "text/plain", .body = "ok"}; }},
      {"POST", "/echo", [](const ServerRequest& request) { return Response{.body = std::string(request.body)}; }},
      {"POST", "/size", [](const ServerRequest& request) { return Response{.body = std::to_string(request.body.size())}; }},
      {"GET", "/who", [](const ServerRequest& request) { return Response{.body = request.peer_subject.value_or("nobody")}; }},
      {"GET", "/large", [](const ServerRequest&) { return Response{.body = std::string(3u << 20, 'x')}; }},
      {"GET", "/throw", [](const ServerRequest&) -> Response { throw std::runtime_error("secret of the house"); }},
      {"GET", "/throw-int", [](const ServerRequest&) -> Response { throw 42; }},
      {"POST", "/gate",
       [gate](const ServerRequest& request) {
         gate->arrived.release();
         gate->open.acquire();
         return Response{.body = std::string(request.body)};
       },
       true},
      {"GET", "/call-again",
       [](const ServerRequest& request) {
         return request.may_block ? Response{.body = "waited"} : Response{.status = kCallAgainBlocking};
       }},
      {"GET", "/call-again-for-ever", [](const ServerRequest&) { return Response{.status = kCallAgainBlocking}; }},
      {"GET", "/blocking-throw", [](const ServerRequest&) -> Response { throw std::runtime_error("secret"); }, true},
  };
}

inline ServerOptions TestOptions() {
  ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  return options;
}

inline std::unique_ptr<HttpServer> StartServer(ServerOptions options = TestOptions(), Gate* gate = nullptr) {
  auto server = HttpServer::Start(std::move(options), TestRoutes(gate));
  if (!server) FAIL(server.error().message);
  return std::move(*server);
}

}  // namespace hullwright::http
