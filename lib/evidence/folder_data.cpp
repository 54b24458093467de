#include "evidence/folder_data.h"

#include <fmt/format.h>

#include <sstream>

#include "base/file.h"

namespace hullwright::evidence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = 4u << 20;
constexpr std::size_t kMaxKeys = 256;

// One part of a path and nothing that leads out of it.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.find('/') == name.npos && name != "." && name != ".." && name.find('\0') == name.npos;
}

Result<std::string> ReadFile(const fs::path& path) {
  auto text = ReadRegularFile(path.string(), kMaxBytes);
  if (!text) return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path.string(), text.error().message));
  return text;
}

Result<std::map<std::string, std::string>> ReadKeys(const fs::path& folder) {
  std::map<std::string, std::string> keys;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    // What starts with ".." is Kubernetes' own way to swap a mounted Secret at once.
    const std::string name = entry.path().filename().string();
    if (name.starts_with("..") || !entry.is_regular_file(code)) continue;
    if (keys.size() >= kMaxKeys) return Fail(ErrorCode::kTooLarge, fmt::format("{}: more than {} keys", folder.string(), kMaxKeys));
    auto text = ReadFile(entry.path());
    if (!text) return std::unexpected(text.error());
    keys.emplace(name, std::move(*text));
  }
  if (code) return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", folder.string(), code.message()));
  return keys;
}

}  // namespace

Result<fs::path> FolderData::PathOf(std::string_view namespace_, std::string_view kind, std::string_view name) const {
  if (folder_.empty() || !IsName(namespace_) || !IsName(name)) return Fail(ErrorCode::kNotFound, "there is no such object");
  const fs::path path = fs::path(folder_) / namespace_ / kind / name;
  std::error_code code;
  if (!fs::exists(path, code)) return Fail(ErrorCode::kNotFound, fmt::format("{} does not exist", path.string()));
  return path;
}

Result<SecretData> FolderData::Secret(std::string_view namespace_, std::string_view name, Deadline) {
  const auto path = PathOf(namespace_, "secrets", name);
  if (!path) return std::unexpected(path.error());
  auto keys = ReadKeys(*path);
  if (!keys) return std::unexpected(keys.error());
  SecretData secret{"Opaque", std::move(*keys)};
  if (secret.data.contains(".dockerconfigjson")) secret.type = "kubernetes.io/dockerconfigjson";
  if (secret.data.contains(".dockercfg")) secret.type = "kubernetes.io/dockercfg";
  return secret;
}

Result<std::map<std::string, std::string>> FolderData::ConfigMap(std::string_view namespace_, std::string_view name, Deadline) {
  const auto path = PathOf(namespace_, "configmaps", name);
  if (!path) return std::unexpected(path.error());
  return ReadKeys(*path);
}

Result<std::vector<std::string>> FolderData::PullSecretsOf(std::string_view namespace_, std::string_view service_account, Deadline) {
  const auto path = PathOf(namespace_, "serviceaccounts", service_account);
  if (!path) return std::unexpected(path.error());
  auto text = ReadFile(*path);
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> names;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line) && names.size() < kMaxKeys;)
    if (!line.empty()) names.push_back(line);
  return names;
}

}  // namespace hullwright::evidence
