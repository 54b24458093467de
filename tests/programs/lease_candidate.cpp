// One candidate for a Lease in the namespace default, as a process that tests can kill, stop and end:
//   test-lease-candidate KUBECONFIG LEASE IDENTITY DURATION_S DEADLINE_S RETRY_S
// Writes "leading" when it leads. Ends with 0 on SIGTERM, having released the Lease, and with 3 when it lost it.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "http/client.h"
#include "kube/client.h"
#include "kube/leader_election.h"

namespace {

using namespace hullwright;
using namespace hullwright::kube;

int Fail(const Error& error) {
  std::fprintf(stderr, "test-lease-candidate: %s\n", error.message.c_str());
  return 2;
}

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

LeaderElectionOptions OptionsOf(const std::vector<std::string>& arguments) {
  const auto seconds = [&](int i) { return std::chrono::seconds(std::atoi(arguments[i].c_str())); };
  return {"default", arguments[1], arguments[2], seconds(3), seconds(4), seconds(5)};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 6) return Fail({ErrorCode::kInvalidInput, "needs six arguments"});
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread: for sigwait alone

  http::InitializeClientThreads(2);
  auto access = ClusterAccess::FromKubeconfig(arguments[0]);
  if (!access) return Fail(access.error());
  auto client = KubeClient::Connect(*access);
  if (!client) return Fail(client.error());
  const LeaderElectionOptions options = OptionsOf(arguments);
  if (auto sound = options.Check(); !sound) return Fail(sound.error());
  SteadyClock clock;
  const SystemClock wall;
  {
    const LeaderElection election(**client, options,
                                  {.on_started = [] { Say("leading"); },
                                   .on_lost =
                                       [](const std::string& why) {
                                         Say("lost: " + why);
                                         _exit(3);
                                       }},
                                  {clock, wall, nullptr});
    int signal = 0;
    sigwait(&ends, &signal);
  }
  Say("ended");
  return 0;
}
