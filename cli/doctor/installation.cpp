#include "cli/doctor/installation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "api/object.h"
#include "base/text.h"
#include "kube/list_page.h"
#include "kube/status.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kHookGroup = "/apis/admissionregistration.k8s.io/v1/";
constexpr std::size_t kMaxStoredObjectBytes = 8u << 20;
constexpr std::size_t kMaxMetricsBytes = 8u << 20;

// Names that go into a path as they are (RFC 1123 subdomains).
bool IsObjectName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

std::string AccountIn(const Result<KubeJson>& deployment, const std::string& usual) {
  if (!deployment) return usual;
  const std::string named = TextAt(AtPath(*deployment, {"spec", "template", "spec"}), "serviceAccountName");
  return IsObjectName(named) ? named : usual;
}

api::ObjectKey StoredKey(JsonElement element, const std::string& kind) {
  if (auto key = api::ReadKey(element); key && key->kind == kind) return std::move(*key);
  const auto metadata = Member(element, "metadata");
  if (!metadata) return {kind, "", ""};
  return {kind, std::string(TextMember(*metadata, "namespace")), std::string(TextMember(*metadata, "name"))};
}

}  // namespace

const Result<KubeJson>& Installation::Get(const std::string& path) {
  const auto known = answers_.find(path);
  return known != answers_.end() ? known->second : answers_.emplace(path, view_.Get(path)).first->second;
}

void Installation::ReadKind(const api::KindInfo& kind) {
  const auto listed = view_.List(fmt::format("/apis/{}/{}", api::kApiVersion, kind.plural));
  if (!listed) {
    objects_->unread.emplace_back(kind.plural, listed.error());
    return;
  }
  objects_->cut |= listed->cut;
  JsonReader reader;
  for (const std::string& text : listed->objects) {
    const auto element = reader.Read(text, kube::StoredObjectLimits(kMaxStoredObjectBytes));
    if (!element) {
      objects_->objects.push_back({{kind.kind, "", ""}, std::unexpected(element.error())});
      continue;
    }
    objects_->objects.push_back({StoredKey(*element, kind.kind), api::DecodeObject(*element)});
  }
}

const OwnObjects& Installation::Objects() {
  if (!objects_) {
    objects_.emplace();
    for (const api::KindInfo& kind : api::Kinds()) ReadKind(kind);
  }
  return *objects_;
}

const Result<KubeJson>& Installation::ValidatingHooks() {
  return Get(fmt::format("{}validatingwebhookconfigurations/{}", kHookGroup, names_.name));
}

const Result<KubeJson>& Installation::MutatingHooks() {
  return Get(fmt::format("{}mutatingwebhookconfigurations/{}", kHookGroup, names_.name));
}

const Result<KubeJson>& Installation::WantedHooks() {
  return Get(fmt::format("/api/v1/namespaces/{}/configmaps/{}", names_.namespace_, names_.wanted_hooks()));
}

const Result<KubeJson>& Installation::WebhookDeployment() {
  return Get(fmt::format("/apis/apps/v1/namespaces/{}/deployments/{}", names_.namespace_, names_.webhook()));
}

const Result<KubeJson>& Installation::OperatorDeployment() {
  return Get(fmt::format("/apis/apps/v1/namespaces/{}/deployments/{}", names_.namespace_, names_.operator_()));
}

std::string Installation::ThroughService(std::string_view scheme, const std::string& service, std::int64_t port,
                                         std::string_view path) const {
  return fmt::format("/api/v1/namespaces/{}/services/{}:{}:{}/proxy{}", names_.namespace_, scheme, service, port, path);
}

std::string Installation::ThroughWebhook(std::string_view path) {
  std::int64_t port = 443;
  for (const KubeJson& hook : HooksOf(ValidatingHooks())) {
    const KubeJson& named = AtPath(hook, {"clientConfig", "service", "port"});
    if (named.is_number_integer()) port = named.get<std::int64_t>();
  }
  return ThroughService("https", names_.webhook(), port, path);
}

std::string Installation::WebhookAccount() {
  return AccountIn(WebhookDeployment(), names_.webhook());
}

std::string Installation::OperatorAccount() {
  return AccountIn(OperatorDeployment(), names_.operator_());
}

std::string Installation::TlsSecret() {
  const std::string usual = names_.webhook() + "-tls";
  const Result<KubeJson>& deployment = WebhookDeployment();
  if (!deployment) return usual;
  const KubeJson& volumes = AtPath(*deployment, {"spec", "template", "spec", "volumes"});
  for (const KubeJson& volume : volumes.is_array() ? volumes : KubeJson::array()) {
    const std::string secret = TextAt(At(volume, "secret"), "secretName");
    if (TextAt(volume, "name") == "tls" && IsObjectName(secret)) return secret;
  }
  return usual;
}

const Result<std::string>& Installation::Metrics() {
  if (metrics_) return *metrics_;
  const auto ask = [&](const std::string& path) -> Result<std::string> {
    auto answer = view_.Answer({.path_and_query = path, .max_bytes = kMaxMetricsBytes});
    if (!answer) return std::unexpected(answer.error());
    if (answer->status != 200) return std::unexpected(kube::ErrorOf(*answer, "GET " + path));
    return std::move(answer->body);
  };
  metrics_ = ask(ThroughService("http", names_.webhook() + "-metrics", 8080, "/metrics"));
  if (*metrics_) return *metrics_;
  // Installed by hand there is no Service for it; the port of the hooks answers it too.
  if (auto other = ask(ThroughWebhook("/metrics")); other) metrics_ = std::move(other);
  return *metrics_;
}

std::optional<double> Installation::MetricValue(std::string_view name_and_labels) {
  const Result<std::string>& text = Metrics();
  if (!text) return std::nullopt;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name_and_labels) || line.size() <= name_and_labels.size() || line[name_and_labels.size()] != ' ') continue;
    double value = 0;
    const char* begin = line.data() + name_and_labels.size() + 1;
    const auto [last, error] = std::from_chars(begin, line.data() + line.size(), value);
    if (error == std::errc{} && last != begin && std::isfinite(value)) return value;
  }
  return std::nullopt;
}

bool Installation::IsWithoutOperator() {
  const auto is_absent = [](const Result<KubeJson>& answer) { return !answer && answer.error().code == ErrorCode::kNotFound; };
  const std::string accounts = fmt::format("/api/v1/namespaces/{}/serviceaccounts/", names_.namespace_);
  const bool has_webhook = WebhookDeployment() || Get(accounts + names_.webhook());
  return has_webhook && is_absent(Get(accounts + names_.operator_())) && is_absent(OperatorDeployment()) && is_absent(WantedHooks());
}

std::optional<bool> Installation::IsSwitchedOff() {
  const Result<KubeJson>& wanted = WantedHooks();
  if (wanted) return EqualWithoutCase(TextAt(AtPath(*wanted, {"metadata", "annotations"}), kGateAnnotation), "off");
  if (wanted.error().code == ErrorCode::kNotFound) return false;  // installed by hand: there is no switch
  return std::nullopt;
}

std::vector<KubeJson> HooksOf(const Result<KubeJson>& configuration) {
  std::vector<KubeJson> hooks;
  if (!configuration) return hooks;
  const KubeJson& listed = At(*configuration, "webhooks");
  for (const KubeJson& hook : listed.is_array() ? listed : KubeJson::array()) hooks.push_back(hook);
  return hooks;
}

std::string Kubectl(const InstallationNames& names, std::string_view command) {
  return fmt::format("kubectl -n {} {}", names.namespace_, command);
}

}  // namespace hullwright::cli
