#include "http/bounded_client.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "http/peer_tls.h"
#include "server_fixture.h"
#include "support/certificates.h"
#include "support/fixed_resolver.h"
#include "support/scripted_server.h"
#include "support/temporary_directory.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace hullwright::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using std::chrono::steady_clock;

namespace {

Deadline Soon() {
  return steady_clock::now() + 10s;
}

Origin Plain(std::uint16_t port, std::string host = "127.0.0.1") {
  return {false, std::move(host), port};
}

PeerFailure WhyNot(const PeerResult<Response>& result) {
  REQUIRE_FALSE(result);
  INFO(result.error().message);
  CHECK_FALSE(result.error().message.empty());
  return result.error().failure;
}

bool Succeeds(const PeerResult<Response>& result) {
  if (!result) UNSCOPED_INFO(ToString(result.error().failure) << ": " << result.error().message);
  return result.has_value();
}

// The one answer of a server that says these bytes and closes.
PeerResult<Response> AnswerOf(std::string bytes, std::size_t max_body_bytes = 1000, BodyBudget* budget = nullptr) {
  ScriptedServer server([&](const ScriptedRequest&, ScriptedAnswer& answer) { answer.Send(bytes); });
  return MakeBoundedClient()->Send({.origin = Plain(server.port()), .max_body_bytes = max_body_bytes}, {}, Soon(), budget);
}

std::string Text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct TlsServer {
  explicit TlsServer(const ServerNames& names = {}) : authority(folder.path(), "test"), stranger(folder.path(), "stranger") {
    auto options = TestOptions();
    const auto files = authority.MintServer("server", names);
    options.certificate_file = files.certificate_file;
    options.key_file = files.key_file;
    options.client_ca_file = authority.ca_file();
    server = StartServer(options);
  }
  PeerResult<Response> Ask(const TlsMaterial& material, const std::string& host = "127.0.0.1", const std::string& target = "/who") const {
    const auto tls = PeerTls::Make(material);
    REQUIRE(tls);
    const auto client = MakeBoundedClient({.resolver = std::make_shared<FixedResolver>(std::map<std::string, std::vector<std::string>>{
                                               {"localhost", {"127.0.0.1"}}, {"other.example", {"127.0.0.1"}}})});
    return client->Send({.origin = {true, host, server->port()}, .target = target}, {.tls = *tls}, Soon(), nullptr);
  }

  TemporaryDirectory folder;
  CertificateAuthority authority, stranger;
  std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST_CASE("the bounded client asks many times over one connection", "[http]") {
  const auto server = StartServer();
  const auto client = MakeBoundedClient();
  for (int i = 0; i < 10; ++i) {
    const auto response = client->Send({.origin = Plain(server->port()), .target = "/healthz"}, {}, Soon(), nullptr);
    REQUIRE(Succeeds(response));
    CHECK(response->status == 200);
    CHECK(response->body == "ok");
    CHECK(response->content_type == "text/plain");
  }
  CHECK(server->Statistics().connections_accepted == 1);
  const auto posted =
      client->Send({.origin = Plain(server->port()), .method = "POST", .target = "/echo", .content_type = "application/json", .body = "{}"},
                   {}, Soon(), nullptr);
  REQUIRE(posted);
  CHECK(posted->body == "{}");
}

TEST_CASE("a connection that the peer closed meanwhile is replaced without an error", "[http]") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");  // promises to stay, and goes
  });
  const auto client = MakeBoundedClient();
  for (int i = 0; i < 5; ++i) {
    const auto response = client->Send({.origin = Plain(server.port())}, {}, Soon(), nullptr);
    REQUIRE(Succeeds(response));
    CHECK(response->body == "ok");
  }
}

