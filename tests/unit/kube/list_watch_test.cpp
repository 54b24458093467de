// A list-watch against an API server that forgets, breaks off, hangs and lies.
#include "kube/list_watch.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/fake_api_server.h"
#include "support/kube_contract.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

ClusterAccess AccessTo(const FakeApiServer& server) {
  ClusterAccess access;
  access.server = server.url();
  access.token = "token-1";
  return access;
}

class FakeUnderTest final : public KubeServerUnderTest {
 public:
  ClusterAccess Access() override { return AccessTo(server); }
  void RemoveNamespace(const std::string& name) override { server.Delete(name); }
  void Stop() override { server.Close(); }
  void Start() override { server.Open(); }

  FakeApiServer server;
};

// A server with a and b, and a list-watch that has reached it.
class Followed {
 public:
  explicit Followed(ListWatchOptions options = NamespaceWatch(), std::function<void(FakeApiServer&)> prepare = [](auto&) {}) {
    server.Put("a", "red");
    server.Put("b", "red");
    prepare(server);
    client = ConnectOrFail(AccessTo(server));
    list_watch.emplace(*client, std::move(options), sink);
    CheckColors(sink, "a=red b=red");
    CHECK(WaitUntil([&] { return server.OpenWatches() == 1; }, kPatience));
  }

  FakeApiServer server;
  std::unique_ptr<KubeClient> client;
  RecordingSink sink;
  std::optional<ListWatch> list_watch;
};

ScriptedServer::Script Status(int code, std::string_view reason = "Reason") {
  return [=, text = StatusText(code, reason, "scripted")](const auto&, ScriptedAnswer& answer) { answer.Whole(code, text); };
}

ScriptedServer::Script Lines(const std::string& lines) {
  return [=](const auto&, ScriptedAnswer& answer) {
    answer.BeginStream();
    if (!lines.empty()) answer.Chunk(lines);
    answer.EndStream();
  };
}

std::string ErrorEvent(int code) {
  return R"({"type":"ERROR","object":)" + StatusText(code, "Reason", "scripted") + "}\n";
}

TEST_CASE("A list-watch follows the fake API server through an outage", "[kube]") {
  FakeUnderTest fake;
  CheckThatAListWatchFollows(fake);
}

TEST_CASE("A list arrives in pages and is watched from where it was", "[kube]") {
  FakeApiServer server;
  for (const char* name : {"a", "b", "c", "d", "e"}) server.Put(name, "red");
  const auto client = ConnectOrFail(AccessTo(server));
  RecordingSink sink;
  const ListWatch list_watch(*client, NamespaceWatch(), sink);
  CheckColors(sink, "a=red b=red c=red d=red e=red");
  CHECK(WaitUntil([&] { return server.Watches() == 1; }, kPatience));
  const auto requests = server.Requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[0] == "GET /api/v1/namespaces?limit=2");
  CHECK(requests[1] == "GET /api/v1/namespaces?limit=2&continue=105.b");
  CHECK(requests[2] == "GET /api/v1/namespaces?limit=2&continue=105.d");
  CHECK_THAT(requests[3], Catch::StartsWith("GET /api/v1/namespaces?watch=1&resourceVersion=105&allowWatchBookmarks=true&timeoutSeconds="));
  const int timeout = std::stoi(requests[3].substr(requests[3].rfind('=') + 1));
  CHECK(timeout >= 300);
  CHECK(timeout <= 600);
  CHECK(sink.untyped() == 0);
  CHECK(sink.complete_lists() == 1);
}

TEST_CASE("A selector stands in every list and every watch", "[kube]") {
  ListWatchOptions options = NamespaceWatch();
  options.page_size = 1;
  options.selector = "fieldSelector=metadata.name%3Da";
  const Followed followed(options);
  for (const std::string& request : followed.server.Requests()) {
    INFO(request);
    CHECK_THAT(request, Catch::Contains("fieldSelector=metadata.name%3Da"));
  }
}

TEST_CASE("A page token that expires in the middle gives way to one whole list", "[kube]") {
  Followed followed(NamespaceWatch(), [](FakeApiServer& server) {
    server.Put("c", "red");
    server.Delete("c");
    server.Put("x", "red");
    server.Put("y", "red");
    server.ScriptNextList([&](const auto&, ScriptedAnswer& answer) {
      server.Delete("x");
      server.Delete("y");
      server.ForgetHistory();
      answer.Whole(
          200, R"({"metadata":{"resourceVersion":"1","continue":"1.a"},"items":[{"metadata":{"name":"stale","resourceVersion":"1"}}]})");
    });
  });
  CHECK(followed.sink.Colors() == "a=red b=red");
  CHECK(followed.server.Requests()[2] == "GET /api/v1/namespaces");
  CHECK(followed.sink.complete_lists() == 1);
}

