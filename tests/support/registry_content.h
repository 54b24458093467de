// One repository of a real registry as somebody with the right to push sees it: bytes as they are, under any name, past every client that
// would know better. Plain HTTP on loopback. Everything throws std::runtime_error when the registry does not do it. Not thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hullwright::testing {

class RegistryContent {
 public:
  // repository: "127.0.0.1:21234/case/7"
  explicit RegistryContent(const std::string& repository);

  std::string Manifest(const std::string& reference) const;  // bytes, by tag or digest
  std::string Blob(const std::string& digest) const;
  // The digest of the first manifest that refers to the subject, by the referrers API.
  std::string Referrer(const std::string& subject) const;

  // Each returns the digest. reference: a tag, or "" for the digest alone.
  std::string PutBlob(const std::string& bytes) const;
  std::string PutManifest(const nlohmann::json& manifest, const std::string& reference = "") const;

 private:
  struct Answer {
    std::string body, location;
  };
  Answer Ask(std::string_view method, const std::string& target, std::string_view media_type, const std::string& body) const;
  std::string Path(const std::string& rest) const { return "/v2/" + path_ + rest; }

  std::string host_, path_;
};

// One signature as it lies beside an image: a manifest with one layer, found by the manifest's subject or by its tag.
struct StoredSignature {
  nlohmann::json manifest;
  std::string layer, configuration;

  static StoredSignature Read(const RegistryContent& from, const std::string& reference);

  // Puts it beside another image, byte for byte or changed: as a referrer of the subject, or under cosign's tag for that digest.
  void PutAsReferrer(const RegistryContent& to, const std::string& subject) const;
  void PutAsTag(const RegistryContent& to, const std::string& subject) const;

 private:
  nlohmann::json Stored(const RegistryContent& to) const;  // the manifest, once its blobs are there
};

// "sha256-….sig": where cosign's own layout keeps the signatures of a digest.
std::string SignatureTag(const std::string& digest);

}  // namespace hullwright::testing
