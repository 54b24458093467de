#include "cli/progress.h"

#include <unistd.h>

#include <chrono>
#include <utility>

namespace hullwright::cli {
namespace {

// Nothing can be done about a terminal that does not take a progress line.
void Say(const std::string& text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(std::string what, const Terminal& terminal) : what_(std::move(what)) {
  if (terminal.is_terminal) thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Progress::~Progress() = default;

void Progress::Tell(std::string what) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
}

void Progress::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  int seconds = 0;
  while (!woken_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; }) && !stop.stop_requested()) {
    Say("\r\033[K" + what_ + " … " + std::to_string(++seconds) + " s");
  }
  if (seconds > 0) Say("\r\033[K");
}

}  // namespace hullwright::cli
