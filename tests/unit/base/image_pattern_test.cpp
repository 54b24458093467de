#include "base/image_pattern.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using hullwright::ErrorCode;
using hullwright::ImagePattern;
using hullwright::ImageReference;
using hullwright::WildcardMatches;

namespace {

bool Matches(std::string_view pattern, std::string_view image) {
  const auto parsed = ImagePattern::Parse(pattern);
  const auto reference = ImageReference::Parse(image);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  REQUIRE(reference);
  return parsed->Matches(*reference);
}

std::string Why(std::string_view pattern) {
  const auto parsed = ImagePattern::Parse(pattern);
  return parsed ? "read" : parsed.error().message;
}

std::string Prefix(std::string_view pattern) {
  const auto parsed = ImagePattern::Parse(pattern);
  return parsed ? parsed->literal_prefix() : "error: " + parsed.error().message;
}

}  // namespace

TEST_CASE("a literal pattern matches that one name with any tag or digest", "[base]") {
  CHECK(Matches("registry.example/shop/cart", "registry.example/shop/cart:1"));
  CHECK(Matches("registry.example/shop/cart", "registry.example/shop/cart@sha256:" + std::string(64, 'a')));
  CHECK_FALSE(Matches("registry.example/shop/cart", "registry.example/shop/cart2"));
  CHECK_FALSE(Matches("registry.example/shop/cart", "registry.example/shop/cart/x"));
  CHECK_FALSE(Matches("registry.example/shop/cart", "registry.example/shop"));
  CHECK_FALSE(Matches("registry.example/shop/cart", "registry.example:5000/shop/cart"));
}

TEST_CASE("a pattern ends at a boundary of parts and of hosts", "[base]") {
  CHECK(Matches("registry.example/ok/**", "registry.example/ok/x"));
  CHECK(Matches("registry.example/ok/**", "registry.example/ok/x/y/z"));
  CHECK_FALSE(Matches("registry.example/ok/**", "registry.example/okay/x"));
  CHECK_FALSE(Matches("registry.example/ok/**", "registry.example/ok"));
  CHECK_FALSE(Matches("registry.example/ok/**", "registry.example.evil/ok/x"));
  CHECK_FALSE(Matches("registry.example/ok/**", "evil.registry.example/ok/x"));
  CHECK_FALSE(Matches("registry.example/ok/**", "registry.example:8443/ok/x"));
  CHECK_FALSE(Matches("registry.example/ok/**", "evil.example/registry.example/ok/x"));
}

TEST_CASE("every spelling of Docker Hub is one pattern", "[base]") {
  const std::string pattern =
      GENERATE(as<std::string>{}, "nginx", "library/nginx", "docker.io/nginx", "docker.io/library/nginx", "index.docker.io/library/nginx",
               "registry-1.docker.io/nginx", "docker.io:443/library/nginx", "Docker.io/nginx");
  CHECK(Matches(pattern, "nginx"));
  CHECK(Matches(pattern, "index.docker.io/nginx:1"));
  CHECK_FALSE(Matches(pattern, "evil/nginx"));
  CHECK_FALSE(Matches(pattern, "registry.example/library/nginx"));
  CHECK(Prefix(pattern) == "docker.io/library/nginx");
}

TEST_CASE("a pattern without host is one of Docker Hub", "[base]") {
  CHECK(Matches("library/**", "nginx"));
  CHECK_FALSE(Matches("library/**", "grafana/loki"));
  CHECK_FALSE(Matches("library/**", "registry.example/library/nginx"));
  CHECK(Matches("grafana/*", "grafana/loki"));
  CHECK(Matches("docker.io/**", "grafana/loki"));
  CHECK(Matches("docker.io/*", "nginx"));
  CHECK_FALSE(Matches("docker.io/*", "grafana/loki"));
  CHECK(Matches("nginx*", "nginx-unprivileged"));
  CHECK(Matches("nginx*", "nginx"));
}

TEST_CASE("the host of a pattern is normalised like that of an image", "[base]") {
  CHECK(Matches("REGISTRY.example:443/ok/**", "registry.example/ok/x"));
  CHECK(Matches("[0::1]:5000/**", "[::1]:5000/x"));
  CHECK(Matches("localhost:5000/**", "localhost:5000/x"));
  CHECK_FALSE(Matches("localhost/**", "localhost:5000/x"));
}

TEST_CASE("one star matches inside one part of the path", "[base]") {
  CHECK(Matches("registry.example/*/cart", "registry.example/shop/cart"));
  CHECK_FALSE(Matches("registry.example/*/cart", "registry.example/shop/eu/cart"));
  CHECK_FALSE(Matches("registry.example/*/cart", "registry.example/cart"));
  CHECK(Matches("registry.example/shop/*", "registry.example/shop/cart"));
  CHECK_FALSE(Matches("registry.example/shop/*", "registry.example/shop/cart/x"));
  CHECK_FALSE(Matches("registry.example/shop/*", "registry.example/shop"));
  CHECK(Matches("registry.example/team-*/**", "registry.example/team-a/x/y"));
  CHECK_FALSE(Matches("registry.example/team-*/**", "registry.example/team/x"));
  CHECK(Matches("registry.example/*-prod-*/x", "registry.example/eu-prod-1/x"));
  CHECK(Matches("registry.example/*/**", "registry.example/a/b"));
  CHECK_FALSE(Matches("registry.example/*/**", "registry.example/a"));
}

TEST_CASE("two stars alone match every image", "[base]") {
  CHECK(Matches("**", "nginx"));
  CHECK(Matches("**", "[::1]:5000/a/b/c"));
}

