// A client and the lying registry it asks, as registry.example, with names that resolve as the test says.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fake_timer.h"
#include "registry/content_digest.h"
#include "registry/oci_registry.h"
#include "support/fixed_resolver.h"
#include "support/lying_registry.h"

namespace hullwright::registry {

using namespace std::chrono_literals;
using testing::LyingRegistry;
using testing::ScriptedAnswer;
using testing::ScriptedRequest;

inline const std::map<std::string, std::vector<std::string>>& Names() {
  static const std::map<std::string, std::vector<std::string>> kNames = {
      {"registry.example", {"127.0.0.1"}}, {"other.example", {"127.0.0.1"}},  {"metadata.example", {"169.254.169.254"}},
      {"internal.example", {"10.0.0.7"}},  {"public.example", {"192.0.2.7"}}, {"registry.example.evil", {"127.0.0.1"}}};
  return kNames;
}

inline HostSettings PlainHost(std::string host) {
  HostSettings settings;
  settings.host = std::move(host);
  settings.plain_http = true;
  settings.requests_per_second = 10'000;
  return settings;
}

inline Digest Sha256(std::string_view bytes) {
  return DigestOf(bytes);
}

struct Bench {
  explicit Bench(bool has_referrers_api = true) : registry(has_referrers_api) { Configure(PlainHost(host())); }

  std::string host() const { return "registry.example:" + std::to_string(registry.port()); }
  void Configure(HostSettings settings, std::vector<HostSettings> further = {}) {
    Configuration configuration;
    configuration.hosts = std::move(further);
    configuration.hosts.push_back(std::move(settings));
    auto hosts = Hosts::Make(std::move(configuration));
    if (!hosts) FAIL(hosts.error().message);
    oci = std::make_unique<OciRegistry>(*hosts, OciRegistryParts{.client = client, .timer = timer});
  }

  RepositoryName Repository(std::string path = "team/app") const { return {host(), std::move(path)}; }
  Call Soon(std::chrono::milliseconds time = 20s) const {  // Never past for either clock.
    return {.deadline = std::max(std::chrono::steady_clock::now(), timer->Now()) + time, .budget = budget};
  }
  Call As(std::string user, std::string_view scope = "*.example") const {
    auto keyring = std::make_shared<Keyring>();
    const std::string key = scope == "*.example" ? "*.example:" + std::to_string(registry.port()) : std::string(scope);
    keyring->Add(*CredentialScope::Parse(key), {std::move(user), "secret", ""});
    Call call = Soon();
    call.keyring = keyring;
    return call;
  }
  // An image with one layer, tagged latest.
  Digest PutImage(const std::string& config = "{}", const std::string& path = "team/app") {
    registry.PutBlob(path, config);
    const std::string manifest = testing::ImageManifestJson(config, "layer");
    return *Digest::Parse(registry.PutManifest(path, "latest", std::string(testing::kManifestType), manifest));
  }
  std::size_t RequestCount() const { return registry.Requests().size(); }

  LyingRegistry registry;
  std::shared_ptr<FakeTimer> timer = std::make_shared<FakeTimer>();
  std::shared_ptr<http::BodyBudget> budget = std::make_shared<http::BodyBudget>(64u << 20);
  std::shared_ptr<http::BoundedClient> client =
      http::MakeBoundedClient({.resolver = std::make_shared<testing::FixedResolver>(Names()), .connect_timeout = 500ms});
  std::unique_ptr<OciRegistry> oci;
};

// The outcome of an answer that must be a problem.
template <class T>
Why WhyNot(const Answer<T>& answer) {
  REQUIRE_FALSE(answer);
  UNSCOPED_INFO(answer.error().message);
  CHECK_FALSE(answer.error().message.empty());
  return answer.error().why;
}

template <class T>
bool Succeeds(const Answer<T>& answer) {
  if (!answer) UNSCOPED_INFO(ToString(answer.error().why) << ": " << answer.error().message);
  return answer.has_value();
}

}  // namespace hullwright::registry
