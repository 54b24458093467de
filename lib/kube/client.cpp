#include "kube/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/pause.h"
#include "kube/line_splitter.h"
#include "kube/status.h"
#include "kube/token_source.h"

namespace hullwright::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostReplyBytes = 16u << 20;  // one object has at most 3 MiB; lists go through GetLong
constexpr std::size_t kMostLineBytes = 16u << 20;
constexpr std::size_t kMostRefusalBytes = 64u << 10;
constexpr int kMostTries = 4;

bool IsSuccess(int status) {
  return status >= 200 && status < 300;
}

std::string_view ContentTypeOf(PatchType type) {
  switch (type) {
    case PatchType::kApply:
      return "application/apply-patch+yaml";
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
  }
  return "";
}

// meta/v1 DeleteOptions. Dependents are deleted in the background, whatever the kind's old default is.
std::string DeleteOptions(const DeletePreconditions& preconditions) {
  nlohmann::json options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
  if (!preconditions.uid.empty()) options["preconditions"]["uid"] = preconditions.uid;
  if (!preconditions.resource_version.empty()) options["preconditions"]["resourceVersion"] = preconditions.resource_version;
  return JsonLine(options);
}

// What one attempt came to: its response (the body only where it was not handed on), or no response at all.
using Attempt = Result<http::Response>;

class HttpKubeClient final : public KubeClient {
 public:
  HttpKubeClient(ClusterAccess access, std::unique_ptr<http::HttpClient> http, TokenSource tokens)
      : access_(std::move(access)), http_(std::move(http)), tokens_(std::move(tokens)) {}

  Result<KubeReply> Get(const std::string& path, Deadline deadline) override { return Send("GET", path, "", "", deadline); }
  Result<KubeReply> Post(const std::string& path, std::string json, Deadline deadline) override {
    return Send("POST", path, "application/json", std::move(json), deadline);
  }
  Result<KubeReply> Put(const std::string& path, std::string json, Deadline deadline) override {
    return Send("PUT", path, "application/json", std::move(json), deadline);
  }
  Result<KubeReply> Patch(const std::string& path, PatchType type, std::string json, Deadline deadline) override {
    return Send("PATCH", path, ContentTypeOf(type), std::move(json), deadline);
  }
  Result<KubeReply> Delete(const std::string& path, const DeletePreconditions& preconditions, Deadline deadline) override {
    return Send("DELETE", path, "application/json", DeleteOptions(preconditions), deadline);
  }

  Result<KubeReply> GetLong(const std::string& path, std::size_t max_bytes, milliseconds idle_timeout, std::stop_token stop) override {
    const std::string what = "GET " + path;
    std::string body;
    auto response = Ask(what, stop, Deadline::max(), [&](const std::string& token) {
      body.clear();
      return Receive(
          MakeRequest("GET", path, token), [] {},
          [&](std::string_view data) -> Result<bool> {
            if (data.size() > max_bytes - body.size())
              return Fail(ErrorCode::kTooLarge, fmt::format("{}: has more than {} bytes", what, max_bytes));
            body += data;
            return true;
          },
          idle_timeout, stop);
    });
    if (!response) return std::unexpected(response.error());
    return KubeReply{response->status, std::move(body)};
  }

  Result<void> Watch(const std::string& path, std::function<void()> on_open, std::function<bool(std::string_view line)> on_line,
                     milliseconds idle_timeout, std::stop_token stop) override {
    const std::string what = "GET " + path;
    LineSplitter lines(kMostLineBytes);
    auto response = Ask(what, stop, Deadline::max(), [&](const std::string& token) {
      return Receive(
          MakeRequest("GET", path, token), on_open,
          [&](std::string_view data) -> Result<bool> {
            const auto outcome = lines.Add(data, on_line);
            if (outcome != LineSplitter::Outcome::kLineTooLong) return outcome == LineSplitter::Outcome::kGoOn;
            return Fail(ErrorCode::kTooLarge, fmt::format("{}: an event has more than {} bytes", what, kMostLineBytes));
          },
          idle_timeout, stop);
    });
    if (!response) return std::unexpected(response.error());
    return {};
  }

 private:
  static http::ClientRequest MakeRequest(std::string_view method, const std::string& path, const std::string& token) {
    http::ClientRequest request;
    request.method = std::string(method);
    request.path_and_query = path;
    request.headers = {{"Accept", "application/json"}, {"User-Agent", "hullwright"}};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    request.max_response_bytes = kMostReplyBytes;
    return request;
  }

