#include "registry/authenticator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/json.h"
#include "base/text.h"

namespace hullwright::registry {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxTokenAnswerBytes = 64u << 10;
constexpr std::size_t kMaxTokenBytes = 32u << 10;
constexpr std::size_t kMaxCached = 4096;
constexpr std::size_t kMaxOpaqueScopeBytes = 128;
// token.md: 60 s when nothing is said. One that says years is still asked for anew now and then, so that a revoked credential shows.
constexpr seconds kDefaultLife{60}, kLongestLife{900};

std::string TokenKey(const Place& place, const Credential& credential) {
  return place.host->origin.ToString() + "|" + place.path + "|" + credential.Id();
}

std::string BasicHeader(const Credential& credential) {
  return "Basic " + EncodeBase64(credential.username + ":" + credential.password);
}

// The scope is ours to say, not the registry's: it would be told a token for another repository. Words that name no repository (as
// public.ecr.aws has) are repeated.
std::string ScopeFor(const Place& place, std::string_view asked) {
  const bool opaque = !asked.empty() && asked.size() <= kMaxOpaqueScopeBytes && asked.find(':') == std::string_view::npos;
  return opaque ? std::string(asked) : fmt::format("repository:{}:pull", place.path);
}

// Whether a token service may see what belongs to the registry.
bool MayHaveCredentials(const Place& place, const http::Origin& realm) {
  if (realm.host == place.host->origin.host && (realm.tls || !place.host->origin.tls)) return true;
  if (!realm.tls) return false;
  return std::ranges::any_of(place.host->settings.token_hosts,
                             [&](const std::string& host) { return host == realm.host || host == realm.HostHeader(); });
}

struct TokenAnswer {
  std::string token;
  seconds life = kDefaultLife;
};

Answer<TokenAnswer> ParseTokenAnswer(std::string_view body, const std::string& peer) {
  JsonReader reader;
  const auto document = reader.Read(body, {.max_bytes = kMaxTokenAnswerBytes, .max_depth = 16});
  if (!document || !document->is_object()) return Decline(Why::kMalformed, peer + ": the token service's answer is no JSON object");
  std::string_view token = TextMember(*document, "token");
  if (token.empty()) token = TextMember(*document, "access_token");
  const bool visible = std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; });
  if (token.empty() || token.size() > kMaxTokenBytes || !visible)
    return Decline(Why::kMalformed, peer + ": the token service gave no token");
  TokenAnswer answer{std::string(token)};
  if (const auto life = Member(*document, "expires_in"); life && life->is_int64()) {
    answer.life = seconds(std::clamp<std::int64_t>(std::int64_t(*life), 0, kLongestLife.count()));
  }
  return answer;
}

Answer<void> CheckTokenStatus(const http::Response& response, const std::string& peer) {
  if (response.status == 200) return {};
  if (response.status == 400 || response.status == 401 || response.status == 403 || response.status == 404) {
    return Decline(Why::kDenied, fmt::format("{}: the token service says no ({})", peer, response.status));
  }
  if (response.status >= 500 || response.status == 408) {
    return Decline(Why::kUnavailable, fmt::format("{}: the token service failed ({})", peer, response.status));
  }
  return Decline(Why::kMalformed,
                 fmt::format("{}: the token service answered {}, and it is not followed elsewhere", peer, response.status));
}

}  // namespace

std::string Authenticator::Remembered(const Hosts& hosts, const Place& place, const Credential& credential, const Call& call) {
  auto token = tokens_.With([&](auto& tokens) -> std::string {
    const auto found = tokens.find(TokenKey(place, credential));
    if (found == tokens.end() || found->second.expires <= sender_.timer().Now()) return "";
    return found->second.header;
  });
  if (!token.empty()) return token;
  const std::string origin = place.host->origin.ToString();
  const auto memo = memos_.With([&](auto& memos) -> std::optional<Memo> {
    const auto found = memos.find(origin);
    return found == memos.end() ? std::nullopt : std::optional(found->second);
  });
  if (!memo) return "";
  if (!memo->bearer) return credential.is_anonymous() || !credential.identity_token.empty() ? "" : BasicHeader(credential);
  const auto fresh = FetchToken(hosts, place, credential, *memo->bearer, call);
  if (fresh) return *fresh;
  Remember(origin, std::nullopt);  // then the registry says anew what it wants
  return "";
}

