#include "base/log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/rfc3339.h"

namespace {

// Standard error of the process goes to a file while this lives.
class CapturedError {
 public:
  CapturedError() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~CapturedError() {
    hullwright::log::Flush();
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    std::fclose(file_);
  }

  std::vector<std::string> Lines() {
    hullwright::log::Flush();
    std::rewind(file_);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += static_cast<char>(c);
      }
    }
    lines.pop_back();
    return lines;
  }

 private:
  std::FILE* file_;
  int saved_;
};

}  // namespace

TEST_CASE("an event is one line of JSON with time, level, message and fields in order", "[base]") {
  CapturedError captured;
  hullwright::log::Info("request decided",
                        {{"uid", "abc"}, {"count", 3}, {"seconds", 0.5}, {"allowed", false}, {"name", std::string("x")}});
  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  const auto line = nlohmann::ordered_json::parse(lines[0]);
  CHECK(hullwright::ParseRfc3339(line["time"].get<std::string>()));
  CHECK(line["time"].get<std::string>().size() == std::string("2026-03-01T12:00:00.000Z").size());
  CHECK_THAT(lines[0],
             Catch::EndsWith(R"("level":"info","msg":"request decided","uid":"abc","count":3,"seconds":0.5,"allowed":false,"name":"x"})"));
}

TEST_CASE("a value cannot break a line, a terminal or the JSON", "[base]") {
  CapturedError captured;
  hullwright::log::Warn("seen", {{"value", std::string_view("a\"\\\n\0\x1b\x7f\xff\xe2\x80\xae", 11)}});
  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  for (const char c : lines[0]) CHECK((c >= ' ' && c <= '~'));
  CHECK_THAT(lines[0], Catch::Contains(R"("value":"a\"\\\n\u0000\u001b\u007f\ufffd\u202e")"));
}

TEST_CASE("a field cannot replace time, level or message", "[base]") {
  CapturedError captured;
  hullwright::log::Error("true message", {{"msg", "forged"}, {"level", "debug"}});
  const auto line = nlohmann::json::parse(captured.Lines().at(0));
  CHECK(line["msg"] == "true message");
  CHECK(line["level"] == "error");
}

TEST_CASE("lines below the least level are left out", "[base]") {
  CapturedError captured;
  hullwright::log::Debug("unseen");
  hullwright::log::SetLevel(hullwright::log::Level::kDebug);
  hullwright::log::Debug("seen");
  hullwright::log::SetLevel(hullwright::log::Level::kError);
  hullwright::log::Warn("unseen");
  hullwright::log::SetLevel(hullwright::log::Level::kInfo);
  const auto lines = captured.Lines();
  REQUIRE(lines.size() == 1);
  CHECK(nlohmann::json::parse(lines[0])["msg"] == "seen");
}

TEST_CASE("no line is lost or torn when many threads log more than the queue holds", "[base]") {
  CapturedError captured;
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < kEach; ++i) hullwright::log::Info("event", {{"thread", t}, {"number", i}});
      });
    }
  }
  const auto lines = captured.Lines();
  REQUIRE(lines.size() == kThreads * kEach);
  std::vector<int> next(kThreads, 0);
  bool in_order = true;
  for (const std::string& text : lines) {
    const auto line = nlohmann::json::parse(text);
    in_order = in_order && line["number"] == next.at(line["thread"].get<std::size_t>())++;
  }
  CHECK(in_order);
}
