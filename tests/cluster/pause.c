// The process that holds the namespaces of a Pod: it waits until it is told to end, and reaps what other containers leave to it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void End(int number) {
  (void)number;
  _exit(0);
}

static void Reap(int number) {
  (void)number;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  struct sigaction ended = {.sa_handler = Reap, .sa_flags = SA_NOCLDSTOP};
  signal(SIGINT, End);
  signal(SIGTERM, End);
  sigaction(SIGCHLD, &ended, 0);
  for (;;) pause();
}
