// The composition root: builds in order, waits for a signal, stops gracefully, destroys in reverse.
//
//   every replica follows the cluster and tries for the Lease ─► the one that has it works ─► lost: the process ends at once, with an error
//   SIGTERM or SIGINT ─► unready, work ends, the Lease is given back, exit 0
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "http/server.h"
#include "kube/leader_election.h"
#include "kube/rate_limit.h"
#include "operator/certificate_controller.h"
#include "operator/config.h"
#include "operator/configuration_controller.h"
#include "operator/metrics.h"
#include "operator/status_controller.h"
#include "operator/watches.h"

namespace hullwright::controller {
namespace {

constexpr int kFailureStatus = 1;
constexpr int kClientThreads = 4;  // of the process, since cpprestsdk has one pool of threads for all clients
constexpr std::chrono::seconds kFlushTime{2}, kDrainTime{2};

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Before any thread is started, so that all inherit it and signals wait for main.
void HoldSignals() {
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Result<std::unique_ptr<kube::KubeClient>> ConnectTo(const std::string& kubeconfig) {
  http::InitializeClientThreads(kClientThreads);
  const auto access = kubeconfig.empty() ? kube::ClusterAccess::FromServiceAccount() : kube::ClusterAccess::FromKubeconfig(kubeconfig);
  if (!access) return std::unexpected(access.error().Within(kubeconfig.empty() ? "service account" : "--kubeconfig"));
  return kube::KubeClient::Connect(*access);
}

http::ServerOptions PortOptions(const http::ListenAddress& listen) {
  http::ServerOptions server;
  server.address = listen.address;
  server.port = listen.port;
  server.threads = 1;
  server.blocking_threads = 1;
  server.max_connections = 64;
  server.max_body_bytes = 0;
  return server;
}

http::Response Text(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

kube::WorkQueueOptions QueueOptions() {
  kube::WorkQueueOptions options;
  options.first_retry = std::chrono::milliseconds(200);
  options.most_retry = std::chrono::seconds(30);
  return options;
}

// The two controllers that share the bundle: one worker runs them in turn.
class LeadingWork {
 public:
  LeadingWork(const ControllerContext& context, const Options& options, kube::WorkQueue& queue)
      : certificates_(context, options.certificates, [&queue] { queue.Add(kConfigurationKey); }),
        configurations_(context, options.configurations, [this] { return certificates_.bundle(); }),
        workers_("controllers", queue, [this](const std::string& key, const std::stop_token& stop) -> Result<kube::Reconciled> {
          if (key == kCertificatesKey) return certificates_.Reconcile(stop);
          if (key == kConfigurationKey) return configurations_.Reconcile(stop);
          return kube::Reconciled::Done();
        }) {
    queue.Add(kCertificatesKey);
    queue.Add(kConfigurationKey);
  }

  kube::WorkersStatus status() const { return workers_.status(); }

 private:
  CertificateController certificates_;
  ConfigurationController configurations_;
  kube::Workers workers_;  // last: works on the above
};

// Members are built in order and destroyed in reverse: leading work ends before the Lease is given back.
class Operator {
 public:
  explicit Operator(const Options& options) : options_(options) {}

  Result<void> Start() {
    auto connection = ConnectTo(options_.kubeconfig);
    if (!connection) return std::unexpected(connection.error());
    connection_ = std::move(*connection);
    client_ = kube::LimitRate(*connection_, {}, steady_);
    auto identity = kube::LeaderIdentity();
    if (!identity) return std::unexpected(identity.error());
    kube::LeaderElectionOptions election = options_.election;
    election.identity = *identity;
    if (auto sound = election.Check(); !sound) return sound;
    events_ = std::make_unique<kube::EventRecorder>(
        *client_, kube::EventRecorderOptions{.controller = "hullwright.dev/operator", .instance = *identity}, steady_, clock_);
    watches_ = std::make_unique<Watches>(*connection_, options_.names, queue_);
    context_ = std::make_unique<ControllerContext>(ControllerContext{*client_, options_.names, *events_, metrics_, clock_, steady_, probe_,
                                                                     [this] { return watches_->ReadyAddresses(); }});
    status_ = std::make_unique<StatusController>(*connection_, *client_, clock_);
    if (auto served = StartServer(); !served) return served;
    log::Info("waiting to lead", {{"identity", *identity}, {"lease", election.name}, {"metrics_port", server_->port()}});
    // Not through the rate limit: a renewal must not wait behind other calls.
    election_ = std::make_unique<kube::LeaderElection>(
        *connection_, election,
        kube::LeaderCallbacks{.on_started = [this] { Lead(); }, .on_lost = [](const std::string& why) { EndNow(why); }},
        kube::ElectionTime{steady_, clock_});
    return {};
  }

  void Run() {
    const sigset_t signals = EndSignals();
    int signal = 0;
    sigwait(&signals, &signal);
    log::Info("stopping", {{"signal", signal}});
    stopping_ = true;
    server_->AnnounceClose();
    StopLeading();
    events_->Flush(kFlushTime);
    election_.reset();  // gives the Lease back
    StopLeading();      // leading may have begun in between; the election has ended now
    server_->Drain(std::chrono::steady_clock::now() + kDrainTime);
    log::Info("stopped");
  }

 private:
  // Another leader may begin at any moment: nothing of ours may go on.
  [[noreturn]] static void EndNow(const std::string& why) {
    log::Error("no longer the leader, ending", {{"why", why}});
    log::Flush();
    std::_Exit(kFailureStatus);
  }

  void Lead() {
    log::Info("leading");
    leading_ = true;
    auto work = std::make_unique<LeadingWork>(*context_, options_, queue_);
    work_.With([&](auto& held) { held = std::move(work); });
    status_->Lead();
  }

  void StopLeading() {
    leading_ = false;
    status_->Stop();
    // Moved out under the lock and ended outside of it.
    work_.With([](auto& held) { return std::move(held); }).reset();
  }

  std::optional<std::string> NotReady() const {
    if (stopping_) return "the process is about to stop";
    if (auto missing = watches_->Missing()) return missing;
    return status_->Missing();
  }

  MetricSources Sources() {
    return {.leading = [this] { return leading_.load(); },
            .ready = [this] { return !NotReady(); },
            .watches = [this] { return watches_->States(); },
            .queue = [this] { return queue_.status(); },
            .workers = [this] { return work_.With([](const auto& held) { return held ? std::optional(held->status()) : std::nullopt; }); },
            .events = [this] { return events_->status(); },
            .status_writes = [this] { return status_->writes(); }};
  }

  Result<void> StartServer() {
    std::vector<http::Route> routes;
    routes.push_back({"GET", "/healthz", [](const http::ServerRequest&) { return Text(200, "ok\n"); }});
    routes.push_back({"GET", "/readyz", [this](const http::ServerRequest&) {
                        const auto missing = NotReady();
                        return missing ? Text(503, fmt::format("not ready: {}\n", *missing)) : Text(200, "ok\n");
                      }});
    routes.push_back({"GET", "/metrics", [this, sources = Sources()](const http::ServerRequest&) {
                        http::Response response = Text(200, metrics_.Serialize(sources));
                        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                        return response;
                      }});
    auto server = http::HttpServer::Start(PortOptions(options_.metrics_listen), std::move(routes));
    if (!server) return std::unexpected(server.error().Within("--metrics-listen"));
    server_ = std::move(*server);
    return {};
  }

  const Options& options_;
  SystemClock clock_;
  SteadyClock steady_;
  Metrics metrics_;
  TlsProbe probe_;
  kube::WorkQueue queue_{QueueOptions()};
  std::unique_ptr<kube::KubeClient> connection_, client_;
  std::unique_ptr<kube::EventRecorder> events_;
  std::unique_ptr<Watches> watches_;
  std::unique_ptr<ControllerContext> context_;
  std::unique_ptr<StatusController> status_;
  std::atomic<bool> stopping_ = false, leading_ = false;
  Guarded<std::unique_ptr<LeadingWork>> work_;
  std::unique_ptr<kube::LeaderElection> election_;
  std::unique_ptr<http::HttpServer> server_;
};

int Main(int argc, char** argv) {
  const auto options = ParseOptions(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().status == 0 ? stdout : stderr);
    return options.error().status;
  }
  log::SetLevel(options->log_level);
  HoldSignals();
  Operator process(*options);
  if (const auto started = process.Start(); !started) {
    log::Flush();
    fmt::print(stderr, "hullwright-operator: {}\n", started.error().message);
    return kFailureStatus;
  }
  process.Run();
  log::Flush();
  return 0;
}

}  // namespace
}  // namespace hullwright::controller

int main(int argc, char** argv) {
  return hullwright::controller::Main(argc, argv);
}
