#include "webhook/config.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "support/temporary_directory.h"

namespace hullwright::webhook {
namespace {

std::expected<Options, EarlyExit> Parse(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"hullwright-webhook"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

const std::vector<std::string> kTls = {"--tls-cert", "c.pem", "--tls-key", "k.pem"};

std::vector<std::string> And(std::vector<std::string> all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST_CASE("exploitation data comes from a folder or from an artifact", "[webhook]") {
  const testing::TemporaryDirectory policies;
  const auto parse = [&](const std::vector<std::string>& more) { return Parse(And(And(kTls, {"--policies", policies.path()}), more)); };
  const auto options = parse({"--exploitation-artifact", "registry.example/mirror/exploitation"});
  REQUIRE(options);
  CHECK(options->exploitation_artifact->ToString() == "registry.example/mirror/exploitation:latest");
  CHECK_FALSE(parse({"--exploitation-artifact", "registry.example/UPPER"}));
  CHECK_FALSE(parse({"--exploitation-artifact", "registry.example/mirror", "--exploitation", "epss"}));
  CHECK_FALSE(parse({"--exploitation-artifact", "registry.example/mirror", "--no-registry"}));
}

TEST_CASE("exploitation data counts for thirty days unless told otherwise", "[webhook]") {
  const testing::TemporaryDirectory policies;
  const auto age = [&](const std::vector<std::string>& more) {
    const auto options = Parse(And(And(kTls, {"--policies", policies.path(), "--exploitation", "epss"}), more));
    REQUIRE(options);
    CHECK(options->exploitation_folder == "epss");
    return options->exploitation_max_age;
  };
  CHECK(age({}) == std::chrono::hours(720));
  CHECK(age({"--exploitation-max-age-hours", "48"}) == std::chrono::hours(48));
  CHECK(age({"--exploitation-max-age-hours", "0"}) == std::nullopt);
  CHECK_FALSE(Parse(And(kTls, {"--policies", policies.path(), "--exploitation-max-age-hours", "-1"})));
}

TEST_CASE("files mode with everything given", "[webhook]") {
  const testing::TemporaryDirectory one, two, scans;
  const auto options = Parse(And(kTls, {"--policies",
                                        one.path(),
                                        two.path(),
                                        "--scans",
                                        scans.path(),
                                        "--listen",
                                        "[::1]:9443",
                                        "--unmatched",
                                        "Warn",
                                        "--workload-path",
                                        "argoproj.io/Rollout=/spec/template/spec",
                                        "--shutdown-delay",
                                        "0",
                                        "--log-level",
                                        "debug",
                                        "--metrics-listen",
                                        "127.0.0.1:9090",
                                        "--client-ca",
                                        "ca.pem",
                                        "--require-client-cert",
                                        "--allowed-client-cn",
                                        "kube-apiserver",
                                        "--history",
                                        "history.db",
                                        "--history-size",
                                        "64",
                                        "--history-days",
                                        "7",
                                        "--history-reader",
                                        "auditor"}));
  REQUIRE(options);
  CHECK(options->policy_folders.size() == 2);
  CHECK(options->scan_folders.size() == 1);
  CHECK_FALSE(options->cluster);
  CHECK(options->listen.address == "::1");
  CHECK(options->listen.port == 9443);
  CHECK(options->metrics_listen->port == 9090);
  CHECK(options->unmatched == policy::Unmatched::kWarn);
  CHECK(options->workloads.Find("argoproj.io", "Rollout") != nullptr);
  CHECK(options->shutdown_delay.count() == 0);
  CHECK(options->log_level == log::Level::kDebug);
  CHECK(options->require_client_certificate);
  CHECK(options->history.path == "history.db");
  CHECK(options->history.max_bytes == 64u << 20);
  CHECK(options->history.max_age == std::chrono::hours(7 * 24));
  CHECK(options->history_readers == std::vector<std::string>{"auditor"});
}

TEST_CASE("cluster mode, and the defaults", "[webhook]") {
  const auto inside = Parse(And(kTls, {"--cluster"}));
  REQUIRE(inside);
  CHECK(inside->cluster);
  CHECK(inside->listen.address == "0.0.0.0");
  CHECK(inside->listen.port == 8443);
  CHECK(inside->unmatched == policy::Unmatched::kDeny);
  CHECK(inside->shutdown_delay.count() == 10);
  CHECK(inside->history.path.empty());
  const auto outside = Parse(And(kTls, {"--kubeconfig", "config"}));
  REQUIRE(outside);
  CHECK(outside->cluster);
}

TEST_CASE("every mistake on the command line is told with what would be right", "[webhook]") {
  static const testing::TemporaryDirectory folder;  // one for all rows
  const std::string path = folder.path();
  const std::vector<std::string> files = And(kTls, {"--policies", path});
  const auto [arguments, says] = GENERATE_COPY(table<std::vector<std::string>, std::string>({
      {kTls, "--policies DIR"},
      {And(files, {"--cluster"}), "either from files or from a cluster"},
      {And(files, {"--kubeconfig", "x"}), "either from files or from a cluster"},
      {And(kTls, {"--cluster", "--scans", path}), "belongs to --policies"},
      {And(kTls, {"--policies", "/nowhere"}), "/nowhere"},
      {And(files, {"--scans", path + "/."}), "one folder"},
      {{"--policies", path}, "--tls-cert and --tls-key"},
      {{"--policies", path, "--tls-cert", "c.pem"}, "--tls-cert and --tls-key"},
      {{"--policies", path, "--plain-http"}, "loopback"},
      {And(files, {"--plain-http"}), "--plain-http"},
      {And(files, {"--require-client-cert"}), "--client-ca"},
      {And(files, {"--allowed-client-cn", "x"}), "--client-ca"},
      {{"--policies", path, "--plain-http", "--listen", "127.0.0.1:1", "--client-ca", "x"}, "needs TLS"},
      {And(files, {"--listen", "8443"}), "ADDRESS:PORT"},
      {And(files, {"--listen", "0.0.0.0:99999"}), "ADDRESS:PORT"},
      {And(files, {"--listen", "::1:8443"}), "ADDRESS:PORT"},
      {And(files, {"--metrics-listen", ":9090"}), "--metrics-listen"},
      {And(files, {"--unmatched", "deny"}), "Allow, Deny, Warn"},
      {And(files, {"--log-level", "loud"}), "debug, error, info, warn"},
      {And(files, {"--workload-path", "Rollout"}), "--workload-path"},
      {And(files, {"--workload-path", "/Pod=/spec/other"}), "--workload-path"},
      {And(files, {"--shutdown-delay", "-1"}), "shutdown-delay"},
      {And(files, {"--history", "h.db"}), "--history: needs --client-ca"},
      {And(files, {"--client-ca", "x", "--history", "h.db"}), "--history: needs --allowed-client-cn"},
      {And(files, {"--client-ca", "x", "--allowed-client-cn", "api", "b", "--history", "h.db", "--history-reader", "a", "b"}),
       "both name \"b\""},
      {And(files, {"--client-ca", "x", "--history-reader", "auditor"}), "name its file by --history"},
      {{"--policies", path, "--plain-http", "--listen", "127.0.0.1:1", "--history", "h.db", "--history-reader", "a"},
       "everybody on this machine"},
      {And(files, {"--client-ca", "x", "--history", "h.db", "--history-size", "1"}), "history-size"},
      {And(files, {"--surprise"}), "\"--surprise\" is not known."},
      {{"--polices", path}, "\"--polices\" is not known. Did you mean --policies?"},
  }));
  const auto options = Parse(arguments);
  REQUIRE_FALSE(options);
  CHECK(options.error().status == 3);
  CHECK_THAT(options.error().text, Catch::Contains(says));
}

TEST_CASE("no line of --help is wider than a terminal", "[webhook]") {
  const auto asked = Parse({"--help"});
  REQUIRE_FALSE(asked);
  std::istringstream lines(asked.error().text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
  CHECK(count > 30);
}

TEST_CASE("--help and --version end well", "[webhook]") {
  for (const auto* argument : {"--help", "--version"}) {
    const auto options = Parse({argument});
    REQUIRE_FALSE(options);
    CHECK(options.error().status == 0);
    CHECK_FALSE(options.error().text.empty());
  }
}

TEST_CASE("plain HTTP is for loopback", "[webhook]") {
  const testing::TemporaryDirectory folder;
  for (const auto* address : {"127.0.0.1:8080", "localhost:8080", "[::1]:8080"}) {
    CHECK(Parse({"--policies", folder.path(), "--plain-http", "--listen", address}));
  }
}

}  // namespace
}  // namespace hullwright::webhook
