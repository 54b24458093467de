// A registry in memory: what was pushed, how often each thing was asked for, and answers that fail on demand.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace hullwright::testing {

// Thread-safe.
class MemoryRegistry final : public registry::Registry {
 public:
  using DocumentAnswer = registry::Answer<std::shared_ptr<const registry::Document>>;

  // Each returns the digest of the bytes. repository: "registry.example/app".
  Digest PushManifest(const std::string& repository, const std::string& json, const std::string& tag = "");
  Digest PushBlob(const std::string& repository, const std::string& bytes);
  void Tag(const std::string& repository, const std::string& tag, const Digest& digest);

  // Every call fails with this from now on; nullopt: none does.
  void Fail(std::optional<registry::Problem> problem);
  // Called at the start of every call, on its thread.
  void OnCall(std::function<void(const std::string& what)> hook);

  // "resolve registry.example/app:1", "manifest sha256:…", "blob sha256:…", "referrers sha256:…"
  std::map<std::string, int> Calls() const;
  int CallCount() const;

  DocumentAnswer Resolve(const registry::RepositoryName& repository, std::string_view tag, const registry::Call& call) override;
  DocumentAnswer Manifest(const registry::RepositoryName& repository, const Digest& digest, const registry::Call& call) override;
  registry::Answer<std::shared_ptr<const std::string>> Blob(const registry::RepositoryName& repository, const registry::Descriptor& blob,
                                                            const registry::Call& call, std::size_t max_bytes) override;
  registry::Answer<registry::ReferrerList> Referrers(const registry::RepositoryName& repository, const Digest& subject,
                                                     std::string_view artifact_type, const registry::Call& call) override;

 private:
  struct Repository {
    std::map<std::string, std::shared_ptr<const registry::Document>> manifests;  // by digest
    std::map<std::string, std::string> tags, blobs;
  };
  std::optional<registry::Problem> Begin(const std::string& what);
  std::shared_ptr<const registry::Document> FindManifest(const std::string& repository, const std::string& digest);

  mutable std::mutex mutex_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, int> calls_;
  std::optional<registry::Problem> problem_;
  std::function<void(const std::string&)> hook_;
};

// A manifest of these parts, as JSON text. subject: "" for none.
struct ManifestParts {
  std::string artifact_type = "";
  std::string config_media_type = "application/vnd.oci.image.config.v1+json";
  std::string config = "{}";
  struct Layer {
    std::string media_type, bytes;
    std::map<std::string, std::string> annotations = {};
  };
  std::vector<Layer> layers = {};
  std::optional<std::pair<Digest, std::size_t>> subject = {};
};
// The manifest's text, once put has taken each of its blobs.
std::string ManifestJson(const ManifestParts& parts, const std::function<Digest(const std::string& bytes)>& put);
// Pushes blobs and manifest.
Digest Push(MemoryRegistry& registry, const std::string& repository, const ManifestParts& parts, const std::string& tag = "");

}  // namespace hullwright::testing
