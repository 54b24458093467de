// Pull secrets: which credentials a registry may be given, read from Secrets of type kubernetes.io/dockerconfigjson and
// kubernetes.io/dockercfg. Pure.
//
// Keys are matched as the kubelet does (pkg/credentialprovider), but whole path segments only: "host", "host:port", "host/path",
// "https://host/v1/", "*.example.org" with * inside one DNS label, the same number of labels and the same port. docker.io, its names
// index. and registry-1., and the legacy key of Docker Hub are one host. The most specific key comes first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hullwright::registry {

inline constexpr std::size_t kMaxKeyringBytes = 1u << 20;  // of all pull secrets of one Pod; a Secret holds as much at most

struct Credential {
  std::string username, password;
  std::string identity_token;  // an OAuth2 refresh token; then username and password are not sent

  // A stable name of this credential for caches, from which it cannot be computed back. Anonymous: "".
  std::string Id() const;
  bool is_anonymous() const { return username.empty() && password.empty() && identity_token.empty(); }
  bool operator==(const Credential&) const = default;
};

// Where a credential may be sent: one key of a pull secret.
class CredentialScope {
 public:
  static Result<CredentialScope> Parse(std::string_view key);

  // host as image references write it ("docker.io", "registry.example:5000"), path without a leading slash.
  bool Matches(std::string_view host, std::string_view path) const;
  // Orders scopes, the more specific first.
  bool IsMoreSpecificThan(const CredentialScope& other) const;
  bool operator==(const CredentialScope&) const = default;

 private:
  std::string host_;  // without port, may contain *
  std::string port_;
  std::string path_;  // "" or "team/app"
};

enum class PullSecretFormat { kDockerConfigJson, kDockerCfg };

// The credentials of all pull secrets of one Pod, in the order in which they are tried. Immutable, so thread-safe.
class Keyring {
 public:
  // Adds what a Secret's data holds, decoded from base64 already. All or nothing; the message never repeats what was read. kTooLarge beyond
  // kMaxKeyringBytes with what was added before.
  Result<void> Add(PullSecretFormat format, std::string_view text);
  void Add(CredentialScope scope, Credential credential);

  // Those whose scope fits, most specific first; each credential once.
  std::vector<Credential> Find(std::string_view host, std::string_view path) const;
  // Names the credentials that Find would give, for caches: results for one set must not be told to holders of another. "" without any.
  std::string Id(std::string_view host, std::string_view path) const;
  bool empty() const { return entries_.empty(); }
  // That it takes in memory, about.
  std::size_t bytes() const { return bytes_ + entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    CredentialScope scope;
    Credential credential;
    std::string id;  // of the credential, which every request asks for
  };
  std::vector<Entry> entries_;  // most specific first; equal ones as added
  std::size_t bytes_ = 0;       // of the texts that were added
};

}  // namespace hullwright::registry
