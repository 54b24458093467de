// Where the API server is and who we are: kubeconfig, tokens, pauses.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kube/backoff.h"
#include "kube/client.h"
#include "kube/private_folder.h"
#include "kube/token_source.h"
#include "support/temporary_directory.h"

namespace hullwright::kube {
namespace {

using hullwright::testing::TemporaryDirectory;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string FileText(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string Kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: one\n"
         "clusters: [{name: c0, cluster: {server: 'https://other.example'}}, {name: c1, cluster: " +
         cluster +
         "}]\n"
         "users: [{name: u1, user: " +
         user +
         "}]\n"
         "contexts: [{name: one, context: {cluster: c1, user: u1, namespace: shop}}, {name: two, context: {cluster: c0, user: u1}}]\n";
}

TEST_CASE("A kubeconfig gives server, CA and token of its current or a named context", "[kube]") {
  const TemporaryDirectory folder;
  const std::string file = folder.Write(
      "config", Kubeconfig("{server: 'https://api.example:6443', certificate-authority: pki/ca.pem}", "{token: abc, tokenFile: ''}"));
  const auto access = ClusterAccess::FromKubeconfig(file);
  REQUIRE(access.has_value());
  CHECK(access->server == "https://api.example:6443");
  CHECK(access->ca_file == folder.path() / "pki/ca.pem");
  CHECK(access->token == "abc");
  CHECK(access->token_file.empty());
  CHECK(access->private_files == nullptr);
  CHECK(ClusterAccess::FromKubeconfig(file, "two")->server == "https://other.example");
}

TEST_CASE("Inline certificates and keys become files of this user alone, and go with the access", "[kube]") {
  const TemporaryDirectory folder;
  const std::string file = folder.Write(
      "config", Kubeconfig("{server: 'https://api.example', certificate-authority: ignored, certificate-authority-data: Y2EtYnl0ZXM=}",
                           "{client-certificate-data: Y2VydGlm, client-key-data: a2V5MQ==}"));
  std::string key_file;
  {
    const auto access = ClusterAccess::FromKubeconfig(file);
    REQUIRE(access.has_value());
    key_file = access->client_key_file;
    CHECK(FileText(access->ca_file) == "ca-bytes");
    CHECK(FileText(access->client_certificate_file) == "certif");
    CHECK(FileText(key_file) == "key1");
    using std::filesystem::perms;
    CHECK(std::filesystem::status(key_file).permissions() == (perms::owner_read | perms::owner_write));
    CHECK(std::filesystem::status(std::filesystem::path(key_file).parent_path()).permissions() == perms::owner_all);
    const ClusterAccess copy = *access;
    CHECK(copy.private_files == access->private_files);
  }
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(key_file).parent_path()));
}

TEST_CASE("A kubeconfig that would have to be ignored in part is refused", "[kube]") {
  const TemporaryDirectory folder;
  const std::string server = "{server: 'https://api.example'}";
  struct Row {
    std::string text, message;
  };
  for (const Row& row : std::vector<Row>{
           {Kubeconfig("{server: 'https://x', insecure-skip-tls-verify: true}", "{token: a}"),
            "clusters[c1].cluster.insecure-skip-tls-verify is not supported"},
           {Kubeconfig("{server: 'https://x', proxy-url: 'http://p'}", "{token: a}"), "proxy-url is not supported"},
           {Kubeconfig("{server: 'https://x', tls-server-name: y}", "{token: a}"), "tls-server-name is not supported"},
           {Kubeconfig("{}", "{token: a}"), "clusters[c1].cluster.server is absent"},
           {Kubeconfig(server, "{exec: {command: aws}}"), "users[u1].user.exec is not supported: programs are not run"},
           {Kubeconfig(server, "{auth-provider: {name: gcp}}"), "auth-provider is not supported"},
           {Kubeconfig(server, "{username: a, password: b}"), "username is not supported"},
           {Kubeconfig(server, "{token: a, as: root}"), "as is not supported"},
           {Kubeconfig(server, "{token: 12345}"), "users[u1].user.token must be a string, is of type integer; put it in quotes"},
           {Kubeconfig(server, "{client-key-data: '%%%%'}"), "client-key-data is not base64"},
           {Kubeconfig(server, "{client-key-data: 'YWJj\n'}"), "client-key-data is not base64"},
           {"clusters: []\n", "current-context is absent"},
           {"current-context: x\ncontexts: {}\n", "contexts has no entry \"x\""},
           {"current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\n", "clusters has no entry \"y\""},
           {"a: 1\n---\nb: 2\n", "has 2 documents"},
           {"a: [", "kubeconfig"},
       }) {
    INFO(row.text);
    const auto access = ClusterAccess::FromKubeconfig(folder.Write("config", row.text));
    REQUIRE_FALSE(access.has_value());
    CHECK_THAT(access.error().message, Catch::Contains(row.message));
  }
  CHECK(ClusterAccess::FromKubeconfig(
            folder.Write("config", Kubeconfig("{server: 'https://x', insecure-skip-tls-verify: false}", "{token: a}")))
            .has_value());
  CHECK(ClusterAccess::FromKubeconfig(folder.path() / "absent").error().code == ErrorCode::kNotFound);
  CHECK(ClusterAccess::FromKubeconfig(folder.Write("config", Kubeconfig(server, "{token: a}")), "three").error().code ==
        ErrorCode::kNotFound);
}

