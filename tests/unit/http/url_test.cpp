#include "http/url.h"

#include <catch2/catch.hpp>

#include "http/ip_address.h"

using namespace hullwright;
using namespace hullwright::http;

namespace {

std::string Resolved(std::string_view reference) {
  const Url base{{true, "registry.example", 5000}, "/v2/a/tags?n=1"};
  const auto url = ResolveUrl(base, reference);
  return url ? url->ToString() : "";
}

}  // namespace

TEST_CASE("a URL is read in one way only", "[http]") {
  const auto url = ParseUrl("https://Registry.example:443/v2/?a=b#c");
  REQUIRE(url);
  CHECK(url->ToString() == "https://registry.example/v2/?a=b");
  CHECK(url->path() == "/v2/");
  CHECK(ParseUrl("http://[::1]:80")->ToString() == "http://[::1]/");
  CHECK(ParseUrl("https://a.example:5000/x")->origin == Origin{true, "a.example", 5000});
  CHECK(ParseUrl("https://a.example")->origin != ParseUrl("http://a.example")->origin);
  for (const auto* bad : {"",
                          "/v2/",
                          "ftp://a.example/",
                          "https://user@a.example/",
                          "https://user:p@a.example/",
                          "https:///x",
                          "https://a b/",
                          "https://a/b c",
                          "https://a\\@b/",
                          "https://a/\\b",
                          "https://a:0/",
                          "https://a:65536/",
                          "https://a:x/",
                          "https://a:/",
                          "https://[::1/",
                          "https://[a]/",
                          "https://[::1]x/",
                          "https://a/../b",
                          "https://a/%2e%2E/b",
                          "https://a/b/.",
                          "https://\xc3\xa9.example/",
                          "https://a/\r\nX: y"}) {
    INFO(bad);
    CHECK_FALSE(ParseUrl(bad));
  }
  CHECK_FALSE(ParseUrl("https://a/" + std::string(9000, 'x')));
}

TEST_CASE("references are resolved against where they were found", "[http]") {
  CHECK(Resolved("/v2/b") == "https://registry.example:5000/v2/b");
  CHECK(Resolved("b?x=y") == "https://registry.example:5000/v2/a/b?x=y");
  CHECK(Resolved("?n=2") == "https://registry.example:5000/v2/a/tags?n=2");
  CHECK(Resolved("//other.example/x") == "https://other.example/x");
  CHECK(Resolved("http://other.example/x") == "http://other.example/x");
  CHECK(Resolved("#top") == "https://registry.example:5000/v2/a/tags?n=1");
  CHECK(Resolved("../b").empty());
  CHECK(Resolved("javascript:alert(1)").empty());
  CHECK(Resolved("//user@other.example/").empty());
}

TEST_CASE("query values are percent-encoded", "[http]") {
  CHECK(EncodeQuery("repository:a/b:pull &=") == "repository%3Aa%2Fb%3Apull%20%26%3D");
}

TEST_CASE("addresses in all their spellings are one value", "[http]") {
  const auto address = [](std::string_view text) { return *IpAddress::Parse(text); };
  CHECK(address("10.0.0.1") == address("::ffff:10.0.0.1"));
  CHECK(address("10.0.0.1") == address("::ffff:a00:1"));
  CHECK(address("10.0.0.1").ToString() == "10.0.0.1");
  CHECK(address("FD00::0001").ToString() == "fd00::1");
  CHECK(address("64:ff9b::a9fe:a9fe").EmbeddedIpv4() == address("169.254.169.254"));
  CHECK(address("2002:a9fe:a9fe::1").EmbeddedIpv4() == address("169.254.169.254"));
  CHECK_FALSE(address("fd00::1").EmbeddedIpv4());
  for (const auto* bad :
       {"", "localhost", "10.0.0", "10.0.0.256", "0x7f.1", "017700000001", "2130706433", "::1%lo", "[::1]", "10.0.0.1:80"}) {
    CHECK_FALSE(IpAddress::Parse(bad));
  }
}

TEST_CASE("address ranges hold what they cover", "[http]") {
  const auto holds = [](std::string_view range, std::string_view address) {
    return AddressRange::Parse(range)->Contains(*IpAddress::Parse(address));
  };
  CHECK(holds("10.0.0.0/8", "10.255.0.1"));
  CHECK(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(holds("172.16.0.0/12", "172.32.0.0"));
  CHECK(holds("fc00::/7", "fdff::1"));
  CHECK(holds("0.0.0.0/0", "1.2.3.4"));
  CHECK_FALSE(holds("0.0.0.0/0", "fd00::1"));
  for (const auto* bad : {"", "10.0.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/8x", "x/8"})
    CHECK_FALSE(AddressRange::Parse(bad));
}
