#include <cpprest/http_client.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/body_sink.h"
#include "http/client.h"
#include "http/client_tls.h"
#include "http/exchange.h"

namespace hullwright::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// cpprestsdk's own timeout is one number for the whole client and starts anew with every piece, so it cannot be the deadline of a
// call. It stays as the last net, above every deadline and idle timeout that we enforce.
constexpr std::chrono::hours kLastResortTimeout{24};

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// cpprestsdk writes header values as they are; a line break in one would begin another header, or another request.
Result<void> CheckHeaders(const ClientRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (HasLineBreak(name) || HasLineBreak(value)) {
      return Fail(ErrorCode::kInvalidInput, "a request header contains a line break");
    }
    if (EqualWithoutCase(name, "Host") || EqualWithoutCase(name, "Content-Length") || EqualWithoutCase(name, "Transfer-Encoding")) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("the header {} is set by the client itself", name));
    }
  }
  if (HasLineBreak(request.content_type)) return Fail(ErrorCode::kInvalidInput, "the content type contains a line break");
  return {};
}

Result<web::http::http_request> BuildRequest(const ClientRequest& request) {
  if (const auto checked = CheckHeaders(request); !checked) return std::unexpected(checked.error());
  web::http::http_request built(request.method);
  try {
    built.set_request_uri(web::uri(request.path_and_query));
  } catch (const web::uri_exception& error) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("the request path is no URI, is it percent-encoded? ({})", error.what()));
  }
  for (const auto& [name, value] : request.headers) built.headers().add(name, value);
  if (!request.body.empty()) built.set_body(request.body, request.content_type);
  return built;
}

Response HeadOf(const web::http::http_response& head) {
  Response response;
  response.status = head.status_code();
  response.content_type = head.headers().content_type();
  for (const auto& [name, value] : head.headers()) response.headers.emplace_back(name, value);
  return response;
}

std::string_view TlsReason(int code) {
  const char* reason = ERR_reason_error_string(static_cast<unsigned long>(static_cast<unsigned>(code)));
  return reason == nullptr ? "closed during the handshake" : reason;
}

Error ToError(const std::exception_ptr& failure, const std::string& base_url) {
  try {
    std::rethrow_exception(failure);
  } catch (const web::http::http_exception& error) {
    const std::string_view what = error.what();
    if (what.find("SSL handshake") != std::string_view::npos) {
      return {ErrorCode::kUnavailable, fmt::format("{}: TLS failed: {}; expected a certificate for this host from a trusted CA", base_url,
                                                   TlsReason(error.error_code().value()))};
    }
    const bool timed_out = error.error_code() == std::errc::timed_out;
    return {timed_out ? ErrorCode::kDeadline : ErrorCode::kUnavailable, fmt::format("{}: {}", base_url, what)};
  } catch (const std::exception& error) {
    return {ErrorCode::kUnavailable, fmt::format("{}: {}", base_url, error.what())};
  }
}

// Starts the request; from then on the exchange tells what happens. Every exception of every task is taken here: one that nobody
// looks at ends the process.
void Begin(web::http::client::http_client& client, web::http::http_request request, const pplx::cancellation_token& cancellation,
           const std::shared_ptr<Exchange>& exchange) {
  const auto sink = std::make_shared<BodySink>([exchange](std::string_view bytes) { return exchange->Append(bytes); });
  request.set_response_stream(concurrency::streams::ostream(concurrency::streams::streambuf<std::uint8_t>(sink)));
  client.request(request, cancellation).then([exchange](const pplx::task<web::http::http_response>& answered) {
    try {
      web::http::http_response response = answered.get();
      exchange->SetHead(response);
      response.content_ready().then([exchange](const pplx::task<web::http::http_response>& complete) {
        try {
          complete.get();
          exchange->Finish(nullptr);
        } catch (...) {
          exchange->Finish(std::current_exception());
        }
      });
    } catch (...) {
      exchange->Finish(std::current_exception());
    }
  });
}

// Ends the request when the caller leaves before its end, however it leaves: the connection closes and is not used again.
class CancelOnExit {
 public:
  explicit CancelOnExit(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~CancelOnExit() {
    if (finished_) return;
    source_.cancel();
    exchange_->Abandon();
  }
  CancelOnExit(CancelOnExit&&) = delete;

  pplx::cancellation_token token() const { return source_.get_token(); }
  void SetFinished() { finished_ = true; }

 private:
  std::shared_ptr<Exchange> exchange_;
  pplx::cancellation_token_source source_;
  bool finished_ = false;
};

class CpprestClient final : public HttpClient {
 public:
  CpprestClient(std::string base_url, const web::http::client::http_client_config& config)
      : base_url_(std::move(base_url)), client_(web::uri(base_url_), config) {}

  Result<Response> Send(const ClientRequest& request, Deadline deadline) override;
  Result<void> Stream(const ClientRequest& request, std::function<bool(const Response& head)> on_head,
                      std::function<bool(std::string_view data)> on_data, milliseconds idle_timeout, std::stop_token stop) override;

 private:
  // What the caller makes of the parts of an answer; an Error or false ends the call.
  struct Receiver {
    std::function<Result<bool>(const Response&)> on_head;
    std::function<Result<bool>(std::string_view)> on_data;
    std::function<Deadline()> wait_until;  // asked before each wait
  };
  Result<void> Perform(const ClientRequest& request, const Receiver& receiver, const std::stop_token& stop);

