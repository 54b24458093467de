// A program run by a test. Its output is kept in files, so that nobody has to read along; it dies with the test, whichever way that ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hullwright::testing {

struct ProcessOptions {
  std::map<std::string, std::string> environment;  // added to, or replacing, the test's own
  std::string working_directory;                   // "": the test's own
  std::string input;                               // standard input; then it ends
};

// Runs in a process group of its own and is killed with it. Not thread-safe. Start it on a thread that outlives it: the kernel ends the
// program with the thread that started it (PR_SET_PDEATHSIG), which is how it also dies when the test crashes.
class Process {
 public:
  // program: a path, or a name looked up in PATH. Throws std::runtime_error when it cannot be run.
  Process(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options = {});
  ~Process();  // Kill()
  Process(Process&&) = delete;

  bool IsRunning();
  std::size_t ResidentBytes() const;  // memory it holds now; 0 when it ended
  // The exit code, 128 + n after signal n; nullopt when it still runs after patience.
  std::optional<int> Wait(std::chrono::milliseconds patience);
  void Signal(int signal);  // to the program alone
  void Pause();             // SIGSTOP; comes back when every thread of it stands still. Signal(SIGCONT) ends it
  void Kill();              // SIGKILL to its whole group; then waits for it

  // What it has written so far.
  std::string Output() const;
  std::string Errors() const;
  // Waits until the text stands in Output() or Errors(); false when the program ended or patience ran out before.
  bool WaitForText(std::string_view text, std::chrono::milliseconds patience);

 private:
  class Files;

  void Reap(bool block);

  std::unique_ptr<Files> files_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

struct ProcessResult {
  int exit = 0;  // as Process::Wait
  std::string out, err;
};

// Runs a program to its end. Throws std::runtime_error, with what it wrote, when it does not end within patience.
ProcessResult Run(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options = {},
                  std::chrono::milliseconds patience = std::chrono::seconds(60));

// Calls condition every few milliseconds until it is true; false when patience ran out before.
template <class Condition>
bool WaitUntil(Condition&& condition, std::chrono::milliseconds patience);

void Nap();  // the few milliseconds of WaitUntil

template <class Condition>
bool WaitUntil(Condition&& condition, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    Nap();
  }
  return true;
}

}  // namespace hullwright::testing
