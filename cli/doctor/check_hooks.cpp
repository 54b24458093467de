// The webhook configurations: as the ConfigMap of the wanted ones says, and without it as docs/install/webhooks.yaml.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/difference.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";
constexpr int kMaxTimeoutSeconds = 10;

enum class Sort { kValidating, kMutating };

struct Configuration {
  Sort sort;
  std::string_view kind, key;  // of the ConfigMap
  const Result<KubeJson>* live;
};

std::array<Configuration, 2> Configurations(Installation& installation) {
  return {Configuration{Sort::kValidating, "ValidatingWebhookConfiguration", "validating.yaml", &installation.ValidatingHooks()},
          Configuration{Sort::kMutating, "MutatingWebhookConfiguration", "mutating.yaml", &installation.MutatingHooks()}};
}

// With the defaults of admissionregistration.k8s.io/v1 written out and without the CA bundle, which another check looks at: then two hooks
// that mean the same are the same.
KubeJson Normalized(KubeJson hook, Sort sort) {
  const auto fill = [](KubeJson& object, const char* key, KubeJson value) {
    if (!object.contains(key) || object[key].is_null()) object[key] = std::move(value);
  };
  fill(hook, "failurePolicy", "Fail");
  fill(hook, "matchPolicy", "Equivalent");
  fill(hook, "namespaceSelector", KubeJson::object());
  fill(hook, "objectSelector", KubeJson::object());
  fill(hook, "timeoutSeconds", 10);
  fill(hook, "matchConditions", KubeJson::array());
  if (sort == Sort::kMutating) fill(hook, "reinvocationPolicy", "Never");
  if (hook.contains("rules") && hook["rules"].is_array()) {
    for (KubeJson& rule : hook["rules"]) {
      if (rule.is_object()) fill(rule, "scope", "*");
    }
  }
  if (hook.contains("clientConfig") && hook["clientConfig"].is_object()) {
    hook["clientConfig"].erase("caBundle");
    if (hook["clientConfig"].contains("service") && hook["clientConfig"]["service"].is_object())
      fill(hook["clientConfig"]["service"], "port", 443);
  }
  return hook;
}

std::string HookName(const KubeJson& hook) {
  return Printable(TextAt(hook, "name"), 128);
}

const KubeJson* FindHook(const std::vector<KubeJson>& hooks, std::string_view name) {
  const auto found = std::ranges::find_if(hooks, [&](const KubeJson& hook) { return TextAt(hook, "name") == name; });
  return found == hooks.end() ? nullptr : &*found;
}

std::string RestoreRemedy(Installation& installation) {
  const InstallationNames& names = installation.names();
  if (installation.IsWithoutOperator())
    return "apply docs/install/webhooks.yaml of this version, with the CA bundle in it; then run hullctl doctor again";
  return fmt::format("the operator restores it within a minute; if it stays so, see why not: {}",
                     Kubectl(names, "logs deployment/" + names.operator_() + " --all-containers"));
}

// What the ConfigMap wants of one configuration.
Result<std::vector<KubeJson>> WantedOf(const KubeJson& config_map, std::string_view key) {
  const auto documents = ReadYaml(TextAt(At(config_map, "data"), key));
  if (!documents) return std::unexpected(documents.error().Within(key));
  if (documents->size() != 1) return Fail(ErrorCode::kInvalidInput, fmt::format("{}: holds {} documents, not one", key, documents->size()));
  const auto object = ReadObject(documents->front().json);
  if (!object) return std::unexpected(object.error().Within(key));
  return HooksOf(*object);
}

void CompareHooks(Installation& installation, const Configuration& configuration, const std::vector<KubeJson>& wanted,
                  CheckReport& report) {
  const std::string where = fmt::format("{} {}", configuration.kind, installation.names().name);
  const std::vector<KubeJson> live = HooksOf(*configuration.live);
  for (const KubeJson& hook : wanted) {
    const KubeJson* found = FindHook(live, TextAt(hook, "name"));
    if (found == nullptr) {
      report.Problem(fmt::format("{} lacks the hook {}: what it should judge is not judged", where, HookName(hook)),
                     RestoreRemedy(installation));
      continue;
    }
    const std::string difference = FirstDifference(Normalized(hook, configuration.sort), Normalized(*found, configuration.sort), "");
    if (!difference.empty())
      report.Problem(fmt::format("the hook {} of {} is not as it should be: {} was changed", HookName(hook), where, Printable(difference)),
                     RestoreRemedy(installation));
  }
  for (const KubeJson& hook : live) {
    if (FindHook(wanted, TextAt(hook, "name")) == nullptr)
      report.Problem(fmt::format("{} has a hook {} that nobody wanted", where, HookName(hook)), RestoreRemedy(installation));
  }
}

// Namespaces that a hook leaves out by name; other: it selects by something else as well.
struct Selection {
  std::set<std::string> left_out;
  bool other = false;
};

