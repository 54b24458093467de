// One installation of Hullwright in a cluster, as its API server shows it. What several checks look at is asked for once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/object.h"
#include "cli/doctor/cluster_view.h"

namespace hullwright::cli {

// How the parts of an installation are called (docs/install-by-hand.md, the chart).
struct InstallationNames {
  std::string namespace_ = "hullwright-system";
  std::string name = "hullwright";

  std::string webhook() const { return name + "-webhook"; }
  std::string operator_() const { return name + "-operator"; }
  std::string wanted_hooks() const { return name + "-webhook-configuration"; }  // ConfigMap
  std::string host() const { return webhook() + "." + namespace_ + ".svc"; }    // what the API server dials
};

inline constexpr std::string_view kGateAnnotation = "hullwright.dev/gate";  // "off" on the ConfigMap of the wanted hooks

// An object of ours as it is stored; its key even where it does not decode.
struct OwnObject {
  api::ObjectKey key;
  Result<api::Object> object;
};

struct OwnObjects {
  std::vector<OwnObject> objects;                     // in the order of api::Kinds(), then of the lists
  std::vector<std::pair<std::string, Error>> unread;  // plural of a kind, and why
  bool cut = false;                                   // there are more than are looked at
};

// Not thread-safe. view and clock outlive it.
class Installation {
 public:
  Installation(ClusterView& view, InstallationNames names, const Clock& clock)
      : names_(std::move(names)), clock_(clock), now_(clock.Now()), view_(view) {}

  const InstallationNames& names() const { return names_; }
  Time now() const { return now_; }  // when the examination began
  const Clock& clock() const { return clock_; }
  ClusterView& view() { return view_; }
  // From now on no check asks for a Secret, not even for the certificate in one.
  void LeaveSecretsAlone() { reads_secrets_ = false; }
  bool reads_secrets() const { return reads_secrets_; }

  // Answers are remembered until the end.
  const Result<KubeJson>& Get(const std::string& path);
  const OwnObjects& Objects();

  const Result<KubeJson>& ValidatingHooks();
  const Result<KubeJson>& MutatingHooks();
  const Result<KubeJson>& WantedHooks();  // the ConfigMap
  const Result<KubeJson>& WebhookDeployment();
  const Result<KubeJson>& OperatorDeployment();
  // What the Deployments name, where they can be read; else as InstallationNames would call it.
  std::string WebhookAccount();
  std::string OperatorAccount();
  std::string TlsSecret();

  // Of a webhook Pod, through the API server's proxy to the Service.
  const Result<std::string>& Metrics();
  // The first sample of a metric whose labels are written so ("{data=\"epss\"}"); nullopt: not there, or nobody could be asked.
  std::optional<double> MetricValue(std::string_view name_and_labels);

  // "/api/v1/namespaces/NS/services/https:NAME:443/proxy/readyz". ThroughWebhook: on the port that the hooks call.
  std::string ThroughService(std::string_view scheme, const std::string& service, std::int64_t port, std::string_view path) const;
  std::string ThroughWebhook(std::string_view path);
  // Installed by hand without an operator: the webhook's ServiceAccount is there, and of the operator nothing.
  bool IsWithoutOperator();
  // Whether the hooks are taken away on purpose; nullopt: that could not be read.
  std::optional<bool> IsSwitchedOff();

 private:
  void ReadKind(const api::KindInfo& kind);

  const InstallationNames names_;
  const Clock& clock_;
  const Time now_;
  ClusterView& view_;
  std::map<std::string, Result<KubeJson>> answers_;
  bool reads_secrets_ = true;
  std::optional<OwnObjects> objects_;
  std::optional<Result<std::string>> metrics_;
};

// The hooks of a configuration object; none when it has none.
std::vector<KubeJson> HooksOf(const Result<KubeJson>& configuration);

// "kubectl -n NS" with what follows, for remedies.
std::string Kubectl(const InstallationNames& names, std::string_view command);

}  // namespace hullwright::cli