TEST_CASE("the literal prefix of a pattern ends at a boundary before its first wildcard", "[base]") {
  CHECK(Prefix("**").empty());
  CHECK(Prefix("registry.example/**") == "registry.example");
  CHECK(Prefix("registry.example/ok/**") == "registry.example/ok");
  CHECK(Prefix("registry.example/ok/team-*/x") == "registry.example/ok");
  CHECK(Prefix("registry.example/*/ok") == "registry.example");
  CHECK(Prefix("registry.example:443/ok/x") == "registry.example/ok/x");
  CHECK(Prefix("library/**") == "docker.io/library");
  CHECK(Prefix("nginx*") == "docker.io/library");
  CHECK(Prefix("docker.io/**") == "docker.io");
}

TEST_CASE("every name a pattern matches begins with its literal prefix at a boundary", "[base]") {
  const std::string pattern = GENERATE(as<std::string>{}, "registry.example/ok/**", "registry.example/*/x", "nginx", "grafana/l*", "**");
  const auto parsed = ImagePattern::Parse(pattern);
  REQUIRE(parsed);
  for (const char* text : {"registry.example/ok/x", "registry.example/ok/x/y", "nginx", "grafana/loki", "registry.example/okay/x"}) {
    const auto image = ImageReference::Parse(text);
    REQUIRE(image);
    const std::string name = image->Name() + "/";
    const std::string prefix = parsed->literal_prefix().empty() ? "" : parsed->literal_prefix() + "/";
    if (parsed->Matches(*image)) CHECK(name.starts_with(prefix));
  }
}

TEST_CASE("a pattern that could be misread is refused with what to write", "[base]") {
  CHECK_THAT(Why("*/x"), Catch::Contains("host cannot have a wildcard"));
  CHECK_THAT(Why("*.example/x"), Catch::Contains("host cannot have a wildcard"));
  CHECK_THAT(Why("registry.*/x"), Catch::Contains("host cannot have a wildcard"));
  CHECK_THAT(Why("registry.example:*/x"), Catch::Contains("host cannot have a wildcard"));
  CHECK_THAT(Why("**/x"), Catch::Contains("host cannot have a wildcard"));
  CHECK_THAT(Why("*"), Catch::Contains("write ** for every image"));
  CHECK_THAT(Why("registry.example"), Catch::Contains("write registry.example/** for all of it"));
  CHECK_THAT(Why("localhost"), Catch::Contains("write localhost/**"));
  CHECK_THAT(Why("registry.example/"), Catch::Contains("empty part"));
  CHECK_THAT(Why("registry.example//x"), Catch::Contains("empty part"));
  CHECK_THAT(Why("registry.example/**/x"), Catch::Contains("stands only for itself and at the end"));
  CHECK_THAT(Why("registry.example/a**"), Catch::Contains("stands only for itself and at the end"));
  CHECK_THAT(Why("registry.example/***"), Catch::Contains("stands only for itself and at the end"));
  CHECK_THAT(Why("nginx:1.25"), Catch::Contains("names a tag"));
  CHECK_THAT(Why("registry.example/x:*"), Catch::Contains("names a tag"));
  CHECK_THAT(Why("nginx@sha256:" + std::string(64, 'a')), Catch::Contains("names a digest"));
  CHECK_THAT(Why("registry.example/Shop/x"), Catch::Contains("lower-case"));
  CHECK_THAT(Why("registry.example/Shop*"), Catch::Contains("lower-case"));
  CHECK_THAT(Why("registry.example/a?c"), Catch::Contains("lower-case"));
  CHECK_THAT(Why("registry.example./x"), Catch::Contains("no host"));
  CHECK_THAT(Why(""), Catch::Contains("empty"));
  CHECK_THAT(Why(" nginx"), Catch::Contains("visible ASCII"));
  CHECK_THAT(Why("registry.example/" + std::string(512, 'a')), Catch::Contains("longer than 512"));
  CHECK_THAT(Why("registry.example/" + std::string("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*")), Catch::Contains("more than 16 wildcards"));
}

TEST_CASE("patterns are equal as they are written", "[base]") {
  CHECK(*ImagePattern::Parse("nginx") == *ImagePattern::Parse("nginx"));
  CHECK_FALSE(*ImagePattern::Parse("nginx") == *ImagePattern::Parse("library/nginx"));
}

TEST_CASE("a wildcard stands for any run of characters, also none", "[base]") {
  CHECK(WildcardMatches("", ""));
  CHECK(WildcardMatches("*", ""));
  CHECK(WildcardMatches("*", "anything"));
  CHECK(WildcardMatches("latest", "latest"));
  CHECK(WildcardMatches("*-dev", "1.0-dev"));
  CHECK(WildcardMatches("*-dev", "-dev"));
  CHECK(WildcardMatches("1.*.0", "1.2.0"));
  CHECK(WildcardMatches("a*b*c", "abbc"));
  CHECK(WildcardMatches("a**b", "ab"));
  CHECK(WildcardMatches("*a*", "bab"));
  CHECK_FALSE(WildcardMatches("", "a"));
  CHECK_FALSE(WildcardMatches("a", ""));
  CHECK_FALSE(WildcardMatches("latest", "latest2"));
  CHECK_FALSE(WildcardMatches("*-dev", "1.0-dev1"));
  CHECK_FALSE(WildcardMatches("a*a", "a"));
  CHECK_FALSE(WildcardMatches("ab*bc", "abc"));
  CHECK_FALSE(WildcardMatches("a*b*b", "ab"));
}

TEST_CASE("a wildcard pattern made for backtracking is decided at once", "[base]") {
  std::string pattern;
  for (int i = 0; i < 250; ++i) pattern += "a*";
  CHECK_FALSE(WildcardMatches(pattern + "b", std::string(100'000, 'a')));
}
