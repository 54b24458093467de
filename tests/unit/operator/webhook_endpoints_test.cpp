#include "operator/webhook_endpoints.h"

#include <catch2/catch.hpp>

#include "http/server.h"
#include "operator/certificate_authority.h"
#include "support/temporary_directory.h"

namespace hullwright::controller {
namespace {

using namespace std::chrono_literals;

std::vector<WebhookAddress> Ready(const std::string& text) {
  JsonReader reader;
  const auto slice = reader.Read(text);
  REQUIRE(slice.has_value());
  const auto addresses = ReadyAddresses(*slice);
  REQUIRE(addresses.has_value());
  return *addresses;
}

TEST_CASE("Ready addresses are those that do not say they are not", "[operator]") {
  const auto ready = Ready(R"({"ports":[{"port":8443}],"endpoints":[
      {"addresses":["10.0.0.1","10.0.0.9"],"conditions":{"ready":true}},{"addresses":["10.0.0.2"],"conditions":{"ready":false}},
      {"addresses":["10.0.0.3"]},{"addresses":["fd00::4"],"conditions":{}},{"addresses":["webhook.example"]},{"addresses":[]},{}]})");
  REQUIRE(ready.size() == 3);
  CHECK(ready[0].address.ToString() == "10.0.0.1");
  CHECK(ready[0].port == 8443);
  CHECK(ready[1].address.ToString() == "10.0.0.3");
  CHECK(ready[2].address.ToString() == "fd00::4");
}

TEST_CASE("A slice without a usable port or without endpoints has no address", "[operator]") {
  CHECK(Ready(R"({"ports":[{"port":0}],"endpoints":[{"addresses":["10.0.0.1"]}]})").empty());
  CHECK(Ready(R"({"ports":[{"port":70000}],"endpoints":[{"addresses":["10.0.0.1"]}]})").empty());
  CHECK(Ready(R"({"endpoints":[{"addresses":["10.0.0.1"]}]})").empty());
  CHECK(Ready(R"({"ports":[{"port":1}],"endpoints":null})").empty());
  JsonReader reader;
  CHECK_FALSE(ReadyAddresses(*reader.Read(R"({"endpoints":{}})")).has_value());
}

TEST_CASE("An address is believed when its certificate is for the Service and leads to the bundle", "[operator]") {
  const Time now = SystemClock().Now();
  const testing::TemporaryDirectory folder;
  const auto authority = MakeAuthority("one", now, 1h), other = MakeAuthority("other", now, 1h);
  REQUIRE((authority && other));
  const auto leaf = SignLeaf(*authority, {"hullwright-webhook.hullwright-system.svc"}, now, 1h);
  REQUIRE(leaf.has_value());
  http::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.certificate_file = folder.Write("tls.crt", leaf->certificate);
  options.key_file = folder.Write("tls.key", leaf->key);
  const auto server = http::HttpServer::Start(options, {});
  REQUIRE(server.has_value());
  TlsProbe probe;
  const WebhookAddress address{*http::IpAddress::Parse("127.0.0.1"), (*server)->port()};
  const auto ask = [&](const std::string& name, const std::string& bundle) {
    return probe.Ask(address, name, bundle, std::chrono::steady_clock::now() + 20s);
  };
  const std::string name = "hullwright-webhook.hullwright-system.svc";
  CHECK(ask(name, authority->certificate) == Presented::kTrusted);
  CHECK(ask(name, other->certificate + authority->certificate) == Presented::kTrusted);
  CHECK(ask(name, other->certificate) == Presented::kUntrusted);
  CHECK(ask("elsewhere.svc", authority->certificate) == Presented::kUntrusted);
  CHECK(ask(name, "") == Presented::kUntrusted);
  CHECK(ask(name, "garbage") == Presented::kUntrusted);
  (*server)->Drain(std::chrono::steady_clock::now());
  CHECK(ask(name, authority->certificate) == Presented::kUnreachable);
}

}  // namespace
}  // namespace hullwright::controller