Selection SelectionOf(const KubeJson& hook) {
  Selection selection;
  const KubeJson& selector = At(hook, "namespaceSelector");
  selection.other = !At(selector, "matchLabels").empty();
  const KubeJson& expressions = At(selector, "matchExpressions");
  for (const KubeJson& expression : expressions.is_array() ? expressions : KubeJson::array()) {
    const KubeJson& values = At(expression, "values");
    if (TextAt(expression, "key") != kNameLabel || TextAt(expression, "operator") != "NotIn" || !values.is_array()) {
      selection.other = true;
      continue;
    }
    for (const KubeJson& value : values)
      selection.left_out.insert(Printable(value.is_string() ? value.get<std::string>() : value.dump(), 63));
  }
  return selection;
}

struct Expected {
  std::string_view hook;
  bool must_fail;             // closed when the webhook does not answer
  bool leaves_out;            // namespaces, our own among them
  std::string_view resource;  // one that its rules cannot lack
};
constexpr std::array kExpectedValidating = {Expected{"images.hullwright.dev", true, true, "pods"},
                                            Expected{"objects.hullwright.dev", true, false, "*"}};
constexpr std::array kExpectedMutating = {Expected{"pin.hullwright.dev", false, true, "pods"},
                                          Expected{"stamp.hullwright.dev", true, false, "imagescans/status"}};

bool HasRuleFor(const KubeJson& hook, std::string_view resource) {
  const KubeJson& rules = At(hook, "rules");
  return rules.is_array() && std::ranges::any_of(rules, [&](const KubeJson& rule) {
           const KubeJson& resources = At(rule, "resources");
           return resources.is_array() &&
                  std::ranges::any_of(resources, [&](const KubeJson& each) { return each == resource || each == "*" || each == "*/*"; });
         });
}

// What would let something by. Where a ConfigMap wants it so, it is somebody's choice and told as a note, but for the chart's own
// conditions.
std::vector<std::string> Leaks(const KubeJson& hook, const Expected& expected, const InstallationNames& names, bool chosen) {
  std::vector<std::string> leaks;
  const std::string name = HookName(hook);
  const KubeJson plain = Normalized(hook, Sort::kValidating);
  if (expected.must_fail && plain["failurePolicy"] != "Fail")
    leaks.push_back(fmt::format("the hook {} has failurePolicy {}: when the webhook does not answer, everything gets in unjudged", name,
                                Printable(TextAt(plain, "failurePolicy"), 32)));
  if (!plain["objectSelector"].empty())
    leaks.push_back(fmt::format("the hook {} has an objectSelector: whoever writes a label is not judged", name));
  if (!plain["matchConditions"].empty() && !chosen)
    leaks.push_back(fmt::format("the hook {} has matchConditions: what they leave out is not judged", name));
  if (plain["matchPolicy"] != "Equivalent")
    leaks.push_back(fmt::format("the hook {} has matchPolicy Exact: another version of the same API is not judged", name));
  const Selection selection = SelectionOf(plain);
  if (selection.other)
    leaks.push_back(
        fmt::format("the hook {} selects namespaces by more than {} NotIn: whoever can label a namespace decides whether it is judged",
                    name, kNameLabel));
  if (!expected.leaves_out && !selection.left_out.empty())
    leaks.push_back(
        fmt::format("the hook {} leaves out {}: objects of ours written there are not checked", name, fmt::join(selection.left_out, ", ")));
  if (expected.leaves_out && !selection.left_out.contains(names.namespace_))
    leaks.push_back(fmt::format("the hook {} does not leave out {}: when the webhook is down, its own Pods cannot start again", name,
                                names.namespace_));
  if (plain["timeoutSeconds"].is_number_integer() && plain["timeoutSeconds"] > kMaxTimeoutSeconds)
    leaks.push_back(fmt::format("the hook {} has timeoutSeconds {}: when the webhook hangs, each request waits as long", name,
                                plain["timeoutSeconds"].dump()));
  if (!HasRuleFor(plain, expected.resource)) leaks.push_back(fmt::format("the hook {} has no rule for {}", name, expected.resource));
  return leaks;
}

void LookForLeaks(Installation& installation, const Configuration& configuration, bool chosen, CheckReport& report) {
  const std::vector<KubeJson> live = HooksOf(*configuration.live);
  const auto& wanted = configuration.sort == Sort::kValidating ? kExpectedValidating : kExpectedMutating;
  for (const Expected& expected : wanted) {
    const KubeJson* hook = FindHook(live, expected.hook);
    if (hook == nullptr) {
      if (!chosen)
        report.Problem(fmt::format("{} {} lacks the hook {}", configuration.kind, installation.names().name, expected.hook),
                       RestoreRemedy(installation));
      continue;
    }
    for (const std::string& leak : Leaks(*hook, expected, installation.names(), chosen)) {
      chosen ? report.Note(leak + "; the installation wants it so") : report.Problem(leak, RestoreRemedy(installation));
    }
  }
}

