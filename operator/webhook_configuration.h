// The two webhook configurations: what is wanted of them, as the chart has put it into a ConfigMap, and what stands in the live objects.
// Pure.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "operator/names.h"

namespace hullwright::controller {

enum class HookKind { kValidating, kMutating };
inline constexpr std::array kHookKinds = {HookKind::kValidating, HookKind::kMutating};

std::string_view KindName(HookKind kind);   // "ValidatingWebhookConfiguration"
std::string_view Word(HookKind kind);       // "validating", as metrics and logs say it
std::string_view DataKey(HookKind kind);    // of the ConfigMap: "validating.yaml"
std::string CollectionPath(HookKind kind);  // "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
std::string ConfigurationPath(HookKind kind, const Names& names);

// The annotation of the ConfigMap that switches the gate off, and whether it does: "off" in any case of letters.
inline constexpr const char* kGateAnnotation = "hullwright.dev/gate";
bool IsGateOff(const nlohmann::json& config_map);

struct WantedHooks {
  nlohmann::json webhooks = nlohmann::json::array();
  nlohmann::json labels, annotations;  // objects, or null
};

// What the ConfigMap's entry says. kInvalidInput, with what would be right: no YAML; another kind or name; no hooks (the annotation
// switches the gate off); a hook without a name, or twice; one that leads anywhere but to the webhook's Service. A caBundle in it does not
// count.
Result<WantedHooks> ReadWantedHooks(HookKind kind, const nlohmann::json& config_map, const Names& names);

// The hooks, each with this bundle (PEM).
nlohmann::json WithBundle(nlohmann::json webhooks, const std::string& bundle);

// .webhooks of a live object; an empty array when there is none.
nlohmann::json HooksOf(const nlohmann::json& object);
// The caBundle of each hook as PEM text; "" for one that has none or no readable one.
std::vector<std::string> BundlesOf(const nlohmann::json& webhooks);

// The whole object, to be applied.
nlohmann::json ConfigurationObject(HookKind kind, const Names& names, const WantedHooks& wanted);

}  // namespace hullwright::controller
