// What goes wrong between the client and an API server.
#include "kube/client.h"

#include <catch2/catch.hpp>
#include <stop_token>
#include <thread>

#include "support/fake_api_server.h"
#include "support/kube_contract.h"
#include "support/temporary_directory.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class FakeUnderTest final : public KubeServerUnderTest {
 public:
  ClusterAccess Access() override {
    ClusterAccess access;
    access.server = server.url();
    access.token = "token-1";
    return access;
  }
  void RemoveNamespace(const std::string& name) override { server.Delete(name); }
  void Stop() override { server.Close(); }
  void Start() override { server.Open(); }

  FakeApiServer server;
};

ClusterAccess AccessTo(const std::string& url) {
  ClusterAccess access;
  access.server = url;
  access.token = "token-1";
  return access;
}

TEST_CASE("The client tells errors of the fake API server apart", "[kube]") {
  FakeUnderTest fake;
  CheckThatErrorsAreTold(fake);
}

TEST_CASE("Each status of the API server has its code", "[kube]") {
  struct Row {
    int status;
    ErrorCode code;
  };
  for (const Row& row : std::vector<Row>{{400, ErrorCode::kInvalidInput},
                                         {401, ErrorCode::kDenied},
                                         {403, ErrorCode::kDenied},
                                         {404, ErrorCode::kNotFound},
                                         {405, ErrorCode::kUnsupported},
                                         {409, ErrorCode::kConflict},
                                         {410, ErrorCode::kExpired},
                                         {413, ErrorCode::kTooLarge},
                                         {415, ErrorCode::kUnsupported},
                                         {422, ErrorCode::kInvalidInput},
                                         {429, ErrorCode::kUnavailable},
                                         {500, ErrorCode::kUnavailable},
                                         {503, ErrorCode::kUnavailable},
                                         {302, ErrorCode::kInternal}}) {
    ScriptedServer server(
        [&](const auto&, ScriptedAnswer& answer) { answer.Whole(row.status, StatusText(row.status, "Reason", "because\nof this")); });
    const auto reply = ConnectOrFail(AccessTo(server.url()))->Get("/x", Soon());
    INFO(row.status);
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code == row.code);
    CHECK_THAT(reply.error().message, Catch::Contains("GET /x: the API server answers " + std::to_string(row.status)));
    CHECK_THAT(reply.error().message, Catch::Contains("because"));
    CHECK(reply.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("A version from the future is expired, whatever its status says", "[kube]") {
  ScriptedServer server([](const auto&, ScriptedAnswer& answer) {
    answer.Whole(504, R"({"kind":"Status","message":"Too large resource version: 9, current: 3","reason":"Timeout","code":504,
        "details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1}})");
  });
  const auto reply = ConnectOrFail(AccessTo(server.url()))->Get("/x", Soon());
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kExpired);
}

TEST_CASE("An answer that is no Status is told as it is, and cut", "[kube]") {
  ScriptedServer server([](const auto&, ScriptedAnswer& answer) { answer.Whole(502, std::string(100'000, 'x'), {}, "text/plain"); });
  const auto reply = ConnectOrFail(AccessTo(server.url()))->Get("/x", Soon());
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kUnavailable);
  CHECK(reply.error().message.size() < 2'000);
}

TEST_CASE("A rotated token is read again after a 401, and once only", "[kube]") {
  const TemporaryDirectory folder;
  FakeApiServer server;
  ClusterAccess access;
  access.server = server.url();
  access.token_file = folder.Write("token", "token-1\n");
  const auto client = ConnectOrFail(access);
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
  server.SetToken("token-2");
  folder.Write("token", "token-2\n");
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
  CHECK(server.Requests().size() == 3);
  server.SetToken("token-3");
  const auto refused = client->Get("/api/v1/namespaces", Soon());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kDenied);
  CHECK(server.Requests().size() == 4);
  // A file that breaks keeps the last good token.
  server.SetToken("token-2");
  folder.Write("token", "");
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
}

TEST_CASE("A watch whose token was rotated asks again with the new one", "[kube]") {
  const TemporaryDirectory folder;
  FakeApiServer server;
  ClusterAccess access;
  access.server = server.url();
  access.token_file = folder.Write("token", "token-1");
  const auto client = ConnectOrFail(access);
  server.SetToken("token-2");
  folder.Write("token", "token-2");
  std::stop_source stop;
  int opened = 0;
  const auto ended = client->Watch(
      "/api/v1/namespaces?watch=1&resourceVersion=100",
      [&] {
        ++opened;
        server.EndWatches();
      },
      [](auto) { return true; }, seconds(20), stop.get_token());
  CHECK(ended.has_value());
  CHECK(opened == 1);
}

TEST_CASE("An answer with Retry-After is asked again after that time", "[kube]") {
  FakeApiServer server;
  for (int i = 0; i < 2; ++i) {
    server.ScriptNextList(
        [](const auto&, ScriptedAnswer& answer) { answer.Whole(429, StatusText(429, "TooManyRequests", "busy"), {{"Retry-After", "0"}}); });
  }
  const auto client = ConnectOrFail(AccessTo(server.url()));
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
  CHECK(server.Requests().size() == 3);
  // A pause that ends after the deadline is not begun.
  server.ScriptNextList([](const auto&, ScriptedAnswer& answer) { answer.Whole(503, "", {{"Retry-After", "60"}}); });
  const auto begun = steady_clock::now();
  const auto reply = client->Get("/api/v1/namespaces", begun + seconds(30));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kUnavailable);
  CHECK(steady_clock::now() - begun < seconds(20));
  // And a server that is always busy is not asked for ever.
  ScriptedServer busy([](const auto&, ScriptedAnswer& answer) { answer.Whole(429, "", {{"Retry-After", "0"}}); });
  CHECK_FALSE(ConnectOrFail(AccessTo(busy.url()))->Get("/x", Soon()).has_value());
}

TEST_CASE("A watch hands over whole lines, whatever pieces they come in", "[kube]") {
  ScriptedServer server([](const auto&, ScriptedAnswer& answer) {
    answer.BeginStream();
    for (const char* piece : {"on", "e\ntw", "o\n\nthr", "ee", "\n", "unfinished"}) answer.Chunk(piece);
    answer.EndStream();
  });
  std::vector<std::string> lines;
  const auto ended = ConnectOrFail(AccessTo(server.url()))
                         ->Watch(
                             "/w", [] {},
                             [&](std::string_view line) {
                               lines.emplace_back(line);
                               return true;
                             },
                             seconds(20), {});
  CHECK(ended.has_value());
  CHECK(lines == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("A watch ends with a refusal, silence, a line without end, a break, a stop or false", "[kube]") {
  const auto watch = [](const ScriptedServer::Script& script, milliseconds idle, std::stop_token stop = {}, bool go_on = true) {
    ScriptedServer server(script);
    return ConnectOrFail(AccessTo(server.url()))->Watch("/w", [] {}, [go_on](auto) { return go_on; }, idle, stop);
  };
  const auto hang = [](const auto&, ScriptedAnswer& answer) {
    answer.BeginStream();
    answer.Chunk("{}\n");
    WaitUntil([&] { return !answer.IsOpen(); }, kPatience);
  };
  const auto refused =
      watch([](const auto&, ScriptedAnswer& answer) { answer.Whole(403, StatusText(403, "Forbidden", "not you")); }, seconds(20));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kDenied);
  CHECK_THAT(refused.error().message, Catch::Contains("not you"));

  const auto silent = watch(hang, milliseconds(100));
  REQUIRE_FALSE(silent.has_value());
  CHECK(silent.error().code == ErrorCode::kDeadline);

  const auto endless = watch(
      [](const auto&, ScriptedAnswer& answer) {
        answer.BeginStream();
        while (answer.Chunk(std::string(1u << 20, 'x'))) {
        }
      },
      seconds(20));
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error().code == ErrorCode::kTooLarge);

  const auto broken = watch(
      [](const auto&, ScriptedAnswer& answer) {
        answer.BeginStream();
        answer.Chunk("{}\n");
      },
      seconds(20));
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().code == ErrorCode::kUnavailable);

  CHECK(watch(hang, seconds(20), {}, false).has_value());

  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto begun = steady_clock::now();
  CHECK_FALSE(watch(hang, seconds(60), stop.get_token()).has_value());
  CHECK(steady_clock::now() - begun < seconds(20));
}

TEST_CASE("A long answer is bounded and can be stopped", "[kube]") {
  ScriptedServer server([](const auto&, ScriptedAnswer& answer) {
    answer.BeginStream();
    while (answer.Chunk(std::string(100'000, 'x'))) {
    }
  });
  const auto client = ConnectOrFail(AccessTo(server.url()));
  const auto reply = client->GetLong("/x", 1'000'000, seconds(20), {});
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kTooLarge);
  std::stop_source stopped;
  stopped.request_stop();
  CHECK_FALSE(client->GetLong("/x", 1u << 30, seconds(20), stopped.get_token()).has_value());
}

TEST_CASE("A server that is not there is unavailable, and back again", "[kube]") {
  FakeApiServer server;
  const auto client = ConnectOrFail(AccessTo(server.url()));
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
  server.Close();
  const auto reply = client->Get("/api/v1/namespaces", Soon());
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kUnavailable);
  server.Open();
  CHECK(client->Get("/api/v1/namespaces", Soon()).has_value());
}

TEST_CASE("A token goes over plain http to loopback alone", "[kube]") {
  for (const char* url : {"http://10.0.0.1:6443", "http://127.0.0.1.evil.example", "http://localhost@evil.example", "ftp://127.0.0.1",
                          "127.0.0.1:6443", ""}) {
    INFO(url);
    const auto client = KubeClient::Connect(AccessTo(url));
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().code == ErrorCode::kInvalidInput);
  }
  ClusterAccess access = AccessTo("https://127.0.0.1:1");
  access.token_file = "/no/such/token";
  const auto client = KubeClient::Connect(access);
  REQUIRE_FALSE(client.has_value());
  CHECK_THAT(client.error().message, Catch::Contains("/no/such/token"));
}

TEST_CASE("An access review keeps no, yes and could-not-ask apart", "[kube]") {
  std::string answer_text, seen;
  int status = 201;
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    seen = request.method + " " + request.target + " " + request.body;
    answer.Whole(status, answer_text);
  });
  const auto client = ConnectOrFail(AccessTo(server.url()));
  const AccessQuestion question{"alice \"the\" first",
                                {"developers", "system:authenticated"},
                                "42",
                                {{"scopes", {"a", "b"}}},
                                "waive",
                                "hullwright.dev",
                                "imageadmissionpolicies",
                                "shop",
                                "strict"};
  answer_text = R"({"kind":"SubjectAccessReview","status":{"allowed":true,"reason":"RBAC: allowed"}})";
  auto answer = ReviewAccess(*client, question, Soon());
  REQUIRE(answer.has_value());
  CHECK(answer->allowed);
  CHECK(answer->reason == "RBAC: allowed");
  CHECK_THAT(seen, Catch::StartsWith("POST /apis/authorization.k8s.io/v1/subjectaccessreviews "));
  JsonReader reader;
  const auto sent = reader.Read(seen.substr(seen.find('{')));
  REQUIRE(sent.has_value());
  const JsonElement spec = *Member(*sent, "spec");
  CHECK(TextMember(spec, "user") == question.username);
  CHECK(TextMember(spec, "uid") == "42");
  CHECK(simdjson::minify(*Member(spec, "groups")) == R"(["developers","system:authenticated"])");
  CHECK(simdjson::minify(*Member(spec, "extra")) == R"({"scopes":["a","b"]})");
  CHECK(TextMember(*Member(spec, "resourceAttributes"), "namespace") == "shop");

  answer_text = R"({"status":{"allowed":false,"evaluationError":"role not found"}})";
  answer = ReviewAccess(*client, question, Soon());
  REQUIRE(answer.has_value());
  CHECK_FALSE(answer->allowed);
  CHECK(answer->reason == "role not found");

  for (const char* text : {"", "[]", "{}", R"({"status":{}})", R"({"status":{"allowed":"true"}})", R"({"status":{"allowed":null}})"}) {
    answer_text = text;
    INFO(text);
    CHECK_FALSE(ReviewAccess(*client, question, Soon()).has_value());
  }
  status = 500;
  CHECK_FALSE(ReviewAccess(*client, question, Soon()).has_value());
  AccessQuestion bad_utf8 = question;
  bad_utf8.username = "alice\xff";
  CHECK_FALSE(ReviewAccess(*client, bad_utf8, Soon()).has_value());
  AccessQuestion nobody = question;
  nobody.username.clear();
  CHECK_FALSE(ReviewAccess(*client, nobody, Soon()).has_value());
}

}  // namespace
}  // namespace hullwright::kube
