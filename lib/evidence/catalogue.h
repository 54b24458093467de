// Every object we know, by key, with the last good version of each: what a request is judged against. Fed by folders
// (folder_source.h) or by the API server (webhook/cluster_source.h); both use the same two verbs, Put and Remove.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/object.h"
#include "evidence/scan_index.h"
#include "evidence/trust_objects.h"
#include "policy/exploitation.h"
#include "policy/policy_set.h"

namespace hullwright::evidence {

using NamespaceLabels = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

// Something that could not be used. Shown in logs, a metric and /readyz?verbose until it is mended.
struct Problem {
  std::string origin;  // "policies/production.yaml" or "cluster"
  std::string object;  // ObjectKey::ToString(), "" when the origin as a whole is unreadable
  std::string error;
  bool last_good_in_force = false;
  bool denies_everything = false;  // a policy or file of which nobody can know what it covers
};

// Thread-safe. Readers take a snapshot; writers call Put/Remove and then Publish once per batch, which rebuilds only what changed.
// Scans are in force at once, without Publish.
class Catalogue {
 public:
  Catalogue();
  ~Catalogue();

  // An object was read. With an error the last good version stays in force; where there is none, a policy covers what match says (nullopt:
  // everything) and denies it, a publisher counts as unknown, a scan as invalid, a waiver as absent, a namespace as unknown.
  void Put(const api::ObjectKey& key, std::string_view origin, Result<api::Object> object,
           std::optional<api::PolicyMatch> match = std::nullopt);
  // The same for an ImageScan that was made compact already.
  void PutScan(const api::ObjectKey& key, std::shared_ptr<const policy::ScanRecord> scan);
  void Remove(const api::ObjectKey& key);

  // An origin that cannot be read at all (a YAML file that does not parse). may_hold_policies: with nothing good known from it, everything
  // is denied, since nobody can know what it covers.
  void PutUnreadable(std::string_view origin, const Error& error, bool may_hold_policies, bool has_last_good);
  void ClearUnreadable(std::string_view origin);

  // In force at once, without Publish.
  void PutExploitation(std::shared_ptr<const policy::Exploitation> exploitation);

  void Publish();

  std::shared_ptr<const policy::PolicySet> Policies() const;
  std::shared_ptr<const NamespaceLabels> Namespaces() const;
  std::shared_ptr<const TrustObjects> Trust() const;
  const ScanIndex& Scans() const;
  std::shared_ptr<const policy::Exploitation> Exploitation() const;  // nullptr: none was loaded

  std::vector<Problem> Problems() const;
  // How many objects of each kind are in force.
  std::map<std::string, std::size_t> Counts() const;
  // When Publish was last called.
  std::chrono::steady_clock::time_point PublishedAt() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hullwright::evidence
