// The composition root: builds in order, waits for a signal, stops gracefully, destroys in reverse.
//
//   SIGTERM or SIGINT → unready, replies say "Connection: close" → still serving for --shutdown-delay, until the cluster has noticed →
//   drain → exit 0
//   a second signal → drain at once
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <ctime>

#include "base/log.h"
#include "evidence/decision_recorder.h"
#include "evidence/exploitation_mirror.h"
#include "evidence/exploitation_source.h"
#include "evidence/folder_data.h"
#include "evidence/folder_source.h"
#include "webhook/cluster_data.h"
#include "webhook/cluster_source.h"
#include "webhook/config.h"
#include "webhook/registry_access.h"
#include "webhook/routes.h"

namespace hullwright::webhook {
namespace {

constexpr int kFailureStatus = 1;
constexpr std::chrono::seconds kDrainTime{20};
constexpr std::chrono::seconds kHurriedDrainTime{1};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Before any thread is started, so that all inherit it and signals wait for main.
void BlockSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void WaitForSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  log::Info("stopping", {{"signal", signal}});
}

// True when a further signal came within the time.
bool SignalWithin(std::chrono::seconds time) {
  const sigset_t signals = StopSignals();
  const timespec wait{time.count(), 0};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

std::vector<evidence::Folder> FoldersOf(const Options& options) {
  std::vector<evidence::Folder> folders;
  folders.reserve(options.policy_folders.size() + options.scan_folders.size());
  for (const auto& path : options.policy_folders) folders.push_back({path, true});
  for (const auto& path : options.scan_folders) folders.push_back({path, false});
  return folders;
}

constexpr unsigned kWaitingThreads = 32;
constexpr std::size_t kMaxWaiting = 1024;

http::ServerOptions ServerOptionsOf(const Options& options) {
  http::ServerOptions server;
  server.address = options.listen.address;
  server.port = options.listen.port;
  server.certificate_file = options.tls_certificate;
  server.key_file = options.tls_key;
  server.client_ca_file = options.client_ca;
  server.require_client_certificate = options.require_client_certificate;
  if (options.ask_registries) {
    // They only wait for what a few gather for all of them.
    server.blocking_threads = kWaitingThreads;
    server.max_blocking_queue = kMaxWaiting;
  }
  return server;
}

http::ServerOptions ProbeOptionsOf(const ListenAddress& listen) {
  http::ServerOptions server;
  server.address = listen.address;
  server.port = listen.port;
  server.threads = 1;
  server.blocking_threads = 1;
  server.max_connections = 64;
  server.max_body_bytes = 0;
  return server;
}

// Of the process, since cpprestsdk has one pool of threads for all clients.
constexpr int kClientThreads = 4;

Result<std::unique_ptr<kube::KubeClient>> Connect(const std::string& kubeconfig) {
  http::InitializeClientThreads(kClientThreads);
  const auto access = kubeconfig.empty() ? kube::ClusterAccess::FromServiceAccount() : kube::ClusterAccess::FromKubeconfig(kubeconfig);
  if (!access) return std::unexpected(access.error().Within(kubeconfig.empty() ? "--cluster" : "--kubeconfig"));
  return kube::KubeClient::Connect(*access);
}

Result<kube::AccessAnswer> NobodyToAsk() {
  return Fail(ErrorCode::kUnavailable, "objects are read from files, so there is no API server to ask");
}

// Everything of a running webhook that is the same in both modes. Members are built in order and destroyed in reverse.
class Webhook {
 public:
  explicit Webhook(const Options& options)
      : options_(options),
        history_access_{options.history.path, options.history_readers, options.plain_http},
        objects_([this](const kube::AccessQuestion& question, Deadline deadline) {
          return client_ ? kube::ReviewAccess(*client_, question, deadline) : NobodyToAsk();
        }) {}

  Result<void> Start() {
    if (!options_.admitted_file.empty()) {
      if (auto loaded = admitted_.LoadFile(options_.admitted_file); !loaded) return std::unexpected(loaded.error().Within("--admitted"));
    }
    if (auto started = StartExploitation(); !started) return std::unexpected(started.error().Within("--exploitation"));
    if (auto started = options_.cluster ? StartCluster() : StartFolders(); !started) return started;
    if (auto opened = OpenRegistries(); !opened) return opened;
    if (auto opened = OpenHistory(); !opened) return opened;
    MakeHandlers();
    readiness_.Add("certificate", CertificateCheck([this] { return server_ ? server_->CertificateExpiry() : std::nullopt; }, clock_));
    return StartServers();
  }

  void Run() {
    WaitForSignal();
    readiness_.BeginDraining();
    server_->AnnounceClose();
    const bool hurry = SignalWithin(options_.shutdown_delay);
    server_->Drain(std::chrono::steady_clock::now() + (hurry ? kHurriedDrainTime : kDrainTime));
    log::Info("stopped");
  }

 private:
  Result<void> StartExploitation() {
    if (options_.exploitation_folder.empty()) return {};
    auto source =
        evidence::ExploitationSource::Start({.folder = options_.exploitation_folder, .max_age = options_.exploitation_max_age}, catalogue_);
    if (!source) return std::unexpected(source.error());
    exploitation_ = std::move(*source);
    return {};
  }

  Result<void> StartFolders() {
    auto folders = evidence::FolderSource::Start(FoldersOf(options_), catalogue_);
    if (!folders) return std::unexpected(folders.error());
    folders_ = std::move(*folders);
    return {};
  }

  // Does not wait for the API server: until it has answered, the webhook is not ready and denies.
  Result<void> StartCluster() {
    auto client = Connect(options_.kubeconfig);
    if (!client) return std::unexpected(client.error());
    client_ = std::move(*client);
    cluster_ = std::make_unique<ClusterSource>(*client_, catalogue_);
    readiness_.Add("cluster", [this] { return cluster_->Missing(); });
    return {};
  }

  Result<void> OpenRegistries() {
    if (!options_.ask_registries) return {};
    if (client_)
      cluster_data_ = std::make_unique<KubeClusterData>(*client_);
    else
      cluster_data_ = std::make_unique<evidence::FolderData>(options_.cluster_data_folder);
    auto opened = RegistryAccess::Open({options_.cache_file, options_.namespace_}, catalogue_, *cluster_data_, clock_);
    if (!opened) return std::unexpected(opened.error());
    registries_ = std::move(*opened);
    if (options_.exploitation_artifact) {
      mirror_ = std::make_unique<evidence::ExploitationMirror>(
          registries_->registry(),
          evidence::ExploitationMirrorOptions{.artifact = *options_.exploitation_artifact, .max_age = options_.exploitation_max_age},
          catalogue_);
      readiness_.Add("exploitation", [this] {
        return mirror_->has_tried() ? std::nullopt
                                    : std::optional<std::string>("the artifact of --exploitation-artifact was not asked for yet");
      });
    }
    return {};
  }

  Result<void> OpenHistory() {
    if (options_.history.path.empty()) return {};
    auto opened = store::DecisionHistory::Open(options_.history, clock_);
    if (!opened) return std::unexpected(opened.error().Within("--history"));
    recorder_ = std::make_unique<evidence::DecisionRecorder>(std::move(*opened));
    return {};
  }

  void MakeHandlers() {
    const Origins origins{registries_ ? &registries_->gatherer() : nullptr, options_.node_platforms};
    const evidence::Sources sources{catalogue_, admitted_, origins.gatherer, origins.node_platforms};
    const policy::EngineOptions engine{options_.unmatched, false};
    const Recording recording{recorder_.get(), options_.plain_http};
    admission_ = std::make_unique<AdmissionHandler>(catalogue_, admitted_, options_.workloads, clock_, engine, origins, recording);
    pin_ = std::make_unique<PinHandler>(sources, options_.workloads, clock_, engine);
    image_review_ = std::make_unique<ImageReviewHandler>(sources, clock_, engine);
  }

  ClusterHooks Hooks() {
    if (!cluster_) return {};
    return {[this] { return cluster_->Missing(); },
            [this](std::string_view name, Deadline deadline) { cluster_->FetchNamespace(name, deadline); }};
  }

  RouteTargets Targets() {
    MetricSources sources{catalogue_, [this] { return server_ ? server_->Statistics() : http::ServerStatistics{}; },
                          [this] { return server_ ? server_->CertificateExpiry() : std::nullopt; },
                          [this] { return cluster_ ? cluster_->States() : std::vector<WatchState>{}; },
                          [this] { return readiness_.IsReady(); }};
    if (registries_) {
      sources.registries = [this] { return registries_->Statistics(); };
      sources.trust_problems = [this] { return registries_->TrustProblems(); };
    }
    if (recorder_) sources.history = [this] { return recorder_->Statistics(); };
    return {.admission = *admission_,
            .objects = objects_,
            .metrics = metrics_,
            .readiness = readiness_,
            .metric_sources = std::move(sources),
            .peers = {options_.allowed_client_names},
            .cluster = Hooks(),
            .pin = pin_.get(),
            .image_review = image_review_.get(),
            .history = recorder_ ? &history_access_ : nullptr};
  }

  Result<void> StartServers() {
    auto server = http::HttpServer::Start(ServerOptionsOf(options_), MakeRoutes(Targets()));
    if (!server) return std::unexpected(server.error());  // names the file or the address
    server_ = std::move(*server);
    if (options_.metrics_listen) {
      auto probes = http::HttpServer::Start(ProbeOptionsOf(*options_.metrics_listen), MakeProbeRoutes(Targets()));
      if (!probes) return std::unexpected(probes.error().Within("--metrics-listen"));
      probes_ = std::move(*probes);
    }
    const auto counts = catalogue_.Counts();
    log::Info("serving", {{"address", options_.listen.address},
                          {"port", server_->port()},
                          {"metrics_port", probes_ ? probes_->port() : 0},
                          {"scans", catalogue_.Scans().size()},
                          {"policies", catalogue_.Policies()->policy_count()},
                          {"problems", catalogue_.Problems().size()}});
    return {};
  }

  const Options& options_;
  const HistoryAccess history_access_;
  SystemClock clock_;
  evidence::Catalogue catalogue_;
  evidence::AdmittedImages admitted_;
  Metrics metrics_;
  Readiness readiness_;
  ObjectHandler objects_;
  std::unique_ptr<evidence::ExploitationSource> exploitation_;
  std::unique_ptr<evidence::FolderSource> folders_;
  std::unique_ptr<kube::KubeClient> client_;
  std::unique_ptr<ClusterSource> cluster_;
  std::unique_ptr<evidence::ClusterData> cluster_data_;
  std::unique_ptr<RegistryAccess> registries_;
  std::unique_ptr<evidence::ExploitationMirror> mirror_;
  std::unique_ptr<evidence::DecisionRecorder> recorder_;
  std::unique_ptr<AdmissionHandler> admission_;
  std::unique_ptr<PinHandler> pin_;
  std::unique_ptr<ImageReviewHandler> image_review_;
  std::unique_ptr<http::HttpServer> server_, probes_;
};

int Main(int argc, char** argv) {
  const auto options = ParseOptions(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().status == 0 ? stdout : stderr);
    return options.error().status;
  }
  log::SetLevel(options->log_level);
  BlockSignals();
  Webhook webhook(*options);
  if (const auto started = webhook.Start(); !started) {
    log::Flush();
    fmt::print(stderr, "hullwright-webhook: {}\n", started.error().message);
    return kFailureStatus;
  }
  webhook.Run();
  log::Flush();
  return 0;
}

}  // namespace
}  // namespace hullwright::webhook

int main(int argc, char** argv) {
  return hullwright::webhook::Main(argc, argv);
}
