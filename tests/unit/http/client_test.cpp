#include "http/client.h"

#include <fmt/format.h>

#include <thread>

#include "server_fixture.h"
#include "support/certificates.h"
#include "support/scripted_server.h"
#include "support/temporary_directory.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace hullwright::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using std::chrono::steady_clock;

namespace {

std::unique_ptr<HttpClient> Client(const ClientOptions& options) {
  InitializeClientThreads(2);
  auto client = MakeHttpClient(options);
  if (!client) FAIL(client.error().message);
  return std::move(*client);
}
std::unique_ptr<HttpClient> Client(const std::string& url) {
  return Client(ClientOptions{.base_url = url});
}

Deadline Soon() {
  return steady_clock::now() + 10s;
}

std::string Url(const HttpServer& server, std::string_view scheme, std::string_view host) {
  return fmt::format("{}://{}:{}", scheme, host, server.port());
}

// A server with TLS and what a client needs to trust it.
struct TlsServer {
  explicit TlsServer(const ServerNames& names = {}) : authority(folder.path(), "test"), stranger(folder.path(), "stranger") {
    auto options = TestOptions();
    const auto files = authority.MintServer("server", names);
    options.certificate_file = files.certificate_file;
    options.key_file = files.key_file;
    options.client_ca_file = authority.ca_file();
    server = StartServer(options);
  }
  ClientOptions Options(std::string_view host = "127.0.0.1") const {
    return {.base_url = Url(*server, "https", host), .ca_file = authority.ca_file()};
  }

  TemporaryDirectory folder;
  CertificateAuthority authority, stranger;
  std::unique_ptr<HttpServer> server;
};

constexpr auto kNoData = [](std::string_view) { return true; };
constexpr auto kAnyHead = [](const Response&) { return true; };

}  // namespace

TEST_CASE("every status is a response, and connections are used again", "[http]") {
  const auto server = StartServer();
  const auto client = Client(Url(*server, "http", "127.0.0.1"));
  for (int i = 0; i < 10; ++i) {
    const auto response = client->Send({.path_and_query = "/healthz"}, Soon());
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "ok");
    CHECK(response->content_type == "text/plain");
    const auto posted =
        client->Send({.method = "POST", .path_and_query = "/echo", .content_type = "application/json", .body = "{\"a\":1}"}, Soon());
    REQUIRE(posted);
    CHECK(posted->body == "{\"a\":1}");
  }
  // Not always one: an answer may be out before its connection is back in cpprestsdk's pool.
  CHECK(server->Statistics().connections_accepted < 5);
  const auto missing = client->Send({.path_and_query = "/nowhere?x=%2F"}, Soon());
  REQUIRE(missing);
  CHECK(missing->status == 404);
  CHECK(HeaderValue(missing->headers, "connection") == "close");
  CHECK(client->Send({.path_and_query = "/healthz"}, Soon())->status == 200);
}

TEST_CASE("large bodies pass both ways", "[http]") {
  const TlsServer tls;
  const auto client = Client(tls.Options());
  CHECK(client->Send({.path_and_query = "/large"}, Soon())->body == std::string(3u << 20, 'x'));
  const std::string body(5u << 20, 'y');
  CHECK(client->Send({.method = "POST", .path_and_query = "/echo", .content_type = "application/json", .body = body}, Soon())->body ==
        body);
}

TEST_CASE("a redirect is handed back, not followed", "[http]") {
  const auto server = StartServer();
  const std::string elsewhere = Url(*server, "http", "127.0.0.1") + "/healthz";
  ScriptedServer redirecting([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere));
  });
  const auto response = Client(redirecting.url())->Send({}, Soon());
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(server->Statistics().connections_accepted == 0);
}

TEST_CASE("a server is trusted by address or name in its certificate and by the given CA alone", "[http]") {
  const TlsServer tls;
  CHECK(Client(tls.Options("127.0.0.1"))->Send({.path_and_query = "/healthz"}, Soon())->status == 200);
  CHECK(Client(tls.Options("localhost"))->Send({.path_and_query = "/healthz"}, Soon())->status == 200);
  auto other_ca = tls.Options();
  other_ca.ca_file = tls.stranger.ca_file();
  auto system_roots = tls.Options();
  system_roots.ca_file.clear();
  for (const auto& options : {other_ca, system_roots}) {
    const auto response = Client(options)->Send({.path_and_query = "/healthz"}, Soon());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::kUnavailable);
    CHECK_THAT(response.error().message, Contains("certificate verify failed"));
  }
  CHECK(tls.server->Statistics().requests == 2);
}

