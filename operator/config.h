// What the operator's command line says, as typed and checked values. Only this file and main.cpp read settings.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "base/log.h"
#include "http/listen_address.h"
#include "kube/leader_election.h"
#include "operator/certificate_controller.h"
#include "operator/configuration_controller.h"
#include "operator/names.h"

namespace hullwright::controller {

struct Options {
  std::string kubeconfig;  // "": the Pod's own service account
  Names names;
  CertificateOptions certificates;
  ConfigurationOptions configurations;
  http::ListenAddress metrics_listen;
  // Without name and identity, which main fills in.
  kube::LeaderElectionOptions election;
  log::Level log_level = log::Level::kInfo;
};

// The process is to end at once: --help, --version, or an error that says what would be right.
struct EarlyExit {
  int status = 0;  // 0, or 3 for a usage error
  std::string text;
};

std::expected<Options, EarlyExit> ParseOptions(int argc, const char* const* argv);

// "500ms", "15s", "30m", "12h", "90d". kInvalidInput names the option.
Result<std::chrono::milliseconds> ParseDuration(std::string_view option, std::string_view text);

}  // namespace hullwright::controller
