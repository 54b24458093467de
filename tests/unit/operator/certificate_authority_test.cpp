#include "operator/certificate_authority.h"

#include <catch2/catch.hpp>

#include "http/peer_tls.h"
#include "http/tls_context.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

namespace hullwright::controller {
namespace {

using namespace std::chrono_literals;

const Time kNow = Time{std::chrono::sys_days{std::chrono::March / 1 / 2026}} + 12h;
const std::vector<std::string> kNames = {"hullwright-webhook.hullwright-system.svc", "hullwright-webhook"};

PemPair Authority(Time now = kNow, std::chrono::seconds lifetime = std::chrono::days(730)) {
  auto authority = MakeAuthority("hullwright hullwright-system/hullwright", now, lifetime);
  REQUIRE(authority.has_value());
  return *authority;
}

PemPair Leaf(const PemPair& authority, std::chrono::seconds lifetime = std::chrono::days(90)) {
  auto leaf = SignLeaf(authority, kNames, kNow, lifetime);
  REQUIRE(leaf.has_value());
  return *leaf;
}

CertificateView View(const PemPair& pair) {
  auto view = ReadPair("test", pair);
  REQUIRE(view.has_value());
  return *view;
}

TEST_CASE("A CA is valid from before it was made until the end of its life and may sign", "[operator]") {
  const CertificateView view = View(Authority());
  CHECK(view.is_authority);
  CHECK(view.created() == kNow);
  CHECK(view.not_before == kNow - kBackdated);
  CHECK(view.not_after == kNow + std::chrono::days(730));
  CHECK(view.id.size() == 64);
  CHECK_FALSE(view.IsValidAt(kNow - kBackdated - 1s));
  CHECK(view.IsValidAt(kNow - kBackdated));
  CHECK(view.IsValidAt(view.not_after - 1s));
  CHECK_FALSE(view.IsValidAt(view.not_after));
}

TEST_CASE("A leaf is for the names that were asked for, and signed by its CA alone", "[operator]") {
  const PemPair authority = Authority();
  const CertificateView leaf = View(Leaf(authority));
  CHECK_FALSE(leaf.is_authority);
  CHECK(leaf.dns_names == kNames);
  CHECK(leaf.created() == kNow);
  CHECK(leaf.not_after == kNow + std::chrono::days(90));
  CHECK(HasSigned(View(authority), leaf));
  CHECK_FALSE(HasSigned(View(Authority()), leaf));
  CHECK_FALSE(HasSigned(leaf, leaf));
}

TEST_CASE("A leaf does not outlive its CA", "[operator]") {
  const PemPair authority = Authority(kNow, 10h);
  CHECK(View(Leaf(authority)).not_after == kNow + 10h);
}

TEST_CASE("Two CAs of one name are two, by serial number and by what they are called", "[operator]") {
  const CertificateView one = View(Authority()), other = View(Authority());
  CHECK(one.id != other.id);
  CHECK_FALSE(HasSigned(one, other));
  CHECK(HasSigned(one, one));
}

TEST_CASE("A leaf and its CA are what TLS takes, for the names of the Service alone", "[operator]") {
  const testing::TemporaryDirectory folder;
  const PemPair authority = Authority(SystemClock().Now());
  auto leaf = SignLeaf(authority, kNames, SystemClock().Now(), 1h);
  REQUIRE(leaf.has_value());
  folder.Write("tls.crt", leaf->certificate);
  folder.Write("tls.key", leaf->key);
  const std::string path = folder.path().string();
  CHECK(http::TlsContext::Load({path + "/tls.crt", path + "/tls.key", "", false}).has_value());
  CHECK(http::PeerTls::Make({.ca_pem = authority.certificate}).has_value());
}

TEST_CASE("A name is a value in a leaf, whatever it looks like", "[operator]") {
  const auto leaf = SignLeaf(Authority(), {"a,DNS:b", "c\nd"}, kNow, 1h);
  REQUIRE(leaf.has_value());
  CHECK(View(*leaf).dns_names == std::vector<std::string>{"a,DNS:b", "c\nd"});
}

TEST_CASE("A key that is of another certificate, and a certificate that may not sign, are told", "[operator]") {
  const PemPair one = Authority(), other = Authority();
  const auto mixed = ReadPair("CA", {one.certificate, other.key});
  REQUIRE_FALSE(mixed.has_value());
  CHECK(mixed.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(mixed.error().message, Catch::Contains("CA key: does not fit"));
  const auto by_leaf = SignLeaf(Leaf(one), kNames, kNow, 1h);
  REQUIRE_FALSE(by_leaf.has_value());
  CHECK_THAT(by_leaf.error().message, Catch::Contains("may not sign"));
  CHECK_FALSE(ReadPair("CA", {"", ""}).has_value());
  CHECK_FALSE(ReadPair("CA", {"garbage", "garbage"}).has_value());
}

TEST_CASE("A bundle keeps its order, each certificate once, and is refused when a part of it is torn", "[operator]") {
  const CertificateView one = View(Authority()), other = View(Authority());
  const std::string text = WriteBundle({one, other});
  const auto read = ReadBundle("ca.crt", text + "a comment\n" + one.pem);
  REQUIRE(read.has_value());
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].id == one.id);
  CHECK((*read)[1].id == other.id);
  CHECK(WriteBundle(*read) == text);

  const auto torn = ReadBundle("ca.crt", text.substr(0, text.size() - 60));
  REQUIRE_FALSE(torn.has_value());
  CHECK_THAT(torn.error().message, Catch::Contains("ca.crt: no readable certificate at position 2"));
  CHECK_FALSE(ReadBundle("ca.crt", "").has_value());
  CHECK_FALSE(ReadBundle("ca.crt", std::string(kMaxBundleBytes + 1, 'x')).has_value());
}

}  // namespace
}  // namespace hullwright::controller
