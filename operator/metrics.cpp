#include "operator/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <utility>

namespace hullwright::controller {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Point {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

class Page {
 public:
  void Gauge(std::string name, std::string help, const std::vector<Point>& points) {
    Add(MetricType::Gauge, std::move(name), std::move(help), points);
  }
  void Counter(std::string name, std::string help, const std::vector<Point>& points) {
    Add(MetricType::Counter, std::move(name), std::move(help), points);
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void Add(MetricType type, std::string name, std::string help, const std::vector<Point>& points) {
    MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    for (const Point& point : points) {
      ClientMetric metric;
      for (const auto& [label, value] : point.labels) metric.label.push_back({label, value});
      (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = point.value;
      family.metric.push_back(std::move(metric));
    }
    families_.push_back(std::move(family));
  }

  std::vector<MetricFamily> families_;
};

std::string RoleWord(CertificateRole role) {
  return role == CertificateRole::kAuthority ? "ca" : "webhook";
}

double AsNumber(std::uint64_t count) {
  return static_cast<double>(count);
}
double AsFlag(bool flag) {
  return flag ? 1 : 0;
}
double AsSeconds(Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

template <class T, class ToValue>
std::vector<Point> ByHookKind(const std::map<HookKind, T>& values, ToValue&& to_value) {
  std::vector<Point> points;
  points.reserve(values.size());
  for (const auto& [kind, value] : values) points.push_back({{{"configuration", std::string(Word(kind))}}, to_value(value)});
  return points;
}

template <class T, class ToValue>
std::vector<Point> ByRole(const std::map<CertificateRole, T>& values, ToValue&& to_value) {
  std::vector<Point> points;
  points.reserve(values.size());
  for (const auto& [role, value] : values) points.push_back({{{"certificate", RoleWord(role)}}, to_value(value)});
  return points;
}

void AddProcess(const MetricSources& sources, Page& page) {
  page.Gauge("hullwright_operator_leader", "1 while this process leads.", {{{}, AsFlag(sources.leading())}});
  page.Gauge("hullwright_operator_ready", "1 while /readyz says so.", {{{}, AsFlag(sources.ready())}});
  std::vector<Point> synced, connected;
  for (const auto& [resource, status] : sources.watches()) {
    synced.push_back({{{"resource", resource}}, AsFlag(status.synced)});
    connected.push_back({{{"resource", resource}}, AsFlag(status.connected)});
  }
  page.Gauge("hullwright_operator_watch_synced", "1 once the first list of a resource has arrived.", synced);
  page.Gauge("hullwright_operator_watch_connected", "1 while the watch of a resource is established.", connected);
  const kube::WorkQueueStatus queue = sources.queue();
  page.Gauge("hullwright_operator_queue_keys", "Keys of the work queue, by state.",
             {{{{"state", "waiting"}}, AsNumber(queue.waiting)},
              {{{"state", "delayed"}}, AsNumber(queue.delayed)},
              {{{"state", "processing"}}, AsNumber(queue.processing)},
              {{{"state", "failing"}}, AsNumber(queue.failing)}});
  if (const auto workers = sources.workers()) {
    page.Counter("hullwright_operator_reconciles_total", "Runs of the controllers since this process leads, by outcome.",
                 {{{{"outcome", "success"}}, AsNumber(workers->succeeded)}, {{{"outcome", "error"}}, AsNumber(workers->failed)}});
  }
  const kube::EventRecorderStatus events = sources.events();
  page.Counter("hullwright_operator_events_total", "Events, by what became of them.",
               {{{{"outcome", "written"}}, AsNumber(events.written)}, {{{"outcome", "dropped"}}, AsNumber(events.dropped)}});
  page.Counter("hullwright_operator_status_writes_total", "Writes of the status of our own objects.",
               {{{}, AsNumber(sources.status_writes())}});
}

}  // namespace

void Metrics::SetGateOff(bool off) {
  state_.With([&](State& state) { state.gate_off = off; });
}
void Metrics::SetInForce(HookKind kind, bool in_force) {
  state_.With([&](State& state) { state.in_force[kind] = in_force; });
}
void Metrics::CountApplied(HookKind kind) {
  state_.With([&](State& state) { ++state.applied[kind]; });
}
void Metrics::CountDrift(HookKind kind) {
  state_.With([&](State& state) { ++state.drift[kind]; });
}
void Metrics::CountInvalid() {
  state_.With([](State& state) { ++state.invalid; });
}
void Metrics::SetExpiry(CertificateRole role, Time expiry) {
  state_.With([&](State& state) { state.expiry[role] = expiry; });
}
void Metrics::SetRenewal(CertificateRole role, Time renewal) {
  state_.With([&](State& state) { state.renewal[role] = renewal; });
}
void Metrics::CountIssued(CertificateRole role) {
  state_.With([&](State& state) { ++state.issued[role]; });
}
void Metrics::SetAuthorities(std::size_t trusted) {
  state_.With([&](State& state) { state.authorities = trusted; });
}

std::string Metrics::Serialize(const MetricSources& sources) const {
  Page page;
  AddProcess(sources, page);
  state_.With([&](const State& state) {
    if (state.gate_off) {
      page.Gauge("hullwright_operator_gate_off", "1 while the annotation hullwright.dev/gate switches the gate off.",
                 {{{}, AsFlag(*state.gate_off)}});
    }
    page.Gauge("hullwright_operator_webhook_configuration_in_force", "1 while the live object is as it is wanted, by configuration.",
               ByHookKind(state.in_force, AsFlag));
    page.Counter("hullwright_operator_webhook_configuration_applied_total", "Writes of a webhook configuration.",
                 ByHookKind(state.applied, AsNumber));
    page.Counter("hullwright_operator_webhook_configuration_drift_total", "Times that a webhook configuration was found changed by others.",
                 ByHookKind(state.drift, AsNumber));
    page.Counter("hullwright_operator_webhook_configuration_invalid_total",
                 "Times that the ConfigMap with the wanted configurations could not be used.", {{{}, AsNumber(state.invalid)}});
    page.Gauge("hullwright_operator_certificate_expiry_timestamp_seconds", "End of validity of the CA and of the webhook's certificate.",
               ByRole(state.expiry, AsSeconds));
    page.Gauge("hullwright_operator_certificate_renewal_timestamp_seconds",
               "When the CA and the webhook's certificate are due for renewal.", ByRole(state.renewal, AsSeconds));
    page.Counter("hullwright_operator_certificates_issued_total", "Certificates that this process has made.",
                 ByRole(state.issued, AsNumber));
    if (state.authorities) {
      page.Gauge("hullwright_operator_trusted_authorities", "CAs in the bundle; more than one during a rotation.",
                 {{{}, AsNumber(*state.authorities)}});
    }
  });
  return page.Text();
}

}  // namespace hullwright::controller
