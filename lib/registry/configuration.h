// How registries are reached: what the kind Registry and the configuration file say, as values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/peer_tls.h"
#include "http/url.h"
#include "registry/address_rules.h"
#include "registry/pull_secret.h"

namespace hullwright::registry {

// Where the same bytes can be fetched as well. What they are called does not change, and neither does what must be proved of them.
struct Mirror {
  std::string host = {};       // may have settings of its own in Configuration::hosts
  std::string path;            // put before the repository's: "proxy/docker.io" gives proxy/docker.io/library/nginx; "" nothing
  bool resolves_tags = false;  // otherwise it is asked for digests only, and tags are asked of the registry itself
};

// One registry. A host that is configured may be at an internal address.
struct HostSettings {
  std::string host = {};    // as image references write it: "docker.io", "registry.example:5000"
  bool plain_http = false;  // http and never https, by this explicit word only
  http::TlsMaterial tls = {};
  std::vector<Mirror> mirrors = {};  // asked in this order, then the registry itself
  bool mirrors_only = false;         // the registry itself is never asked: air gap
  double requests_per_second = 50;   // towards this host; bursts of twice as many
  // Further hosts ("auth.example") whose token service may be given this registry's credentials and may be at an internal address.
  std::vector<std::string> token_hosts = {};
  // Further hosts that this registry may redirect to although they are at an internal address: its object store.
  std::vector<std::string> storage_hosts = {};
  std::shared_ptr<const Keyring> keyring = {};  // tried after the Pod's own pull secrets
};

struct Configuration {
  std::vector<HostSettings> hosts = {};
  std::vector<http::AddressRange> internal_ranges = DefaultInternalRanges();
  HostSettings other_hosts = {};  // for those without settings: only requests_per_second and tls count
};

// A host with everything read and checked. Immutable.
struct Host {
  HostSettings settings;
  http::Origin origin;  // where it is asked: registry-1.docker.io for docker.io
  std::shared_ptr<const http::PeerTls> tls;
  bool is_configured = false;
};

// A configuration whose certificates, hosts and ranges were read. Immutable, so thread-safe.
class Hosts {
 public:
  // Errors name the host and the field: kInvalidInput.
  static Result<std::shared_ptr<const Hosts>> Make(Configuration configuration);

  // The settings of a host as image references write it; those of other_hosts when it has none. Errors: no host at all.
  Result<std::shared_ptr<const Host>> Find(const std::string& host) const;
  // The configured host that is asked at this origin; nullptr: none.
  std::shared_ptr<const Host> FindOrigin(const http::Origin& origin) const;

  const std::vector<http::AddressRange>& internal_ranges() const { return internal_ranges_; }
  const std::shared_ptr<const http::PeerTls>& default_tls() const { return default_tls_; }

 private:
  Hosts() = default;

  std::map<std::string, std::shared_ptr<const Host>> hosts_;
  HostSettings other_hosts_;
  std::shared_ptr<const http::PeerTls> default_tls_;
  std::vector<http::AddressRange> internal_ranges_;
};

}  // namespace hullwright::registry
