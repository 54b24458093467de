// A registry of a test: honest about what was put into it, until the test tells it a lie. Plain HTTP on 127.0.0.1.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/scripted_server.h"

namespace hullwright::testing {

std::string Sha256Digest(std::string_view bytes);  // "sha256:…"

// Thread-safe.
class LyingRegistry {
 public:
  // Answers a request in the registry's place; false: the registry answers honestly.
  using Lie = std::function<bool(const ScriptedRequest& request, ScriptedAnswer& answer)>;

  // has_referrers_api: otherwise 404, and referrers are only found by their tag.
  explicit LyingRegistry(bool has_referrers_api = true);
  LyingRegistry(LyingRegistry&&) = delete;

  std::uint16_t port() const { return server_.port(); }
  std::string host() const { return "127.0.0.1:" + std::to_string(port()); }

  // Each returns the digest of what was put. tag may be "".
  std::string PutManifest(const std::string& path, const std::string& tag, const std::string& media_type, const std::string& bytes);
  std::string PutBlob(const std::string& path, const std::string& bytes);

  void Tell(Lie lie);
  // "GET /v2/app/manifests/latest", in the order in which they came.
  std::vector<std::string> Requests() const;
  std::vector<std::string> Authorizations() const;  // of the same requests, "" for none
  void Stop() { server_.Close(); }

 private:
  struct Manifest {
    std::string media_type, bytes;
  };
  void Serve(const ScriptedRequest& request, ScriptedAnswer& answer);
  void AnswerManifest(const std::string& path, const std::string& reference, ScriptedAnswer& answer);
  void AnswerReferrers(const std::string& path, const std::string& subject, ScriptedAnswer& answer);

  const bool has_referrers_api_;
  mutable std::mutex mutex_;
  Lie lie_;
  std::map<std::string, Manifest> manifests_;  // by "path reference"
  std::map<std::string, std::string> blobs_;   // by "path digest"
  std::vector<std::string> requests_, authorizations_;
  ScriptedServer server_;  // last: it stops before what it serves goes
};

// Texts of manifests, as a well-behaved tool would write them.
std::string DescriptorJson(std::string_view media_type, std::string_view of, std::string_view further_members = "");
std::string ImageManifestJson(std::string_view config, std::string_view layer, std::string_view further_members = "");
std::string ImageIndexJson(const std::vector<std::string>& descriptors, std::string_view further_members = "");
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

}  // namespace hullwright::testing
