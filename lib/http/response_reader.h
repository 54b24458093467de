// Bytes of a connection to one HTTP response, with its bounds kept while they arrive. Beast parses; what is kept is ours.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/bounded_client.h"

namespace hullwright::http {

struct ResponseBounds {
  std::size_t max_body_bytes = 0;
  BodyBudget* budget = nullptr;  // null: none
  bool head_request = false;     // then there is no body, whatever the head says
};

// Not thread-safe.
class ResponseReader {
 public:
  // peer begins every message.
  ResponseReader(std::string_view peer, const ResponseBounds& bounds);
  ~ResponseReader();

  // How many of the bytes were taken; give the rest again, with more behind it.
  PeerResult<std::size_t> Feed(std::string_view bytes);
  // The peer has closed: some bodies end so, all others are torn.
  PeerResult<void> End();

  bool done() const;  // also when the rest of an error's body is not wanted
  // Whether the connection may carry another request: the response ended where its head said.
  bool keep_alive() const;
  Response Take();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace hullwright::http
