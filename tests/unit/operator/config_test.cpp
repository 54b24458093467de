#include "operator/config.h"

#include <catch2/catch.hpp>

namespace hullwright::controller {
namespace {

using namespace std::chrono_literals;

std::expected<Options, EarlyExit> Parse(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"hullwright-operator"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("Without arguments the operator leads a release called hullwright, with certificates of its own", "[operator]") {
  const auto options = Parse({});
  REQUIRE(options.has_value());
  CHECK(options->names.namespace_ == "hullwright-system");
  CHECK(options->names.ServerName() == "hullwright-webhook.hullwright-system.svc");
  CHECK(options->names.ServingSecret() == "hullwright-webhook-tls");
  CHECK(options->election.name == "hullwright-operator");
  CHECK(options->election.lease_duration == 15s);
  CHECK_FALSE(options->certificates.external);
  CHECK(options->certificates.rotation.leaf_lifetime == std::chrono::days(90));
  CHECK(options->certificates.rotation.authority_lifetime == std::chrono::days(730));
  CHECK(options->certificates.poll == 60s);
  CHECK(options->metrics_listen.port == 8080);
}

TEST_CASE("Names, lifetimes and election are what the command line says", "[operator]") {
  const auto options = Parse({"--namespace", "gate", "--name", "hw", "--certs", "external", "--tls-secret", "given", "--leaf-lifetime",
                              "60s", "--ca-lifetime", "3m", "--propagation-time", "2s", "--lease-duration", "4s"});
  REQUIRE(options.has_value());
  CHECK(options->names.ServingSecret() == "given");
  CHECK(options->names.ConfigMap() == "hw-webhook-configuration");
  CHECK(options->certificates.external);
  CHECK(options->certificates.rotation.authority_lifetime == 180s);
  CHECK(options->certificates.poll == 5s);
  CHECK(options->election.namespace_ == "gate");
}

TEST_CASE("What cannot be is refused with what would be right", "[operator]") {
  const auto error = [](const std::vector<std::string>& arguments) {
    const auto options = Parse(arguments);
    REQUIRE_FALSE(options.has_value());
    CHECK(options.error().status == 3);
    return options.error().text;
  };
  CHECK_THAT(error({"--certs", "mine"}), Catch::Contains("none of self, external"));
  CHECK_THAT(error({"--leaf-lifetime", "90"}), Catch::Contains("no time such as"));
  CHECK_THAT(error({"--leaf-lifetime", "-1s"}), Catch::Contains("no time such as"));
  CHECK_THAT(error({"--lease-duration", "1500ms"}), Catch::Contains("whole seconds"));
  CHECK_THAT(error({"--ca-lifetime", "100d"}), Catch::Contains("three times as long as --leaf-lifetime"));
  CHECK_THAT(error({"--leaf-lifetime", "60s"}), Catch::Contains("--propagation-time"));
  CHECK_THAT(error({"--metrics-listen", "8080"}), Catch::Contains("ADDRESS:PORT"));
  CHECK_THAT(error({"--log-level", "loud"}), Catch::Contains("none of debug"));
  CHECK_THAT(error({"--nonsense"}), Catch::Contains("--help"));
  CHECK(Parse({"--help"}).error().status == 0);
}

TEST_CASE("A duration has a number and a unit", "[operator]") {
  CHECK(ParseDuration("--x", "500ms") == 500ms);
  CHECK(ParseDuration("--x", "15s") == 15s);
  CHECK(ParseDuration("--x", "2h") == 2h);
  CHECK(ParseDuration("--x", "90d") == std::chrono::days(90));
  for (const char* wrong : {"", "s", "15", "1.5s", "15 s", "15S", "99999999999d", "1000001s"})
    CHECK_FALSE(ParseDuration("--x", wrong).has_value());
}

}  // namespace
}  // namespace hullwright::controller