Answer<std::string> Authenticator::Respond(const Hosts& hosts, const Place& place, const Credential& credential,
                                           const http::Headers& challenge_headers, const Call& call) {
  tokens_.With([&](auto& tokens) { tokens.erase(TokenKey(place, credential)); });
  std::vector<Challenge> challenges;
  for (const auto& [name, value] : challenge_headers) {
    if (!EqualWithoutCase(name, "WWW-Authenticate")) continue;
    auto parsed = ParseChallenges(value);
    if (!parsed) return Decline(Why::kMalformed, place.ToString() + ": " + parsed.error().message);
    std::ranges::move(*parsed, std::back_inserter(challenges));
  }
  const auto bearer = std::ranges::find(challenges, "bearer", &Challenge::scheme);
  if (bearer != challenges.end()) {
    const auto read = ReadBearer(*bearer, place);
    if (!read) return std::unexpected(read.error());
    auto token = FetchToken(hosts, place, credential, *read, call);
    if (token) Remember(place.host->origin.ToString(), Memo{*read});
    return token;
  }
  const bool basic = std::ranges::find(challenges, "basic", &Challenge::scheme) != challenges.end();
  if (!basic) return Decline(Why::kDenied, place.ToString() + ": asks for an authentication other than Bearer and Basic");
  if (credential.is_anonymous() || !credential.identity_token.empty()) {
    return Decline(Why::kDenied, place.ToString() + ": asks for a user and password, and no pull secret for it has them");
  }
  Remember(place.host->origin.ToString(), Memo{});
  return BasicHeader(credential);
}

Answer<Authenticator::Bearer> Authenticator::ReadBearer(const Challenge& challenge, const Place& place) const {
  auto realm = http::ParseUrl(challenge.Parameter("realm"));
  if (!realm) return Decline(Why::kMalformed, place.ToString() + ": token realm: " + realm.error().message);
  return Bearer{std::move(*realm), std::string(challenge.Parameter("service")), ScopeFor(place, challenge.Parameter("scope"))};
}

Answer<http::PeerRequest> Authenticator::TokenRequest(const Place& place, const Credential& credential, const Bearer& bearer) const {
  // The scope remembered may be another repository's.
  const std::string query = (bearer.service.empty() ? "" : "service=" + http::EncodeQuery(bearer.service) + "&") +
                            "scope=" + http::EncodeQuery(ScopeFor(place, bearer.scope));
  http::PeerRequest request{.origin = bearer.realm.origin, .target = bearer.realm.target, .max_body_bytes = kMaxTokenAnswerBytes};
  request.headers.emplace_back("Accept", "application/json");
  if (!credential.is_anonymous() && !MayHaveCredentials(place, bearer.realm.origin)) {
    return Decline(Why::kDenied,
                   fmt::format("{}: sends us to the token service {}, which may not be given its credentials; if it belongs to "
                               "the registry, name it in tokenHosts",
                               place.ToString(), bearer.realm.origin.ToString()));
  }
  if (!credential.identity_token.empty()) {
    request.method = "POST";
    request.content_type = "application/x-www-form-urlencoded";
    request.body = fmt::format("grant_type=refresh_token&client_id=hullwright&{}&refresh_token={}", query,
                               http::EncodeQuery(credential.identity_token));
    return request;
  }
  request.target += (request.target.find('?') == std::string::npos ? "?" : "&") + query;
  if (!credential.is_anonymous()) request.headers.emplace_back("Authorization", BasicHeader(credential));
  return request;
}

Answer<std::string> Authenticator::FetchToken(const Hosts& hosts, const Place& place, const Credential& credential, const Bearer& bearer,
                                              const Call& call) {
  const auto request = TokenRequest(place, credential, bearer);
  if (!request) return std::unexpected(request.error());
  const Deadline asked = sender_.timer().Now();
  token_requests_.fetch_add(1, std::memory_order_relaxed);
  const auto response = sender_.Send(hosts, *place.host, Errand::kTokenService, *request, call);
  if (!response) return std::unexpected(response.error());
  const std::string peer = bearer.realm.origin.ToString();
  if (const auto checked = CheckTokenStatus(*response, peer); !checked) return std::unexpected(checked.error());
  auto answer = ParseTokenAnswer(response->body, peer);
  if (!answer) return std::unexpected(answer.error());
  Token token{"Bearer " + answer->token, asked + answer->life * 9 / 10};
  tokens_.With([&](auto& tokens) {
    if (tokens.size() >= kMaxCached) tokens.clear();  // rare, and costs one request each
    tokens.insert_or_assign(TokenKey(place, credential), token);
  });
  return token.header;
}

void Authenticator::Remember(const std::string& origin, std::optional<Memo> memo) {
  memos_.With([&](auto& memos) {
    if (memos.size() >= kMaxCached) memos.clear();
    if (memo) {
      memos.insert_or_assign(origin, std::move(*memo));
    } else {
      memos.erase(origin);
    }
  });
}

}  // namespace hullwright::registry
