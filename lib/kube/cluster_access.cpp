#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "kube/client.h"
#include "kube/private_folder.h"

namespace hullwright::kube {
namespace {

constexpr std::string_view kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount/";
constexpr std::size_t kMostKubeconfigBytes = 4u << 20;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> ReadKubeconfigFile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return Fail(ErrorCode::kNotFound, fmt::format("kubeconfig {}: cannot be opened; name another with --kubeconfig or KUBECONFIG", file));
  std::string text(kMostKubeconfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMostKubeconfigBytes)
    return Fail(ErrorCode::kTooLarge, fmt::format("kubeconfig {}: has more than {} bytes", file, kMostKubeconfigBytes));
  return text;
}

// One entry's body ("cluster", "user", "context") and where it stands, for messages.
struct Entry {
  JsonElement body;
  std::string path;
};

// A kubeconfig while it is read (k8s.io/client-go/tools/clientcmd/api/v1).
class KubeconfigReader {
 public:
  KubeconfigReader(std::string file, JsonElement root) : file_(std::move(file)), root_(root) {}

  Result<ClusterAccess> Read(std::string_view context_name) {
    auto name = context_name.empty() ? Text({root_, ""}, "current-context") : Result<std::string>(std::string(context_name));
    if (!name) return std::unexpected(name.error());
    if (name->empty()) return Wrong("current-context", "is absent; name a context");
    auto context = Find("contexts", "context", *name);
    if (!context) return std::unexpected(context.error());
    if (auto read = ReadNamed(*context, "cluster", "clusters", &KubeconfigReader::ReadCluster); !read) return std::unexpected(read.error());
    if (auto read = ReadNamed(*context, "user", "users", &KubeconfigReader::ReadUser); !read) return std::unexpected(read.error());
    return std::move(access_);
  }

 private:
  std::unexpected<Error> Wrong(std::string_view path, std::string_view what, ErrorCode code = ErrorCode::kInvalidInput) const {
    return Fail(code, fmt::format("kubeconfig {}: {} {}", file_, path, what));
  }

  // "" when absent.
  Result<std::string> Text(const Entry& entry, std::string_view key) const {
    const auto member = Member(entry.body, key);
    if (!member) return "";
    std::string_view text;
    if (member->get(text) == simdjson::SUCCESS) return std::string(text);
    return Wrong(entry.path + std::string(key), fmt::format("must be a string, is of type {}; put it in quotes", JsonTypeName(*member)));
  }

  Result<Entry> Find(std::string_view list_key, std::string_view body_key, const std::string& name) const {
    const auto list = Member(root_, list_key);
    if (list && list->is_array()) {
      for (const JsonElement item : JsonArray(*list)) {
        const auto body = Member(item, body_key);
        if (TextMember(item, "name") != name || !body) continue;
        return Entry{*body, fmt::format("{}[{}].{}.", list_key, Printable(name, 64), body_key)};
      }
    }
    return Wrong(list_key, fmt::format("has no entry \"{}\" with a \"{}\"", Printable(name, 64), body_key), ErrorCode::kNotFound);
  }

  Result<void> ReadNamed(const Entry& context, std::string_view body_key, std::string_view list_key,
                         Result<void> (KubeconfigReader::*read)(const Entry&)) {
    auto name = Text(context, body_key);
    if (!name) return std::unexpected(name.error());
    auto entry = Find(list_key, body_key, *name);
    if (!entry) return std::unexpected(entry.error());
    return (this->*read)(*entry);
  }

  // What changes who we are or whom we trust must not be ignored in silence.
  Result<void> Refuse(const Entry& entry, std::initializer_list<std::string_view> keys, std::string_view instead) const {
    for (const std::string_view key : keys) {
      const auto member = Member(entry.body, key);
      bool value = true;
      const bool is_false = member && member->get(value) == simdjson::SUCCESS && !value;
      if (member && !is_false)
        return Wrong(entry.path + std::string(key), fmt::format("is not supported: {}", instead), ErrorCode::kUnsupported);
    }
    return {};
  }

  Result<void> ReadCluster(const Entry& entry) {
    if (auto sound = Refuse(entry, {"insecure-skip-tls-verify"}, "give the API server's CA as certificate-authority"); !sound) return sound;
    if (auto sound = Refuse(entry, {"proxy-url", "tls-server-name"}, "name the API server by an address that it has a certificate for");
        !sound) {
      return sound;
    }
    auto server = Text(entry, "server");
    if (!server) return std::unexpected(server.error());
    if (server->empty()) return Wrong(entry.path + "server", "is absent");
    access_.server = std::move(*server);
    return ReadFile(entry, "certificate-authority", access_.ca_file);
  }

