// CA bundle and client certificate of a registry reach it, and nobody else.
#include <fstream>
#include <sstream>

#include "http/server.h"
#include "registry_bench.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace hullwright;
using namespace hullwright::registry;

namespace {

std::string Text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// An https registry with one image, that shows who asks.
struct TlsRegistry {
  TlsRegistry() : authority(folder.path(), "test") {
    const auto files = authority.MintServer("server", {.dns = {"registry.example"}, .ip = {}});
    http::ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.certificate_file = files.certificate_file;
    options.key_file = files.key_file;
    options.client_ca_file = authority.ca_file();
    auto started = http::HttpServer::Start(options, {{"GET", "/v2/team/app/manifests/latest", [this](const http::ServerRequest& request) {
                                                        asked_by = request.peer_subject.value_or("nobody");
                                                        return http::Response{.content_type = std::string(testing::kManifestType),
                                                                              .body = testing::ImageManifestJson("{}", "layer")};
                                                      }}});
    REQUIRE(started);
    server = std::move(*started);
  }

  Answer<std::shared_ptr<const Document>> Resolve(HostSettings settings, const std::string& name = "registry.example") {
    settings.host = name + ":" + std::to_string(server->port());
    Configuration configuration;
    configuration.hosts = {settings};
    const auto hosts = Hosts::Make(configuration);
    REQUIRE(hosts);
    OciRegistry oci(*hosts, {.client = http::MakeBoundedClient({.resolver = std::make_shared<testing::FixedResolver>(Names())})});
    return oci.Resolve({settings.host, "team/app"}, "latest", {.deadline = std::chrono::steady_clock::now() + 20s});
  }

  testing::TemporaryDirectory folder;
  testing::CertificateAuthority authority;
  std::string asked_by;
  std::unique_ptr<http::HttpServer> server;
};

}  // namespace

TEST_CASE("a registry is trusted by its own CA bundle and for its own name", "[registry]") {
  TlsRegistry registry;
  const std::string ca = Text(registry.authority.ca_file());
  CHECK(Succeeds(registry.Resolve({.tls = {.ca_pem = ca}})));
  CHECK(registry.asked_by == "nobody");
  CHECK(WhyNot(registry.Resolve({})) == Why::kUnavailable);
  CHECK(WhyNot(registry.Resolve({.tls = {.ca_pem = ca}}, "other.example")) == Why::kUnavailable);
  CHECK(WhyNot(registry.Resolve({.plain_http = true})) != Why::kAbsent);
}

TEST_CASE("a registry is shown the client certificate that is configured for it", "[registry]") {
  TlsRegistry registry;
  const auto files = registry.authority.MintClient("client", "puller");
  CHECK(Succeeds(registry.Resolve({.tls = {.ca_pem = Text(registry.authority.ca_file()),
                                           .client_certificate_pem = Text(files.certificate_file),
                                           .client_key_pem = Text(files.key_file)}})));
  CHECK(registry.asked_by == "puller");
}
