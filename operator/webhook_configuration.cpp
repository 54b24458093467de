#include "operator/webhook_configuration.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "base/yaml.h"
#include "operator/cluster_object.h"

namespace hullwright::controller {
namespace {

using nlohmann::json;

constexpr std::string_view kApiVersionOfHooks = "admissionregistration.k8s.io/v1";
constexpr std::size_t kMostHooks = 32;

std::unexpected<Error> Wrong(HookKind kind, std::string message) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: {}", DataKey(kind), message));
}

std::string TextAt(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

// The one document of the entry.
Result<json> ReadDocument(HookKind kind, const json& config_map) {
  const auto data = config_map.find("data");
  const std::string text = data == config_map.end() ? std::string() : TextAt(*data, std::string(DataKey(kind)).c_str());
  if (text.empty()) return Wrong(kind, fmt::format("there is no such entry; expected a {}", KindName(kind)));
  const auto documents = ReadYaml(text);
  if (!documents) return Wrong(kind, documents.error().message);
  if (documents->size() != 1) return Wrong(kind, fmt::format("{} documents; expected one", documents->size()));
  json document = json::parse(documents->front().json, nullptr, false);
  if (!document.is_object()) return Wrong(kind, "no object");
  return document;
}

Result<void> CheckHook(HookKind kind, const json& hook, const Names& names, std::set<std::string>& seen) {
  const std::string name = TextAt(hook, "name");
  if (name.empty()) return Wrong(kind, "webhooks: each must be an object with a name");
  if (!seen.insert(name).second) return Wrong(kind, fmt::format("webhooks: {} stands there twice", Printable(name)));
  const json client = hook.value("clientConfig", json());
  const json service = client.is_object() ? client.value("service", json()) : json();
  if (TextAt(service, "name") != names.Service() || TextAt(service, "namespace") != names.namespace_ || client.contains("url")) {
    return Wrong(kind, fmt::format("webhooks: {}: clientConfig must name the Service {} in {} and no url", Printable(name), names.Service(),
                                   names.namespace_));
  }
  return {};
}

}  // namespace

std::string_view KindName(HookKind kind) {
  return kind == HookKind::kValidating ? "ValidatingWebhookConfiguration" : "MutatingWebhookConfiguration";
}
std::string_view Word(HookKind kind) {
  return kind == HookKind::kValidating ? "validating" : "mutating";
}
std::string_view DataKey(HookKind kind) {
  return kind == HookKind::kValidating ? "validating.yaml" : "mutating.yaml";
}
std::string CollectionPath(HookKind kind) {
  return fmt::format("/apis/{}/{}webhookconfigurations", kApiVersionOfHooks, Word(kind));
}
std::string ConfigurationPath(HookKind kind, const Names& names) {
  return CollectionPath(kind) + "/" + names.Configuration();
}

bool IsGateOff(const json& config_map) {
  return EqualWithoutCase(AnnotationOf(config_map, kGateAnnotation), "off");
}

Result<WantedHooks> ReadWantedHooks(HookKind kind, const json& config_map, const Names& names) {
  auto document = ReadDocument(kind, config_map);
  if (!document) return std::unexpected(document.error());
  const std::string found_kind = TextAt(*document, "kind"), version = TextAt(*document, "apiVersion");
  if (found_kind != KindName(kind) || version != kApiVersionOfHooks) {
    return Wrong(kind, fmt::format("{} {}; expected {} {}", Printable(version), Printable(found_kind), kApiVersionOfHooks, KindName(kind)));
  }
  const std::string name = MetadataText(*document, "name");
  if (name != names.Configuration())
    return Wrong(kind, fmt::format("metadata.name is \"{}\"; expected {}", Printable(name), names.Configuration()));
  WantedHooks wanted;
  wanted.webhooks = HooksOf(*document);
  if (wanted.webhooks.empty()) {
    return Wrong(kind, fmt::format("webhooks is empty; to switch the gate off, annotate the ConfigMap with {}=off", kGateAnnotation));
  }
  if (wanted.webhooks.size() > kMostHooks) return Wrong(kind, fmt::format("more than {} webhooks", kMostHooks));
  std::set<std::string> seen;
  for (json& hook : wanted.webhooks) {
    if (const auto sound = CheckHook(kind, hook, names, seen); !sound) return std::unexpected(sound.error());
    hook["clientConfig"].erase("caBundle");
  }
  const json& metadata = (*document)["metadata"];
  wanted.labels = metadata.value("labels", json());
  wanted.annotations = metadata.value("annotations", json());
  return wanted;
}

json WithBundle(json webhooks, const std::string& bundle) {
  const std::string encoded = EncodeBase64(bundle);
  for (json& hook : webhooks) {
    if (hook.is_object() && hook.contains("clientConfig") && hook["clientConfig"].is_object()) hook["clientConfig"]["caBundle"] = encoded;
  }
  return webhooks;
}

json HooksOf(const json& object) {
  const auto hooks = object.is_object() ? object.find("webhooks") : object.end();
  return hooks != object.end() && hooks->is_array() ? *hooks : json::array();
}

std::vector<std::string> BundlesOf(const json& webhooks) {
  std::vector<std::string> bundles;
  for (const json& hook : webhooks) {
    const json client = hook.is_object() ? hook.value("clientConfig", json()) : json();
    bundles.push_back(DecodeBase64(TextAt(client, "caBundle")).value_or(""));
  }
  return bundles;
}

json ConfigurationObject(HookKind kind, const Names& names, const WantedHooks& wanted) {
  json object = {{"apiVersion", kApiVersionOfHooks},
                 {"kind", KindName(kind)},
                 {"metadata", {{"name", names.Configuration()}}},
                 {"webhooks", wanted.webhooks}};
  if (wanted.labels.is_object()) object["metadata"]["labels"] = wanted.labels;
  if (wanted.annotations.is_object()) object["metadata"]["annotations"] = wanted.annotations;
  return object;
}

}  // namespace hullwright::controller
