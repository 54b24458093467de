#include "registry/pull_secret.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/image_pattern.h"
#include "base/json.h"
#include "base/text.h"
#include "registry/content_digest.h"

namespace hullwright::registry {
namespace {

constexpr JsonLimits kSecretLimits{.max_bytes = kMaxKeyringBytes, .max_depth = 8};
constexpr std::size_t kMaxEntries = 256;
constexpr std::string_view kHub = "docker.io";

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool IsHubName(std::string_view host) {
  return host == kHub || host == "index.docker.io" || host == "registry-1.docker.io";
}

struct HostPort {
  std::string host, port;
};

// ":443" is no port: https has it anyway.
HostPort SplitHost(std::string_view text) {
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  HostPort split{std::string(text.substr(0, colon)), colon == std::string_view::npos ? "" : std::string(text.substr(colon + 1))};
  std::ranges::transform(split.host, split.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (split.port == "443") split.port.clear();
  if (split.port.empty() && IsHubName(split.host)) split.host = kHub;
  return split;
}

bool IsHostText(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view(".-_*[]:").find(c) != std::string_view::npos;
  });
}

// Label by label, so that no * reaches over a dot: "*.example.org" is not "a.b.example.org", and never "a.example.org.evil".
bool HostMatches(std::string_view pattern, std::string_view host) {
  const auto wanted = Split(pattern, '.'), given = Split(host, '.');
  return wanted.size() == given.size() && std::ranges::equal(wanted, given, WildcardMatches);
}

Result<Credential> ParseAuth(std::string_view auth) {
  const auto decoded = DecodeBase64(auth);
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return Fail(ErrorCode::kInvalidInput, "auth is not base64 of \"user:password\"");
  // docker fills some with NUL bytes behind the password.
  std::string password = decoded->substr(colon + 1);
  password.erase(password.find_last_not_of('\0') + 1);
  return Credential{decoded->substr(0, colon), password, ""};
}

Result<Credential> ReadCredential(JsonElement entry) {
  if (!entry.is_object()) return Fail(ErrorCode::kInvalidInput, "expected an object with auth, or username and password");
  for (const auto* name : {"auth", "username", "password", "identitytoken"}) {
    const auto member = Member(entry, name);
    if (member && !member->is_string()) return Fail(ErrorCode::kInvalidInput, fmt::format("{} is no string", name));
  }
  Credential credential{std::string(TextMember(entry, "username")), std::string(TextMember(entry, "password")), ""};
  if (const auto auth = TextMember(entry, "auth"); !auth.empty()) {
    auto decoded = ParseAuth(auth);
    if (!decoded) return decoded;
    credential = std::move(*decoded);
  }
  credential.identity_token = TextMember(entry, "identitytoken");
  return credential;
}

}  // namespace

std::string Credential::Id() const {
  if (is_anonymous()) return "";
  // Lengths first, so that no two credentials run together to one text.
  const auto text =
      fmt::format("{}:{}:{}:{}{}{}", username.size(), password.size(), identity_token.size(), username, password, identity_token);
  return std::string(DigestOf(text).hex().substr(0, 32));
}

Result<CredentialScope> CredentialScope::Parse(std::string_view key) {
  const auto invalid = [&] {
    return Fail(ErrorCode::kInvalidInput, fmt::format("\"{}\" is no registry: write host, host:port or host/path", Printable(key, 128)));
  };
  std::string_view rest = key;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const auto slash = rest.find('/');
  const HostPort split = SplitHost(rest.substr(0, slash));
  if (!IsHostText(split.host) || !std::ranges::all_of(split.port, [](char c) { return c >= '0' && c <= '9'; })) return invalid();
  std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  // What docker login wrote for the first two versions of the API.
  for (const std::string_view version : {"v1", "v2"}) {
    if (path == version) path = "";
    if (path.starts_with(std::string(version) + "/")) path.remove_prefix(version.size() + 1);
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find_first_of("?#@%\\ ") != std::string_view::npos) return invalid();
  CredentialScope scope;
  scope.host_ = split.host;
  scope.port_ = split.port;
  scope.path_ = path;
  return scope;
}

bool CredentialScope::Matches(std::string_view host, std::string_view path) const {
  const HostPort split = SplitHost(host);
  if (split.port != port_ || !HostMatches(host_, split.host)) return false;
  return path_.empty() || path == path_ || (path.starts_with(path_) && path[path_.size()] == '/');
}

bool CredentialScope::IsMoreSpecificThan(const CredentialScope& other) const {
  if (path_.size() != other.path_.size()) return path_.size() > other.path_.size();
  const auto wildcards = std::ranges::count(host_, '*'), other_wildcards = std::ranges::count(other.host_, '*');
  return wildcards != other_wildcards ? wildcards < other_wildcards : host_.size() > other.host_.size();
}

Result<void> Keyring::Add(PullSecretFormat format, std::string_view text) {
  if (text.size() > kMaxKeyringBytes - bytes_)
    return Fail(ErrorCode::kTooLarge, fmt::format("pull secret: more than {} bytes with those before it", kMaxKeyringBytes));
  JsonReader reader;
  auto document = reader.Read(text, kSecretLimits);
  // The reader's message may quote a key, which stands for a host; never a value.
  if (!document) return std::unexpected(document.error().Within("pull secret"));
  std::optional<JsonElement> entries = *document;
  if (format == PullSecretFormat::kDockerConfigJson) entries = Member(*document, "auths");
  if (!entries && document->is_object()) return {};  // a docker configuration without logins
  if (!entries || !entries->is_object()) return Fail(ErrorCode::kInvalidInput, "pull secret: expected an object of registries");
  std::vector<std::pair<CredentialScope, Credential>> added;
  for (const auto [key, value] : JsonObject(*entries)) {
    if (added.size() + entries_.size() >= kMaxEntries) {
      return Fail(ErrorCode::kTooLarge, fmt::format("pull secret: more than {} registries", kMaxEntries));
    }
    auto scope = CredentialScope::Parse(key);
    if (!scope) return std::unexpected(scope.error().Within("pull secret"));
    auto credential = ReadCredential(value);
    if (!credential) return std::unexpected(credential.error().Within(fmt::format("pull secret: {}", Printable(key, 128))));
    if (!credential->is_anonymous()) added.emplace_back(std::move(*scope), std::move(*credential));
  }
  for (auto& [scope, credential] : added) Add(std::move(scope), std::move(credential));
  bytes_ += text.size();
  return {};
}

void Keyring::Add(CredentialScope scope, Credential credential) {
  const auto less_specific = std::ranges::find_if(entries_, [&](const Entry& entry) { return scope.IsMoreSpecificThan(entry.scope); });
  std::string id = credential.Id();
  entries_.insert(less_specific, {std::move(scope), std::move(credential), std::move(id)});
}

std::vector<Credential> Keyring::Find(std::string_view host, std::string_view path) const {
  std::vector<Credential> found;
  for (const auto& entry : entries_) {
    if (!entry.scope.Matches(host, path)) continue;
    if (std::ranges::find(found, entry.credential) == found.end()) found.push_back(entry.credential);
  }
  return found;
}

std::string Keyring::Id(std::string_view host, std::string_view path) const {
  std::vector<std::string_view> found;
  for (const auto& entry : entries_) {
    if (!entry.scope.Matches(host, path)) continue;
    if (std::ranges::find(found, entry.id) == found.end()) found.push_back(entry.id);
  }
  std::string ids;
  for (const std::string_view id : found) (ids += id) += ',';
  return ids;
}

}  // namespace hullwright::registry