TEST_CASE("A Pod's environment names the API server, and without one the error says what to do", "[kube]") {
  setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  const auto access = ClusterAccess::FromServiceAccount();
  REQUIRE(access.has_value());
  CHECK(access->server == "https://10.96.0.1:443");
  CHECK(access->token_file == "/var/run/secrets/kubernetes.io/serviceaccount/token");
  CHECK(access->ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  CHECK(ClusterAccess::FromServiceAccount()->server == "https://[fd00::1]:443");
  unsetenv("KUBERNETES_SERVICE_HOST");
  const auto none = ClusterAccess::FromServiceAccount();
  REQUIRE_FALSE(none.has_value());
  CHECK_THAT(none.error().message, Catch::Contains("--kubeconfig"));
}

TEST_CASE("A token is read again every minute, and a bad file keeps the last good one", "[kube]") {
  const TemporaryDirectory folder;
  const std::string file = folder.Write("token", "first\n");
  const Deadline start{seconds(1'000)};
  auto source = TokenSource::FromFile(file, start);
  REQUIRE(source.has_value());
  folder.Write("token", "second\n");
  CHECK(source->Get(start + seconds(59)) == "first");
  CHECK(source->Get(start + seconds(60)) == "second");
  for (const std::string& bad :
       {std::string(), std::string("two words"), std::string("line\nline"), std::string(70'000, 'x'), std::string("nul\0", 4)}) {
    folder.Write("token", bad);
    CHECK_FALSE(TokenSource::FromFile(file, start).has_value());
    CHECK(source->Get(start + seconds(1'000)) == "second");
    CHECK_FALSE(source->Renew("second", start + seconds(1'001)));
  }
  folder.Write("token", "third");
  CHECK(source->Renew("second", start + seconds(1'002)));
  // Another thread has renewed it already: nothing is read, the new one is used.
  CHECK(source->Renew("second", start + seconds(1'002)));
  CHECK(source->Get(start + seconds(1'003)) == "third");
  TokenSource fixed("fixed");
  CHECK(fixed.Get(start) == "fixed");
  CHECK_FALSE(fixed.Renew("fixed", start));
}

TEST_CASE("Pauses double with chance up to the most, and begin again after calm", "[kube]") {
  Backoff backoff(milliseconds(800), milliseconds(30'000), milliseconds(120'000));
  Deadline now{seconds(1'000)};
  CHECK(backoff.Next(now, 0.0) == milliseconds(800));
  CHECK(backoff.Next(now, 0.5) == milliseconds(2'400));
  CHECK(backoff.Next(now, 0.999) > milliseconds(6'000));
  for (int i = 0; i < 10; ++i) CHECK(backoff.Next(now, 1.0) <= milliseconds(30'000));
  CHECK(backoff.Next(now, 0.0) == milliseconds(30'000));
  CHECK(backoff.Next(now + seconds(119), 0.0) == milliseconds(30'000));
  CHECK(backoff.Next(now + seconds(239), 0.0) == milliseconds(800));
}

}  // namespace
}  // namespace hullwright::kube
