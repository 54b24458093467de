// What the ServiceAccounts of the programs may do: docs/install/rbac.yaml and the chart grant it, and the API server is asked whether it
// holds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "cli/doctor/checks.h"

namespace hullwright::cli {
namespace {

enum class Reach { kCluster, kNamespace };
// What of the installation a permission may be limited to.
enum class Named { kAny, kHooks, kWantedHooks, kTlsSecret, kLease };

struct Permission {
  std::string_view verb, group, resource;
  Reach reach = Reach::kCluster;
  Named named = Named::kAny;
  std::string_view why;  // what fails without it, or what may happen with it
};

constexpr std::string_view kAdmission = "admissionregistration.k8s.io";

constexpr std::array kWebhookNeeds = {
    Permission{"list", "hullwright.dev", "*", Reach::kCluster, Named::kAny, "it cannot read policies, and never gets ready"},
    Permission{"watch", "hullwright.dev", "*", Reach::kCluster, Named::kAny, "it does not hear of changed policies"},
    Permission{"get", "", "namespaces", Reach::kCluster, Named::kAny, "it does not know the labels of new namespaces"},
    Permission{"list", "", "namespaces", Reach::kCluster, Named::kAny, "it does not know the labels of namespaces, and never gets ready"},
    Permission{"watch", "", "namespaces", Reach::kCluster, Named::kAny, "it does not hear of changed labels of namespaces"},
    Permission{"create", "authorization.k8s.io", "subjectaccessreviews", Reach::kCluster, Named::kAny,
               "it cannot tell who may waive or import, and refuses exceptions and scans"},
};
// Wanted only by those who have such registries or keys; Roles of some namespaces may grant it instead.
constexpr std::array kWebhookWishes = {
    Permission{"get", "", "secrets", Reach::kCluster, Named::kAny,
               "pull secrets of Pods are not read where no Role lets it: registries that ask for them refuse"},
    Permission{"get", "", "serviceaccounts", Reach::kCluster, Named::kAny,
               "pull secrets of ServiceAccounts are not found where no Role lets it"},
    Permission{"get", "", "configmaps", Reach::kNamespace, Named::kAny,
               "keys and roots in ConfigMaps that TrustedPublishers and TrustRoots name cannot be read"},
};
constexpr std::array kWebhookExcesses = {
    Permission{"list", "", "secrets", Reach::kCluster, Named::kAny, "whoever takes the webhook over reads every Secret of the cluster"},
    Permission{"watch", "", "secrets", Reach::kCluster, Named::kAny, "whoever takes the webhook over reads every Secret of the cluster"},
    Permission{"update", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "whoever takes the webhook over can switch the gate off"},
    Permission{"patch", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "whoever takes the webhook over can switch the gate off"},
    Permission{"delete", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "whoever takes the webhook over can switch the gate off"},
    Permission{"update", kAdmission, "mutatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "whoever takes the webhook over can change every Pod"},
    Permission{"patch", kAdmission, "mutatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "whoever takes the webhook over can change every Pod"},
    Permission{"update", "hullwright.dev", "clusterimageadmissionpolicies", Reach::kCluster, Named::kAny,
               "whoever takes the webhook over decides what runs"},
    Permission{"create", "", "pods", Reach::kCluster, Named::kAny, "whoever takes the webhook over can start Pods anywhere"},
};

constexpr std::array kOperatorNeeds = {
    Permission{"get", "coordination.k8s.io", "leases", Reach::kNamespace, Named::kLease, "no operator can lead, and nothing is done"},
    Permission{"update", "coordination.k8s.io", "leases", Reach::kNamespace, Named::kLease, "no operator can lead, and nothing is done"},
    Permission{"get", "", "configmaps", Reach::kNamespace, Named::kWantedHooks, "it does not know which hooks are wanted"},
    Permission{"get", "", "secrets", Reach::kNamespace, Named::kTlsSecret,
               "it does not know the webhook's certificate, and the hooks get no CA bundle"},
    Permission{"get", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "it does not see when somebody changes the hooks"},
    Permission{"patch", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "it cannot register the hooks, nor restore them"},
    Permission{"get", kAdmission, "mutatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "it does not see when somebody changes the hooks"},
    Permission{"patch", kAdmission, "mutatingwebhookconfigurations", Reach::kCluster, Named::kHooks,
               "it cannot register the hooks, nor restore them"},
    Permission{"create", kAdmission, "validatingwebhookconfigurations", Reach::kCluster, Named::kAny,
               "it cannot restore hooks that somebody deleted"},
    Permission{"create", kAdmission, "mutatingwebhookconfigurations", Reach::kCluster, Named::kAny,
               "it cannot restore hooks that somebody deleted"},
    Permission{"watch", "", "configmaps", Reach::kNamespace, Named::kWantedHooks, "it does not hear that the gate is switched off or on"},
    Permission{"create", "events.k8s.io", "events", Reach::kNamespace, Named::kAny, "nobody is told of hooks that were changed"},
    Permission{"list", "discovery.k8s.io", "endpointslices", Reach::kNamespace, Named::kAny,
               "it does not know whether a webhook Pod is ready"},
};
constexpr std::array kOperatorExcesses = {
    Permission{"list", "", "secrets", Reach::kCluster, Named::kAny, "whoever takes the operator over reads every Secret of the cluster"},
    Permission{"update", "hullwright.dev", "clusterimageadmissionpolicies", Reach::kCluster, Named::kAny,
               "whoever takes the operator over decides what runs"},
    Permission{"create", "", "pods", Reach::kCluster, Named::kAny, "whoever takes the operator over can start Pods anywhere"},
    Permission{"escalate", "rbac.authorization.k8s.io", "clusterroles", Reach::kCluster, Named::kAny,
               "whoever takes the operator over can give itself any right"},
};

struct AccountNeeds {
  std::string account;
  std::span<const Permission> needs, wishes, excesses;
};

std::string NameFor(Named named, Installation& installation) {
  const InstallationNames& names = installation.names();
  switch (named) {
    case Named::kAny:
      return "";
    case Named::kHooks:
      return names.name;
    case Named::kWantedHooks:
      return names.wanted_hooks();
    case Named::kTlsSecret:
      return installation.TlsSecret();
    case Named::kLease:
      return names.operator_();
  }
  return "";
}

std::string Spelled(const Permission& permission, Installation& installation) {
  const InstallationNames& names = installation.names();
  const std::string name = NameFor(permission.named, installation);
  return fmt::format("{} {}{}{}{}{}", permission.verb, permission.resource, permission.group.empty() ? "" : ".", permission.group,
                     name.empty() ? "" : " " + name, permission.reach == Reach::kNamespace ? " in namespace " + names.namespace_ : "");
}

std::string UserOf(const InstallationNames& names, std::string_view account) {
  return fmt::format("system:serviceaccount:{}:{}", names.namespace_, account);
}

enum class Answer { kAllowed, kDenied };

Result<Answer> Ask(Installation& installation, const std::string& account, const Permission& permission) {
  const InstallationNames& names = installation.names();
  const KubeJson review{{"apiVersion", "authorization.k8s.io/v1"},
                        {"kind", "SubjectAccessReview"},
                        {"spec",
                         {{"user", UserOf(names, account)},
                          {"groups", {"system:serviceaccounts", "system:serviceaccounts:" + names.namespace_, "system:authenticated"}},
                          {"resourceAttributes",
                           {{"verb", permission.verb},
                            {"group", permission.group},
                            {"resource", permission.resource},
                            {"name", NameFor(permission.named, installation)},
                            {"namespace", permission.reach == Reach::kNamespace ? names.namespace_ : ""}}}}}};
  const auto answer = installation.view().Post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
  if (!answer) return std::unexpected(answer.error());
  const KubeJson& allowed = AtPath(*answer, {"status", "allowed"});
  if (!allowed.is_boolean()) return Fail(ErrorCode::kInternal, "the API server does not say whether the account may");
  return allowed.get<bool>() ? Answer::kAllowed : Answer::kDenied;
}

std::string ProofCommand(const Permission& permission, Installation& installation, std::string_view account) {
  const InstallationNames& names = installation.names();
  const std::string name = NameFor(permission.named, installation);
  return fmt::format("kubectl auth can-i {} {}{}{}{}{} --as={}", permission.verb, permission.resource, permission.group.empty() ? "" : ".",
                     permission.group, name.empty() ? "" : "/" + name,
                     permission.reach == Reach::kNamespace ? " -n " + names.namespace_ : " -A", UserOf(names, account));
}

// "*" of our group is every kind of it, whether the role names them or not.
std::vector<std::string> PluralsIn(const Permission& permission) {
  if (permission.resource != "*") return {std::string(permission.resource)};
  std::vector<std::string> plurals;
  for (const api::KindInfo& kind : api::Kinds()) plurals.push_back(kind.plural);
  return plurals;
}

// Denied as soon as one kind is.
Result<Answer> AskOfAll(Installation& installation, const std::string& account, const Permission& permission) {
  for (const std::string& plural : PluralsIn(permission)) {
    Permission one = permission;
    one.resource = plural;
    const auto answer = Ask(installation, account, one);
    if (!answer || *answer == Answer::kDenied) return answer;
  }
  return Answer::kAllowed;
}

// False: the report says that nobody could be asked.
bool LookAtNeeds(Installation& installation, const AccountNeeds& wanted, CheckReport& report) {
  for (const Permission& need : wanted.needs) {
    const auto answer = AskOfAll(installation, wanted.account, need);
    if (!answer) return report.Unread("what the ServiceAccount may do (SubjectAccessReview)", answer.error()), false;
    if (*answer == Answer::kAllowed) continue;
    report.Problem(
        fmt::format("the ServiceAccount {} may not {}: {}", wanted.account, Spelled(need, installation), need.why),
        fmt::format("apply the roles of this version: helm upgrade, or by hand kubectl apply -f docs/install/rbac.yaml; then: {}",
                    ProofCommand(need, installation, wanted.account)));
  }
  return true;
}

void LookAtWishes(Installation& installation, const AccountNeeds& wanted, CheckReport& report) {
  for (const Permission& wish : wanted.wishes) {
    const auto answer = Ask(installation, wanted.account, wish);
    if (answer && *answer == Answer::kDenied)
      report.Note(fmt::format("the ServiceAccount {} may not {} everywhere: {}", wanted.account, Spelled(wish, installation), wish.why));
  }
}

bool LookAtExcesses(Installation& installation, const AccountNeeds& wanted, CheckReport& report) {
  for (const Permission& excess : wanted.excesses) {
    const auto answer = Ask(installation, wanted.account, excess);
    if (!answer) return report.Unread("what the ServiceAccount may do (SubjectAccessReview)", answer.error()), false;
    if (*answer == Answer::kDenied) continue;
    report.Problem(
        fmt::format("the ServiceAccount {} may {}, which it does not need: {}", wanted.account, Spelled(excess, installation), excess.why),
        fmt::format("find the binding that grants it and take the account out: kubectl get clusterrolebindings,rolebindings -A -o "
                    "wide | grep -e {} -e system:serviceaccounts; then: {}",
                    wanted.account, ProofCommand(excess, installation, wanted.account)));
  }
  return true;
}

void LookAtAccount(Installation& installation, const AccountNeeds& wanted, CheckReport& report) {
  const InstallationNames& names = installation.names();
  const Result<KubeJson>& account =
      installation.Get(fmt::format("/api/v1/namespaces/{}/serviceaccounts/{}", names.namespace_, wanted.account));
  if (!account && account.error().code == ErrorCode::kNotFound)
    return report.Problem(
        fmt::format("there is no ServiceAccount {} in namespace {}: Pods that name it cannot start", wanted.account, names.namespace_),
        "install it: helm upgrade --install, or by hand kubectl apply -f docs/install/rbac.yaml; an installation of another name or "
        "place is examined with --namespace and --name");
  if (!account) report.Unread("the ServiceAccount " + wanted.account, account.error());
  if (!LookAtNeeds(installation, wanted, report) || !LookAtExcesses(installation, wanted, report)) return;
  LookAtWishes(installation, wanted, report);
  if (report.findings().empty())
    report.Ok(fmt::format("the ServiceAccount {} may do the {} things it needs, and none of {} that it must not", wanted.account,
                          wanted.needs.size(), wanted.excesses.size()));
}

}  // namespace

void CheckWebhookPermissions(Installation& installation, CheckReport& report) {
  LookAtAccount(installation, {installation.WebhookAccount(), kWebhookNeeds, kWebhookWishes, kWebhookExcesses}, report);
}

void CheckOperatorPermissions(Installation& installation, CheckReport& report) {
  if (installation.IsWithoutOperator()) {
    report.Ok("installed without the operator, so that it has no ServiceAccount");
    return;
  }
  LookAtAccount(installation, {installation.OperatorAccount(), kOperatorNeeds, {}, kOperatorExcesses}, report);
}

}  // namespace hullwright::cli
