// hullctl: reads the world (arguments, terminal, clock, user), runs one command, prints its answer.
#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/log.h"
#include "cli/command_line.h"
#include "cli/files.h"
#include "kube/client.h"

namespace hullwright::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = Variable(name);
    if (!value.empty()) return value.contains("UTF-8") || value.contains("utf8");
  }
  return false;
}

std::size_t WidthOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  const unsigned long columns = std::strtoul(Variable("COLUMNS").c_str(), nullptr, 10);
  return columns >= 20 && columns <= 1000 ? columns : 80;
}

Terminal Look(int descriptor) {
  Terminal terminal;
  terminal.is_terminal = isatty(descriptor) == 1;
  terminal.unicode = IsUtf8();
  if (!terminal.is_terminal) return terminal;
  const std::string kind = Variable("TERM");
  terminal.colour = Variable("NO_COLOR").empty() && !kind.empty() && kind != "dumb";
  terminal.width = WidthOf(descriptor);
  return terminal;
}

std::string UserName() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(geteuid());
}

// A reader that has seen enough ends us as it ends every filter: quietly, by SIGPIPE.
[[noreturn]] void DieOfClosedPipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(static_cast<int>(ExitCode::kCouldNotTell));
}

// Everything, or the number of the error.
int WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int Print(const CommandOutput& output) {
  WriteAll(STDERR_FILENO, output.err);
  const int error = WriteAll(STDOUT_FILENO, output.out);
  if (error == 0) return static_cast<int>(output.code);
  if (error == EPIPE) DieOfClosedPipe();
  WriteAll(STDERR_FILENO, ErrorLine(std::string("the answer could not be written: ") + std::strerror(error)));
  return static_cast<int>(ExitCode::kCouldNotTell);
}

// As docker, crane and cosign look for it.
std::string DockerConfig() {
  const std::string folder = Variable("DOCKER_CONFIG"), home = Variable("HOME");
  if (!folder.empty()) return folder + "/config.json";
  return home.empty() ? "" : home + "/.docker/config.json";
}

int Main(int count, char** words) {
  log::SetLevel(log::Level::kError);  // what libraries warn of is in the answer
  std::signal(SIGPIPE, SIG_IGN);      // also for connections, whose loss is an error to tell
  const SystemClock clock;
  const Environment environment{.out = Look(STDOUT_FILENO),
                                .err = Look(STDERR_FILENO),
                                .clock = clock,
                                .user = UserName(),
                                .kubeconfig = kube::DefaultKubeconfig(),
                                .read_stdin = [](std::size_t max_bytes) { return ReadDescriptor(STDIN_FILENO, max_bytes); },
                                .docker_config = DockerConfig(),
                                .trusted_root = Variable("HULLCTL_TRUSTED_ROOT")};
  try {
    return Print(Run({words + 1, words + count}, environment));
  } catch (const std::exception& error) {
    // A bug or no memory; whichever, it is no pass.
    return Print(Failed(ExitCode::kCouldNotTell, std::string("internal error: ") + error.what()));
  }
}

}  // namespace
}  // namespace hullwright::cli

int main(int count, char** words) {
  return hullwright::cli::Main(count, words);
}
