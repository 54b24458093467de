// The head of a request (request line and header fields), parsed by Boost.Beast. Bodies need no parser: the server takes only
// those that announce their length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace hullwright::http {

// What the server looks at. Views point into the parser and live until its next Reset().
struct RequestHead {
  std::string_view method;
  std::string_view path;   // without the query
  std::string_view query;  // without "?"
  std::string_view content_type;
  std::optional<std::uint64_t> content_length;
  bool http11 = true;
  bool keep_alive = true;  // by version and Connection header, RFC 9112 §9.3
  bool has_transfer_encoding = false;
  bool has_expectation = false;
  bool ambiguous_length = false;  // several Content-Length fields or a list: legal when equal, but only smugglers write it
  std::size_t host_fields = 0;
};

// One parser per connection; Reset() between requests. Not thread-safe.
class RequestHeadParser {
 public:
  enum class State { kNeedMore, kComplete, kMalformed, kTooLarge };
  struct Progress {
    State state;
    std::size_t consumed;  // bytes that need not be given again
  };

  explicit RequestHeadParser(std::size_t max_header_bytes);
  ~RequestHeadParser();
  RequestHeadParser(RequestHeadParser&&) = delete;

  // bytes: everything received and not consumed yet. After kNeedMore call again with at least one byte more.
  Progress Parse(std::string_view bytes);
  // Only after kComplete.
  const RequestHead& head() const { return head_; }
  void Reset();

 private:
  struct Beast;
  std::size_t max_header_bytes_;
  std::unique_ptr<Beast> beast_;
  RequestHead head_;
};

}  // namespace hullwright::http
