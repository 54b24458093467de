// Registries as commands ask them: over the network as the folders' Registry objects and the command line say, or an OCI layout folder in
// their place; with the credentials of a docker config.json where the webhook has pull secrets, and the trust of a catalogue.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/pull_context.h"
#include "cli/command.h"
#include "evidence/catalogue.h"
#include "evidence/cluster_data.h"
#include "evidence/gatherer.h"
#include "evidence/keyrings.h"
#include "registry/registry.h"

namespace hullwright::cli {

// As written on the command line.
struct RegistryOptions {
  std::string layout;                   // folder; "": registries over the network
  std::vector<std::string> registries;  // files and folders with Registry objects
  std::vector<std::string> plain_http;  // hosts
  std::string registry_config;          // config.json; "": the environment's, where there is one
  std::string cluster_data;             // folder, as the webhook's --cluster-data; "" for none
  std::string release_namespace = "hullwright-system";
};

// How long one image may take.
inline constexpr std::chrono::seconds kRegistryPatience{60};

// Thread-safe once it is open. The catalogue, the clock and the observer outlive it.
class RegistrySession {
 public:
  // Puts the Registry objects of the options into the catalogue. Errors: something cannot be read, or contradicts itself.
  static Result<std::unique_ptr<RegistrySession>> Open(const RegistryOptions& options, evidence::Catalogue& catalogue,
                                                       const Environment& environment, const Clock& clock,
                                                       evidence::Observer* observer = nullptr);

  ~RegistrySession();

  registry::Registry& registry() { return *registry_; }
  evidence::Gatherer& gatherer() { return *gatherer_; }
  const evidence::TrustMaterial& trust() const { return *trust_; }
  // Whose credentials a question to the gatherer is asked with.
  const api::PullContext& pull() const { return pull_; }
  // The same for a question to the registry itself.
  Result<registry::Call> NewCall();

 private:
  struct Online;

  RegistrySession();
  Result<void> OpenNetwork(const RegistryOptions& options, const evidence::TrustObjects& objects, const Clock& clock);
  Result<void> OpenLayout(const std::string& folder);
  void ReadTrust(const RegistryOptions& options, const evidence::TrustObjects& objects);

  std::unique_ptr<evidence::ClusterData> data_;
  std::unique_ptr<evidence::Keyrings> keyrings_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<Online> online_;  // null with a layout, beside which nothing is asked
  std::shared_ptr<const evidence::TrustMaterial> trust_;
  api::PullContext pull_;
  std::unique_ptr<evidence::Gatherer> gatherer_;  // last: its threads use the others
};

}  // namespace hullwright::cli