  const std::string base_url_;
  web::http::client::http_client client_;
};

Result<void> CpprestClient::Perform(const ClientRequest& request, const Receiver& receiver, const std::stop_token& stop) {
  auto built = BuildRequest(request);
  if (!built) return std::unexpected(built.error());
  const auto exchange = std::make_shared<Exchange>();
  CancelOnExit cancel(exchange);
  Begin(client_, *built, cancel.token(), exchange);
  for (;;) {
    const ExchangeEvent event = exchange->Wait(receiver.wait_until(), stop);
    if (const auto* head = std::get_if<web::http::http_response>(&event)) {
      const auto more = receiver.on_head(HeadOf(*head));
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
    } else if (const auto* data = std::get_if<std::string>(&event)) {
      const auto more = receiver.on_data(*data);
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
    } else if (std::holds_alternative<TimedOut>(event)) {
      return Fail(ErrorCode::kDeadline, base_url_ + ": no complete answer in the time allowed");
    } else if (std::holds_alternative<Stopped>(event)) {
      return Fail(ErrorCode::kDeadline, base_url_ + ": stopped");
    } else {
      cancel.SetFinished();
      const auto* failure = std::get_if<std::exception_ptr>(&event);
      return failure == nullptr ? Result<void>() : std::unexpected(ToError(*failure, base_url_));
    }
  }
}

Result<Response> CpprestClient::Send(const ClientRequest& request, Deadline deadline) {
  if (steady_clock::now() >= deadline) return Fail(ErrorCode::kDeadline, base_url_ + ": the deadline had passed before the request");
  const auto too_large = [&] {
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: the answer is larger than {} bytes", base_url_, request.max_response_bytes));
  };
  Response response;
  const auto on_head = [&](const Response& head) -> Result<bool> {
    response = head;
    const std::string_view length = HeaderValue(head.headers, "Content-Length");
    const bool announced_too_large =
        length.size() > 19 || (!length.empty() && std::strtoull(std::string(length).c_str(), nullptr, 10) > request.max_response_bytes);
    if (announced_too_large && request.method != "HEAD") return too_large();
    return true;
  };
  const auto on_data = [&](std::string_view data) -> Result<bool> {
    if (data.size() > request.max_response_bytes - response.body.size()) return too_large();
    response.body.append(data);
    return true;
  };
  const auto done = Perform(request, {on_head, on_data, [deadline] { return deadline; }}, {});
  if (!done) return std::unexpected(done.error());
  return response;
}

Result<void> CpprestClient::Stream(const ClientRequest& request, std::function<bool(const Response& head)> on_head,
                                   std::function<bool(std::string_view data)> on_data, milliseconds idle_timeout, std::stop_token stop) {
  const Receiver receiver{[&](const Response& head) -> Result<bool> { return on_head(head); },
                          [&](std::string_view data) -> Result<bool> { return on_data(data); },
                          [idle_timeout] { return steady_clock::now() + idle_timeout; }};
  return Perform(request, receiver, stop);
}

Result<web::uri> ParseBaseUrl(const std::string& base_url) {
  const auto invalid = [&] {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("base URL \"{}\": expected http:// or https:// with a host, such as https://10.0.0.1:6443", base_url));
  };
  try {
    web::uri uri(base_url);
    const bool known = uri.scheme() == "https" || uri.scheme() == "http";
    if (!known || uri.host().empty() || !uri.user_info().empty() || !uri.query().empty()) return invalid();
    if (uri.host().starts_with('[')) {
      // cpprestsdk hands the brackets to resolver and certificate check.
      return Fail(ErrorCode::kUnsupported, fmt::format("base URL \"{}\": IPv6 addresses are not supported, use a host name", base_url));
    }
    return uri;
  } catch (const web::uri_exception&) {
    return invalid();
  }
}

}  // namespace

Result<std::unique_ptr<HttpClient>> MakeHttpClient(const ClientOptions& options) {
  const auto uri = ParseBaseUrl(options.base_url);
  if (!uri) return std::unexpected(uri.error());
  web::http::client::http_client_config config;
  config.set_max_redirects(0);
  config.set_timeout(kLastResortTimeout);
  if (uri->scheme() == "https") {
    const auto tls = ClientTls::Load(options, uri->host());
    if (!tls) return std::unexpected(tls.error());
    config.set_ssl_context_callback([tls = *tls](boost::asio::ssl::context& context) { tls->Configure(context.native_handle()); });
    config.set_tlsext_sni_enabled(!IsIpAddress(uri->host()));  // RFC 6066 §3: literal addresses are not permitted
  }
  return std::make_unique<CpprestClient>(options.base_url, config);
}

void InitializeClientThreads(int threads) {
  static std::once_flag once;
  std::call_once(once, [threads] {
    try {
      crossplat::threadpool::initialize_with_threads(static_cast<std::size_t>(std::max(threads, 1)));
    } catch (const std::exception& error) {
      // Somebody sent a request before: cpprestsdk runs with its own number of threads.
      log::Warn("client threads not set", {{"error", error.what()}});
    }
  });
}

}  // namespace hullwright::http
