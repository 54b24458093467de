#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "registry/address_rules.h"
#include "registry/link.h"
#include "registry/retry_after.h"
#include "registry/www_authenticate.h"

using namespace hullwright;
using namespace hullwright::registry;
using namespace std::chrono_literals;

TEST_CASE("a bearer challenge tells realm, service and scope", "[registry]") {
  const auto challenges =
      ParseChallenges(R"(Bearer realm="https://auth.example/token?x=\"y\"",service=registry.example , Scope="repository:a/b:pull,push")");
  REQUIRE(challenges);
  REQUIRE(challenges->size() == 1);
  CHECK(challenges->front().scheme == "bearer");
  CHECK(challenges->front().Parameter("realm") == R"(https://auth.example/token?x="y")");
  CHECK(challenges->front().Parameter("service") == "registry.example");
  CHECK(challenges->front().Parameter("scope") == "repository:a/b:pull,push");
  CHECK(challenges->front().Parameter("nothing").empty());
}

TEST_CASE("several challenges in one header are told apart", "[registry]") {
  const auto challenges = ParseChallenges(R"(Negotiate, NTLM abc==, Basic realm="x, y", charset="UTF-8", , Bearer realm=z)");
  REQUIRE(challenges);
  REQUIRE(challenges->size() == 4);
  CHECK((*challenges)[0] == Challenge{"negotiate", {}});
  CHECK((*challenges)[1] == Challenge{"ntlm", {}});
  CHECK((*challenges)[2] == Challenge{"basic", {{"realm", "x, y"}, {"charset", "UTF-8"}}});
  CHECK((*challenges)[3] == Challenge{"bearer", {{"realm", "z"}}});
  CHECK(ParseChallenges("")->empty());
  CHECK(ParseChallenges(" , ,")->empty());
}

TEST_CASE("what is no challenge is refused", "[registry]") {
  std::string many = "Bearer a0=b", schemes = "A";
  for (int i = 1; i < 20; ++i) many += ", a" + std::to_string(i) + "=b";
  for (int i = 1; i < 20; ++i) schemes += ", A";
  for (const std::string& bad : {std::string(R"(Bearer realm="open)"), std::string(R"(Bearer realm="a",realm="b")"), std::string("=x"),
                                 std::string(R"(Bearer realm="a" service="b")"), many, schemes}) {
    INFO(bad);
    CHECK_FALSE(ParseChallenges(bad));
  }
}

TEST_CASE("the next page is the link that says so", "[registry]") {
  CHECK(NextLink(R"(</v2/a?last=b>; rel="next")")->value() == "/v2/a?last=b");
  CHECK(NextLink(R"(</x>; rel=prev, </y>;title="a, <b>; rel=next"; REL="last Next")")->value() == "/y");
  CHECK_FALSE(NextLink(R"(</x>; rel="prev")")->has_value());
  CHECK_FALSE(NextLink(R"(</x>; rel="nextish"; rel=next)")->has_value());
  CHECK_FALSE(NextLink("")->has_value());
  for (const auto* bad :
       {"/x; rel=next", "</x; rel=next", "</x>; rel=\"next", "</x>; =next", "</x> rel=next", "</x>; rel=next, </y>; rel=next"}) {
    INFO(bad);
    CHECK_FALSE(NextLink(bad));
  }
}

TEST_CASE("Retry-After is seconds or a date", "[registry]") {
  const Time now = *ParseRfc3339("1999-12-31T23:59:00Z");
  CHECK(ParseRetryAfter("120", now) == 120s);
  CHECK(ParseRetryAfter(" 0 ", now) == 0s);
  CHECK(ParseRetryAfter("99999999999999999999", now) == kLongestRetryAfter);
  CHECK(ParseRetryAfter("Fri, 31 Dec 1999 23:59:59 GMT", now) == 59s);
  CHECK(ParseRetryAfter("Fri, 31 Dec 1998 23:59:59 GMT", now) == 0s);
  CHECK(ParseRetryAfter("Fri, 31 Dec 2999 23:59:59 GMT", now) == kLongestRetryAfter);
  for (const auto* bad :
       {"", "soon", "-1", "1.5", "Fri, 31 Foo 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 CET", "Friday, 31-Dec-99 23:59:59 GMT"}) {
    CHECK_FALSE(ParseRetryAfter(bad, now));
  }
}

TEST_CASE("addresses are judged by where they lead", "[registry]") {
  const auto may = [](std::string_view text, Reach reach) {
    return MayConnect(*http::IpAddress::Parse(text), reach, DefaultInternalRanges());
  };
  for (const auto* never : {"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fe80::1", "0.0.0.0",
                            "::", "224.0.0.1", "255.255.255.255", "ff02::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"}) {
    INFO(never);
    CHECK_FALSE(may(never, Reach::kPublicOnly));
    CHECK_FALSE(may(never, Reach::kInternalToo));
  }
  for (const auto* internal : {"127.0.0.1", "127.8.8.8", "::1", "10.96.0.1", "172.20.0.1", "192.168.1.1", "100.64.0.1", "fd00::1",
                               "::ffff:10.0.0.1", "64:ff9b::a00:1"}) {
    INFO(internal);
    CHECK_FALSE(may(internal, Reach::kPublicOnly));
    CHECK(may(internal, Reach::kInternalToo));
  }
  CHECK(may("8.8.8.8", Reach::kPublicOnly));
  CHECK(may("2606:4700::1", Reach::kPublicOnly));
}
