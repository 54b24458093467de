#include "support/memory_registry.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "registry/content_digest.h"

namespace hullwright::testing {

using nlohmann::json;
using registry::Decline;
using registry::Why;

Digest MemoryRegistry::PushManifest(const std::string& repository, const std::string& text, const std::string& tag) {
  const Digest digest = registry::DigestOf(text);
  const std::string media_type = json::parse(text).at("mediaType");
  auto content = registry::ParseManifest(text, media_type);
  if (!content) throw std::runtime_error(content.error().message);
  std::lock_guard lock(mutex_);
  repositories_[repository].manifests[digest.text()] = std::make_shared<registry::Document>(
      registry::Document{digest, media_type, std::make_shared<const std::string>(text), std::move(*content)});
  if (!tag.empty()) repositories_[repository].tags[tag] = digest.text();
  return digest;
}

Digest MemoryRegistry::PushBlob(const std::string& repository, const std::string& bytes) {
  const Digest digest = registry::DigestOf(bytes);
  std::lock_guard lock(mutex_);
  repositories_[repository].blobs[digest.text()] = bytes;
  return digest;
}

void MemoryRegistry::Tag(const std::string& repository, const std::string& tag, const Digest& digest) {
  std::lock_guard lock(mutex_);
  repositories_[repository].tags[tag] = digest.text();
}

void MemoryRegistry::Fail(std::optional<registry::Problem> problem) {
  std::lock_guard lock(mutex_);
  problem_ = std::move(problem);
}

void MemoryRegistry::OnCall(std::function<void(const std::string&)> hook) {
  std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::map<std::string, int> MemoryRegistry::Calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

int MemoryRegistry::CallCount() const {
  int count = 0;
  for (const auto& [what, times] : Calls()) count += times;
  return count;
}

std::optional<registry::Problem> MemoryRegistry::Begin(const std::string& what) {
  std::function<void(const std::string&)> hook;
  {
    std::lock_guard lock(mutex_);
    ++calls_[what];
    hook = hook_;
  }
  if (hook) hook(what);
  std::lock_guard lock(mutex_);
  return problem_;
}

std::shared_ptr<const registry::Document> MemoryRegistry::FindManifest(const std::string& repository, const std::string& digest) {
  std::lock_guard lock(mutex_);
  const auto& manifests = repositories_[repository].manifests;
  const auto found = manifests.find(digest);
  return found == manifests.end() ? nullptr : found->second;
}

MemoryRegistry::DocumentAnswer MemoryRegistry::Resolve(const registry::RepositoryName& repository, std::string_view tag,
                                                       const registry::Call&) {
  const std::string name = repository.ToString();
  if (auto problem = Begin(fmt::format("resolve {}:{}", name, tag))) return std::unexpected(*problem);
  std::string digest;
  {
    std::lock_guard lock(mutex_);
    const auto& tags = repositories_[name].tags;
    if (const auto found = tags.find(std::string(tag)); found != tags.end()) digest = found->second;
  }
  auto document = FindManifest(name, digest);
  if (document == nullptr) return Decline(Why::kAbsent, fmt::format("{}:{}: no such tag", name, tag));
  return document;
}

MemoryRegistry::DocumentAnswer MemoryRegistry::Manifest(const registry::RepositoryName& repository, const Digest& digest,
                                                        const registry::Call& call) {
  if (auto problem = Begin("manifest " + digest.text())) return std::unexpected(*problem);
  auto document = FindManifest(repository.ToString(), digest.text());
  if (document == nullptr) return Decline(Why::kAbsent, digest.text() + ": no such manifest");
  if (call.budget && !call.budget->TryTake(document->bytes->size())) return Decline(Why::kBudget, "no bytes are left");
  return document;
}

registry::Answer<std::shared_ptr<const std::string>> MemoryRegistry::Blob(const registry::RepositoryName& repository,
                                                                          const registry::Descriptor& blob, const registry::Call& call,
                                                                          std::size_t max_bytes) {
  if (auto problem = Begin("blob " + blob.digest.text())) return std::unexpected(*problem);
  if (blob.size > max_bytes) return Decline(Why::kTooLarge, "blob is too large");
  std::lock_guard lock(mutex_);
  const auto& blobs = repositories_[repository.ToString()].blobs;
  const auto found = blobs.find(blob.digest.text());
  if (found == blobs.end()) return Decline(Why::kAbsent, blob.digest.text() + ": no such blob");
  if (call.budget && !call.budget->TryTake(found->second.size())) return Decline(Why::kBudget, "no bytes are left");
  return std::make_shared<const std::string>(found->second);
}

registry::Answer<registry::ReferrerList> MemoryRegistry::Referrers(const registry::RepositoryName& repository, const Digest& subject,
                                                                   std::string_view artifact_type, const registry::Call&) {
  if (auto problem = Begin("referrers " + subject.text())) return std::unexpected(*problem);
  registry::ReferrerList list;
  std::lock_guard lock(mutex_);
  for (const auto& [digest, document] : repositories_[repository.ToString()].manifests) {
    const auto* manifest = document->manifest();
    if (manifest == nullptr || !manifest->subject || manifest->subject->digest != subject) continue;
    if (!artifact_type.empty() && manifest->effective_artifact_type() != artifact_type) continue;
    list.entries.push_back({document->media_type, document->digest, document->bytes->size(), manifest->effective_artifact_type(), {}, {}});
  }
  return list;
}

std::string ManifestJson(const ManifestParts& parts, const std::function<Digest(const std::string&)>& put) {
  const auto describe = [&](const std::string& media_type, const std::string& bytes) {
    return json{{"mediaType", media_type}, {"digest", put(bytes).text()}, {"size", bytes.size()}};
  };
  json manifest = {{"schemaVersion", 2},
                   {"mediaType", registry::kOciManifest},
                   {"config", describe(parts.config_media_type, parts.config)},
                   {"layers", json::array()}};
  if (!parts.artifact_type.empty()) manifest["artifactType"] = parts.artifact_type;
  for (const auto& layer : parts.layers) {
    json descriptor = describe(layer.media_type, layer.bytes);
    if (!layer.annotations.empty()) descriptor["annotations"] = layer.annotations;
    manifest["layers"].push_back(std::move(descriptor));
  }
  if (parts.subject) {
    manifest["subject"] = {{"mediaType", registry::kOciManifest}, {"digest", parts.subject->first.text()}, {"size", parts.subject->second}};
  }
  return manifest.dump();
}

Digest Push(MemoryRegistry& registry, const std::string& repository, const ManifestParts& parts, const std::string& tag) {
  const auto put = [&](const std::string& bytes) { return registry.PushBlob(repository, bytes); };
  return registry.PushManifest(repository, ManifestJson(parts, put), tag);
}

}  // namespace hullwright::testing