  Result<KubeReply> Send(std::string_view method, const std::string& path, std::string_view content_type, std::string body,
                         Deadline deadline) {
    auto response = Ask(fmt::format("{} {}", method, path), {}, deadline, [&](const std::string& token) {
      http::ClientRequest request = MakeRequest(method, path, token);
      request.content_type = std::string(content_type);
      request.body = body;
      return http_->Send(request, deadline);
    });
    if (!response) return std::unexpected(response.error());
    return KubeReply{response->status, std::move(response->body)};
  }

  // Asks until there is an answer to give back: again with a new token after a 401, and after the pause that Retry-After names.
  template <class MakeAttempt>
  Attempt Ask(const std::string& what, const std::stop_token& stop, Deadline deadline, MakeAttempt&& make_attempt) {
    bool may_renew = true;
    for (int tries = 1;; ++tries) {
      const std::string token = tokens_.Get(steady_clock::now());
      Attempt attempt = make_attempt(token);
      if (!attempt) return std::unexpected(attempt.error().Within(what));
      if (IsSuccess(attempt->status)) return attempt;
      const bool renewed = attempt->status == 401 && std::exchange(may_renew, false) && tokens_.Renew(token, steady_clock::now());
      if (renewed) continue;
      Error error = ErrorOf(*attempt, what);
      const auto pause = RetryAfter(*attempt);
      const bool is_in_time = pause && deadline - steady_clock::now() > *pause;
      if (!is_in_time || tries == kMostTries || error.code != ErrorCode::kUnavailable) return std::unexpected(std::move(error));
      Pause(*pause, stop);
      if (stop.stop_requested()) return Fail(ErrorCode::kDeadline, what + ": stopped");
    }
  }

  // Streams the body of a 2xx to on_data, or keeps that of any other in the response.
  Attempt Receive(const http::ClientRequest& request, const std::function<void()>& on_open,
                  const std::function<Result<bool>(std::string_view)>& on_data, milliseconds idle_timeout, const std::stop_token& stop) {
    http::Response response;
    std::optional<Error> failure;
    const auto take_head = [&](const http::Response& head) {
      response = head;
      if (IsSuccess(head.status)) on_open();
      return true;
    };
    const auto take_data = [&](std::string_view data) {
      if (!IsSuccess(response.status)) {
        response.body += data.substr(0, kMostRefusalBytes - std::min(kMostRefusalBytes, response.body.size()));
        return response.body.size() < kMostRefusalBytes;
      }
      auto go_on = on_data(data);
      if (!go_on) failure = go_on.error();
      return go_on && *go_on;
    };
    const auto done = http_->Stream(request, take_head, take_data, idle_timeout, stop);
    if (failure) return std::unexpected(*failure);
    if (!done) return std::unexpected(done.error());
    return response;
  }

  const ClusterAccess access_;  // keeps its private files
  const std::unique_ptr<http::HttpClient> http_;
  TokenSource tokens_;
};

bool IsLoopback(std::string_view server) {
  constexpr std::array kLoopback = {std::string_view("http://127.0.0.1"), std::string_view("http://localhost"),
                                    std::string_view("http://[::1]")};
  return std::ranges::any_of(kLoopback, [&](std::string_view prefix) {
    return server.starts_with(prefix) && (server.size() == prefix.size() || server[prefix.size()] == ':' || server[prefix.size()] == '/');
  });
}

Result<TokenSource> MakeTokenSource(const ClusterAccess& access) {
  if (access.token_file.empty()) return TokenSource(access.token);
  return TokenSource::FromFile(access.token_file, steady_clock::now());
}

}  // namespace

Result<std::unique_ptr<KubeClient>> KubeClient::Connect(const ClusterAccess& access) {
  if (!access.server.starts_with("https://") && !IsLoopback(access.server)) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("API server \"{}\": must begin with https:// (http:// is taken for loopback alone)", access.server));
  }
  auto tokens = MakeTokenSource(access);
  if (!tokens) return std::unexpected(tokens.error());
  auto http = http::MakeHttpClient({access.server, access.ca_file, access.client_certificate_file, access.client_key_file});
  if (!http) return std::unexpected(http.error());
  return std::make_unique<HttpKubeClient>(access, std::move(*http), std::move(*tokens));
}

}  // namespace hullwright::kube