TEST_CASE("A page that is too large is asked for again in smaller ones", "[kube]") {
  ListWatchOptions options = NamespaceWatch();
  options.page_size = 8;
  options.max_page_bytes = 400;
  Followed followed(options, [](FakeApiServer& server) {
    for (const char* name : {"c", "d", "e", "f", "g", "h"}) server.Put(name, "red");
    for (const char* name : {"c", "d", "e", "f"}) server.Delete(name);
    server.Delete("g");
    server.ScriptNextList([](const auto&, ScriptedAnswer& answer) { answer.Whole(200, std::string(500, ' ')); });
    server.ScriptNextList([&server](const auto&, ScriptedAnswer& answer) {
      server.Delete("h");
      answer.Whole(200, std::string(500, ' '));
    });
  });
  CHECK(followed.server.Requests()[2] == "GET /api/v1/namespaces?limit=2");
  CHECK(followed.list_watch->status().lists == 1);
}

TEST_CASE("A watch that is too old leads to a list; what vanished meanwhile is gone", "[kube]") {
  const auto expire = GENERATE(as<std::string>(), "410 answer", "410 event", "forgotten history");
  INFO(expire);
  Followed followed;
  followed.server.Close();
  if (expire == "410 answer") followed.server.ScriptNextWatch(Status(410, "Expired"));
  if (expire == "410 event") followed.server.ScriptNextWatch(Lines(ErrorEvent(410)));
  followed.server.Delete("a");
  followed.server.Put("c", "blue");
  if (expire == "forgotten history") followed.server.ForgetHistory();
  followed.server.Open();
  CheckColors(followed.sink, "b=red c=blue");
  CHECK(WaitUntil([&] { return followed.server.OpenWatches() == 1; }, kPatience));
  CHECK(followed.list_watch->status().expired == 1);
  CHECK(followed.list_watch->status().lists == 2);
}

TEST_CASE("A server on which every watch is too old at once is not asked without pause", "[kube]") {
  FakeApiServer server;
  for (int i = 0; i < 1'000; ++i) server.ScriptNextWatch(Lines(ErrorEvent(410)));
  const auto client = ConnectOrFail(AccessTo(server));
  ListWatchOptions options = NamespaceWatch();
  options.first_backoff = options.most_backoff = seconds(100);
  RecordingSink sink;
  const ListWatch list_watch(*client, options, sink);
  CHECK(WaitUntil([&] { return list_watch.status().expired == 2; }, kPatience));
  CHECK(server.Lists() == 2);
}

TEST_CASE("The sink keeps what it has until a new list is complete", "[kube]") {
  Followed followed;
  std::atomic<bool> go_on = false;
  followed.server.ScriptNextWatch(Lines(ErrorEvent(410)));
  followed.server.ScriptNextList(Status(500));
  followed.server.ScriptNextList([&](const auto&, ScriptedAnswer& answer) {
    WaitUntil([&] { return go_on.load(); }, kPatience);
    answer.Whole(
        200,
        R"({"metadata":{"resourceVersion":"102"},"items":[{"metadata":{"name":"c","resourceVersion":"102","labels":{"color":"blue"}}}]})");
  });
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.Lists() == 3; }, kPatience));
  CHECK(followed.sink.Colors() == "a=red b=red");
  CHECK(followed.list_watch->status().synced);
  go_on = true;
  CheckColors(followed.sink, "c=blue");
}

TEST_CASE("A bookmark moves the version on, so that forgotten history does no harm", "[kube]") {
  Followed followed;
  // Changes of other resources move the server's version but not this watch.
  const auto before = followed.list_watch->status().events;
  followed.server.Put("c", "blue");
  CheckColors(followed.sink, "a=red b=red c=blue");
  followed.server.SendLine(R"({"type":"BOOKMARK","object":{"kind":"Namespace","apiVersion":"v1","metadata":{"resourceVersion":"2000"}}})");
  CHECK(WaitUntil([&] { return followed.list_watch->status().events == before + 2; }, kPatience));
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.Watches() == 2; }, kPatience));
  CHECK_THAT(followed.server.Requests().back(), Catch::Contains("resourceVersion=2000&"));
  CHECK(followed.server.Lists() == 1);
}

TEST_CASE("A watch that ends is begun again from the last event, without a list", "[kube]") {
  Followed followed;
  followed.server.Put("a", "blue");
  CheckColors(followed.sink, "a=blue b=red");
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.OpenWatches() == 1 && followed.server.Watches() == 2; }, kPatience));
  CHECK_THAT(followed.server.Requests().back(), Catch::Contains("resourceVersion=103&"));
  followed.server.Put("c", "green");
  CheckColors(followed.sink, "a=blue b=red c=green");
  CHECK(followed.server.Lists() == 1);
  CHECK(followed.list_watch->status().last_error.empty());
}

