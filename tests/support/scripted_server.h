// A plain HTTP server of a test that answers as the test's script says, byte by byte: whole answers, streams that hang, breaks in the
// middle. One request to a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/http.h"

namespace hullwright::testing {

struct ScriptedRequest {
  std::string method, target, authorization, content_type, body;
};

// One request being answered; used by the script, on the connection's own thread.
class ScriptedAnswer {
 public:
  virtual ~ScriptedAnswer() = default;

  // A whole answer.
  void Whole(int status, std::string_view body, const http::Headers& headers = {}, std::string_view content_type = "application/json");
  // A chunked answer. False as of Send.
  bool BeginStream(int status = 200);
  bool Chunk(std::string_view data);
  void EndStream();

  // False: the client is gone, or took nothing for as long as the patience.
  virtual bool Send(std::string_view bytes) = 0;
  virtual void SetPatience(std::chrono::milliseconds patience) = 0;  // without: as long as the server is open
  void WaitUntilClosed();
  virtual bool IsOpen() = 0;  // false: the client is gone, or the server is closing
};

class ScriptedServer {
 public:
  // What the script leaves unanswered is a broken connection.
  using Script = std::function<void(const ScriptedRequest&, ScriptedAnswer&)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();  // Close()
  ScriptedServer(ScriptedServer&&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:20123"

  // Breaks all connections and refuses new ones; waits for scripts to end. Open listens again, on the same port.
  void Close();
  void Open();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::testing
