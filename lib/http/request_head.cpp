#include "http/request_head.h"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>

#include "http/view.h"

namespace hullwright::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::empty_body>;

bool AllDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

RequestHead Describe(const Parser& parser) {
  const auto& message = parser.get();
  RequestHead head;
  head.method = View(message.method_string());
  const std::string_view target = View(message.target());
  const std::size_t question = target.find('?');
  head.path = target.substr(0, question);
  head.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  head.http11 = message.version() >= 11;
  head.keep_alive = parser.keep_alive();
  std::size_t lengths = 0;
  for (const auto& field : message) {  // one pass: a lookup by name walks the list or a tree each time
    switch (field.name()) {
      case beast_http::field::content_type:
        head.content_type = View(field.value());
        break;
        break;
      case beast_http::field::host:
        ++head.host_fields;
        break;
      case beast_http::field::expect:
        head.has_expectation = true;
        break;
      case beast_http::field::transfer_encoding:
        head.has_transfer_encoding = true;
        break;
      case beast_http::field::content_length:
        head.ambiguous_length |= ++lengths > 1 || !AllDigits(View(field.value()));
        break;
      default:
        break;
    }
  }
  if (const auto length = parser.content_length()) {
    head.content_length = *length;
  }
  return head;
}

}  // namespace

struct RequestHeadParser::Beast {
  std::optional<Parser> parser;
};

RequestHeadParser::RequestHeadParser(std::size_t max_header_bytes)
    : max_header_bytes_(max_header_bytes), beast_(std::make_unique<Beast>()) {
  Reset();
}

RequestHeadParser::~RequestHeadParser() = default;

void RequestHeadParser::Reset() {
  head_ = {};
  beast_->parser.emplace();
  beast_->parser->header_limit(static_cast<std::uint32_t>(max_header_bytes_));
  // The server compares Content-Length itself, after it knows the path. Not boost::none: Beast 1.74 takes that as a limit of nothing.
  beast_->parser->body_limit(std::numeric_limits<std::uint64_t>::max());
}

RequestHeadParser::Progress RequestHeadParser::Parse(std::string_view bytes) {
  Parser& parser = *beast_->parser;
  boost::system::error_code error;
  const std::size_t consumed = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error == beast_http::error::need_more) {
    return {State::kNeedMore, consumed};
  }
  if (error) {
    const bool too_large = error == beast_http::error::header_limit;
    return {too_large ? State::kTooLarge : State::kMalformed, consumed};
  }
  if (!parser.is_header_done()) {
    return {State::kNeedMore, consumed};
  }
  head_ = Describe(parser);
  return {State::kComplete, consumed};
}

}  // namespace hullwright::http
