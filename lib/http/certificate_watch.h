// Reads the certificate files again when they change. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/guarded.h"
#include "http/server_state.h"
#include "http/tls_context.h"

namespace hullwright::http {

class CertificateWatch {
 public:
  // Loads once, publishes into state.tls and, when that worked, watches from then on.
  static Result<std::unique_ptr<CertificateWatch>> Start(TlsFiles files, ServerState& state);

  // Loads now. On an error the old certificate stays in force.
  Result<void> Reload();

 private:
  CertificateWatch(TlsFiles files, ServerState& state, std::string fingerprint);

  void Watch(std::stop_token stop);
  Result<void> Reload(std::string& seen);

  const TlsFiles files_;
  ServerState& state_;
  Guarded<std::string> seen_;  // fingerprint of the files as last loaded, or last failed to load
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace hullwright::http
