#include "kube/raw_client.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "http/client.h"
#include "kube/token_source.h"

namespace hullwright::kube {
namespace {

class HttpRawClient final : public RawClient {
 public:
  HttpRawClient(ClusterAccess access, std::unique_ptr<http::HttpClient> http, TokenSource tokens)
      : access_(std::move(access)), http_(std::move(http)), tokens_(std::move(tokens)) {}

  Result<http::Response> Send(const RawRequest& request, Deadline deadline) override {
    http::ClientRequest sent;
    sent.method = request.method;
    sent.path_and_query = request.path_and_query;
    sent.headers = {{"Accept", "application/json, text/plain;q=0.9, */*;q=0.8"}, {"User-Agent", "hullwright"}};
    const std::string token = tokens_.Get(std::chrono::steady_clock::now());
    if (!token.empty()) sent.headers.emplace_back("Authorization", "Bearer " + token);
    if (!request.json.empty()) {
      sent.content_type = "application/json";
      sent.body = request.json;
    }
    sent.max_response_bytes = request.max_bytes;
    auto response = http_->Send(sent, deadline);
    if (!response) return std::unexpected(response.error().Within(fmt::format("{} {}", request.method, request.path_and_query)));
    return response;
  }

 private:
  const ClusterAccess access_;  // keeps its private files
  const std::unique_ptr<http::HttpClient> http_;
  TokenSource tokens_;
};

}  // namespace

Result<std::unique_ptr<RawClient>> RawClient::Connect(const ClusterAccess& access) {
  // Which addresses and files may be used is judged in one place.
  if (auto usable = KubeClient::Connect(access); !usable) return std::unexpected(usable.error());
  auto tokens = access.token_file.empty() ? Result<TokenSource>(TokenSource(access.token))
                                          : TokenSource::FromFile(access.token_file, std::chrono::steady_clock::now());
  if (!tokens) return std::unexpected(tokens.error());
  auto http = http::MakeHttpClient({access.server, access.ca_file, access.client_certificate_file, access.client_key_file});
  if (!http) return std::unexpected(http.error());
  return std::make_unique<HttpRawClient>(access, std::move(*http), std::move(*tokens));
}

}  // namespace hullwright::kube
