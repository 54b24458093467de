// A server on a free port that does on each connection what its script says, for answers that no well-behaved server gives.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hullwright::http {

class ScriptedConnection {
 public:
  explicit ScriptedConnection(int socket) : socket_(socket) {}

  // Reads up to the blank line; false when the peer closed.
  bool ReadHead() {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (recv(socket_, &byte, 1, 0) != 1) return false;
      head += byte;
    }
    return true;
  }
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool SendChunk(std::string_view bytes) { return Send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes)); }
  void SetSendPatience(std::chrono::milliseconds patience) {
    const timeval time{0, patience.count() * 1000};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  }
  void WaitUntilClosed() {
    char byte = 0;
    while (recv(socket_, &byte, 1, 0) > 0) {
    }
  }

 private:
  int socket_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedConnection&)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Run(); });
  }
  ~ScriptedServer() {
    stopped_ = true;
    shutdown(listener_, SHUT_RDWR);
    if (const int connection = current_; connection >= 0) shutdown(connection, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  ScriptedServer(ScriptedServer&&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  void Run() {
    while (!stopped_) {
      const int socket = accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      current_ = socket;
      ScriptedConnection connection(socket);
      script_(connection);
      current_ = -1;
      close(socket);
    }
  }

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> current_{-1};
  std::atomic<bool> stopped_{false};
  std::jthread thread_;
};

}  // namespace hullwright::http