TEST_CASE("a certificate for another name or address is refused", "[http]") {
  for (const auto& names :
       {ServerNames{{"other.example"}, {"127.0.0.2"}}, ServerNames{{"localhost"}, {}}, ServerNames{{"127.0.0.1"}, {}}}) {
    const TlsServer tls(names);
    const auto response = Client(tls.Options("127.0.0.1"))->Send({.path_and_query = "/healthz"}, Soon());
    REQUIRE_FALSE(response);
    CHECK_THAT(response.error().message, Contains("certificate verify failed"));
    CHECK(tls.server->Statistics().requests == 0);
  }
  const TlsServer tls(ServerNames{{"other.example"}, {"127.0.0.1"}});
  CHECK_FALSE(Client(tls.Options("localhost"))->Send({.path_and_query = "/healthz"}, Soon()));
}

TEST_CASE("the client shows its certificate", "[http]") {
  TlsServer tls;
  auto options = tls.Options();
  const auto files = tls.authority.MintClient("client", "system:serviceaccount:demo");
  options.client_certificate_file = files.certificate_file;
  options.client_key_file = files.key_file;
  CHECK(Client(options)->Send({.path_and_query = "/who"}, Soon())->body == "system:serviceaccount:demo");
}

TEST_CASE("files and URLs that cannot serve are refused when the client is made", "[http]") {
  const TlsServer tls;
  const auto error = [](ClientOptions options) {
    const auto client = MakeHttpClient(options);
    REQUIRE_FALSE(client);
    return client.error();
  };
  auto options = tls.Options();
  options.ca_file = "/nowhere.pem";
  CHECK_THAT(error(options).message, Contains("CA file /nowhere.pem: No such file"));
  options = tls.Options();
  options.client_certificate_file = tls.authority.ca_file();
  CHECK_THAT(error(options).message, Contains("both a certificate file and a key file"));
  for (const auto* url : {"", "127.0.0.1:6443", "ftp://a", "https://", "https://user:password@a", "https://a b"}) {
    CAPTURE(url);
    CHECK(error({.base_url = url}).code == ErrorCode::kInvalidInput);
  }
  CHECK(error({.base_url = "https://[::1]:6443"}).code == ErrorCode::kUnsupported);
}

TEST_CASE("a request that could smuggle another is not sent", "[http]") {
  const auto server = StartServer();
  const auto client = Client(Url(*server, "http", "127.0.0.1"));
  for (const ClientRequest& request : {ClientRequest{.headers = {{"X", "a\r\nY: b"}}}, ClientRequest{.headers = {{"X\n", "a"}}},
                                       ClientRequest{.headers = {{"content-length", "3"}}}, ClientRequest{.headers = {{"Host", "b"}}},
                                       ClientRequest{.path_and_query = "/a b\r\n"}}) {
    const auto response = client->Send(request, Soon());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::kInvalidInput);
  }
  CHECK(server->Statistics().connections_accepted == 0);
}

TEST_CASE("nobody there is kUnavailable", "[http]") {
  std::string url;
  {
    const auto server = StartServer();
    url = Url(*server, "http", "127.0.0.1");
  }
  const auto response = Client(url)->Send({}, Soon());
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(response.error().message, Contains(url));
}

TEST_CASE("an answer that breaks off is kUnavailable, not a short success", "[http]") {
  for (const auto* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 20"}) {
    CAPTURE(bytes);
    ScriptedServer server([&](const ScriptedRequest&, ScriptedAnswer& answer) { answer.Send(bytes); });
    const auto response = Client(server.url())->Send({}, Soon());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::kUnavailable);
  }
}

TEST_CASE("the deadline holds against silence and against dribbling", "[http]") {
  ScriptedServer silent([](const ScriptedRequest&, ScriptedAnswer& answer) { answer.WaitUntilClosed(); });
  ScriptedServer dribbling([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (answer.Chunk("x")) std::this_thread::sleep_for(5ms);  // the pace of the peer is what is tested
  });
  for (const auto& url : {silent.url(), dribbling.url()}) {
    const auto before = steady_clock::now();
    const auto response = Client(url)->Send({}, before + 150ms);
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::kDeadline);
    CHECK(steady_clock::now() - before >= 150ms);
    CHECK(steady_clock::now() - before < 30s);
  }
  CHECK(Client(silent.url())->Send({}, steady_clock::now()).error().code == ErrorCode::kDeadline);
}