TEST_CASE("Watches that close at once are tried with growing pauses, not in a loop", "[kube]") {
  FakeApiServer server;
  for (int i = 0; i < 10'000; ++i) server.ScriptNextWatch(Lines(""));
  const auto client = ConnectOrFail(AccessTo(server));
  ListWatchOptions options = NamespaceWatch();
  options.most_backoff = seconds(100);
  RecordingSink sink;
  const auto begun = steady_clock::now();
  const ListWatch list_watch(*client, options, sink);
  CHECK(WaitUntil([&] { return server.Watches() == 5; }, kPatience));
  // 10 + 20 + 40 + 80 ms at least.
  CHECK(steady_clock::now() - begun >= milliseconds(150));
  CHECK(server.Lists() == 1);
  CHECK_THAT(list_watch.status().last_error, Catch::Contains("closed at once"));
}

TEST_CASE("Busy, broken and unreachable servers are watched again from the same version", "[kube]") {
  Followed followed;
  const auto fault = GENERATE(as<std::string>(), "429", "429 with pause", "500", "429 event", "break");
  INFO(fault);
  if (fault == "429") followed.server.ScriptNextWatch(Status(429));
  if (fault == "500") followed.server.ScriptNextWatch(Status(500));
  if (fault == "429 event") followed.server.ScriptNextWatch(Lines(ErrorEvent(429)));
  if (fault == "break") followed.server.ScriptNextWatch([](const auto&, ScriptedAnswer& answer) { answer.BeginStream(); });
  if (fault == "429 with pause") {
    followed.server.ScriptNextWatch([](const auto&, ScriptedAnswer& answer) { answer.Whole(429, "", {{"Retry-After", "0"}}); });
  }
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.Watches() == 3 && followed.server.OpenWatches() == 1; }, kPatience));
  CHECK_THAT(followed.server.Requests().back(), Catch::Contains("resourceVersion=102&"));
  followed.server.Put("c", "blue");
  CheckColors(followed.sink, "a=red b=red c=blue");
  CHECK(followed.server.Lists() == 1);
}

TEST_CASE("A server that breaks off every watch with an error of its own is listed again", "[kube]") {
  Followed followed;
  for (int i = 0; i < 5; ++i) followed.server.ScriptNextWatch(Lines(ErrorEvent(500)));
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.Lists() == 2 && followed.server.OpenWatches() == 1; }, kPatience));
  CHECK(followed.server.Watches() == 7);
  CHECK(followed.sink.Colors() == "a=red b=red");
}

TEST_CASE("An event that cannot be read leads to a list, since nobody knows what it said", "[kube]") {
  const auto line =
      GENERATE(as<std::string>(), "garbage", R"({"type":"ADDED")", R"({"type":"SURPRISE","object":{}})", R"({"type":"ADDED"})",
               R"({"type":"ADDED","object":[]})", R"({"type":"ADDED","object":{"metadata":{"name":"x"}}})", "[]", "null",
               R"({"type":"MODIFIED","type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"9"}}})");
  INFO(line);
  Followed followed;
  followed.server.SendLine(line);
  CHECK(WaitUntil([&] { return followed.server.Lists() == 2 && followed.server.OpenWatches() == 1; }, kPatience));
  followed.server.Put("c", "blue");
  CheckColors(followed.sink, "a=red b=red c=blue");
}

TEST_CASE("An event too long to be held leads to another watch", "[kube]") {
  Followed followed;
  followed.server.SendLine(std::string(17u << 20, 'x'));
  CHECK(WaitUntil([&] { return followed.server.Watches() == 2 && followed.server.OpenWatches() == 1; }, kPatience));
  followed.server.Put("c", "blue");
  CheckColors(followed.sink, "a=red b=red c=blue");
}

TEST_CASE("A list that is no list is never taken for an empty one", "[kube]") {
  const auto body = GENERATE(as<std::string>(), "", "garbage", "{}", "[]", R"({"items":[]})", R"({"metadata":{"resourceVersion":"7"}})",
                             R"({"metadata":{"resourceVersion":"7"},"items":{}})", R"({"metadata":{"resourceVersion":"7"},"items":[7]})",
                             R"({"metadata":{"resourceVersion":""},"items":[]})");
  INFO(body);
  Followed followed;
  followed.server.ScriptNextWatch(Lines(ErrorEvent(410)));
  followed.server.ScriptNextList([=](const auto&, ScriptedAnswer& answer) { answer.Whole(200, body); });
  followed.server.EndWatches();
  CHECK(WaitUntil([&] { return followed.server.Lists() == 3 && followed.server.OpenWatches() == 1; }, kPatience));
  CHECK(followed.sink.Colors() == "a=red b=red");
  CHECK(followed.sink.complete_lists() == 2);
}

