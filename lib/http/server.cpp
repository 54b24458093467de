#include "http/server.h"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "base/log.h"
#include "http/certificate_watch.h"
#include "http/event_loop.h"
#include "http/listener.h"
#include "http/server_state.h"

namespace hullwright::http {
namespace {

// Threads started meanwhile take no signals: those are for main. SIGPIPE above all, which OpenSSL raises when it writes to a
// connection that the peer has closed.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(SignalsBlocked&&) = delete;

 private:
  sigset_t before_;
};

Result<void> CheckOptions(const ServerOptions& options) {
  const bool tls = !options.certificate_file.empty();
  if (tls != !options.key_file.empty()) {
    return Fail(ErrorCode::kInvalidInput, "TLS needs both a certificate file and a key file; only one of them is set");
  }
  if (options.require_client_certificate && options.client_ca_file.empty()) {
    return Fail(ErrorCode::kInvalidInput, "client certificates are required, but no client CA file is set to verify them with");
  }
  if (!tls && !options.client_ca_file.empty()) {
    return Fail(ErrorCode::kInvalidInput, "a client CA file is set, but no server certificate: plain HTTP has no client certificates");
  }
  if (options.threads == 0 || options.blocking_threads == 0 || options.max_connections == 0) {
    return Fail(ErrorCode::kInvalidInput, "threads, blocking threads and connections must each be at least 1");
  }
  if (options.max_header_bytes < 1024) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{} bytes for headers are too few; expected at least 1024", options.max_header_bytes));
  }
  return {};
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(ServerOptions options, std::vector<Route> routes) : state_(std::move(options), std::move(routes)) {}
  ~BeastServer() override;

  Result<void> Start();

  std::uint16_t port() const override { return listener_->port(); }
  ServerStatistics Statistics() const override;
  Result<void> ReloadCertificate() override;
  std::optional<Time> CertificateExpiry() const override;
  void AnnounceClose() override { state_.announce_close = true; }
  void Drain(Deadline deadline) override;

 private:
  // Destroyed from the last to the first. Connections use the state, and closures in the loops hold connections.
  ServerState state_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<CertificateWatch> certificate_;
};

Result<void> BeastServer::Start() {
  const ServerOptions& options = state_.options;
  if (!options.certificate_file.empty()) {
    auto watch = CertificateWatch::Start(
        {options.certificate_file, options.key_file, options.client_ca_file, options.require_client_certificate}, state_);
    if (!watch) return std::unexpected(watch.error());
    certificate_ = std::move(*watch);
  }
  for (unsigned i = 0; i < options.threads; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(state_));
  }
  listener_ = std::make_unique<Listener>(state_, loops_);
  return listener_->Open();
}

BeastServer::~BeastServer() {
  certificate_.reset();
  // Handlers that run finish first: they answer through the loops.
  state_.blocking_pool.stop();
  state_.blocking_pool.join();
  for (const auto& loop : loops_) loop->Stop();
  listener_.reset();
}

ServerStatistics BeastServer::Statistics() const {
  const Counters& counters = state_.counters;
  ServerStatistics statistics;
  statistics.connections_accepted = counters.connections_accepted;
  statistics.connections_open = state_.open_connections.count();
  statistics.connections_refused = counters.connections_refused;
  statistics.requests = counters.requests;
  statistics.requests_refused = counters.requests_refused;
  statistics.handler_failures = counters.handler_failures;
  statistics.certificate_reloads = counters.certificate_reloads;
  statistics.certificate_reload_failures = counters.certificate_reload_failures;
  return statistics;
}

Result<void> BeastServer::ReloadCertificate() {
  if (!certificate_) return {};
  return certificate_->Reload();
}

std::optional<Time> BeastServer::CertificateExpiry() const {
  const auto tls = state_.tls.Get();
  return tls ? std::optional(tls->expiry()) : std::nullopt;
}

void BeastServer::Drain(Deadline deadline) {
  state_.draining = true;
  listener_->CloseAndWait();
  for (const auto& loop : loops_) loop->BeginDrain();
  if (!state_.open_connections.WaitForNone(deadline)) {
    log::Warn("drain ended with connections open", {{"connections", state_.open_connections.count()}});
  }
  for (const auto& loop : loops_) loop->CloseAll();
  state_.open_connections.WaitForNone(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(ServerOptions options, std::vector<Route> routes) {
  if (const auto checked = CheckOptions(options); !checked) return std::unexpected(checked.error());
  const SignalsBlocked while_threads_start;
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(routes));
  if (const auto started = server->Start(); !started) return std::unexpected(started.error());
  return server;
}

}  // namespace hullwright::http
