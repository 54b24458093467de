#include "http/server_chain.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace hullwright::testing;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kHost = "hullwright-webhook.hullwright-system.svc";

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Minted {
  TemporaryDirectory folder;
  CertificateAuthority authority{folder.path(), "one"}, other{folder.path(), "two"};
  std::string leaf = TextOf(authority.MintServer("leaf", {.dns = {kHost, "hullwright-webhook"}, .ip = {}}).certificate_file);
  std::string bundle = TextOf(authority.ca_file());
};

ChainFault FaultIn(const std::string& chain, const std::string& bundle, const std::string& host, Time now) {
  const auto verdict = JudgeServerChain(chain, bundle, host, now);
  REQUIRE(verdict);
  CHECK(verdict->message.empty() == (verdict->fault == ChainFault::kNone));
  return verdict->fault;
}

}  // namespace

TEST_CASE("A server's chain is judged as the API server judges it, and each fault has its name", "[http]") {
  const Minted minted;
  const Time now = SystemClock().Now();
  CHECK(FaultIn(minted.leaf, minted.bundle, kHost, now) == ChainFault::kNone);
  CHECK(FaultIn(minted.leaf, minted.bundle, "hullwright-webhook", now) == ChainFault::kNone);
  CHECK(FaultIn(minted.leaf, TextOf(minted.other.ca_file()) + minted.bundle, kHost, now) == ChainFault::kNone);
  CHECK(FaultIn(minted.leaf, minted.bundle, "other.hullwright-system.svc", now) == ChainFault::kWrongName);
  CHECK(FaultIn(minted.leaf, minted.bundle, "test server", now) == ChainFault::kWrongName);  // its common name
  CHECK(FaultIn(minted.leaf, TextOf(minted.other.ca_file()), kHost, now) == ChainFault::kUntrusted);
  CHECK(FaultIn(minted.leaf, minted.bundle, kHost, now + std::chrono::hours(25)) == ChainFault::kExpired);
  CHECK(FaultIn(minted.leaf, minted.bundle, kHost, now - std::chrono::hours(1)) == ChainFault::kNotYetValid);
}

TEST_CASE("A certificate for clients does not serve as a server's", "[http]") {
  Minted minted;
  const std::string client = TextOf(minted.authority.MintClient("client", kHost).certificate_file);
  CHECK(FaultIn(client, minted.bundle, kHost, SystemClock().Now()) != ChainFault::kNone);
}

TEST_CASE("What is no certificate is an error and no verdict; a private key is refused where certificates belong", "[http]") {
  Minted minted;
  const Time now = SystemClock().Now();
  CHECK_FALSE(JudgeServerChain("", minted.bundle, kHost, now));
  CHECK_FALSE(JudgeServerChain(minted.leaf, "\n", kHost, now));
  CHECK_FALSE(JudgeServerChain(minted.leaf.substr(0, 100), minted.bundle, kHost, now));
  const auto summary = ReadCertificateSummaries("tls.crt", minted.leaf);
  REQUIRE(summary);
  CHECK(summary->front().dns_names == std::vector<std::string>{kHost, "hullwright-webhook"});
  CHECK(summary->front().not_before < now);
  CHECK(summary->front().not_after > now);
  const std::string key = TextOf(minted.authority.MintServer("with-key").key_file);
  const auto refused = ReadCertificateSummaries("tls.crt", minted.leaf + key);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("holds a private key"));
}
