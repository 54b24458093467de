#include "http/request_rules.h"

#include <catch2/catch.hpp>

#include "http/body_budget.h"
#include "http/receive_buffer.h"
#include "http/response_text.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace std::chrono_literals;

TEST_CASE("the deadline is what the caller allows less a margin, inside what the server allows", "[http]") {
  const Deadline arrived{};
  const auto allowed = [&](std::string_view query) { return RequestDeadline(query, arrived, 9s) - arrived; };
  CHECK(allowed("timeout=10s") == 9s);
  CHECK(allowed("timeout=5s") == 4s);
  CHECK(allowed("a=b&timeout=5s&c=d") == 4s);
  CHECK(allowed("timeout=3") == 2s);
  CHECK(allowed("timeout=2s") == 1s);
  CHECK(allowed("timeout=1s") == 500ms);  // half is kept when a whole second would leave nothing
  CHECK(allowed("timeout=30s") == 9s);
}

TEST_CASE("a timeout that cannot be read leaves the server's own deadline", "[http]") {
  const Deadline arrived{};
  for (const std::string_view query : {"", "timeout=", "timeout=0s", "timeout=-3s", "timeout=5m", "timeout=5sx", "xtimeout=1s",
                                       "timeout=99999999999999999999s", "timeout=3601s"}) {
    CAPTURE(query);
    CHECK(RequestDeadline(query, arrived, 9s) - arrived == 9s);
  }
}

TEST_CASE("a body budget gives no more than it has and takes back what is freed", "[http]") {
  BodyBudget budget(100);
  CHECK(budget.TryTake(60));
  CHECK_FALSE(budget.TryTake(41));
  CHECK_FALSE(budget.HasRoomFor(41));
  CHECK(budget.HasRoomFor(40));
  CHECK(budget.TryTake(40));
  budget.GiveBack(100);
  CHECK(budget.used() == 0);
}

TEST_CASE("a receive buffer borrows as bytes arrive, not as they are announced", "[http]") {
  BodyBudget budget(1000);
  {
    ReceiveBuffer buffer(64, budget);
    CHECK(buffer.MakeRoom(500));
    CHECK(budget.used() == 0);  // there is room still, however much is wanted
    std::ranges::fill(buffer.Free(), 'a');
    buffer.Commit(64);
    CHECK(buffer.MakeRoom(500));
    CHECK(budget.used() == 64);
    buffer.Commit(64);
    CHECK(buffer.MakeRoom(130));
    CHECK(budget.used() == 66);
    CHECK(buffer.View().substr(0, 64) == std::string(64, 'a'));
    buffer.Consume(100);
    CHECK(budget.used() == 0);
    CHECK(buffer.size() == 28);
    buffer.Commit(36);
    CHECK_FALSE(ReceiveBuffer(1, budget).Free().empty());
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("a receive buffer over the budget says so and keeps what it has", "[http]") {
  BodyBudget budget(10);
  ReceiveBuffer buffer(64, budget);
  buffer.Commit(64);
  CHECK_FALSE(buffer.MakeRoom(128));
  CHECK(buffer.size() == 64);
  CHECK(budget.used() == 0);
}

TEST_CASE("a response is one piece of text with its length", "[http]") {
  std::string out;
  AppendResponse({.status = 200, .content_type = "application/json", .body = "{}", .headers = {{"X-Reason", "fine"}}}, {.date = "now"},
                 out);
  CHECK(out == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nDate: now\r\nX-Reason: fine\r\n\r\n{}");
}

TEST_CASE("a header value cannot begin another header", "[http]") {
  std::string out;
  AppendResponse({.body = "", .headers = {{"X-Name", "a\r\nSet-Cookie: b"}, {"X\n", "c"}, {"Good", "d"}}}, {}, out);
  CHECK(out.find("Set-Cookie") == std::string::npos);
  CHECK(out.find("X\n") == std::string::npos);
  CHECK(out.find("Good: d\r\n") != std::string::npos);
}

TEST_CASE("a refusal for load says when to come again, as only then the API server does", "[http]") {
  CHECK(HeaderValue(RefusalResponse({429, "busy"}).headers, "Retry-After") == "1");
  CHECK(HeaderValue(RefusalResponse({413, "large"}).headers, "Retry-After").empty());
}
