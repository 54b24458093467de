// What a command of hullctl is given and what it answers: text and an exit code. Only main.cpp touches the real terminal.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::cli {

// Documented in docs/reference/hullctl.md; scripts branch on these.
enum class ExitCode {
  kPass = 0,          // everything judged passes, perhaps with warnings
  kViolation = 1,     // something is refused because it violates a policy (or, in validate, is invalid)
  kCouldNotTell = 2,  // something is refused because nobody can tell, or an input could not be read, or the answer not be written
  kUsage = 3,         // the command line itself is wrong
};

struct CommandOutput {
  ExitCode code = ExitCode::kPass;
  std::string out;  // complete or empty: a command that fails half-way prints no half answer
  std::string err;  // whole lines
};

// How a stream wants its text.
struct Terminal {
  bool is_terminal = false;
  bool colour = false;
  bool unicode = true;    // box lines and check marks may be used
  std::size_t width = 0;  // columns to wrap at; 0: do not wrap (files, pipes)
};

// What commands may know of the world around them.
struct Environment {
  Terminal out, err;
  const Clock& clock;
  std::string user;        // of the operating system
  std::string kubeconfig;  // kube::DefaultKubeconfig()
  // All of standard input, at most max_bytes.
  std::function<Result<std::string>(std::size_t max_bytes)> read_stdin;
  std::string docker_config = {};  // where registries' credentials are when nobody says so; the file need not be there
  std::string trusted_root = {};   // $HULLCTL_TRUSTED_ROOT
};

// "hullctl: MESSAGE\n": the form of every error line.
std::string ErrorLine(const std::string& message);
CommandOutput Failed(ExitCode code, const std::string& message);
// The exit code that an error of reading or writing means.
CommandOutput Failed(const Error& error);

}  // namespace hullwright::cli