TEST_CASE("an answer over the cap is kTooLarge, announced or not", "[http]") {
  ScriptedServer announced([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    answer.WaitUntilClosed();
  });
  ScriptedServer endless([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (answer.Chunk(std::string(1000, 'x'))) {
    }
  });
  for (const auto& url : {announced.url(), endless.url()}) {
    const auto response = Client(url)->Send({.max_response_bytes = 100'000}, Soon());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::kTooLarge);
  }
  const auto server = StartServer();
  const auto exact = Client(Url(*server, "http", "127.0.0.1"))->Send({.path_and_query = "/large", .max_response_bytes = 3u << 20}, Soon());
  CHECK(exact->body.size() == 3u << 20);
}

TEST_CASE("a connection that the server closed while it was idle is replaced", "[http]") {
  auto options = TestOptions();
  options.idle_timeout = 30ms;
  const auto server = StartServer(options);
  const auto client = Client(Url(*server, "http", "127.0.0.1"));
  CHECK(client->Send({.path_and_query = "/healthz"}, Soon())->status == 200);
  while (server->Statistics().connections_open > 0) std::this_thread::yield();
  CHECK(client->Send({.path_and_query = "/healthz"}, Soon())->status == 200);
  CHECK(server->Statistics().connections_accepted == 2);
}

TEST_CASE("a stream hands each piece on as it arrives, until the peer ends it", "[http]") {
  std::counting_semaphore<8> seen{0};
  ScriptedServer server([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const auto* line : {"{\"type\":\"ADDED\"}\n", "{\"type\":\"MODIF", "IED\"}\n"}) {
      answer.Chunk(line);
      seen.acquire();  // the next only when this one has been handed on
    }
    answer.Chunk("");
    answer.WaitUntilClosed();
  });
  std::string all;
  int heads = 0;
  const auto on_head = [&](const Response& head) {
    return ++heads == 1 && head.status == 200 && head.content_type == "application/json" && all.empty();
  };
  const auto on_data = [&](std::string_view data) {
    all += data;
    seen.release();
    return true;
  };
  REQUIRE(Client(server.url())->Stream({}, on_head, on_data, 5s, {}));
  CHECK(heads == 1);
  CHECK(all == "{\"type\":\"ADDED\"}\n{\"type\":\"MODIFIED\"}\n");
}

TEST_CASE("a stream ends in success when the receiver has had enough", "[http]") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (answer.Chunk("x")) {
    }
  });
  int pieces = 0;
  const auto client = Client(server.url());
  CHECK(
      client->Stream({}, [](const Response& head) { return head.status != 410; }, [&](std::string_view) { return ++pieces > 0; }, 5s, {}));
  CHECK(pieces == 0);
  CHECK(client->Stream({}, kAnyHead, [&](std::string_view) { return ++pieces < 2; }, 5s, {}));
  CHECK(pieces == 2);
}

TEST_CASE("a stream that falls silent is kDeadline after the idle timeout", "[http]") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
      answer.Chunk("x");
      std::this_thread::sleep_for(50ms);  // shorter than the idle timeout, longer together
    }
    answer.WaitUntilClosed();
  });
  std::string all;
  const auto before = steady_clock::now();
  const auto ended = Client(server.url())
                         ->Stream({}, kAnyHead,
                                  [&](std::string_view data) {
                                    all += data;
                                    return true;
                                  },
                                  2s, {});
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::kDeadline);
  CHECK(all == "xxxxxxxxxx");
  CHECK(steady_clock::now() - before < 30s);
}

TEST_CASE("a stream stops at once when asked, silent or busy", "[http]") {
  std::counting_semaphore<1> begun{0};
  ScriptedServer silent([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    answer.WaitUntilClosed();
  });
  ScriptedServer busy([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (answer.Chunk("x")) {
    }
  });
  for (const auto& url : {silent.url(), busy.url()}) {
    std::stop_source source;
    const auto client = Client(url);
    Result<void> ended;
    std::jthread streaming([&] {
      ended = client->Stream(
          {},
          [&](const Response&) {
            begun.release();
            return true;
          },
          kNoData, 60s, source.get_token());
    });
    begun.acquire();
    const auto before = steady_clock::now();
    source.request_stop();
    streaming.join();
    CHECK(steady_clock::now() - before < 30s);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == ErrorCode::kDeadline);
  }
}

TEST_CASE("a slow receiver holds the sender back instead of filling memory", "[http]") {
  std::binary_semaphore blocked{0};
  std::atomic<std::size_t> sent{0};
  ScriptedServer server([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    answer.SetPatience(300ms);
    const std::string piece(64 << 10, 'x');
    while (sent < 200u << 20 && answer.Chunk(piece)) sent += piece.size();
    blocked.release();
  });
  bool first = true;
  const auto on_data = [&](std::string_view) {
    if (std::exchange(first, false)) blocked.acquire();
    return true;
  };
  CHECK_FALSE(Client(server.url())->Stream({}, kAnyHead, on_data, 5s, {}));  // the script gives up in the middle of a chunk
  CHECK(sent < 50u << 20);
}
