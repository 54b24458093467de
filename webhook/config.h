// What the command line says, as typed and checked values. Only this file and main.cpp read settings.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/image_reference.h"
#include "base/log.h"
#include "http/listen_address.h"
#include "kube/pod_spec.h"
#include "policy/engine.h"
#include "store/decision_history.h"

namespace hullwright::webhook {

using http::ListenAddress;

struct Options {
  // Files mode: at least one folder. Otherwise cluster mode.
  std::vector<std::string> policy_folders, scan_folders;
  std::string admitted_file;                               // "" for none
  std::string exploitation_folder;                         // EPSS and KEV, in both modes; "" for none
  std::optional<ImageReference> exploitation_artifact;     // the same from a registry, instead
  std::optional<std::chrono::hours> exploitation_max_age;  // nullopt: any age will do
  std::string kubeconfig;                                  // cluster mode: "" for the Pod's own service account
  bool cluster = false;

  ListenAddress listen;
  std::optional<ListenAddress> metrics_listen;
  std::string tls_certificate, tls_key, client_ca;
  bool plain_http = false;
  bool require_client_certificate = false;
  std::vector<std::string> allowed_client_names;

  // Registries.
  bool ask_registries = true;
  std::string cache_file;                                  // "" for none
  std::string cluster_data_folder;                         // files mode: Secrets, ConfigMaps and ServiceAccounts; "" for none
  std::string namespace_ = "hullwright-system";            // of the ConfigMaps and Secrets that our own objects name
  std::optional<std::vector<std::string>> node_platforms;  // "linux/amd64"; nullopt: not known

  // Decision history.
  store::HistoryOptions history;             // path "" for none
  std::vector<std::string> history_readers;  // common names of client certificates

  policy::Unmatched unmatched = policy::Unmatched::kDeny;
  kube::Workloads workloads;
  std::chrono::seconds shutdown_delay{10};
  log::Level log_level = log::Level::kInfo;
};

// The process is to end at once: --help, --version, or an error that says what would be right.
struct EarlyExit {
  int status = 0;  // 0, or 3 for a usage error
  std::string text;
};

std::expected<Options, EarlyExit> ParseOptions(int argc, const char* const* argv);

}  // namespace hullwright::webhook
