#include "support/https_exchange.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <limits>
#include <stdexcept>

namespace hullwright::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Request = beast::http::request<beast::http::string_body>;
using Answer = beast::http::response<beast::http::string_body>;

Request MakeRequest(std::string_view method, const std::string& path_and_query, const http::Headers& headers, const std::string& body) {
  Request request;
  request.method_string({method.data(), method.size()});
  request.target(path_and_query);
  request.version(11);
  request.set(beast::http::field::host, "127.0.0.1");
  request.set(beast::http::field::connection, "close");
  for (const auto& [name, value] : headers) request.insert(name, value);
  request.body() = body;
  request.prepare_payload();
  return request;
}

// Asynchronous underneath, because only then do Beast's time limits hold.
class Connection {
 public:
  Connection(const HttpsTarget& target, std::chrono::milliseconds patience) : stream_(loop_, context_) {
    context_.load_verify_file(target.ca_file);
    stream_.set_verify_mode(asio::ssl::verify_peer);
    beast::get_lowest_layer(stream_).expires_after(patience);
    Await([&](auto done) { beast::get_lowest_layer(stream_).async_connect({asio::ip::address_v4::loopback(), target.port}, done); });
    Await([&](auto done) { stream_.async_handshake(asio::ssl::stream_base::client, done); });
  }

  Answer Send(const Request& request) {
    Await([&](auto done) { beast::http::async_write(stream_, request, [done](auto error, std::size_t) { done(error); }); });
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    beast::flat_buffer buffer;
    Await([&](auto done) { beast::http::async_read(stream_, buffer, parser, [done](auto error, std::size_t) { done(error); }); });
    return parser.release();
  }

 private:
  template <class Operation>
  void Await(Operation&& operation) {
    boost::system::error_code result;
    operation([&result](boost::system::error_code error) { result = error; });
    loop_.restart();
    loop_.run();
    if (result) throw std::runtime_error("no HTTPS response: " + result.message());
  }

  asio::io_context loop_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  beast::ssl_stream<beast::tcp_stream> stream_;
};

}  // namespace

http::Response Exchange(const HttpsTarget& target, std::string_view method, const std::string& path_and_query, const http::Headers& headers,
                        const std::string& body, std::chrono::milliseconds patience) {
  Answer answer = Connection(target, patience).Send(MakeRequest(method, path_and_query, headers, body));
  http::Response response;
  response.status = static_cast<int>(answer.result_int());
  response.content_type = std::string(answer[beast::http::field::content_type]);
  for (const auto& field : answer.base()) response.headers.emplace_back(field.name_string(), field.value());
  response.body = std::move(answer.body());
  return response;
}

}  // namespace hullwright::testing
