// What /metrics tells, in the text format of Prometheus. Every label has a bounded set of values: nothing of a request is ever one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/catalogue.h"
#include "evidence/decision_recorder.h"
#include "evidence/gatherer.h"
#include "http/server.h"
#include "webhook/admission_review.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// The state of one list-watch, by the resource it follows.
struct WatchState {
  std::string resource;
  bool synced = false, connected = false;
  std::uint64_t lists = 0, events = 0, expired = 0;
};

// What gathering facts of registries has cost.
struct RegistryStatistics {
  evidence::GathererStatistics gatherer;
  std::uint64_t requests = 0, trust_reads = 0;
  evidence::RevocationStatistics revocation = {};
  std::optional<store::ByteCacheStatistics> cache;  // nullopt: without --cache
};

// What is asked at each scrape rather than counted.
struct MetricSources {
  const evidence::Catalogue& catalogue;
  std::function<http::ServerStatistics()> server;
  std::function<std::optional<Time>()> certificate_expiry;
  std::function<std::vector<WatchState>()> watches;
  std::function<bool()> ready;
  std::function<RegistryStatistics()> registries = {};  // empty: no registry is asked
  std::function<std::vector<evidence::Problem>()> trust_problems = {};
  std::function<evidence::RecorderStatistics()> history = {};  // empty: none is kept

  // Of objects, files, exploitation data and trust material.
  std::vector<evidence::Problem> Problems() const;
};

// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  // path: "validate", "pin", "imagereview", "validate-objects" or "stamp".
  void CountDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict, double seconds);
  void CountUnreadable(std::string_view path);
  void CountInternalError(std::string_view path);

  std::string Serialize(const MetricSources& sources) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace hullwright::webhook
