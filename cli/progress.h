// A line on standard error while something takes long, seen only on a terminal and only after a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/command.h"

namespace hullwright::cli {

// Shown from a second after construction until destruction, which wipes it.
class Progress {
 public:
  Progress(std::string what, const Terminal& terminal);
  ~Progress();
  Progress(Progress&&) = delete;

  // From now on.
  void Tell(std::string what);

 private:
  void Run(const std::stop_token& stop);

  std::string what_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace hullwright::cli
