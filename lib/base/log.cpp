#include "base/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/rfc3339.h"

namespace hullwright::log {
namespace {

// Lines that may wait for the writer. When it is full, who logs waits: no line is lost.
constexpr std::size_t kQueuedLines = 8192;

std::atomic<Level> least_level = Level::kInfo;

// Writes whole lines to standard error, unbuffered, and counts them, which is what Flush waits for: spdlog's own flush of an
// asynchronous logger does not wait.
class StandardError final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    Put({message.payload.data(), message.payload.size()});
    written_.fetch_add(1);
    written_.notify_all();
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  void WaitFor(std::uint64_t lines) {
    for (auto written = written_.load(); written < lines; written = written_.load()) written_.wait(written);
  }

 private:
  // A standard error that cannot be written to leaves nobody to tell: the line is dropped.
  static void Put(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN && WaitUntilWritable()) continue;
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  // Some other holder of the terminal may have made it non-blocking.
  static bool WaitUntilWritable() {
    pollfd descriptor{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&descriptor, 1, -1) > 0;
  }

  std::atomic<std::uint64_t> written_ = 0;
};

// The one writer of the process. Its destructor, at exit, writes what is queued.
class Writer {
 public:
  void Enqueue(std::string_view line) {
    queued_.fetch_add(1);
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }
  void Flush() { sink_->WaitFor(queued_.load()); }

 private:
  std::shared_ptr<StandardError> sink_ = std::make_shared<StandardError>();
  std::shared_ptr<spdlog::details::thread_pool> pool_ = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  std::shared_ptr<spdlog::async_logger> logger_ =
      std::make_shared<spdlog::async_logger>("", sink_, pool_, spdlog::async_overflow_policy::block);
  std::atomic<std::uint64_t> queued_ = 0;
};

Writer& TheWriter() {
  static Writer writer;
  return writer;
}

std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

// Always with three places, so that lines can be sorted as text.
std::string Timestamp() {
  const Time now = SystemClock().Now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  std::string text = FormatRfc3339(second);
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, (now - second).count());
}

void AppendValue(std::string_view value, std::string& line) {
  AppendJsonString(value, line);
}
void AppendValue(std::int64_t value, std::string& line) {
  fmt::format_to(std::back_inserter(line), "{}", value);
}
void AppendValue(bool value, std::string& line) {
  line += value ? "true" : "false";
}
// A number that JSON cannot hold becomes null.
void AppendValue(double value, std::string& line) {
  line += nlohmann::json(value).dump();
}

// The first of a name counts: no field takes the place of time, level or message.
bool IsTaken(std::string_view key, const Field* first, const Field* here) {
  return key == "time" || key == "level" || key == "msg" ||
         std::any_of(first, here, [&](const Field& earlier) { return earlier.key == key; });
}

// Piece by piece: a document of nlohmann's in between took a tenth of the time of a review.
std::string Line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","msg":)", Timestamp(), Name(level));
  AppendJsonString(message, line);
  for (const Field* field = fields.begin(); field != fields.end(); ++field) {
    if (IsTaken(field->key, fields.begin(), field)) continue;
    line += ',';
    AppendJsonString(field->key, line);
    line += ':';
    std::visit([&](const auto& value) { AppendValue(value, line); }, field->value);
  }
  line += "}\n";
  return line;
}

}  // namespace

void SetLevel(Level level) {
  least_level = level;
}

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  TheWriter().Enqueue(Line(level, message, fields));
}

void Flush() {
  TheWriter().Flush();
}

}  // namespace hullwright::log