  Result<void> ReadUser(const Entry& entry) {
    if (auto sound =
            Refuse(entry, {"exec", "auth-provider"}, "programs are not run; make a token (kubectl create token) and give it as token");
        !sound) {
      return sound;
    }
    if (auto sound =
            Refuse(entry, {"username", "password", "as", "as-uid", "as-groups", "as-user-extra"}, "give a token or a client certificate");
        !sound) {
      return sound;
    }
    auto token = Text(entry, "token");
    if (!token) return std::unexpected(token.error());
    auto token_file = Text(entry, "tokenFile");
    if (!token_file) return std::unexpected(token_file.error());
    access_.token = std::move(*token);
    // client-go: the file wins.
    if (!token_file->empty()) {
      access_.token_file = Resolve(*token_file);
      access_.token.clear();
    }
    if (auto read = ReadFile(entry, "client-certificate", access_.client_certificate_file); !read) return read;
    return ReadFile(entry, "client-key", access_.client_key_file);
  }

  // A path, or inline as "<key>-data", which wins (client-go).
  Result<void> ReadFile(const Entry& entry, const std::string& key, std::string& target) {
    auto path = Text(entry, key);
    if (!path) return std::unexpected(path.error());
    auto data = Text(entry, key + "-data");
    if (!data) return std::unexpected(data.error());
    if (data->empty()) {
      target = path->empty() ? "" : Resolve(*path);
      return {};
    }
    auto bytes = DecodeBase64(*data);
    if (!bytes) return Wrong(entry.path + key + "-data", "is " + bytes.error().message);
    auto written = WritePrivately(key, *bytes);
    if (!written) return std::unexpected(written.error());
    target = std::move(*written);
    return {};
  }

  Result<std::string> WritePrivately(const std::string& name, std::string_view bytes) {
    if (!folder_) {
      auto made = PrivateFolder::Make();
      if (!made) return std::unexpected(made.error());
      folder_ = std::move(*made);
      access_.private_files = folder_;
    }
    return folder_->Write(name, bytes);
  }

  // Relative paths are meant from the kubeconfig's own folder.
  std::string Resolve(const std::string& path) const { return (std::filesystem::path(file_).parent_path() / path).string(); }

  const std::string file_;
  const JsonElement root_;
  ClusterAccess access_;
  std::shared_ptr<PrivateFolder> folder_;
};

}  // namespace

std::string DefaultKubeconfig() {
  if (std::string named = Variable("KUBECONFIG"); !named.empty()) return named;
  std::string file = Variable("HOME") + "/.kube/config";
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? file : "";
}

Result<ClusterAccess> ClusterAccess::FromServiceAccount() {
  const std::string host = Variable("KUBERNETES_SERVICE_HOST"), port = Variable("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return Fail(ErrorCode::kNotFound,
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no Pod of a cluster; give --kubeconfig instead");
  }
  ClusterAccess access;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  access.server = is_ipv6 ? fmt::format("https://[{}]:{}", host, port) : fmt::format("https://{}:{}", host, port);
  access.ca_file = std::string(kServiceAccountFolder) + "ca.crt";
  access.token_file = std::string(kServiceAccountFolder) + "token";
  return access;
}

Result<ClusterAccess> ClusterAccess::FromKubeconfig(const std::string& file, std::string_view context) {
  const std::string name = file.empty() ? DefaultKubeconfig() : file;
  if (name.empty()) return Fail(ErrorCode::kNotFound, "there is no kubeconfig: name one with --kubeconfig, or set KUBECONFIG");
  auto text = ReadKubeconfigFile(name);
  if (!text) return std::unexpected(text.error());
  const auto within = fmt::format("kubeconfig {}", name);
  auto documents = ReadYaml(*text);
  if (!documents) return std::unexpected(documents.error().Within(within));
  if (documents->size() != 1)
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: has {} documents, not one", within, documents->size()));
  JsonReader reader;
  auto root = reader.Read(documents->front().json);
  if (!root) return std::unexpected(root.error().Within(within));
  return KubeconfigReader(name, *root).Read(context);
}

}  // namespace hullwright::kube
