#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "support/free_port.h"

namespace hullwright::testing {
namespace {

constexpr int kPollMilliseconds = 5;
constexpr std::chrono::milliseconds kForever = std::chrono::hours(24);

class Connection final : public ScriptedAnswer {
 public:
  Connection(int fd, const std::atomic<bool>& closing) : fd_(fd), closing_(closing) {}
  ~Connection() override { close(fd_); }

  std::optional<ScriptedRequest> Receive() {
    std::string bytes;
    std::size_t head_end = std::string::npos;
    while ((head_end = bytes.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadInto(bytes)) return std::nullopt;
    }
    ScriptedRequest request = ParseHead(bytes.substr(0, head_end + 2));
    request.body = bytes.substr(head_end + 4);
    while (request.body.size() < body_bytes_) {
      if (!ReadInto(request.body)) return std::nullopt;
    }
    return request;
  }

  bool Send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (!IsOpen() || !WaitFor(POLLOUT, patience_)) {
        return false;
      }
    }
    return true;
  }

  void SetPatience(std::chrono::milliseconds patience) override { patience_ = patience; }

  bool IsOpen() override {
    char byte = 0;
    return !closing_ && recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  }

 private:
  // False when the server is closing, or it took longer.
  bool WaitFor(short what, std::chrono::milliseconds patience = kForever) const {
    const auto begun = std::chrono::steady_clock::now();
    while (!closing_ && std::chrono::steady_clock::now() - begun < patience) {
      pollfd ready{fd_, what, 0};
      if (poll(&ready, 1, kPollMilliseconds) > 0) return true;
    }
    return false;
  }

  bool ReadInto(std::string& bytes) const {
    if (!WaitFor(POLLIN)) return false;
    char buffer[16384];
    const auto count = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count <= 0) return false;
    bytes.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  ScriptedRequest ParseHead(std::string_view head) {
    const auto line_end = head.find("\r\n");
    const auto first_space = head.find(' '), second_space = head.find(' ', first_space + 1);
    ScriptedRequest request;
    request.method = head.substr(0, first_space);
    request.target = head.substr(first_space + 1, second_space - first_space - 1);
    http::Headers headers;
    for (head.remove_prefix(line_end + 2); !head.empty(); head.remove_prefix(head.find("\r\n") + 2)) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(':');
      headers.emplace_back(line.substr(0, colon), line.substr(line.find_first_not_of(' ', colon + 1)));
    }
    for (const auto& [name, value] : headers) {
      const std::string lower = [&name = name] {
        std::string text = name;
        for (char& c : text) c = static_cast<char>(tolower(c));
        return text;
      }();
      if (lower == "authorization") request.authorization = value;
      if (lower == "content-type") request.content_type = value;
      if (lower == "content-length") body_bytes_ = std::strtoul(value.c_str(), nullptr, 10);
    }
    return request;
  }

  const int fd_;
  const std::atomic<bool>& closing_;
  std::size_t body_bytes_ = 0;
  std::chrono::milliseconds patience_ = kForever;
};

}  // namespace

void ScriptedAnswer::Whole(int status, std::string_view body, const http::Headers& headers, std::string_view content_type) {
  std::string text = fmt::format("HTTP/1.1 {} Scripted\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n", status,
                                 content_type, body.size());
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  text += "\r\n";
  text += body;
  Send(text);
}

bool ScriptedAnswer::BeginStream(int status) {
  return Send(fmt::format(
      "HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", status));
}

bool ScriptedAnswer::Chunk(std::string_view data) {
  return Send(fmt::format("{:x}\r\n{}\r\n", data.size(), data));
}

void ScriptedAnswer::WaitUntilClosed() {
  while (IsOpen()) std::this_thread::sleep_for(std::chrono::milliseconds(kPollMilliseconds));
}

void ScriptedAnswer::EndStream() {
  Send("0\r\n\r\n");
}

class ScriptedServer::Parts {
 public:
  explicit Parts(Script script) : script_(std::move(script)), port_(FreePort()) { Open(); }
  ~Parts() { Close(); }

  std::uint16_t port() const { return port_; }

  void Open() {
    closing_ = false;
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 64) != 0) {
      throw std::runtime_error(fmt::format("port {} cannot be listened on", port_));
    }
    acceptor_ = std::jthread([this] { Accept(); });
  }

  void Close() {
    closing_ = true;
    if (acceptor_.joinable()) acceptor_.join();
    connections_.clear();  // joins
    if (listener_ >= 0) close(std::exchange(listener_, -1));
  }

 private:
  void Accept() {
    while (!closing_) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, kPollMilliseconds) <= 0) continue;
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections_.emplace_back([this, fd] { Serve(fd); });
    }
  }

  void Serve(int fd) {
    Connection connection(fd, closing_);
    const auto request = connection.Receive();
    if (request) script_(*request, connection);
  }

  const Script script_;
  const std::uint16_t port_;
  std::atomic<bool> closing_ = false;
  int listener_ = -1;
  std::list<std::jthread> connections_;  // of the acceptor's thread; ended ones stay until Close
  std::jthread acceptor_;
};

ScriptedServer::ScriptedServer(Script script) : parts_(std::make_unique<Parts>(std::move(script))) {}
ScriptedServer::~ScriptedServer() = default;

std::uint16_t ScriptedServer::port() const {
  return parts_->port();
}
std::string ScriptedServer::url() const {
  return fmt::format("http://127.0.0.1:{}", port());
}
void ScriptedServer::Close() {
  parts_->Close();
}
void ScriptedServer::Open() {
  parts_->Open();
}

}  // namespace hullwright::testing
