#include "support/lying_registry.h"

#include <fmt/format.h>
#include <openssl/sha.h>

namespace hullwright::testing {
namespace {

std::string ErrorBody(std::string_view code) {
  return fmt::format(R"({{"errors":[{{"code":"{}"}}]}})", code);
}

// "/v2/team/app/manifests/latest" → "team/app", "manifests", "latest".
struct Target {
  std::string path, what, reference;
};
Target ParseTarget(std::string_view target) {
  target = target.substr(0, target.find('?'));
  const auto last = target.rfind('/');
  const auto before = target.rfind('/', last - 1);
  if (!target.starts_with("/v2/") || before == std::string_view::npos || before < 4) return {};
  return {std::string(target.substr(4, before - 4)), std::string(target.substr(before + 1, last - before - 1)),
          std::string(target.substr(last + 1))};
}

}  // namespace

std::string Sha256Digest(std::string_view bytes) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash);
  std::string text = "sha256:";
  for (const unsigned char byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

LyingRegistry::LyingRegistry(bool has_referrers_api)
    : has_referrers_api_(has_referrers_api),
      server_([this](const ScriptedRequest& request, ScriptedAnswer& answer) { Serve(request, answer); }) {}

std::string LyingRegistry::PutManifest(const std::string& path, const std::string& tag, const std::string& media_type,
                                       const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  const std::string digest = Sha256Digest(bytes);
  manifests_[path + " " + digest] = {media_type, bytes};
  if (!tag.empty()) manifests_[path + " " + tag] = {media_type, bytes};
  return digest;
}

std::string LyingRegistry::PutBlob(const std::string& path, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  const std::string digest = Sha256Digest(bytes);
  blobs_[path + " " + digest] = bytes;
  return digest;
}

void LyingRegistry::Tell(Lie lie) {
  const std::lock_guard lock(mutex_);
  lie_ = std::move(lie);
}

std::vector<std::string> LyingRegistry::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}
std::vector<std::string> LyingRegistry::Authorizations() const {
  const std::lock_guard lock(mutex_);
  return authorizations_;
}

void LyingRegistry::Serve(const ScriptedRequest& request, ScriptedAnswer& answer) {
  Lie lie;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request.method + " " + request.target);
    authorizations_.push_back(request.authorization);
    lie = lie_;
  }
  if (lie && lie(request, answer)) return;
  const Target target = ParseTarget(request.target);
  const std::unique_lock lock(mutex_);
  if (target.what == "manifests") return AnswerManifest(target.path, target.reference, answer);
  if (target.what == "referrers" && has_referrers_api_) return AnswerReferrers(target.path, target.reference, answer);
  const auto blob = blobs_.find(target.path + " " + target.reference);
  if (target.what != "blobs" || blob == blobs_.end())
    return answer.Whole(404, ErrorBody(target.what == "blobs" ? "BLOB_UNKNOWN" : "NOT_FOUND"));
  answer.Whole(200, blob->second, {}, "application/octet-stream");
}

void LyingRegistry::AnswerManifest(const std::string& path, const std::string& reference, ScriptedAnswer& answer) {
  const auto found = manifests_.find(path + " " + reference);
  if (found == manifests_.end()) return answer.Whole(404, ErrorBody("MANIFEST_UNKNOWN"));
  answer.Whole(200, found->second.bytes, {{"Docker-Content-Digest", Sha256Digest(found->second.bytes)}}, found->second.media_type);
}

void LyingRegistry::AnswerReferrers(const std::string& path, const std::string& subject, ScriptedAnswer& answer) {
  std::vector<std::string> descriptors;
  for (const auto& [key, manifest] : manifests_) {
    if (!key.starts_with(path + " sha256:") || manifest.bytes.find("\"subject\"") == std::string::npos) continue;
    if (manifest.bytes.find(subject) != std::string::npos) descriptors.push_back(DescriptorJson(manifest.media_type, manifest.bytes));
  }
  answer.Whole(200, ImageIndexJson(descriptors), {}, kIndexType);
}

std::string DescriptorJson(std::string_view media_type, std::string_view of, std::string_view further_members) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", media_type, Sha256Digest(of), of.size(), further_members);
}

std::string ImageManifestJson(std::string_view config, std::string_view layer, std::string_view further_members) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]{}}})", kManifestType,
                     DescriptorJson("application/vnd.oci.image.config.v1+json", config),
                     DescriptorJson("application/vnd.oci.image.layer.v1.tar", layer), further_members);
}

std::string ImageIndexJson(const std::vector<std::string>& descriptors, std::string_view further_members) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]{}}})", kIndexType, fmt::join(descriptors, ","),
                     further_members);
}

}  // namespace hullwright::testing
