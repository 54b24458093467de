#include "http/response_reader.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>

#include "base/text.h"
#include "http/view.h"

namespace hullwright::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::http::error;

}  // namespace

class ResponseReader::Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(std::string_view peer, const ResponseBounds& bounds) : peer_(peer), bounds_(bounds) {
    header_limit(kMaxHeadBytes);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // counted here, with the budget
    eager(true);
    skip(bounds.head_request);
  }

  PeerError Explain(const error_code& code) const {
    if (failure_) return *failure_;
    if (code == error::header_limit)
      return {PeerFailure::kTooLarge, fmt::format("{}: the head is larger than {} bytes", peer_, kMaxHeadBytes)};
    if (code == error::partial_message) return {PeerFailure::kConnect, fmt::format("{}: the connection ended inside the answer", peer_)};
    return {PeerFailure::kProtocol, fmt::format("{}: the answer is no HTTP ({})", peer_, code.message())};
  }

  bool is_cut() const { return cut_; }
  Response& response() { return response_; }

 private:
  void Stop(error_code& code, PeerFailure failure, std::string_view why) {
    failure_ = PeerError{failure, fmt::format("{}: {}", peer_, why)};
    code = error::body_limit;  // any error ends the parser
  }
  bool is_success() const { return response_.status >= 200 && response_.status < 300; }

  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
  void on_response_impl(int status, beast::string_view, int, error_code&) override { response_.status = status; }

  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code& code) override {
    if (head_done_) return;  // trailers say nothing that we use
    for (const std::string_view only : {"Content-Type", "Content-Encoding", "Location", "Docker-Content-Digest", "Content-Length"}) {
      if (EqualWithoutCase(View(name), only) && !HeaderValue(response_.headers, only).empty()) {
        return Stop(code, PeerFailure::kProtocol, fmt::format("the answer has two headers {}", only));
      }
    }
    response_.headers.emplace_back(name, value);
  }

  void on_header_impl(error_code& code) override {
    head_done_ = true;
    response_.content_type = HeaderValue(response_.headers, "Content-Type");
    const std::string_view encoding = HeaderValue(response_.headers, "Content-Encoding");
    if (!encoding.empty() && !EqualWithoutCase(encoding, "identity")) {
      return Stop(code, PeerFailure::kEncoding,
                  fmt::format("the answer is compressed ({}), which was not asked for", Printable(encoding, 32)));
    }
    const auto length = content_length();
    if (length && is_success() && !bounds_.head_request && *length > bounds_.max_body_bytes) {
      Stop(code, PeerFailure::kTooLarge, fmt::format("the answer announces {} bytes, more than {}", *length, bounds_.max_body_bytes));
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  void Append(beast::string_view piece, error_code& code) {
    const std::size_t most = is_success() ? bounds_.max_body_bytes : kMaxErrorBytes;
    if (piece.size() > most - response_.body.size()) {
      if (is_success())
        return Stop(code, PeerFailure::kTooLarge, fmt::format("the answer is larger than {} bytes", bounds_.max_body_bytes));
      piece = piece.substr(0, most - response_.body.size());
      cut_ = true;
    }
    if (bounds_.budget != nullptr && !bounds_.budget->TryTake(piece.size())) {
      return Stop(code, PeerFailure::kBudget, "the bytes that may be fetched are used up");
    }
    response_.body.append(piece.data(), piece.size());
    if (cut_) code = error::body_limit;
  }
  std::size_t on_body_impl(beast::string_view piece, error_code& code) override {
    Append(piece, code);
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, error_code& code) override {
    Append(piece, code);
    return piece.size();
  }
  void on_finish_impl(error_code&) override {}

  const std::string peer_;
  const ResponseBounds bounds_;
  Response response_{.status = 0, .content_type = ""};
  std::optional<PeerError> failure_;
  bool head_done_ = false;
  bool cut_ = false;
};

ResponseReader::ResponseReader(std::string_view peer, const ResponseBounds& bounds) : parser_(std::make_unique<Parser>(peer, bounds)) {}
ResponseReader::~ResponseReader() = default;

PeerResult<std::size_t> ResponseReader::Feed(std::string_view bytes) {
  error_code code;
  const std::size_t taken = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
  if (parser_->is_cut() || code == error::need_more) return taken;
  if (code) return std::unexpected(parser_->Explain(code));
  return taken;
}

PeerResult<void> ResponseReader::End() {
  error_code code = error::partial_message;
  if (parser_->got_some()) parser_->put_eof(code);  // Beast asserts that something came
  if (code) return std::unexpected(parser_->Explain(code));
  return {};
}

bool ResponseReader::done() const {
  return parser_->is_done() || parser_->is_cut();
}

bool ResponseReader::keep_alive() const {
  return parser_->is_done() && !parser_->is_cut() && parser_->keep_alive();
}

Response ResponseReader::Take() {
  return std::move(parser_->response());
}

}  // namespace hullwright::http