TEST_CASE("bodies of every framing are read", "[http]") {
  CHECK(AnswerOf("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")->body == "abc");
  CHECK(AnswerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nContent-Type: evil\r\n\r\n")->body ==
        "abcde");
  CHECK(AnswerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Type: evil\r\n\r\n")->content_type.empty());
  CHECK(AnswerOf("HTTP/1.0 200 OK\r\n\r\nuntil the end")->body == "until the end");
  CHECK(AnswerOf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status == 204);
}

TEST_CASE("what is no HTTP, or HTTP in two ways, is refused", "[http]") {
  for (const auto* bytes : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nBroken\r\n\r\n",
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    CHECK(WhyNot(AnswerOf(bytes)) == PeerFailure::kProtocol);
  }
  CHECK(WhyNot(AnswerOf("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")) == PeerFailure::kConnect);
  CHECK(WhyNot(AnswerOf("")) == PeerFailure::kConnect);
  std::string interim;
  for (int i = 0; i < 10; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(WhyNot(AnswerOf(interim)) == PeerFailure::kProtocol);
}

TEST_CASE("compressed answers are refused", "[http]") {
  CHECK(WhyNot(AnswerOf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")) == PeerFailure::kEncoding);
  CHECK(AnswerOf("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"));
}

TEST_CASE("head, body and budget have bounds that hold while bytes arrive", "[http]") {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  CHECK(WhyNot(AnswerOf(head + "Content-Length: 5000000000\r\n\r\n")) == PeerFailure::kTooLarge);
  CHECK(WhyNot(AnswerOf(head + "\r\n" + std::string(2000, 'x'))) == PeerFailure::kTooLarge);
  CHECK(WhyNot(AnswerOf(head + "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x'))) == PeerFailure::kTooLarge);
  CHECK(WhyNot(AnswerOf(head + "X: " + std::string(100'000, 'x') + "\r\n\r\n")) == PeerFailure::kTooLarge);
  CHECK(WhyNot(AnswerOf(head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x'))) != PeerFailure::kDeadline);
  BodyBudget budget(700);
  const std::string answer = head + "Content-Length: 500\r\n\r\n" + std::string(500, 'x');
  CHECK(AnswerOf(answer, 1000, &budget));
  CHECK(WhyNot(AnswerOf(answer, 1000, &budget)) == PeerFailure::kBudget);
  CHECK(budget.used() <= 700);
}

TEST_CASE("of an error's body only the beginning is kept", "[http]") {
  const auto response = AnswerOf("HTTP/1.1 404 Not Found\r\nContent-Length: 5000000000\r\n\r\n" + std::string(1u << 20, 'x'), 10);
  REQUIRE(Succeeds(response));
  CHECK(response->status == 404);
  CHECK(response->body.size() == kMaxErrorBytes);
}

TEST_CASE("a peer that dawdles is left at the deadline", "[http]") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (answer.IsOpen() && answer.Send("x")) std::this_thread::sleep_for(1ms);
  });
  const auto begin = steady_clock::now();
  const auto result =
      MakeBoundedClient()->Send({.origin = Plain(server.port()), .max_body_bytes = 1u << 20}, {}, steady_clock::now() + 100ms, nullptr);
  CHECK(WhyNot(result) == PeerFailure::kDeadline);
  CHECK(steady_clock::now() - begin < 30s);
  CHECK(WhyNot(MakeBoundedClient()->Send({.origin = Plain(server.port())}, {}, steady_clock::now() - 1s, nullptr)) ==
        PeerFailure::kDeadline);
}

TEST_CASE("only addresses that the caller allows are connected to", "[http]") {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    ++asked;
    answer.Whole(200, "ok");
  });
  const auto resolver = std::make_shared<FixedResolver>(std::map<std::string, std::vector<std::string>>{
      {"mixed.example", {"169.254.169.254", "127.0.0.1"}}, {"metadata.example", {"169.254.169.254"}}});
  const auto client = MakeBoundedClient({.resolver = resolver});
  const PeerTrust trust{.may_connect = [](const IpAddress& address) { return address != *IpAddress::Parse("169.254.169.254"); }};
  const auto ask = [&](const std::string& host) { return client->Send({.origin = Plain(server.port(), host)}, trust, Soon(), nullptr); };
  CHECK(Succeeds(ask("mixed.example")));
  CHECK(WhyNot(ask("metadata.example")) == PeerFailure::kAddress);
  CHECK(WhyNot(ask("169.254.169.254")) == PeerFailure::kAddress);
  CHECK(WhyNot(ask("::ffff:169.254.169.254")) == PeerFailure::kAddress);
  CHECK(WhyNot(ask("nowhere.example")) == PeerFailure::kName);
  CHECK(asked == 1);
}

TEST_CASE("a kept connection is not used for a caller that may not connect to its address", "[http]") {
  const auto server = StartServer();
  const auto client = MakeBoundedClient();
  CHECK(client->Send({.origin = Plain(server->port()), .target = "/healthz"}, {}, Soon(), nullptr));
  const PeerTrust nobody{.may_connect = [](const IpAddress&) { return false; }};
  CHECK(WhyNot(client->Send({.origin = Plain(server->port()), .target = "/healthz"}, nobody, Soon(), nullptr)) == PeerFailure::kAddress);
}

TEST_CASE("TLS asks for a trusted certificate of the very host", "[http]") {
  const TlsServer peer;
  const std::string roots = Text(peer.authority.ca_file());
  CHECK(peer.Ask({.ca_pem = roots}));
  CHECK(peer.Ask({.ca_pem = roots}, "localhost"));
  CHECK(WhyNot(peer.Ask({.ca_pem = roots}, "other.example")) == PeerFailure::kTls);
  CHECK(WhyNot(peer.Ask({.ca_pem = Text(peer.stranger.ca_file())})) == PeerFailure::kTls);
  CHECK(WhyNot(peer.Ask({})) == PeerFailure::kTls);
}

TEST_CASE("a client certificate is shown to the peer it is for", "[http]") {
  TlsServer peer;
  const auto files = peer.authority.MintClient("client", "puller");
  const auto answer = peer.Ask({.ca_pem = Text(peer.authority.ca_file()),
                                .client_certificate_pem = Text(files.certificate_file),
                                .client_key_pem = Text(files.key_file)});
  REQUIRE(answer);
  CHECK(answer->body == "puller");
  CHECK_FALSE(PeerTls::Make({.client_certificate_pem = Text(files.certificate_file)}));
  CHECK_FALSE(PeerTls::Make({.ca_pem = "no certificate"}));
  const auto other = peer.authority.MintClient("other", "other");
  CHECK_FALSE(PeerTls::Make({.client_certificate_pem = Text(files.certificate_file), .client_key_pem = Text(other.key_file)}));
}

TEST_CASE("TLS is not spoken to a peer that speaks none, nor without roots", "[http]") {
  const auto server = StartServer();
  const auto tls = PeerTls::Make({});
  REQUIRE(tls);
  const Origin origin{true, "127.0.0.1", server->port()};
  CHECK(WhyNot(MakeBoundedClient()->Send({.origin = origin}, {.tls = *tls}, Soon(), nullptr)) == PeerFailure::kTls);
  CHECK(WhyNot(MakeBoundedClient()->Send({.origin = origin}, {}, Soon(), nullptr)) == PeerFailure::kRequest);
}

TEST_CASE("nothing of a request can become another one", "[http]") {
  const auto client = MakeBoundedClient();
  const auto why = [&](PeerRequest request) {
    request.origin = Plain(1);
    return WhyNot(client->Send(request, {}, Soon(), nullptr));
  };
  CHECK(why({.target = "/a b"}) == PeerFailure::kRequest);
  CHECK(why({.target = "/a\r\nX: y"}) == PeerFailure::kRequest);
  CHECK(why({.target = "a"}) == PeerFailure::kRequest);
  CHECK(why({.headers = {{"X", "a\r\nY: b"}}}) == PeerFailure::kRequest);
  CHECK(why({.headers = {{"X Y", "a"}}}) == PeerFailure::kRequest);
  CHECK(why({.method = "GET /"}) == PeerFailure::kRequest);
}
