// Credentials to Authorization headers: Basic, bearer tokens (anonymous, by password or by refresh token), and the cache of tokens.
// Source: distribution-spec and docs/spec/auth/token.md, oauth.md of distribution/distribution. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "http/url.h"
#include "registry/answer.h"
#include "registry/place.h"
#include "registry/pull_secret.h"
#include "registry/sender.h"
#include "registry/www_authenticate.h"

namespace hullwright::registry {

class Authenticator {
 public:
  explicit Authenticator(Sender& sender) : sender_(sender) {}

  // The Authorization header to begin with, "" for none: a token that is still good, or what this registry asked for last time.
  std::string Remembered(const Hosts& hosts, const Place& place, const Credential& credential, const Call& call);
  // What the challenges of a 401 ask for. kDenied: nothing that we have would answer them.
  Answer<std::string> Respond(const Hosts& hosts, const Place& place, const Credential& credential, const http::Headers& challenge_headers,
                              const Call& call);

  std::uint64_t token_requests() const { return token_requests_.load(std::memory_order_relaxed); }

 private:
  struct Bearer {
    http::Url realm;
    std::string service, scope;
  };
  struct Memo {  // how a registry authenticates; no bearer: Basic
    std::optional<Bearer> bearer;
  };
  struct Token {
    std::string header;
    Deadline expires;
  };

  Answer<Bearer> ReadBearer(const Challenge& challenge, const Place& place) const;
  Answer<std::string> FetchToken(const Hosts& hosts, const Place& place, const Credential& credential, const Bearer& bearer,
                                 const Call& call);
  Answer<http::PeerRequest> TokenRequest(const Place& place, const Credential& credential, const Bearer& bearer) const;
  void Remember(const std::string& origin, std::optional<Memo> memo);

  Sender& sender_;
  Guarded<std::map<std::string, Memo>> memos_;    // by origin
  Guarded<std::map<std::string, Token>> tokens_;  // by origin, repository and credential: never told across tenants
  std::atomic<std::uint64_t> token_requests_{0};
};

}  // namespace hullwright::registry