TEST_CASE("An empty list is one, written either way", "[kube]") {
  const auto items = GENERATE(as<std::string>(), "[]", "null");
  Followed followed;
  followed.server.ScriptNextWatch(Lines(ErrorEvent(410)));
  followed.server.ScriptNextList(
      [=](const auto&, ScriptedAnswer& answer) { answer.Whole(200, R"({"metadata":{"resourceVersion":"102"},"items":)" + items + "}"); });
  followed.server.EndWatches();
  CheckColors(followed.sink, "");
}

TEST_CASE("Silence on a watch leads to another one from the same version", "[kube]") {
  ListWatchOptions options = NamespaceWatch();
  options.watch_idle = milliseconds(100);
  Followed followed(options);
  CHECK(WaitUntil([&] { return followed.server.Watches() >= 3; }, kPatience));
  CHECK(followed.server.Lists() == 1);
  CHECK(followed.list_watch->status().last_error.empty());
}

TEST_CASE("A kind that is not installed is told as such, and followed once it is", "[kube]") {
  FakeApiServer server;
  server.ScriptNextList([](const auto&, ScriptedAnswer& answer) { answer.Whole(404, "404 page not found\n", {}, "text/plain"); });
  std::atomic<bool> go_on = false;
  server.ScriptNextList([&](const auto&, ScriptedAnswer& answer) {
    WaitUntil([&] { return go_on.load(); }, kPatience);
    answer.Whole(404, "404 page not found\n", {}, "text/plain");
  });
  const auto client = ConnectOrFail(AccessTo(server));
  RecordingSink sink;
  const ListWatch list_watch(*client, NamespaceWatch(), sink);
  CHECK(WaitUntil([&] { return server.Lists() == 2; }, kPatience));
  CHECK_FALSE(list_watch.status().synced);
  CHECK_THAT(list_watch.status().last_error, Catch::Contains("is the CustomResourceDefinition installed?"));
  go_on = true;
  CHECK(WaitUntil([&] { return list_watch.status().synced; }, kPatience));
}

TEST_CASE("A list-watch ends at once, whatever it waits for", "[kube]") {
  const auto what = GENERATE(as<std::string>(), "a list that hangs", "a pause", "a watch", "Retry-After");
  INFO(what);
  FakeApiServer server;
  const auto hang = [](const auto&, ScriptedAnswer& answer) { WaitUntil([&] { return !answer.IsOpen(); }, kPatience); };
  if (what == "a list that hangs") server.ScriptNextList(hang);
  if (what == "a pause") server.ScriptNextList(Status(500));
  if (what == "Retry-After") {
    server.ScriptNextList([](const auto&, ScriptedAnswer& answer) { answer.Whole(429, "", {{"Retry-After", "100"}}); });
  }
  ListWatchOptions options = NamespaceWatch();
  options.first_backoff = options.most_backoff = seconds(100);
  const auto client = ConnectOrFail(AccessTo(server));
  RecordingSink sink;
  std::optional<ListWatch> list_watch(std::in_place, *client, options, sink);
  CHECK(WaitUntil([&] { return !server.Requests().empty(); }, kPatience));
  if (what == "a watch") CHECK(WaitUntil([&] { return server.OpenWatches() == 1; }, kPatience));
  if (what == "a pause") CHECK(WaitUntil([&] { return !list_watch->status().last_error.empty(); }, kPatience));
  const auto begun = steady_clock::now();
  list_watch.reset();
  CHECK(steady_clock::now() - begun < seconds(60));
}

TEST_CASE("An object nested as deeply as the API server takes it does not hide the others", "[kube]") {
  FakeApiServer server;
  std::string deep = "1";
  for (int i = 0; i < 9'990; ++i) deep = R"({"a":)" + std::move(deep) + "}";
  server.ScriptNextList([&](const auto&, ScriptedAnswer& answer) {
    answer.Whole(200, R"({"metadata":{"resourceVersion":"100"},"items":[{"metadata":{"name":"deep"},"spec":)" + deep +
                          R"(},{"metadata":{"name":"flat","labels":{"color":"red"}}}]})");
  });
  const auto client = ConnectOrFail(AccessTo(server));
  RecordingSink sink;
  const ListWatch list_watch(*client, NamespaceWatch(), sink);
  CheckColors(sink, "deep= flat=red");
}

}  // namespace
}  // namespace hullwright::kube
