#include "evidence/trust_fetcher.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <thread>

#include "support/fixed_resolver.h"
#include "support/scripted_server.h"

namespace hullwright::evidence {
namespace {

using testing::ScriptedAnswer;
using testing::ScriptedRequest;
using testing::ScriptedServer;

Deadline In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// The server's host as a Registry object names it, or not.
std::shared_ptr<const registry::Hosts> HostsWith(const ScriptedServer& server, bool is_configured) {
  registry::Configuration configuration;
  if (is_configured) configuration.hosts.push_back({.host = fmt::format("127.0.0.1:{}", server.port()), .plain_http = true});
  return registry::Hosts::Make(std::move(configuration)).value();
}

struct World {
  ScriptedServer server;
  HttpTrustFetcher fetcher;

  explicit World(ScriptedServer::Script script, bool is_configured = true)
      : server(std::move(script)), fetcher(HostsWith(server, is_configured)) {}
  Result<std::string> Fetch(std::size_t max_bytes = 100, std::chrono::milliseconds time = std::chrono::seconds(10)) {
    return fetcher.Fetch({.url = server.url() + "/timestamp.json", .max_bytes = max_bytes, .deadline = In(time)});
  }
};

ErrorCode CodeOf(const Result<std::string>& result) {
  REQUIRE_FALSE(result);
  INFO(result.error().message);
  return result.error().code;
}

TEST_CASE("a document is fetched as it is, and what is sent is sent as it is", "[evidence]") {
  World world([](const ScriptedRequest& request, ScriptedAnswer& answer) {
    answer.Whole(200, fmt::format("{} {} {} {}", request.method, request.target, request.content_type, request.body));
  });
  CHECK(world.Fetch() == "GET /timestamp.json  ");
  CHECK(world.fetcher.Fetch({.url = world.server.url() + "/ocsp",
                             .max_bytes = 100,
                             .deadline = In(std::chrono::seconds(10)),
                             .content_type = "application/ocsp-request",
                             .body = "question"}) == "POST /ocsp application/ocsp-request question");
}

TEST_CASE("a host at an inner address is asked only if a Registry names it", "[evidence]") {
  const auto answer_hello = [](const ScriptedRequest&, ScriptedAnswer& answer) { answer.Whole(200, "hello"); };
  World stranger(answer_hello, false);
  const auto refused = stranger.Fetch();
  CHECK(CodeOf(refused) == ErrorCode::kDenied);
  CHECK_THAT(refused.error().message, Catch::Contains("configure it as a Registry with plainHTTP: true"));
  World named(answer_hello, true);
  CHECK(named.Fetch() == "hello");
  // Whatever the name is: what it resolves to is looked at.
  const auto resolver = std::make_shared<testing::FixedResolver>(
      std::map<std::string, std::vector<std::string>>{{"metadata.example", {"169.254.169.254"}}, {"inner.example", {"10.0.0.1"}}});
  HttpTrustFetcher fetcher(HostsWith(named.server, true), http::MakeBoundedClient({.resolver = resolver}));
  for (const std::string url : {"http://metadata.example/", "http://inner.example/crl", "http://10.0.0.1/crl"})
    CHECK(CodeOf(fetcher.Fetch({.url = url, .deadline = In(std::chrono::seconds(5))})) == ErrorCode::kDenied);
  CHECK(CodeOf(fetcher.Fetch({.url = "ldap://inner.example/", .deadline = In(std::chrono::seconds(5))})) == ErrorCode::kInvalidInput);
}

TEST_CASE("absent, redirected and failed are told apart", "[evidence]") {
  int status = 200;
  World world([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(status, "body", status == 302 ? http::Headers{{"Location", "/elsewhere"}} : http::Headers{});
  });
  CHECK(world.Fetch() == "body");
  for (const int absent : {404, 403}) {
    status = absent;
    CHECK(CodeOf(world.Fetch()) == ErrorCode::kNotFound);
  }
  status = 302;
  const auto redirected = world.Fetch();
  CHECK(CodeOf(redirected) == ErrorCode::kUnavailable);
  CHECK_THAT(redirected.error().message, Catch::Contains("redirects are not followed"));
  status = 500;
  CHECK(CodeOf(world.Fetch()) == ErrorCode::kUnavailable);
  world.server.Close();
  CHECK(CodeOf(world.Fetch()) == ErrorCode::kUnavailable);
}

TEST_CASE("an answer without end stops at its bound, one that does not come at the deadline", "[evidence]") {
  World endless([](const ScriptedRequest&, ScriptedAnswer& answer) {
    if (!answer.BeginStream()) return;
    while (answer.Chunk(std::string(1000, 'x'))) {
    }
  });
  CHECK(CodeOf(endless.Fetch(5000)) == ErrorCode::kTooLarge);
  World silent([](const ScriptedRequest&, ScriptedAnswer& answer) {
    if (!answer.BeginStream()) return;
    while (answer.IsOpen()) std::this_thread::yield();
  });
  CHECK(CodeOf(silent.Fetch(5000, std::chrono::milliseconds(200))) == ErrorCode::kDeadline);
  World whole([](const ScriptedRequest&, ScriptedAnswer& answer) { answer.Whole(200, std::string(5000, 'x')); });
  CHECK(whole.Fetch(5000)->size() == 5000);
}

}  // namespace
}  // namespace hullwright::evidence
