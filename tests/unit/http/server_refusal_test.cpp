// What never reaches a handler (attack row 63: wrong path, no body, chunked, smuggling headers, huge body).
#include <fmt/format.h>

#include <thread>

#include "server_fixture.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace std::chrono_literals;

namespace {

// Sends one request on a connection of its own: the status, after checking that a refusal closes the connection.
int StatusOf(const HttpServer& server, std::string_view request) {
  RawConnection connection(server.port());
  const auto response = connection.Exchange(request);
  if (!response) return 0;
  if (response->status >= 400) {
    CHECK(HeaderValue(response->headers, "Connection") == "close");
    CHECK(response->content_type == "application/json");
    CHECK(response->body.starts_with(R"({"error":")"));
    CHECK(connection.IsClosedByPeer());
  }
  return response->status;
}

std::string Post(std::string_view headers, std::string_view body = "{}") {
  return fmt::format("POST /echo HTTP/1.1\r\nHost: h\r\n{}\r\n{}", headers, body);
}

constexpr std::string_view kJson = "Content-Type: application/json\r\n";

}  // namespace

TEST_CASE("requests that no handler should see are refused, with the right status, and the connection closes", "[http][attack-63]") {
  const auto server = StartServer();
  struct Case {
    const char* name;
    int status;
    std::string request;
  };
  const std::string json(kJson);
  const Case cases[] = {
      {"the twin that is well formed", 200, Post(json + "Content-Length: 2\r\n")},
      {"charset parameter", 200, Post("content-type: Application/JSON ; charset=utf-8\r\nContent-Length: 2\r\n")},
      {"unknown path", 404, PostRequest("/nowhere", "{}")},
      {"path that only begins like a route", 404, PostRequest("/echo/", "{}")},
      {"absolute target", 404, PostRequest("http://h/echo", "{}")},
      {"GET on a POST route", 405, GetRequest("/echo")},
      {"POST on a GET route", 405, PostRequest("/healthz", "{}")},
      {"invented method", 405, "BREW /echo HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no length", 411, Post(json)},
      {"chunked", 411, Post(json + "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")},
      {"another transfer encoding", 411, Post(json + "Transfer-Encoding: gzip\r\n")},
      {"empty body", 400, Post(json + "Content-Length: 0\r\n", "")},
      {"body larger than allowed", 413, Post(json + "Content-Length: 1073741824\r\n")},
      {"body one byte larger than allowed", 413, Post(json + fmt::format("Content-Length: {}\r\n", (7u << 20) + 1))},
      {"length and chunked", 400, Post(json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked and length", 400, Post(json + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n")},
      {"two lengths that differ", 400, Post(json + "Content-Length: 2\r\nContent-Length: 3\r\n")},
      {"two lengths that agree", 400, Post(json + "Content-Length: 2\r\nContent-Length: 2\r\n")},
      {"a list of lengths", 400, Post(json + "Content-Length: 2, 2\r\n")},
      {"signed length", 400, Post(json + "Content-Length: +2\r\n")},
      {"negative length", 400, Post(json + "Content-Length: -2\r\n")},
      {"hexadecimal length", 400, Post(json + "Content-Length: 0x2\r\n")},
      {"length beyond 64 bits", 400, Post(json + "Content-Length: 184467440737095516160\r\n")},
      {"space before the colon", 400, Post(json + "Content-Length : 2\r\n")},
      {"NUL in a header", 400, Post(json + std::string("X: a\0b\r\nContent-Length: 2\r\n", 25))},
      {"bare line feeds", 400, "POST /echo HTTP/1.1\nHost: h\nContent-Length: 2\n\n{}"},
      {"no host", 400, "GET /healthz HTTP/1.1\r\n\r\n"},
      {"two hosts", 400, "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"GET with a body", 400, "GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"},
      {"unknown version", 400, "GET /healthz HTTP/3.0\r\nHost: h\r\n\r\n"},
      {"HTTP/2 preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"no HTTP at all", 400, "\x16\x03\x01\x02 hello\r\n\r\n"},
      {"another content type", 415, Post("Content-Type: text/plain\r\nContent-Length: 2\r\n")},
      {"content type that only begins right", 415, Post("Content-Type: application/jsonp\r\nContent-Length: 2\r\n")},
      {"no content type", 415, Post("Content-Length: 2\r\n")},
      {"expectation", 417, Post(json + "Content-Length: 2\r\nExpect: 100-continue\r\n", "")},
      {"many headers", 431, Post(json + "X-Large: " + std::string(20'000, 'x') + "\r\nContent-Length: 2\r\n")},
      {"long path", 431, GetRequest("/" + std::string(20'000, 'x'))},
  };
  std::uint64_t refused = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(StatusOf(*server, c.request) == c.status);
    refused += c.status >= 400;
  }
  CHECK(server->Statistics().requests_refused == refused);
  CHECK(server->Statistics().handler_failures == 0);
}

TEST_CASE("405 names the method that is allowed", "[http]") {
  const auto server = StartServer();
  const auto response = RawConnection(server->port()).Exchange(GetRequest("/echo"));
  REQUIRE(response);
  CHECK(HeaderValue(response->headers, "Allow") == "POST");
}

TEST_CASE("too large a body is refused from its announcement, while nothing of it was sent", "[http][attack-63]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  const auto response =
      connection.Exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n");
  REQUIRE(response);
  CHECK(response->status == 413);
}

TEST_CASE("a client that pushes on with its large body still reads the refusal", "[http]") {
  const auto server = StartServer();
  RawConnection connection(server->port());
  connection.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n");
  connection.Send(std::string(100'000, 'x'));
  const auto response = connection.Receive();
  REQUIRE(response);
  CHECK(response->status == 413);
}

TEST_CASE("a header that grows field by field is cut at the limit", "[http]") {
  auto options = TestOptions();
  options.max_header_bytes = 1024;
  const auto server = StartServer(options);
  RawConnection connection(server->port());
  connection.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n");
  for (int i = 0; i < 20 && connection.Send("X: " + std::string(80, 'x') + "\r\n"); ++i) {
    // Mostly each field arrives alone: Beast's own limit, which looks at one piece, never sees too much.
    std::this_thread::sleep_for(1ms);
  }
  const auto response = connection.Receive();
  REQUIRE(response);
  CHECK(response->status == 431);
}

TEST_CASE("connections over the limit are closed at once, and one that ends makes room", "[http]") {
  auto options = TestOptions();
  options.max_connections = 2;
  const auto server = StartServer(options);
  RawConnection first(server->port());
  CHECK(first.Exchange(GetRequest("/healthz"))->status == 200);
  {
    RawConnection second(server->port());
    CHECK(second.Exchange(GetRequest("/healthz"))->status == 200);
    CHECK(RawConnection(server->port()).IsClosedByPeer());
    CHECK(server->Statistics().connections_refused == 1);
    CHECK(server->Statistics().connections_open == 2);
    CHECK(second.Exchange(GetRequest("/healthz", "Connection: close\r\n"))->status == 200);
    CHECK(second.IsClosedByPeer());
    while (server->Statistics().connections_open > 1) std::this_thread::yield();  // counted a moment after the peer sees it
  }
  CHECK(RawConnection(server->port()).Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("large bodies together stay inside their budget, small requests are served meanwhile", "[http]") {
  Gate gate;
  auto options = TestOptions();
  options.max_body_bytes_in_flight = 100'000;
  const auto server = StartServer(options, &gate);
  const std::string body(90'000, 'x');
  RawConnection first(server->port());
  first.Send(PostRequest("/gate", body));
  gate.arrived.acquire();
  const auto second = RawConnection(server->port()).Exchange(PostRequest("/size", body));
  REQUIRE(second);
  CHECK(second->status == 429);
  CHECK(HeaderValue(second->headers, "Retry-After") == "1");
  CHECK(RawConnection(server->port()).Exchange(PostRequest("/size", std::string(6000, 'x')))->body == "6000");
  gate.open.release();
  CHECK(first.Receive()->body == body);
  CHECK(RawConnection(server->port()).Exchange(PostRequest("/size", body))->body == "90000");  // given back
}

TEST_CASE("announcing large bodies without sending them takes nothing from others", "[http]") {
  auto options = TestOptions();
  options.max_body_bytes_in_flight = 1'000'000;
  const auto server = StartServer(options);
  std::vector<RawConnection> announcers;
  for (int i = 0; i < 10; ++i) {
    announcers.emplace_back(server->port());
    announcers.back().Send(fmt::format("POST /size HTTP/1.1\r\nHost: h\r\n{}Content-Length: 900000\r\n\r\n", kJson));
  }
  CHECK(RawConnection(server->port()).Exchange(PostRequest("/size", std::string(900'000, 'x')))->body == "900000");
}

TEST_CASE("calls beyond the blocking queue are refused with a time to come again", "[http]") {
  Gate gate;
  auto options = TestOptions();
  options.threads = 1;
  options.blocking_threads = 1;
  options.max_blocking_queue = 1;
  const auto server = StartServer(options, &gate);
  RawConnection running(server->port()), waiting(server->port()), third(server->port());
  running.Send(PostRequest("/gate", "1"));
  gate.arrived.acquire();
  waiting.Send(PostRequest("/gate", "2"));
  while (server->Statistics().requests < 2) std::this_thread::yield();
  const auto refused = third.Exchange(PostRequest("/gate", "3"));
  REQUIRE(refused);
  CHECK(refused->status == 429);
  CHECK(HeaderValue(refused->headers, "Retry-After") == "1");
  CHECK(RawConnection(server->port()).Exchange(GetRequest("/healthz"))->status == 200);
  gate.open.release(2);
  CHECK(running.Receive()->body == "1");
  CHECK(waiting.Receive()->body == "2");
}

TEST_CASE("a header that dribbles in is cut at the read timeout", "[http]") {
  auto options = TestOptions();
  options.read_timeout = 100ms;
  const auto server = StartServer(options);
  RawConnection head(server->port()), body(server->port()), silent(server->port());
  head.Send("GET /healthz HTTP/1.1\r\nHost:");
  body.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  CHECK(head.IsClosedByPeer());
  CHECK(body.IsClosedByPeer());
  CHECK(silent.IsClosedByPeer());
}

TEST_CASE("an idle connection lives as long as it may, and no longer", "[http]") {
  auto options = TestOptions();
  options.read_timeout = 50ms;
  options.idle_timeout = 300ms;
  const auto server = StartServer(options);
  RawConnection connection(server->port());
  CHECK(connection.Exchange(GetRequest("/healthz"))->status == 200);
  const auto before = std::chrono::steady_clock::now();
  CHECK(connection.IsClosedByPeer());
  CHECK(std::chrono::steady_clock::now() - before >= 250ms);
}
