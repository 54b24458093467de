#include "support/registry_content.h"

#include <fmt/format.h>

#include <stdexcept>

#include "support/lying_registry.h"
#include "support/raw_http.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;

constexpr std::string_view kManifestTypes = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

std::string HeaderOf(const http::Response& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers)
    if (name == wanted) return value;
  return "";
}

json DescriptorOf(const std::string& media_type, const std::string& bytes) {
  return {{"mediaType", media_type}, {"digest", Sha256Digest(bytes)}, {"size", bytes.size()}};
}

}  // namespace

RegistryContent::RegistryContent(const std::string& repository)
    : host_(repository.substr(0, repository.find('/'))), path_(repository.substr(repository.find('/') + 1)) {}

RegistryContent::Answer RegistryContent::Ask(std::string_view method, const std::string& target, std::string_view media_type,
                                             const std::string& body) const {
  RawConnection connection(static_cast<std::uint16_t>(std::stoi(host_.substr(host_.find(':') + 1))));
  const auto response = connection.Exchange(
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAccept: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  method, target, host_, kManifestTypes, media_type, body.size(), body));
  if (!response || response->status / 100 != 2) {
    throw std::runtime_error(
        fmt::format("{} {}{}: {} {}", method, host_, target, response ? response->status : 0, response ? response->body : "no answer"));
  }
  return {response->body, HeaderOf(*response, "Location")};
}

std::string RegistryContent::Manifest(const std::string& reference) const {
  return Ask("GET", Path("/manifests/" + reference), "application/json", "").body;
}

std::string RegistryContent::Blob(const std::string& digest) const {
  return Ask("GET", Path("/blobs/" + digest), "application/json", "").body;
}

std::string RegistryContent::Referrer(const std::string& subject) const {
  const json index = json::parse(Ask("GET", Path("/referrers/" + subject), "application/json", "").body);
  if (index["manifests"].empty()) throw std::runtime_error("nothing refers to " + subject);
  return index["manifests"][0]["digest"];
}

std::string RegistryContent::PutBlob(const std::string& bytes) const {
  const std::string digest = Sha256Digest(bytes);
  std::string upload = Ask("POST", Path("/blobs/uploads/"), "application/octet-stream", "").location;
  if (upload.starts_with("http")) upload.erase(0, upload.find('/', upload.find("://") + 3));
  Ask("PUT", upload + (upload.find('?') == std::string::npos ? "?" : "&") + "digest=" + digest, "application/octet-stream", bytes);
  return digest;
}

std::string RegistryContent::PutManifest(const json& manifest, const std::string& reference) const {
  const std::string bytes = manifest.dump(), digest = Sha256Digest(bytes);
  Ask("PUT", Path("/manifests/" + (reference.empty() ? digest : reference)), manifest.at("mediaType").get<std::string>(), bytes);
  return digest;
}

StoredSignature StoredSignature::Read(const RegistryContent& from, const std::string& reference) {
  const json manifest = json::parse(from.Manifest(reference));
  return {manifest, from.Blob(manifest.at("layers").at(0).at("digest")), from.Blob(manifest.at("config").at("digest"))};
}

json StoredSignature::Stored(const RegistryContent& to) const {
  to.PutBlob(configuration);
  json changed = manifest;
  changed["layers"][0]["digest"] = to.PutBlob(layer);
  changed["layers"][0]["size"] = layer.size();
  return changed;
}

void StoredSignature::PutAsReferrer(const RegistryContent& to, const std::string& subject) const {
  const std::string bytes = to.Manifest(subject);
  json changed = Stored(to);
  changed["subject"] = DescriptorOf(json::parse(bytes).at("mediaType"), bytes);
  to.PutManifest(changed);
}

void StoredSignature::PutAsTag(const RegistryContent& to, const std::string& subject) const {
  to.PutManifest(Stored(to), SignatureTag(subject));
}

std::string SignatureTag(const std::string& digest) {
  std::string tag = digest;
  tag[tag.find(':')] = '-';
  return tag + ".sig";
}

}  // namespace hullwright::testing
