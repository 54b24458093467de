#include <filesystem>
#include <thread>

#include "server_fixture.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace hullwright;
using namespace hullwright::http;
using namespace hullwright::testing;
using namespace std::chrono_literals;

namespace {

ServerOptions TlsOptions(const CertificateFiles& files) {
  ServerOptions options = TestOptions();
  options.certificate_file = files.certificate_file;
  options.key_file = files.key_file;
  return options;
}

std::string StartError(const ServerOptions& options) {
  const auto server = HttpServer::Start(options, TestRoutes());
  REQUIRE_FALSE(server);
  CHECK(server.error().code == ErrorCode::kInvalidInput);
  return server.error().message;
}

}  // namespace

TEST_CASE("requests of every size pass over TLS", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto server = StartServer(TlsOptions(authority.MintServer("server")));
  RawConnection connection(server->port(), RawTls{.ca_file = authority.ca_file()});
  REQUIRE(connection.is_open());
  for (const std::size_t size : {2u, 6000u, 16'000u, 20'000u, 100'000u, 7u << 20}) {
    CAPTURE(size);
    CHECK(connection.Exchange(PostRequest("/size", std::string(size, 'x')))->body == std::to_string(size));
  }
  CHECK(connection.Exchange(GetRequest("/large"))->body.size() == 3u << 20);
  std::string all;
  for (int i = 0; i < 20; ++i) all += PostRequest("/size", std::string(1000, 'x'));
  connection.Send(all);
  for (int i = 0; i < 20; ++i) CHECK(connection.Receive()->body == "1000");
}

TEST_CASE("HTTP/1.1 is the only protocol that is agreed on", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto server = StartServer(TlsOptions(authority.MintServer("server")));
  CHECK(RawConnection(server->port(), RawTls{.protocols = "http/1.1"}).protocol() == "http/1.1");
  CHECK_FALSE(RawConnection(server->port(), RawTls{.protocols = "h2"}).is_open());
}

TEST_CASE("what does not speak TLS is closed", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  auto options = TlsOptions(authority.MintServer("server"));
  options.handshake_timeout = 100ms;
  const auto server = StartServer(options);
  RawConnection plain(server->port()), silent(server->port());
  CHECK_FALSE(plain.Exchange(GetRequest("/healthz")));
  CHECK(silent.IsClosedByPeer());
  CHECK(RawConnection(server->port(), RawTls{}).Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("the name in a verified client certificate reaches the handler", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test"), stranger(folder.path(), "stranger");
  auto options = TlsOptions(authority.MintServer("server"));
  options.client_ca_file = authority.ca_file();
  const auto server = StartServer(options);
  const auto client = authority.MintClient("client", "kube-apiserver");
  const auto forged = stranger.MintClient("forged", "kube-apiserver");
  const auto who = [&](const RawTls& tls) {
    const auto response = RawConnection(server->port(), tls).Exchange(GetRequest("/who"));
    return response ? response->body : "refused";
  };
  CHECK(who({.client_certificate_file = client.certificate_file, .client_key_file = client.key_file}) == "kube-apiserver");
  CHECK(who({}) == "nobody");
  CHECK(who({.client_certificate_file = forged.certificate_file, .client_key_file = forged.key_file}) == "refused");
}

TEST_CASE("a certificate is no client certificate when it was made for servers", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto files = authority.MintServer("server");
  auto options = TlsOptions(files);
  options.client_ca_file = authority.ca_file();
  const auto server = StartServer(options);
  RawConnection connection(server->port(), RawTls{.client_certificate_file = files.certificate_file, .client_key_file = files.key_file});
  CHECK_FALSE(connection.Exchange(GetRequest("/who")));
}

TEST_CASE("where a client certificate is required there is no service without", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  auto options = TlsOptions(authority.MintServer("server"));
  options.client_ca_file = authority.ca_file();
  options.require_client_certificate = true;
  const auto server = StartServer(options);
  CHECK_FALSE(RawConnection(server->port(), RawTls{}).Exchange(GetRequest("/healthz")));
  const auto client = authority.MintClient("client", "kube-apiserver");
  RawConnection connection(server->port(), RawTls{.client_certificate_file = client.certificate_file, .client_key_file = client.key_file});
  CHECK(connection.Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("certificate files that cannot serve are refused with file, reason and remedy", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto files = authority.MintServer("server"), other = authority.MintServer("other");
  const auto garbage = folder.Write("garbage.pem", "not a certificate");
  const auto torn = folder.Write("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  using Catch::Matchers::Contains;
  CHECK_THAT(StartError(TlsOptions({"/nowhere.pem", files.key_file})),
             Contains("/nowhere.pem: No such file or directory") && Contains("expected a PEM chain, leaf first"));
  CHECK_THAT(StartError(TlsOptions({garbage, files.key_file})), Contains("garbage.pem: no readable certificate"));
  CHECK_THAT(StartError(TlsOptions({torn, files.key_file})), Contains("torn.pem: no readable certificate"));
  CHECK_THAT(StartError(TlsOptions({files.certificate_file, garbage})), Contains("garbage.pem: no readable key"));
  CHECK_THAT(StartError(TlsOptions({files.certificate_file, other.key_file})), Contains("other.key: does not fit the certificate in"));
  CHECK_THAT(StartError(TlsOptions({files.certificate_file, ""})), Contains("both a certificate file and a key file"));
  CHECK_THAT(StartError(TlsOptions({folder.path().string(), files.key_file})), Contains("Is a directory"));
  auto options = TlsOptions(files);
  options.require_client_certificate = true;
  CHECK_THAT(StartError(options), Contains("no client CA file"));
  options.client_ca_file = garbage;
  CHECK_THAT(StartError(options), Contains("client CA file"));
}

TEST_CASE("a new certificate serves new connections while open ones live on, and no request fails", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto server = StartServer(TlsOptions(authority.MintServer("server", {}, 1h)));
  const auto first_expiry = server->CertificateExpiry();
  RawConnection old(server->port(), RawTls{.ca_file = authority.ca_file()});
  const std::string old_serial = old.peer_serial();
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0}, answered{0};
  std::jthread load([&] {
    while (!stop) {
      RawConnection connection(server->port(), RawTls{.ca_file = authority.ca_file()});
      for (int i = 0; i < 5; ++i) {
        const auto response = connection.Exchange(PostRequest("/echo", "[1]"));
        ++(response && response->status == 200 ? answered : failed);
      }
    }
  });
  while (answered < 20) std::this_thread::yield();
  authority.MintServer("server", {}, 48h);
  REQUIRE(server->ReloadCertificate());
  const int before = answered;
  while (answered < before + 20) std::this_thread::yield();
  stop = true;
  load.join();
  CHECK(failed == 0);
  CHECK(server->CertificateExpiry() > first_expiry);
  CHECK(RawConnection(server->port(), RawTls{.ca_file = authority.ca_file()}).peer_serial() != old_serial);
  CHECK(old.Exchange(PostRequest("/echo", "[2]"))->body == "[2]");
}

TEST_CASE("a certificate that does not load leaves the old one in force", "[http]") {
  const TemporaryDirectory folder;
  CertificateAuthority authority(folder.path(), "test");
  const auto server = StartServer(TlsOptions(authority.MintServer("server")));
  folder.Write("server.key", "torn");
  const auto reloaded = server->ReloadCertificate();
  REQUIRE_FALSE(reloaded);
  CHECK(server->Statistics().certificate_reload_failures == 1);
  CHECK(RawConnection(server->port(), RawTls{.ca_file = authority.ca_file()}).Exchange(GetRequest("/healthz"))->status == 200);
}

TEST_CASE("the swap of a mounted Secret's link is seen without being told", "[http]") {
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "v1");
  std::filesystem::create_directories(folder.path() / "v2");
  CertificateAuthority authority(folder.path(), "test");
  authority.MintServer("v1/tls", {}, 1h);
  authority.MintServer("v2/tls", {}, 48h);
  std::filesystem::create_directory_symlink("v1", folder.path() / "..data");
  const auto link = (folder.path() / "..data").string();
  const auto server = StartServer(TlsOptions({link + "/tls.pem", link + "/tls.key"}));
  const auto first_expiry = server->CertificateExpiry();
  std::filesystem::create_directory_symlink("v2", folder.path() / "..data_tmp");
  std::filesystem::rename(folder.path() / "..data_tmp", link);
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (server->CertificateExpiry() == first_expiry && std::chrono::steady_clock::now() < patience) std::this_thread::sleep_for(10ms);
  CHECK(server->CertificateExpiry() > first_expiry);
  CHECK(server->Statistics().certificate_reloads == 1);
}
