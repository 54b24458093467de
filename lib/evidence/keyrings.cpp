#include "evidence/keyrings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace hullwright::evidence {
namespace {

struct Form {
  std::string_view type, key;
  registry::PullSecretFormat format;
};
constexpr Form kForms[] = {{"kubernetes.io/dockerconfigjson", ".dockerconfigjson", registry::PullSecretFormat::kDockerConfigJson},
                           {"kubernetes.io/dockercfg", ".dockercfg", registry::PullSecretFormat::kDockerCfg}};

// Not there, or not to be read by us: RBAC gives pull secrets only where whoever installed us switched them on. Fewer credentials admit
// nothing more, since the registry then refuses.
bool GivesNone(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kDenied;
}

// No name of a namespace, ServiceAccount or Secret holds a line break.
std::string KeyOfContext(const api::PullContext& context) {
  return fmt::format("{}\n{}\n{}", context.namespace_, context.service_account, fmt::join(context.pull_secrets, "\n"));
}

}  // namespace

// Contexts of Pods that are gone are not told from others; what is needed is read again.
Keyrings::Keyrings(ClusterData& cluster, const Clock& clock, std::size_t max_entries, std::size_t max_bytes)
    : cluster_(cluster), clock_(clock), known_({max_entries, max_bytes}) {}

std::optional<Keyrings::Recalled> Keyrings::Recall(const api::PullContext& context) const {
  const auto known = known_.Find(KeyOfContext(context));
  if (!known) return std::nullopt;
  const auto age = clock_.Now() - known->read_at;
  if (age >= kMaxAge || age < age.zero()) return std::nullopt;
  return Recalled{known->keyring, age >= kRefreshAfter};
}

Result<void> Keyrings::AddSecret(const api::PullContext& context, const std::string& name, registry::Keyring& keyring, Deadline deadline) {
  const auto secret = cluster_.Secret(context.namespace_, name, deadline);
  if (!secret) {
    if (GivesNone(secret.error())) return {};
    return std::unexpected(secret.error().Within(fmt::format("pull secret {}/{}", context.namespace_, name)));
  }
  for (const Form& form : kForms) {
    const auto text = secret->data.find(std::string(form.key));
    if (secret->type != form.type || text == secret->data.end()) continue;
    if (const auto added = keyring.Add(form.format, text->second); !added) {
      log::Warn("pull secret unreadable", {{"namespace", context.namespace_}, {"secret", name}, {"error", added.error().message}});
    }
  }
  return {};
}

Result<Keyrings::Keyring> Keyrings::Read(const api::PullContext& context, Deadline deadline) {
  std::vector<std::string> names = context.pull_secrets;
  if (!context.service_account.empty()) {
    const auto more = cluster_.PullSecretsOf(context.namespace_, context.service_account, deadline);
    if (!more && !GivesNone(more.error())) {
      return std::unexpected(more.error().Within(fmt::format("service account {}/{}", context.namespace_, context.service_account)));
    }
    if (more) names.insert(names.end(), more->begin(), more->end());
  }
  auto keyring = std::make_shared<registry::Keyring>();
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) continue;
    if (auto added = AddSecret(context, *name, *keyring, deadline); !added) return std::unexpected(added.error());
  }
  known_.Put(KeyOfContext(context), {keyring, clock_.Now()}, keyring->bytes());
  return keyring;
}

}  // namespace hullwright::evidence
