// A GET at one place: credentials tried in order, challenges answered, redirects followed within their rules, statuses told apart.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "registry/authenticator.h"
#include "registry/place.h"
#include "registry/sender.h"

namespace hullwright::registry {

struct Fetched {
  http::Response response;
  http::Url url;              // what was asked first
  bool from_registry = true;  // false: a redirect led elsewhere
};

struct FetchRequest {
  std::string target;  // "/v2/library/nginx/manifests/latest"
  std::string_view accept = "*/*";
  std::size_t max_body_bytes = 0;
};

class Fetcher {
 public:
  explicit Fetcher(Sender& sender) : sender_(sender), authenticator_(sender) {}

  // The last answer, whatever its status but 401, 403 and 429.
  Answer<Fetched> Get(const Hosts& hosts, const Place& place, const FetchRequest& request, const Call& call);

  const Authenticator& authenticator() const { return authenticator_; }

 private:
  Answer<Fetched> GetAs(const Hosts& hosts, const Place& place, const Credential& credential, const FetchRequest& request,
                        const Call& call);
  Answer<Fetched> Follow(const Hosts& hosts, const Place& place, const std::string& authorization, const FetchRequest& request,
                         const Call& call);

  Sender& sender_;
  Authenticator authenticator_;
};

// What credentials a fetch at this place would try; names them for caches and flights.
std::string CredentialsId(const Place& place, const Call& call);

// What an answer other than 200 comes to. Absent only if the registry itself said so in a registry's way: anything in between may say 404.
Problem ProblemOf(const Fetched& fetched, const Place& place, std::string_view what);

}  // namespace hullwright::registry
