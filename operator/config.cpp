#include "operator/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>

#include "base/text.h"

namespace hullwright::controller {
namespace {

using std::chrono::milliseconds;

constexpr int kUsageStatus = 3;

// As written, before it is checked.
struct RawOptions {
  std::string certs = "self";
  std::string metrics_listen = "0.0.0.0:8080";
  std::string lease_duration = "15s", renew_deadline = "10s", retry_period = "2s";
  std::string ca_lifetime = "730d", leaf_lifetime = "90d", propagation_time = "30s", recreate_after = "30s";
  std::string log_level = "info";
};

std::unexpected<Error> Usage(std::string message) {
  return Fail(ErrorCode::kInvalidInput, std::move(message));
}

template <class Duration>
Result<void> SetDuration(const char* option, const std::string& text, Duration& value) {
  const auto parsed = ParseDuration(option, text);
  if (!parsed) return std::unexpected(parsed.error());
  value = std::chrono::duration_cast<Duration>(*parsed);
  if (value != *parsed || value == Duration::zero())
    return Usage(fmt::format("{}: \"{}\" must be whole seconds, at least 1s", option, text));
  return {};
}

Result<void> SetWords(const RawOptions& raw, Options& options) {
  if (raw.certs != "self" && raw.certs != "external") return Usage(fmt::format("--certs: \"{}\" is none of self, external", raw.certs));
  options.certificates.external = raw.certs == "external";
  constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels = {
      {{"debug", log::Level::kDebug}, {"info", log::Level::kInfo}, {"warn", log::Level::kWarn}, {"error", log::Level::kError}}};
  const auto level = std::ranges::find(kLevels, raw.log_level, &std::pair<std::string_view, log::Level>::first);
  if (level == kLevels.end()) return Usage(fmt::format("--log-level: \"{}\" is none of debug, info, warn, error", raw.log_level));
  options.log_level = level->second;
  auto listen = http::ParseListenAddress("--metrics-listen", raw.metrics_listen);
  if (!listen) return std::unexpected(listen.error());
  options.metrics_listen = std::move(*listen);
  return {};
}

Result<void> SetDurations(const RawOptions& raw, Options& options) {
  RotationOptions& rotation = options.certificates.rotation;
  for (const auto& set : {SetDuration("--lease-duration", raw.lease_duration, options.election.lease_duration),
                          SetDuration("--renew-deadline", raw.renew_deadline, options.election.renew_deadline),
                          SetDuration("--retry-period", raw.retry_period, options.election.retry_period),
                          SetDuration("--ca-lifetime", raw.ca_lifetime, rotation.authority_lifetime),
                          SetDuration("--leaf-lifetime", raw.leaf_lifetime, rotation.leaf_lifetime),
                          SetDuration("--propagation-time", raw.propagation_time, rotation.propagation),
                          SetDuration("--recreate-after", raw.recreate_after, options.configurations.recreate_after)}) {
    if (!set) return set;
  }
  // The CA is renewed after two thirds of its life: what is left must be as long as a leaf lives.
  if (rotation.authority_lifetime < 3 * rotation.leaf_lifetime)
    return Usage("--ca-lifetime: must be at least three times as long as --leaf-lifetime");
  if (rotation.leaf_lifetime < 3 * rotation.propagation)
    return Usage("--leaf-lifetime: must be at least three times as long as --propagation-time");
  // What is renewed in seconds must be looked at in less.
  options.certificates.poll = std::min<milliseconds>(options.certificates.poll, rotation.leaf_lifetime / 12);
  return {};
}

Result<void> CompleteOptions(const RawOptions& raw, Options& options) {
  if (auto set = SetWords(raw, options); !set) return set;
  if (auto set = SetDurations(raw, options); !set) return set;
  if (options.names.namespace_.empty() || options.names.full_name.empty()) return Usage("--namespace and --name must not be empty");
  options.election.namespace_ = options.names.namespace_;
  options.election.name = options.names.Lease();
  return {};
}

void DeclareCluster(CLI::App& app, RawOptions& raw, Options& options) {
  app.add_option("--kubeconfig", options.kubeconfig, "The cluster; without it that of the Pod")->type_name("FILE");
  app.add_option("--namespace", options.names.namespace_, "Namespace of the release")->type_name("NAME")->capture_default_str();
  app.add_option("--name", options.names.full_name, "Full name of the release")->type_name("NAME")->capture_default_str();
  app.add_option("--metrics-listen", raw.metrics_listen, "Where /healthz, /readyz and /metrics are")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--log-level", raw.log_level, "debug, info, warn or error")->type_name("WORD")->capture_default_str();
}

void DeclareCertificates(CLI::App& app, RawOptions& raw, Options& options) {
  const auto group = "Certificates";
  app.add_option("--certs", raw.certs, "Who makes the webhook's certificate: self, external")
      ->type_name("WORD")
      ->capture_default_str()
      ->group(group);
  app.add_option("--tls-secret", options.names.tls_secret, "Its Secret; default NAME-webhook-tls")->type_name("NAME")->group(group);
  app.add_option("--ca-lifetime", raw.ca_lifetime, "Life of the CA; renewed after 2/3")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--leaf-lifetime", raw.leaf_lifetime, "Life of the certificate; renewed after 2/3")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--propagation-time", raw.propagation_time, "For how long a new CA is seen everywhere first")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(group);
}

void DeclareLeading(CLI::App& app, RawOptions& raw) {
  app.add_option("--recreate-after", raw.recreate_after, "Pause before a deleted configuration is back")
      ->type_name("TIME")
      ->capture_default_str()
      ->group("Webhook configurations");
  const auto group = "Leader election";
  app.add_option("--lease-duration", raw.lease_duration, "How long a silent leader stays one")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--renew-deadline", raw.renew_deadline, "How long it tries before it gives up")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--retry-period", raw.retry_period, "Pause between tries")->type_name("TIME")->capture_default_str()->group(group);
}

EarlyExit WrongOption(const std::string& what) {
  return {kUsageStatus, fmt::format("hullwright-operator: {}\nRun with --help for all options.\n", what)};
}

}  // namespace

Result<milliseconds> ParseDuration(std::string_view option, std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  constexpr std::int64_t kMostUnits = 1'000'000;
  std::int64_t count = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  const auto found = std::ranges::find(kUnits, unit, &std::pair<std::string_view, std::int64_t>::first);
  if (code != std::errc() || found == kUnits.end() || count < 0 || count > kMostUnits)
    return Usage(fmt::format("{}: \"{}\" is no time such as 15s, 30m, 12h or 90d", option, Printable(text)));
  return milliseconds(count * found->second);
}

std::expected<Options, EarlyExit> ParseOptions(int argc, const char* const* argv) {
  CLI::App app("hullwright-operator keeps the webhook's certificates and registers its hooks.", "hullwright-operator");
  RawOptions raw;
  Options options;
  app.set_version_flag("--version", HULLWRIGHT_VERSION);
  DeclareCluster(app, raw, options);
  DeclareCertificates(app, raw, options);
  DeclareLeading(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    app.exit(asked, out);
    return std::unexpected(EarlyExit{0, out.str()});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(WrongOption(error.what()));
  }
  if (auto complete = CompleteOptions(raw, options); !complete) return std::unexpected(WrongOption(complete.error().message));
  return options;
}

}  // namespace hullwright::controller
