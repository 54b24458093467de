#include "support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "support/temporary_directory.h"

extern char** environ;

namespace hullwright::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kExecFailed = 127;

std::string Slurp(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Strings as exec wants them; made before fork, because between fork and exec only async-signal-safe calls are allowed.
class StringArray {
 public:
  explicit StringArray(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (auto& string : strings_) pointers_.push_back(string.data());
    pointers_.push_back(nullptr);
  }
  char* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

StringArray Environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) variables.emplace_back(text);
  }
  for (const auto& [name, value] : changes) variables.push_back(name + "=" + value);
  return StringArray(std::move(variables));
}

StringArray Arguments(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return StringArray(std::move(all));
}

struct Descriptor {
  int fd = -1;
  Descriptor(const std::filesystem::path& file, int flags) : fd(open(file.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd < 0) throw std::runtime_error(fmt::format("{}: {}", file.string(), std::strerror(errno)));
  }
  Descriptor(Descriptor&&) = delete;
  ~Descriptor() { close(fd); }
};

int ExitCode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

void Nap() {
  std::this_thread::sleep_for(milliseconds(5));
}

class Process::Files {
 public:
  explicit Files(const std::string& input) { folder_.Write("in", input); }

  std::filesystem::path in() const { return folder_.path() / "in"; }
  std::filesystem::path out() const { return folder_.path() / "out"; }
  std::filesystem::path err() const { return folder_.path() / "err"; }

 private:
  TemporaryDirectory folder_;
};

Process::Process(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options)
    : files_(std::make_unique<Files>(options.input)) {
  const Descriptor in(files_->in(), O_RDONLY);
  const Descriptor out(files_->out(), O_WRONLY | O_CREAT | O_TRUNC);
  const Descriptor err(files_->err(), O_WRONLY | O_CREAT | O_TRUNC);
  const StringArray argv = Arguments(program, arguments);
  const StringArray envp = Environment(options.environment);
  int report[2];  // carries errno of a failed exec; closed by a successful one
  if (pipe2(report, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kExecFailed);  // the test died before prctl
    dup2(in.fd, STDIN_FILENO);
    dup2(out.fd, STDOUT_FILENO);
    dup2(err.fd, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (options.working_directory.empty() || chdir(options.working_directory.c_str()) == 0)
      execvpe(program.c_str(), argv.data(), envp.data());
    const int failure = errno;
    (void)!write(report[1], &failure, sizeof failure);
    _exit(kExecFailed);
  }
  close(report[1]);
  int failure = 0;
  const bool failed = pid_ < 0 || read(report[0], &failure, sizeof failure) == sizeof failure;
  close(report[0]);
  if (!failed) return;
  Reap(true);
  throw std::runtime_error(fmt::format("cannot run {}: {}", program, std::strerror(failure)));
}

Process::~Process() {
  Kill();
}

void Process::Reap(bool block) {
  if (exit_code_ || pid_ < 0) return;
  int status = 0;
  pid_t reaped = 0;
  do reaped = waitpid(pid_, &status, block ? 0 : WNOHANG);
  while (reaped < 0 && errno == EINTR);
  if (reaped == pid_) exit_code_ = ExitCode(status);
}

bool Process::IsRunning() {
  Reap(false);
  return !exit_code_ && pid_ > 0;
}

std::optional<int> Process::Wait(milliseconds patience) {
  WaitUntil([this] { return !IsRunning(); }, patience);
  return exit_code_;
}

std::size_t Process::ResidentBytes() const {
  std::ifstream status(fmt::format("/proc/{}/statm", pid_));
  std::size_t size = 0, resident = 0;
  status >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void Process::Signal(int signal) {
  if (IsRunning()) kill(pid_, signal);
}

void Process::Pause() {
  if (!IsRunning()) return;
  kill(pid_, SIGSTOP);
  siginfo_t stopped;
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
}

void Process::Kill() {
  if (pid_ < 0) return;
  if (!exit_code_) kill(-pid_, SIGKILL);
  Reap(true);
}

std::string Process::Output() const {
  return Slurp(files_->out());
}
std::string Process::Errors() const {
  return Slurp(files_->err());
}

bool Process::WaitForText(std::string_view text, milliseconds patience) {
  const auto is_there = [&] { return Output().find(text) != std::string::npos || Errors().find(text) != std::string::npos; };
  WaitUntil([&] { return is_there() || !IsRunning(); }, patience);
  return is_there();
}

ProcessResult Run(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options,
                  milliseconds patience) {
  Process process(program, arguments, options);
  const auto exit = process.Wait(patience);
  if (!exit) {
    throw std::runtime_error(fmt::format("{} {} has not ended after {} ms\n{}{}", program, fmt::join(arguments, " "), patience.count(),
                                         process.Output(), process.Errors()));
  }
  return {*exit, process.Output(), process.Errors()};
}

}  // namespace hullwright::testing
