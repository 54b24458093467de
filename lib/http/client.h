// The HTTP client, over cpprestsdk. Redirects are never followed; every call has a deadline and a byte cap.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "http/http.h"

namespace hullwright::http {

struct ClientRequest {
  std::string method = "GET";
  std::string path_and_query = {};  // "/api/v1/namespaces?limit=500", already percent-encoded
  Headers headers = {};
  std::string content_type = {};  // of body
  std::string body = {};
  std::size_t max_response_bytes = 16u << 20;
};

struct ClientOptions {
  std::string base_url = {};  // "https://127.0.0.1:6443"
  std::string ca_file = {};   // PEM roots that alone are trusted; empty: the system's
  std::string client_certificate_file = {}, client_key_file = {};
};

// Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Any HTTP status is a Response; an Error means that there was none: kUnavailable (connect, TLS, reset), kDeadline, kTooLarge.
  virtual Result<Response> Send(const ClientRequest& request, Deadline deadline) = 0;

  // Sends and hands the body on in pieces as they arrive, until the peer ends it (success), on_data returns false (success), stop is
  // requested (kDeadline) or nothing arrived for idle_timeout (kDeadline). on_head is called once, before any data; when it returns
  // false the body is not read. Called on the caller's thread, which is blocked meanwhile.
  virtual Result<void> Stream(const ClientRequest& request, std::function<bool(const Response& head)> on_head,
                              std::function<bool(std::string_view data)> on_data, std::chrono::milliseconds idle_timeout,
                              std::stop_token stop) = 0;
};

// Errors: a CA or certificate file that does not load. Call InitializeClientThreads once before, in main.
Result<std::unique_ptr<HttpClient>> MakeHttpClient(const ClientOptions& options);

// cpprestsdk starts 40 threads unless told otherwise, once per process.
void InitializeClientThreads(int threads);

}  // namespace hullwright::http