void TellLeftOut(Installation& installation, CheckReport& report) {
  std::set<std::string> left_out;
  for (const KubeJson& hook : HooksOf(installation.ValidatingHooks())) left_out.merge(SelectionOf(hook).left_out);
  if (!left_out.empty()) report.Note(fmt::format("Pods in these namespaces are not judged: {}", fmt::join(left_out, ", ")));
}

// True: there is something to compare.
bool ArePresent(Installation& installation, CheckReport& report) {
  bool present = true;
  for (const Configuration& configuration : Configurations(installation)) {
    const Result<KubeJson>& live = *configuration.live;
    if (live) continue;
    present = false;
    if (live.error().code != ErrorCode::kNotFound) {
      report.Unread(fmt::format("the {} {}", configuration.kind, installation.names().name), live.error());
      continue;
    }
    report.Problem(
        fmt::format("there is no {} {}: the API server asks nobody, and nothing is judged", configuration.kind, installation.names().name),
        installation.WantedHooks()
            ? RestoreRemedy(installation)
            : "install the gate: helm upgrade --install, or by hand docs/install-by-hand.md; an installation of another "
              "name is examined with --name");
  }
  return present;
}

}  // namespace

void CheckGateSwitch(Installation& installation, CheckReport& report) {
  const InstallationNames& names = installation.names();
  const auto off = installation.IsSwitchedOff();
  if (!off) return report.Unread("the ConfigMap " + names.wanted_hooks(), installation.WantedHooks().error());
  if (!installation.WantedHooks()) {
    if (installation.ValidatingHooks()) return report.Ok("installed by hand, where the gate has no switch");
    return report.Problem(
        fmt::format("there is no ConfigMap {} in namespace {}, in which the gate is switched off and on", names.wanted_hooks(),
                    names.namespace_),
        "install Hullwright: helm upgrade --install, or by hand docs/install-by-hand.md; an installation of another name or place is "
        "examined with --namespace and --name");
  }
  if (!*off) return report.Ok("the gate is on");
  const bool hooks_left = !HooksOf(installation.ValidatingHooks()).empty() || !HooksOf(installation.MutatingHooks()).empty();
  report.Problem(
      fmt::format("the gate is switched off (annotation {}: \"off\" on the ConfigMap {}){}", kGateAnnotation, names.wanted_hooks(),
                  hooks_left ? ", but hooks are still registered: the operator has not taken them away"
                             : ": nothing is judged, and everything gets in"),
      hooks_left
          ? fmt::format("see why with {}; in an emergency: kubectl delete validatingwebhookconfiguration,mutatingwebhookconfiguration {}",
                        Kubectl(names, "logs deployment/" + names.operator_() + " --all-containers"), names.name)
          : "switch it on again: " + Kubectl(names, fmt::format("annotate configmap {} {}-", names.wanted_hooks(), kGateAnnotation)));
}

void CheckHooks(Installation& installation, CheckReport& report) {
  if (installation.IsSwitchedOff().value_or(false)) return report.Ok("no hook is wanted while the gate is switched off");
  if (!ArePresent(installation, report)) return;
  const Result<KubeJson>& config_map = installation.WantedHooks();
  if (!config_map && config_map.error().code != ErrorCode::kNotFound)
    report.Unread("the ConfigMap with the wanted hooks", config_map.error());
  for (const Configuration& configuration : Configurations(installation)) {
    if (!config_map) {
      LookForLeaks(installation, configuration, false, report);
      continue;
    }
    const auto wanted = WantedOf(*config_map, configuration.key);
    if (!wanted) {
      report.Problem(fmt::format("the ConfigMap {} does not say what hooks are wanted: {}", installation.names().wanted_hooks(),
                                 Printable(wanted.error().message)),
                     "write it anew: helm upgrade of the installed version");
      continue;
    }
    CompareHooks(installation, configuration, *wanted, report);
    LookForLeaks(installation, configuration, true, report);
  }
  TellLeftOut(installation, report);
  if (report.findings().empty())
    report.Ok(config_map ? "the hooks are registered as the installation wants them"
                         : "the hooks are registered, and nothing gets by them");
}

void CheckOtherHooks(Installation& installation, CheckReport& report) {
  const auto listed = installation.view().List("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");
  if (!listed) return report.Unread("the other mutating hooks", listed.error());
  for (const std::string& text : listed->objects) {
    const auto configuration = ReadObject(text);
    if (!configuration) return report.Unread("another mutating hook", configuration.error());
    const std::string name = TextAt(At(*configuration, "metadata"), "name");
    const auto hooks = HooksOf(*configuration);
    // The API server calls configurations in the order of their names.
    if (name <= installation.names().name || std::ranges::none_of(hooks, [](const KubeJson& hook) { return HasRuleFor(hook, "pods"); }))
      continue;
    report.Note(
        fmt::format("the MutatingWebhookConfiguration {} may change Pods after ours has pinned their images; ours is then asked again "
                    "(reinvocationPolicy IfNeeded), "
                    "and the validating hook judges what comes out",
                    Printable(name, 253)));
  }
  report.Ok(fmt::format("{} mutating webhook configurations were looked at", listed->objects.size()));
}

}  // namespace hullwright::cli
