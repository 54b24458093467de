#include "webhook/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <map>
#include <tuple>

#include "base/guarded.h"
#include "evidence/exploitation_source.h"
#include "kube/pod_spec.h"
#include "webhook/decision_text.h"

namespace hullwright::webhook {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// From the 25 µs of a warm answer to the 10 s after which no API server waits any more.
const prometheus::Histogram::BucketBoundaries kDurations{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                         0.025,   0.1,    0.5,     1,      2.5,   10};

constexpr std::array<std::string_view, 5> kPaths = {"validate", "pin", "imagereview", "validate-objects", "stamp"};

// A kind that anybody could make up would be a label that anybody could fill memory with. The view lives as long as the program.
std::string_view KindLabel(std::string_view kind) {
  for (const kube::Workload& workload : kube::Workloads::BuiltIn()) {
    if (workload.kind == kind) return workload.kind;
  }
  for (const api::KindInfo& info : api::Kinds()) {
    if (info.kind == kind) return info.kind;
  }
  return "other";
}

struct Sample {
  prometheus::Labels labels;
  double value = 0;
};

MetricFamily MakeFamily(MetricType type, std::string name, std::string help, const std::vector<Sample>& samples) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  for (const Sample& sample : samples) {
    ClientMetric metric;
    for (const auto& [key, value] : sample.labels) metric.label.push_back({key, value});
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = sample.value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

double Number(std::uint64_t count) {
  return static_cast<double>(count);
}

class Scrape {
 public:
  explicit Scrape(std::vector<MetricFamily> families) : families_(std::move(families)) {}

  void Gauge(std::string name, std::string help, const std::vector<Sample>& samples) {
    families_.push_back(MakeFamily(MetricType::Gauge, std::move(name), std::move(help), samples));
  }
  void Counter(std::string name, std::string help, const std::vector<Sample>& samples) {
    families_.push_back(MakeFamily(MetricType::Counter, std::move(name), std::move(help), samples));
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddCatalogue(const MetricSources& sources, Scrape& scrape) {
  const evidence::Catalogue& catalogue = sources.catalogue;
  std::vector<Sample> objects;
  for (const auto& [kind, count] : catalogue.Counts()) objects.push_back({{{"kind", kind}}, Number(count)});
  scrape.Gauge("hullwright_objects", "Objects in force, by kind.", objects);
  double with_last_good = 0, without = 0;
  bool denies_everything = false;
  for (const auto& problem : sources.Problems()) {
    ++(problem.last_good_in_force ? with_last_good : without);
    denies_everything |= problem.denies_everything && !problem.last_good_in_force;
  }
  scrape.Gauge("hullwright_problems",
               "Objects, files and trust material that cannot be used, by whether a last good version is in force; see /readyz?verbose.",
               {{{{"last_good", "true"}}, with_last_good}, {{{"last_good", "false"}}, without}});
  scrape.Gauge("hullwright_denies_everything", "1 while something that cannot be used might cover anything, so that every Pod is denied.",
               {{{}, denies_everything ? 1.0 : 0.0}});
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - catalogue.PublishedAt();
  scrape.Gauge("hullwright_snapshot_age_seconds", "Seconds since policies were last published.", {{{}, age.count()}});
}

void AddExploitation(const policy::Exploitation* loaded, Scrape& scrape) {
  if (loaded == nullptr) return;
  const Time now = SystemClock().Now();
  std::vector<Sample> ages, entries;
  const auto add = [&](const char* data, Time date, std::size_t count) {
    ages.push_back({{{"data", data}}, std::chrono::duration<double>(now - date).count()});
    entries.push_back({{{"data", data}}, Number(count)});
  };
  if (loaded->epss) add("epss", loaded->epss->date, loaded->epss->entries.size());
  if (loaded->known) add("kev", loaded->known->date, loaded->known->entries.size());
  scrape.Gauge("hullwright_exploitation_age_seconds",
               "Seconds since the date of the EPSS scores, and since the release of the KEV catalogue.", ages);
  scrape.Gauge("hullwright_exploitation_entries", "Vulnerabilities with an EPSS score, and in the KEV catalogue.", entries);
}

void AddServer(const http::ServerStatistics& server, Scrape& scrape) {
  scrape.Counter(
      "hullwright_http_connections_total", "Connections, by what became of them.",
      {{{{"result", "accepted"}}, Number(server.connections_accepted)}, {{{"result", "refused"}}, Number(server.connections_refused)}});
  scrape.Gauge("hullwright_http_connections_open", "Connections open now.", {{{}, Number(server.connections_open)}});
  scrape.Counter("hullwright_http_requests_total", "Requests that arrived.", {{{}, Number(server.requests)}});
  scrape.Counter("hullwright_http_requests_refused_total", "Requests refused before any handler saw them: too large, malformed, too many.",
                 {{{}, Number(server.requests_refused)}});
  scrape.Counter("hullwright_http_handler_failures_total", "Handlers that threw.", {{{}, Number(server.handler_failures)}});
  scrape.Counter(
      "hullwright_certificate_reloads_total", "Renewals of the served certificate, by result.",
      {{{{"result", "done"}}, Number(server.certificate_reloads)}, {{{"result", "failed"}}, Number(server.certificate_reload_failures)}});
}

void AddCertificate(const std::optional<Time>& expiry, Scrape& scrape) {
  if (!expiry) return;
  const std::chrono::duration<double> since_epoch = expiry->time_since_epoch();
  scrape.Gauge("hullwright_certificate_expiry_timestamp_seconds", "When the served certificate ends, in Unix time.",
               {{{}, since_epoch.count()}});
}

void AddWatches(const std::vector<WatchState>& watches, Scrape& scrape) {
  if (watches.empty()) return;
  std::vector<Sample> synced, connected, lists, events, expired;
  for (const WatchState& watch : watches) {
    const prometheus::Labels labels{{"resource", watch.resource}};
    synced.push_back({labels, watch.synced ? 1.0 : 0.0});
    connected.push_back({labels, watch.connected ? 1.0 : 0.0});
    lists.push_back({labels, Number(watch.lists)});
    events.push_back({labels, Number(watch.events)});
    expired.push_back({labels, Number(watch.expired)});
  }
  scrape.Gauge("hullwright_watch_synced", "Whether the first list of a resource has arrived.", synced);
  scrape.Gauge("hullwright_watch_connected", "Whether a watch of the resource is open now.", connected);
  scrape.Counter("hullwright_watch_lists_total", "Lists of a resource.", lists);
  scrape.Counter("hullwright_watch_events_total", "Events of a resource.", events);
  scrape.Counter("hullwright_watch_expired_total", "Watches ended by 410 Gone, which forces a new list.", expired);
}

void AddFacts(const evidence::GathererStatistics& facts, Scrape& scrape) {
  scrape.Gauge("hullwright_facts", "Digests whose facts are in memory.", {{{}, Number(facts.facts)}});
  scrape.Gauge("hullwright_facts_bytes", "Memory that these facts take, about.", {{{}, Number(facts.facts_bytes)}});
  scrape.Counter("hullwright_facts_memory_hits_total", "Images whose facts were in memory.", {{{}, Number(facts.memory_hits)}});
  scrape.Counter("hullwright_facts_gathered_total", "Gatherings of facts about a digest, by what came of them.",
                 {{{{"result", "negative"}}, Number(facts.negative)},
                  {{{"result", "unreachable"}}, Number(facts.unreachable)},
                  {{{"result", "outage"}}, Number(facts.outages)},
                  {{{"result", "all"}}, Number(facts.gathered)}});
  scrape.Counter("hullwright_tags_resolved_total", "Tags that a registry was asked for.", {{{}, Number(facts.resolved)}});
  scrape.Counter("hullwright_facts_refused_total", "Images that were not gathered because too many waited, or too much was held.",
                 {{{}, Number(facts.refused_by_load)}});
}

void AddCache(const store::ByteCacheStatistics& cache, Scrape& scrape) {
  scrape.Gauge("hullwright_cache_usable", "Whether the file of --cache is open.", {{{}, cache.usable ? 1.0 : 0.0}});
  scrape.Gauge("hullwright_cache_bytes", "Bytes in use of the file of --cache.", {{{}, Number(cache.file_bytes)}});
  scrape.Counter("hullwright_cache_reads_total", "Reads of the file of --cache, by result.",
                 {{{{"result", "hit"}}, Number(cache.hits)}, {{{"result", "miss"}}, Number(cache.misses)}});
  scrape.Counter("hullwright_cache_writes_total", "Writes to the file of --cache, by result.",
                 {{{{"result", "done"}}, Number(cache.written)}, {{{"result", "dropped"}}, Number(cache.dropped)}});
  scrape.Counter("hullwright_cache_failures_total", "Operations on the file of --cache that failed.", {{{}, Number(cache.failures)}});
  scrape.Counter("hullwright_cache_rebuilds_total", "Times the file of --cache was damaged and built anew.",
                 {{{}, Number(cache.rebuilds)}});
}

void AddRegistries(const RegistryStatistics& registries, Scrape& scrape) {
  scrape.Counter("hullwright_registry_requests_total", "HTTP requests to registries and their token services.",
                 {{{}, Number(registries.requests)}});
  scrape.Counter("hullwright_trust_reads_total", "Times keys, roots and registry settings were read anew.",
                 {{{}, Number(registries.trust_reads)}});
  scrape.Counter(
      "hullwright_revocation_requests_total", "Requests to OCSP responders and for revocation lists, by result.",
      {{{{"result", "answered"}}, Number(registries.revocation.answered)}, {{{"result", "failed"}}, Number(registries.revocation.failed)}});
  AddFacts(registries.gatherer, scrape);
  if (registries.cache) AddCache(*registries.cache, scrape);
}

void AddHistory(const evidence::RecorderStatistics& statistics, Scrape& scrape) {
  const store::HistoryStatistics& history = statistics.history;
  scrape.Gauge("hullwright_history_usable", "Whether the file of --history is open.", {{{}, history.usable ? 1.0 : 0.0}});
  scrape.Gauge("hullwright_history_bytes", "Bytes in use of the file of --history.", {{{}, Number(history.file_bytes)}});
  scrape.Counter(
      "hullwright_history_decisions_total", "Decisions for the history, by what became of them.",
      {{{{"result", "written"}}, Number(history.written)}, {{{"result", "dropped"}}, Number(history.dropped + statistics.lost)}});
  scrape.Counter("hullwright_history_failures_total", "Operations on the file of --history that failed.", {{{}, Number(history.failures)}});
  scrape.Counter("hullwright_history_rebuilds_total", "Times the file of --history was damaged and begun anew.",
                 {{{}, Number(history.rebuilds)}});
}

}  // namespace

std::vector<evidence::Problem> MetricSources::Problems() const {
  std::vector<evidence::Problem> problems = catalogue.Problems();
  const std::vector<evidence::Problem> unusable = evidence::ExploitationProblems(catalogue.Exploitation().get(), SystemClock().Now());
  problems.insert(problems.end(), unusable.begin(), unusable.end());
  if (!trust_problems) return problems;
  const std::vector<evidence::Problem> of_trust = trust_problems();
  problems.insert(problems.end(), of_trust.begin(), of_trust.end());
  return problems;
}

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& decisions =
      BuildCounter().Name("hullwright_decisions_total").Help("Admission decisions.").Register(registry);
  prometheus::Family<prometheus::Counter>& reasons =
      BuildCounter().Name("hullwright_decision_reasons_total").Help("Decisions that had a reason, by its word.").Register(registry);
  prometheus::Family<prometheus::Counter>& unmatched =
      BuildCounter().Name("hullwright_unmatched_total").Help("Decisions over an image that no policy covers.").Register(registry);
  prometheus::Family<prometheus::Counter>& outages = BuildCounter()
                                                         .Name("hullwright_outage_decisions_total")
                                                         .Help("Decisions by facts of before an outage of a registry.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Counter>& tolerated = BuildCounter()
                                                           .Name("hullwright_tolerated_decisions_total")
                                                           .Help("Decisions that rest on a signature that holds in part.")
                                                           .Register(registry);
  prometheus::Family<prometheus::Counter>& graces = BuildCounter()
                                                        .Name("hullwright_grace_decisions_total")
                                                        .Help("Decisions over findings that are forbidden only later.")
                                                        .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      BuildHistogram().Name("hullwright_decision_duration_seconds").Help("From the whole request read to its answer.").Register(registry);
  prometheus::Family<prometheus::Counter>& unreadable =
      BuildCounter().Name("hullwright_reviews_unreadable_total").Help("Requests that are no AdmissionReview v1.").Register(registry);
  prometheus::Family<prometheus::Counter>& internal_errors =
      BuildCounter().Name("hullwright_internal_errors_total").Help("Requests denied because of an exception.").Register(registry);

  // What Family::Add has found before, which would build and hash a map of labels for each request.
  using DecisionKey = std::tuple<std::string_view, std::string_view, policy::Outcome, Operation, bool>;
  Guarded<std::map<DecisionKey, prometheus::Counter*>> known_decisions;
  std::array<prometheus::Histogram*, kPaths.size()> path_durations{};

  Families() {
    for (std::size_t i = 0; i < kPaths.size(); ++i) path_durations[i] = &durations.Add({{"path", std::string(kPaths[i])}}, kDurations);
  }

  // path is one of kPaths and kind a KindLabel of static life: both outlive the key.
  prometheus::Counter& Decision(std::string_view path, std::string_view kind, Operation operation, const Verdict& verdict) {
    const DecisionKey key{path, kind, verdict.outcome, operation, verdict.answer.allowed};
    return *known_decisions.With([&](auto& known) {
      prometheus::Counter*& counter = known[key];
      if (counter == nullptr) {
        counter = &decisions.Add({{"path", std::string(path)},
                                  {"operation", std::string(ToString(operation))},
                                  {"kind", std::string(kind)},
                                  {"outcome", std::string(policy::ToString(verdict.outcome))},
                                  {"allowed", verdict.answer.allowed ? "true" : "false"}});
      }
      return counter;
    });
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::CountDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict, double seconds) {
  const auto known = std::ranges::find(kPaths, path);
  assert(known != kPaths.end());
  families_->Decision(*known, KindLabel(request.kind), request.operation, verdict).Increment();
  families_->path_durations[static_cast<std::size_t>(known - kPaths.begin())]->Observe(seconds);
  for (const std::string_view word : verdict.reasons) families_->reasons.Add({{"reason", std::string(word)}}).Increment();
  if (verdict.answer.audit_annotations.contains("unmatched")) families_->unmatched.Add({}).Increment();
  if (verdict.answer.audit_annotations.contains(kOutageAnnotation)) families_->outages.Add({}).Increment();
  if (verdict.answer.audit_annotations.contains(kToleratedAnnotation)) families_->tolerated.Add({}).Increment();
  if (verdict.answer.audit_annotations.contains(kGraceAnnotation)) families_->graces.Add({}).Increment();
}

void Metrics::CountUnreadable(std::string_view path) {
  families_->unreadable.Add({{"path", std::string(path)}}).Increment();
}

void Metrics::CountInternalError(std::string_view path) {
  families_->internal_errors.Add({{"path", std::string(path)}}).Increment();
}

std::string Metrics::Serialize(const MetricSources& sources) const {
  Scrape scrape(families_->registry.Collect());
  AddCatalogue(sources, scrape);
  AddExploitation(sources.catalogue.Exploitation().get(), scrape);
  scrape.Gauge("hullwright_ready", "Whether /readyz answers 200.", {{{}, sources.ready() ? 1.0 : 0.0}});
  AddServer(sources.server(), scrape);
  AddCertificate(sources.certificate_expiry(), scrape);
  AddWatches(sources.watches(), scrape);
  if (sources.registries) AddRegistries(sources.registries(), scrape);
  if (sources.history) AddHistory(sources.history(), scrape);
  return scrape.Text();
}

}  // namespace hullwright::webhook
