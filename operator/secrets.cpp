#include "operator/secrets.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "operator/cluster_object.h"

namespace hullwright::controller {
namespace {

using nlohmann::json;

// An answer to POST comes under the collection's path.
std::pair<std::string, std::string> SplitPath(const std::string& path) {
  const auto slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string Entry(const StoredSecret& secret, const std::string& key) {
  const auto found = secret.data.find(key);
  return found == secret.data.end() ? std::string() : found->second;
}

}  // namespace

Result<StoredSecret> ReadSecret(kube::KubeClient& client, const std::string& path) {
  auto object = ReadObject(client, path);
  if (!object) return std::unexpected(object.error());
  StoredSecret secret;
  if (!*object) return secret;
  secret.object = std::move(**object);
  const auto data = secret.object.find("data");
  if (data == secret.object.end() || !data->is_object()) return secret;
  for (const auto& [key, value] : data->items()) {
    if (!value.is_string()) continue;
    if (auto bytes = DecodeBase64(value.get_ref<const std::string&>())) secret.data.emplace(key, std::move(*bytes));
  }
  return secret;
}

Result<void> WriteSecret(kube::KubeClient& client, const std::string& path, const StoredSecret& before,
                         const std::map<std::string, std::string>& data) {
  json encoded = json::object();
  for (const auto& [key, value] : data) encoded[key] = EncodeBase64(value);
  if (before.object.is_null()) {
    const auto [collection, name] = SplitPath(path);
    const json object = {{"apiVersion", "v1"},
                         {"kind", "Secret"},
                         {"type", "kubernetes.io/tls"},
                         {"metadata", {{"name", name}, {"labels", {{"app.kubernetes.io/managed-by", "hullwright-operator"}}}}},
                         {"data", std::move(encoded)}};
    const auto made = client.Post(collection + "?fieldManager=hullwright-operator", object.dump(), CallDeadline());
    if (!made) return std::unexpected(made.error());
    return {};
  }
  json object = before.object;  // its resourceVersion makes the write fail when somebody was faster
  object["data"] = std::move(encoded);
  const auto written = client.Put(path + "?fieldManager=hullwright-operator", object.dump(), CallDeadline());
  if (!written) return std::unexpected(written.error());
  return {};
}

std::vector<CertificateView> AuthoritiesIn(const std::string& pem) {
  auto bundle = ReadBundle("ca.crt", pem);
  if (!bundle) return {};
  std::erase_if(*bundle, [](const CertificateView& certificate) { return !certificate.is_authority; });
  return std::move(*bundle);
}

SecretContent ContentOf(const StoredSecret& secret, std::string_view whose) {
  SecretContent content;
  if (secret.object.is_null()) return content;
  content.bundle = AuthoritiesIn(Entry(secret, "ca.crt"));
  content.pair = {Entry(secret, "tls.crt"), Entry(secret, "tls.key")};
  auto certificate = ReadPair(whose, content.pair);
  if (certificate)
    content.certificate = std::move(*certificate);
  else
    content.problem = certificate.error().message;
  return content;
}

std::map<std::string, std::string> SecretData(const PemPair& pair, const std::vector<CertificateView>& bundle) {
  return {{"tls.crt", pair.certificate}, {"tls.key", pair.key}, {"ca.crt", WriteBundle(bundle)}};
}

}  // namespace hullwright::controller
