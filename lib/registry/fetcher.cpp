#include "registry/fetcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/image_reference.h"
#include "base/json.h"

namespace hullwright::registry {
namespace {

constexpr int kMaxRedirects = 5;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The Pod's first, then those of the configuration; without any, nobody's.
std::vector<Credential> CredentialsFor(const Place& place, const Call& call) {
  std::vector<Credential> credentials;
  for (const auto& keyring : {call.keyring, place.host->settings.keyring}) {
    if (!keyring) continue;
    for (auto& credential : keyring->Find(place.host->settings.host, place.path)) {
      if (std::ranges::find(credentials, credential) == credentials.end()) credentials.push_back(std::move(credential));
    }
  }
  if (credentials.empty()) credentials.emplace_back();
  return credentials;
}

// distribution-spec, "Error Codes": an object with an array of errors. An ingress without a registry behind it has none.
bool IsRegistryError(const http::Response& response) {
  if (!http::HeaderValue(response.headers, "Docker-Distribution-Api-Version").empty()) return true;
  JsonReader reader;
  const auto document = reader.Read(response.body, {.max_bytes = http::kMaxErrorBytes, .max_depth = 16});
  if (!document) return false;
  const auto errors = Member(*document, "errors");
  return errors && errors->is_array();
}

}  // namespace

std::string CredentialsId(const Place& place, const Call& call) {
  std::string id;
  for (const auto& credential : CredentialsFor(place, call)) id += credential.Id() + ",";
  return id;
}

Answer<Fetched> Fetcher::Get(const Hosts& hosts, const Place& place, const FetchRequest& request, const Call& call) {
  Answer<Fetched> last = Decline(Why::kDenied, "no credential was tried");
  for (const auto& credential : CredentialsFor(place, call)) {
    last = GetAs(hosts, place, credential, request, call);
    if (last || last.error().why != Why::kDenied) return last;
  }
  return last;
}

Answer<Fetched> Fetcher::GetAs(const Hosts& hosts, const Place& place, const Credential& credential, const FetchRequest& request,
                               const Call& call) {
  std::string authorization = authenticator_.Remembered(hosts, place, credential, call);
  auto fetched = Follow(hosts, place, authorization, request, call);
  if (!fetched) return fetched;
  // Only the registry itself may ask who we are, and only once: a 401 after a fresh token is its last word.
  if (fetched->from_registry && fetched->response.status == 401) {
    auto answer = authenticator_.Respond(hosts, place, credential, fetched->response.headers, call);
    if (!answer) return std::unexpected(answer.error());
    if (*answer != authorization) fetched = Follow(hosts, place, *answer, request, call);
    if (!fetched) return fetched;
  }
  const int status = fetched->response.status;
  if (fetched->from_registry && (status == 401 || status == 403)) {
    return Decline(Why::kDenied, fmt::format("{}: the registry says no ({}) to {}", place.ToString(), status,
                                             credential.is_anonymous() ? "an anonymous request: a pull secret may be missing"
                                                                       : "the pull secret's credentials"));
  }
  return fetched;
}

Answer<Fetched> Fetcher::Follow(const Hosts& hosts, const Place& place, const std::string& authorization, const FetchRequest& request,
                                const Call& call) {
  const http::Url first{place.host->origin, request.target};
  http::Url url = first;
  bool at_home = true;  // once left, nothing of ours is sent along any more
  for (int hop = 0;; ++hop) {
    http::PeerRequest send{.origin = url.origin, .target = url.target, .max_body_bytes = request.max_body_bytes};
    send.headers.emplace_back("Accept", request.accept);
    if (at_home && !authorization.empty()) send.headers.emplace_back("Authorization", authorization);
    auto response = sender_.Send(hosts, *place.host, at_home ? Errand::kRegistry : Errand::kStorage, send, call);
    if (!response) return std::unexpected(response.error());
    if (!IsRedirect(response->status)) return Fetched{std::move(*response), first, at_home};
    if (hop == kMaxRedirects) return Decline(Why::kMalformed, fmt::format("{}: more than {} redirects", place.ToString(), kMaxRedirects));
    auto next = http::ResolveUrl(url, http::HeaderValue(response->headers, "Location"));
    if (!next) return Decline(Why::kMalformed, place.ToString() + ": redirect: " + next.error().message);
    at_home = at_home && next->origin == first.origin;
    url = std::move(*next);
  }
}

Problem ProblemOf(const Fetched& fetched, const Place& place, std::string_view what) {
  const int status = fetched.response.status;
  const std::string where = fmt::format("{}: {}", place.ToString(), what);
  if (status == 404 || status == 410) {
    if (fetched.from_registry && IsRegistryError(fetched.response)) return {Why::kAbsent, where + " does not exist"};
    return {Why::kUnavailable, fmt::format("{}: {} that is not the registry's own word", where, status)};
  }
  if (status >= 500 || status == 408) return {Why::kUnavailable, fmt::format("{}: the server failed ({})", where, status)};
  if (!fetched.from_registry) return {Why::kUnavailable, fmt::format("{}: its store answered {}", where, status)};
  return {Why::kMalformed, fmt::format("{}: unexpected answer {}", where, status)};
}

}  // namespace hullwright::registry
