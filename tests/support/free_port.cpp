#include "support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace hullwright::testing {
namespace {

bool IsFree(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

}  // namespace

std::uint16_t FreePort() {
  std::random_device random;
  std::uniform_int_distribution<int> any(20'000, 31'999);
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(any(random));
    if (IsFree(port)) return port;
  }
  throw std::runtime_error("no free port on 127.0.0.1");
}

}  // namespace hullwright::testing
