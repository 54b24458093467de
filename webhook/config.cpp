#include "webhook/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "api/mistakes.h"
#include "base/error.h"
#include "policy/exploitation.h"

namespace hullwright::webhook {
namespace {

constexpr int kUsageStatus = 3;

// As written, before it is checked.
struct RawOptions {
  std::string listen = "0.0.0.0:8443";
  std::string metrics_listen;
  std::string unmatched = "Deny";
  std::string log_level = "info";
  std::string exploitation_artifact;
  std::vector<std::string> workload_paths, node_platforms;
  bool no_registry = false;
  std::int64_t shutdown_delay_seconds = 10, exploitation_max_age_hours = policy::kDefaultMaxExploitationAge.count();
  std::int64_t history_mebibytes = store::HistoryOptions().max_bytes >> 20;
  std::int64_t history_days = store::HistoryOptions().max_age / std::chrono::days(1);
};

std::unexpected<Error> Usage(std::string message) {
  return Fail(ErrorCode::kInvalidInput, std::move(message));
}

template <class T>
Result<T> ParseWord(std::string_view option, const std::string& text, const std::map<std::string, T>& words) {
  const auto found = words.find(text);
  if (found != words.end()) return found->second;
  std::vector<std::string> known;
  known.reserve(words.size());
  for (const auto& [word, value] : words) known.push_back(word);
  return Usage(fmt::format("{}: \"{}\" is none of {}", option, text, fmt::join(known, ", ")));
}

Result<void> CheckSource(const Options& options) {
  const bool files = !options.policy_folders.empty();
  if (!options.kubeconfig.empty() && files) return Usage("--policies and --kubeconfig: read objects either from files or from a cluster");
  if (options.cluster && files) return Usage("--policies and --cluster: read objects either from files or from a cluster");
  if (!files && !options.cluster) {
    return Usage("say where policies come from: --policies DIR for files, --cluster inside a Pod, or --kubeconfig FILE");
  }
  if (!files && !options.scan_folders.empty()) return Usage("--scans: belongs to --policies; in a cluster scans are ImageScan objects");
  return {};
}

Result<void> CheckTls(const Options& options) {
  const bool certificate = !options.tls_certificate.empty();
  const bool key = !options.tls_key.empty();
  if (options.plain_http && (certificate || key))
    return Usage("--plain-http: leave --tls-cert and --tls-key out, or leave --plain-http out");
  if (options.plain_http && !options.listen.IsLoopback()) {
    return Usage(
        "--plain-http: only together with a loopback address, such as --listen 127.0.0.1:8080: reviews must not be forged on the way");
  }
  if (!options.plain_http && (!certificate || !key)) {
    return Usage(
        "--tls-cert and --tls-key are both needed (PEM files; the API server speaks nothing but TLS). For a trial on this machine: "
        "--plain-http --listen 127.0.0.1:8080");
  }
  if (options.client_ca.empty() && (options.require_client_certificate || !options.allowed_client_names.empty())) {
    return Usage("--require-client-cert and --allowed-client-cn need --client-ca FILE: the CA that signed the clients' certificates");
  }
  if (options.plain_http && !options.client_ca.empty()) return Usage("--client-ca: needs TLS, leave --plain-http out");
  return {};
}

Result<void> CheckFolders(const Options& options) {
  std::vector<std::string> all = options.policy_folders;
  all.insert(all.end(), options.scan_folders.begin(), options.scan_folders.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::error_code code;
    if (!std::filesystem::is_directory(all[i], code)) {
      const bool is_file = !code && std::filesystem::exists(all[i], code);
      return Usage(fmt::format("{}: \"{}\" is no folder that can be read{}{}{}",
                               i < options.policy_folders.size() ? "--policies" : "--scans", all[i], code ? ": " : "",
                               code ? code.message() : "", is_file ? ": name the folder that it is in" : ""));
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (std::filesystem::equivalent(all[i], all[k], code)) {
        return Usage(
            fmt::format("\"{}\" and \"{}\" are one folder: name it once (a folder of policies may hold scans too)", all[k], all[i]));
      }
    }
  }
  return {};
}

bool IsPlatform(const std::string& text) {
  const auto slash = text.find('/');
  return slash != std::string::npos && slash > 0 && slash + 1 < text.size();
}

Result<void> CheckRegistries(const Options& options) {
  if (!options.ask_registries && !options.cache_file.empty()) return Usage("--cache: holds what registries said; leave --no-registry out");
  if (!options.cluster_data_folder.empty() && options.cluster) {
    return Usage("--cluster-data: belongs to --policies; in a cluster Secrets and ConfigMaps are asked of the API server");
  }
  for (const std::string& platform : options.node_platforms.value_or(std::vector<std::string>())) {
    if (!IsPlatform(platform)) return Usage(fmt::format("--node-platforms: \"{}\" is no OS/ARCHITECTURE such as linux/amd64", platform));
  }
  return {};
}

Result<void> CheckExploitation(const Options& options) {
  if (!options.exploitation_artifact) return {};
  if (!options.exploitation_folder.empty())
    return Usage("--exploitation and --exploitation-artifact: take the files either from a folder or from a registry");
  if (!options.ask_registries) return Usage("--exploitation-artifact: is in a registry; leave --no-registry out");
  return {};
}

// Who could forge a review could fill the history with decisions that nobody asked for, until those that somebody did are gone; a
// certificate of the same CA alone is no proof that it is the API server's.
Result<void> CheckHistory(const Options& options) {
  if (options.history.path.empty() && !options.history_readers.empty())
    return Usage("--history-reader: says who may read the history; name its file by --history");
  if (!options.history.path.empty() && options.client_ca.empty() && !options.plain_http) {
    return Usage(
        "--history: needs --client-ca FILE, the CA that signed the API server's client certificate: anybody could fill a history that "
        "keeps what strangers ask");
  }
  if (!options.history.path.empty() && options.allowed_client_names.empty() && !options.plain_http) {
    return Usage(
        "--history: needs --allowed-client-cn NAME, the common name in the API server's client certificate: every other client of that CA, "
        "also one that may only read, could fill the history with what it makes up");
  }
  for (const std::string& reader : options.history_readers) {
    if (std::ranges::find(options.allowed_client_names, reader) == options.allowed_client_names.end()) continue;
    return Usage(fmt::format("--history-reader and --allowed-client-cn both name \"{}\": give who reads a certificate of its own", reader));
  }
  if (options.plain_http && !options.history_readers.empty())
    return Usage("--history-reader: with --plain-http there are no client certificates: everybody on this machine may read");
  return {};
}

Result<void> Complete(const RawOptions& raw, Options& options) {
  options.cluster = options.cluster || !options.kubeconfig.empty();
  auto listen = http::ParseListenAddress("--listen", raw.listen);
  if (!listen) return std::unexpected(listen.error());
  options.listen = std::move(*listen);
  if (!raw.metrics_listen.empty()) {
    auto metrics = http::ParseListenAddress("--metrics-listen", raw.metrics_listen);
    if (!metrics) return std::unexpected(metrics.error());
    options.metrics_listen = std::move(*metrics);
  }
  const auto unmatched = policy::FindUnmatched(raw.unmatched);
  if (!unmatched) return Usage(fmt::format("--unmatched: \"{}\" is none of Allow, Deny, Warn", raw.unmatched));
  options.unmatched = *unmatched;
  const auto level = ParseWord<log::Level>(
      "--log-level", raw.log_level,
      {{"debug", log::Level::kDebug}, {"info", log::Level::kInfo}, {"warn", log::Level::kWarn}, {"error", log::Level::kError}});
  if (!level) return std::unexpected(level.error());
  options.log_level = *level;
  for (const std::string& setting : raw.workload_paths) {
    if (auto added = options.workloads.Add(setting); !added) return std::unexpected(added.error().Within("--workload-path"));
  }
  options.shutdown_delay = std::chrono::seconds(raw.shutdown_delay_seconds);
  if (!raw.exploitation_artifact.empty()) {
    auto artifact = ImageReference::Parse(raw.exploitation_artifact);
    if (!artifact) return std::unexpected(artifact.error().Within("--exploitation-artifact"));
    options.exploitation_artifact = std::move(*artifact);
  }
  if (raw.exploitation_max_age_hours > 0) options.exploitation_max_age = std::chrono::hours(raw.exploitation_max_age_hours);
  options.history.max_bytes = static_cast<std::uint64_t>(raw.history_mebibytes) << 20;
  options.history.max_age = std::chrono::hours(24 * raw.history_days);
  options.ask_registries = !raw.no_registry;
  if (!raw.node_platforms.empty()) options.node_platforms = raw.node_platforms;
  for (const auto& check : {CheckSource, CheckTls, CheckFolders, CheckRegistries, CheckExploitation, CheckHistory}) {
    if (auto sound = check(options); !sound) return sound;
  }
  return {};
}

void DeclareObjects(CLI::App& app, Options& options) {
  app.add_option("--policies", options.policy_folders, "Folders of policies, publishers, waivers and Namespaces (YAML or JSON); watched")
      ->type_name("DIR")
      ->group("Objects from files");
  app.add_option("--scans", options.scan_folders, "Folders of ImageScans; watched")->type_name("DIR")->group("Objects from files");
  app.add_flag("--cluster", options.cluster, "Inside a Pod: objects of the cluster, by the Pod's service account")
      ->group("Objects from a cluster");
  app.add_option("--kubeconfig", options.kubeconfig, "Objects of the cluster that this kubeconfig names")
      ->type_name("FILE")
      ->group("Objects from a cluster");
}

void DeclareExploitation(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_option("--exploitation", options.exploitation_folder,
                 "Folder of EPSS scores (epss*.csv, epss*.csv.gz) and of CISA's catalogue (kev*.json, "
                 "known_exploited_vulnerabilities.json); watched")
      ->type_name("DIR")
      ->group("Exploitation");
  app.add_option("--exploitation-artifact", raw.exploitation_artifact,
                 "Instead: an OCI artifact whose layers are such files, named by org.opencontainers.image.title; asked for every hour")
      ->type_name("REFERENCE")
      ->group("Exploitation");
  app.add_option("--exploitation-max-age-hours", raw.exploitation_max_age_hours,
                 "EPSS scores and catalogues older than this are no data; 0: any age will do")
      ->type_name("HOURS")
      ->check(CLI::Range(0, 87'600))
      ->capture_default_str()
      ->group("Exploitation");
}

void DeclareRegistries(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_flag("--no-registry", raw.no_registry, "Ask no registry: tags stay unresolved and signatures unchecked")->group("Registries");
  app.add_option("--cache", options.cache_file, "What registries sent, kept over a restart; may be deleted at any time")
      ->type_name("FILE")
      ->group("Registries");
  app.add_option("--namespace", options.namespace_,
                 "Where ConfigMaps and Secrets are that TrustedPublishers, TrustRoots and Registries name")
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Registries");
  app.add_option("--cluster-data", options.cluster_data_folder,
                 "Secrets, ConfigMaps and ServiceAccounts of files mode: DIR/NAMESPACE/secrets/NAME/KEY")
      ->type_name("DIR")
      ->group("Registries");
  app.add_option("--node-platforms", raw.node_platforms, "Platforms of the cluster's nodes, for policies that judge by them: linux/amd64")
      ->type_name("OS/ARCH")
      ->delimiter(',')
      ->group("Registries");
}

void DeclareHistory(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_option("--history", options.history.path,
                 "Where every decision is kept, with all that it rests on, to be explained and judged again")
      ->type_name("FILE")
      ->group("Decision history");
  app.add_option("--history-size", raw.history_mebibytes,
                 "How large its file may become, in MiB; the oldest decisions of the namespace that holds the most go first")
      ->type_name("MIB")
      ->check(CLI::Range(16, 1'048'576))
      ->capture_default_str()
      ->group("Decision history");
  app.add_option("--history-days", raw.history_days, "How long decisions are kept")
      ->type_name("DAYS")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str()
      ->group("Decision history");
  app.add_option("--history-reader", options.history_readers, "Common names of client certificates that may read GET /v1/decisions")
      ->type_name("NAME")
      ->group("Decision history");
}

void DeclareServer(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_option("--listen", raw.listen, "Where reviews are answered")->type_name("ADDRESS:PORT")->capture_default_str()->group("Server");
  app.add_option("--tls-cert", options.tls_certificate, "Certificate chain (PEM); renewed files are used by themselves")
      ->type_name("FILE")
      ->group("Server");
  app.add_option("--tls-key", options.tls_key, "Its key (PEM)")->type_name("FILE")->group("Server");
  app.add_option("--client-ca", options.client_ca, "CA of client certificates (PEM), to know the API server from others")
      ->type_name("FILE")
      ->group("Server");
  app.add_flag("--require-client-cert", options.require_client_certificate,
               "Refuse connections without a client certificate; the kubelet's probes then need --metrics-listen")
      ->group("Server");
  app.add_option("--allowed-client-cn", options.allowed_client_names, "Common names of client certificates that may post reviews")
      ->type_name("NAME")
      ->group("Server");
  app.add_flag("--plain-http", options.plain_http, "Without TLS; only on a loopback address")->group("Server");
  app.add_option("--metrics-listen", raw.metrics_listen, "Also answer /healthz, /readyz and /metrics here, over plain HTTP")
      ->type_name("ADDRESS:PORT")
      ->group("Server");
  app.add_option("--shutdown-delay", raw.shutdown_delay_seconds,
                 "Seconds to go on answering after SIGTERM, unready, before the server drains")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 300))
      ->capture_default_str()
      ->group("Server");
}

void Declare(CLI::App& app, RawOptions& raw, Options& options) {
  app.set_version_flag("--version", HULLWRIGHT_VERSION);
  DeclareObjects(app, options);
  app.add_option("--admitted", options.admitted_file,
                 "Inventory of what namespaces run already: a YAML list of {namespace, image, policy, since}")
      ->type_name("FILE");
  DeclareExploitation(app, raw, options);
  DeclareRegistries(app, raw, options);
  DeclareServer(app, raw, options);
  DeclareHistory(app, raw, options);
  app.add_option("--unmatched", raw.unmatched, "What happens to an image that no policy covers: Deny, Warn or Allow")
      ->type_name("WORD")
      ->capture_default_str();
  app.add_option("--workload-path", raw.workload_paths,
                 "Where a further kind keeps its PodSpec: argoproj.io/Rollout=/spec/template/spec; repeatable")
      ->type_name("GROUP/KIND=PATH");
  app.add_option("--log-level", raw.log_level, "debug, info, warn or error")->type_name("WORD")->capture_default_str();
}

// A misspelt option is told before what is missing because of it.
std::string Explained(const CLI::ParseError& error, const CLI::App& app) {
  const auto unexpected = app.remaining();
  if (unexpected.empty()) return error.what();
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  const std::string written = unexpected.front().substr(0, unexpected.front().find('='));
  const auto nearest = api::Nearest(written, {names.begin(), names.end()});
  return fmt::format("{} is not known.{}", api::Quoted(written), nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest));
}

// CLI11 writes each description on one line, however long.
std::string Wrapped(std::string_view help) {
  constexpr std::size_t kColumns = 80, kDescriptionColumn = 30;  // CLI11's own
  std::string out;
  while (!help.empty()) {
    std::string line(help.substr(0, help.find('\n')));
    help.remove_prefix(std::min(line.size() + 1, help.size()));
    const std::size_t indent = line.starts_with(' ') ? kDescriptionColumn : 0;
    while (line.size() > kColumns) {
      const std::size_t space = line.rfind(' ', kColumns);
      if (space == std::string::npos || space <= indent) break;  // a word that is longer than a line
      out += line.substr(0, space) + "\n";
      line = std::string(indent, ' ') + line.substr(space + 1);
    }
    out += line + "\n";
  }
  return out;
}

EarlyExit WrongUsage(const std::string& what) {
  return {kUsageStatus, fmt::format("hullwright-webhook: {}\nRun with --help for all options.\n", what)};
}

}  // namespace

std::expected<Options, EarlyExit> ParseOptions(int argc, const char* const* argv) {
  CLI::App app("hullwright-webhook answers a Kubernetes API server which Pods may run: every image must satisfy policy.",
               "hullwright-webhook");
  RawOptions raw;
  Options options;
  Declare(app, raw, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    app.exit(asked, out);
    return std::unexpected(EarlyExit{0, Wrapped(out.str())});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(WrongUsage(Explained(error, app)));
  }
  if (auto complete = Complete(raw, options); !complete) return std::unexpected(WrongUsage(complete.error().message));
  return options;
}

}  // namespace hullwright::webhook
