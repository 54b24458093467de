// A release as the chart would install it, against a real API server: namespace, Service, ConfigMap with the wanted configurations, both of
// them without hooks. The real hullwright-webhook serves with what the operator puts into its Secret; a loop that copies the Secret to
// files stands for the kubelet.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/api_server.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::test {

using Json = nlohmann::json;

inline constexpr std::chrono::seconds kPatience{120};
inline const std::string kNamespacePath = "/api/v1/namespaces/hullwright-system";
inline const std::string kHooksPath = "/apis/admissionregistration.k8s.io/v1/";

// An address of this machine that is no loopback address, which an EndpointSlice may not have; "" when there is none.
std::string OwnAddress();

class Release {
 public:
  static Release& Get();
  ~Release();

  testing::ApiServer& server() { return *server_; }

  // The real hullwright-operator with these arguments beside those that name the release.
  std::unique_ptr<testing::Process> StartOperator(const std::vector<std::string>& further, std::uint16_t metrics_port);
  // Starts the webhook once its Secret has been copied, and makes its address ready. Once.
  void StartWebhook();

  Json Read(const std::string& path);  // null: there is none
  Json Configuration(const std::string& kind) { return Read(kHooksPath + kind + "webhookconfigurations/hullwright"); }
  std::size_t HookCount(const std::string& kind);
  bool BothRegistered() { return HookCount("validating") == 2 && HookCount("mutating") == 2; }
  void Patch(const std::string& path, const Json& merge);
  std::string SecretEntry(const std::string& name, const std::string& key);
  bool HasEvent(const std::string& reason);
  std::string Holder();  // of the Lease

  // Dry runs of a Pod that policy admits and of one that it denies: "" when both are answered as they must be.
  std::string Probe();

 private:
  Release();
  void Install();
  void CopySecret(const std::string& folder);

  std::unique_ptr<testing::ApiServer> server_;
  testing::TemporaryDirectory files_;
  std::uint16_t webhook_port_ = 0;
  std::unique_ptr<testing::Process> webhook_;
  std::jthread kubelet_;
};

// Metrics of an operator; "" while it does not answer.
std::string MetricsOf(std::uint16_t port);

}  // namespace hullwright::test
