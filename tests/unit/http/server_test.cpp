#include <fmt/format.h>
#include <sys/resource.h>

#include <thread>

#include "server_fixture.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace std::chrono_literals;

TEST_CASE("a connection serves many requests, also over HTTP/1.0 when asked to stay", "[http]") {
  const auto server = StartServer();
  RawConnection modern(server->port());
  for (int i = 0; i < 3; ++i) {
    const auto response = modern.Exchange(PostRequest("/echo", fmt::format("[{}]", i)));
    REQUIRE(response);
    CHECK(response->body == fmt::format("[{}]", i));
    CHECK(HeaderValue(response->headers, "Connection").empty());
  }
  RawConnection old(server->port());
  const auto kept = old.Exchange("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  REQUIRE(kept);
  CHECK(HeaderValue(kept->headers, "Connection") == "keep-alive");
  const auto ended = old.Exchange("GET /healthz HTTP/1.0\r\n\r\n");
  REQUIRE(ended);
  CHECK(HeaderValue(ended->headers, "Connection") == "close");
  CHECK(old.IsClosedByPeer());
}

TEST_CASE("Connection: close is honoured", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  CHECK(connection.Exchange(GetRequest("/healthz", "Connection: close\r\n"))->status == 200);
  CHECK(connection.IsClosedByPeer());
}

TEST_CASE("requests sent ahead are answered one after the other", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += PostRequest("/echo", fmt::format("[{}]", i));
  connection.Send(all);
  for (int i = 0; i < 50; ++i) {
    const auto response = connection.Receive();
    REQUIRE(response);
    CHECK(response->body == fmt::format("[{}]", i));
  }
}

TEST_CASE("a request may arrive in any pieces", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  for (const char c : PostRequest("/echo", "{\"a\":1}")) connection.Send(std::string_view(&c, 1));
  CHECK(connection.Receive()->body == "{\"a\":1}");
}

TEST_CASE("bodies up to the limit and large answers pass whole", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  const std::string body(7u << 20, 'y');
  CHECK(connection.Exchange(PostRequest("/size", body))->body == std::to_string(body.size()));
  CHECK(connection.Exchange(GetRequest("/large"))->body == std::string(3u << 20, 'x'));
  CHECK(connection.Exchange(PostRequest("/size", "{}"))->body == "2");
}

TEST_CASE("a handler sees path, query, headers and the caller's deadline", "[http]") {
  std::atomic<bool> good{false};
  const auto before = std::chrono::steady_clock::now();
  const auto handler = [&](const ServerRequest& request) {
    const auto allowed = request.deadline - before;
    good = request.method == "POST" && request.path == "/v1/validate" && request.query == "timeout=5s&x=1" &&
           request.content_type == "application/json" && request.body == "{}" && !request.peer_subject && allowed >= 4s && allowed < 5s;
    return Response{};
  };
  auto server = HttpServer::Start(TestOptions(), {{"POST", "/v1/validate", handler}});
  REQUIRE(server);
  RawConnection((*server)->port()).Exchange(PostRequest("/v1/validate?timeout=5s&x=1", "{}"));
  CHECK(good);
}

TEST_CASE("a handler that throws costs its own request only, and tells the caller nothing", "[http][attack-66]") {
  const auto server = StartServer();
  for (const auto* path : {"/throw", "/throw-int", "/blocking-throw"}) {
    CAPTURE(path);
    const auto response = RawConnection(server->port()).Exchange(GetRequest(path));
    REQUIRE(response);
    CHECK(response->status == 500);
    CHECK(response->body == R"({"error":"internal error"})");
  }
  CHECK(server->Statistics().handler_failures == 3);
  CHECK(RawConnection(server->port()).Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("a blocking handler holds up nobody else on its thread", "[http]") {
  Gate gate;
  auto options = TestOptions();
  options.threads = 1;
  const auto server = StartServer(options, &gate);
  RawConnection blocked(server->port()), other(server->port());
  blocked.Send(PostRequest("/gate", "[1]") + PostRequest("/echo", "[2]"));
  gate.arrived.acquire();
  CHECK(other.Exchange(GetRequest("/healthz"))->status == 200);
  gate.open.release();
  CHECK(blocked.Receive()->body == "[1]");
  CHECK(blocked.Receive()->body == "[2]");
}

TEST_CASE("a handler that finds it has to wait is called once more where it may", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  const auto waited = connection.Exchange(GetRequest("/call-again"));
  REQUIRE(waited);
  CHECK(waited->status == 200);
  CHECK(waited->body == "waited");
  const auto refused = connection.Exchange(GetRequest("/call-again-for-ever"));
  REQUIRE(refused);
  CHECK(refused->status == 500);
}

TEST_CASE("a call whose deadline passed while it stood in the queue is not made", "[http]") {
  Gate gate;
  auto options = TestOptions();
  options.blocking_threads = 1;
  options.request_deadline = 50ms;
  const auto server = StartServer(options, &gate);
  RawConnection running(server->port()), waiting(server->port());
  running.Send(PostRequest("/gate", "1"));
  gate.arrived.acquire();
  waiting.Send(PostRequest("/gate", "2"));
  while (server->Statistics().requests < 2) std::this_thread::yield();
  const auto late = std::chrono::steady_clock::now() + 60ms;
  std::this_thread::sleep_until(late);  // the deadline itself is what is tested
  gate.open.release();
  CHECK(running.Receive()->status == 200);
  CHECK(waiting.Receive()->status == 503);
}

TEST_CASE("an old connection is asked to go, so that new replicas get load", "[http]") {
  auto options = TestOptions();
  options.max_connection_age = 0ms;
  const auto server = StartServer(options);
  RawConnection connection(server->port());
  CHECK(HeaderValue(connection.Exchange(GetRequest("/healthz"))->headers, "Connection") == "close");
  CHECK(connection.IsClosedByPeer());
}

TEST_CASE("after the announcement every reply closes, and new connections are served still", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  CHECK(HeaderValue(connection.Exchange(GetRequest("/healthz"))->headers, "Connection").empty());
  server->AnnounceClose();
  CHECK(HeaderValue(connection.Exchange(GetRequest("/healthz"))->headers, "Connection") == "close");
  CHECK(RawConnection(server->port()).Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("draining closes idle connections, answers what is under way and accepts nothing new", "[http]") {
  Gate gate;
  const auto server = StartServer(TestOptions(), &gate);
  RawConnection idle(server->port()), busy(server->port());
  CHECK(idle.Exchange(GetRequest("/healthz"))->status == 200);
  busy.Send(PostRequest("/gate", "[1]"));
  gate.arrived.acquire();
  std::jthread draining([&] { server->Drain(std::chrono::steady_clock::now() + 10s); });
  CHECK(idle.IsClosedByPeer());
  CHECK_FALSE(RawConnection(server->port()).Exchange(GetRequest("/healthz")));
  gate.open.release();
  const auto response = busy.Receive();
  REQUIRE(response);
  CHECK(response->body == "[1]");
  CHECK(HeaderValue(response->headers, "Connection") == "close");
  draining.join();
  CHECK(server->Statistics().connections_open == 0);
}

TEST_CASE("draining ends at its deadline whatever hangs", "[http]") {
  Gate gate;
  const auto server = StartServer(TestOptions(), &gate);
  RawConnection busy(server->port());
  busy.Send(PostRequest("/gate", "[1]"));
  gate.arrived.acquire();
  server->Drain(std::chrono::steady_clock::now() + 50ms);
  CHECK(busy.IsClosedByPeer());
  gate.open.release();
}

TEST_CASE("under load, announcing and draining fails no request", "[http]") {
  const auto server = StartServer();
  std::atomic<int> answered{0}, failed{0};
  std::atomic<bool> endpoint_removed{false};  // as in a cluster: new connections stop before the listener goes
  const auto client = [&] {
    while (!endpoint_removed) {
      RawConnection connection(server->port());
      for (bool open = connection.is_open(); open;) {
        const auto response = connection.Exchange(PostRequest("/echo", "[1]"));
        ++(response ? answered : failed);
        open = response && HeaderValue(response->headers, "Connection") != "close";
      }
    }
  };
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(client);
  while (answered < 2000) std::this_thread::yield();
  server->AnnounceClose();
  const int before = answered;
  while (answered < before + 500) std::this_thread::yield();
  endpoint_removed = true;
  server->Drain(std::chrono::steady_clock::now() + 30s);
  clients.clear();
  CHECK(failed == 0);
  CHECK(server->Statistics().connections_open == 0);
}

TEST_CASE("two thousand connections that dribble do not keep another client from being served", "[http]") {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto server = StartServer();
  std::vector<RawConnection> slow;
  for (int i = 0; i < 2000; ++i) {
    slow.emplace_back(server->port());
    slow.back().Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Le");
  }
  RawConnection client(server->port());
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) {
    slow[static_cast<std::size_t>(i)].Send("n");
    const auto response = client.Exchange(PostRequest("/echo", "[1]"));
    REQUIRE(response);
    CHECK(response->status == 200);
  }
  CHECK(std::chrono::steady_clock::now() - before < 30s);
  CHECK(server->Statistics().connections_open == 2001);
}

TEST_CASE("a server that cannot start says why", "[http]") {
  const auto server = StartServer();
  auto options = TestOptions();
  options.port = server->port();
  const auto second = HttpServer::Start(options, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kConflict);
  CHECK(second.error().message.find(std::to_string(server->port())) != std::string::npos);
  options.address = "localhost";
  const auto third = HttpServer::Start(options, {});
  REQUIRE_FALSE(third);
  CHECK(third.error().code == ErrorCode::kInvalidInput);
}
