#include "support/signing_stack.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/api_server.h"
#include "support/free_port.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr auto kStartPatience = seconds(30);
constexpr int kAttempts = 3;  // somebody else may take a port between FreePort and the server

std::string Loopback(std::uint16_t port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

void Succeed(const std::string& program, const std::vector<std::string>& arguments) {
  const auto result = Run(program, arguments);
  if (result.exit != 0) throw std::runtime_error(fmt::format("{} failed:\n{}{}", program, result.out, result.err));
}

struct Server {
  std::unique_ptr<Process> process;
  std::uint16_t port = 0;

  Server() = default;
  // One of our own tools, which chooses its port and prints "NAME http://127.0.0.1:PORT".
  Server(std::string_view tool, const std::vector<std::string>& arguments) {
    process = std::make_unique<Process>(TestTool(tool), arguments);
    const bool ready = process->WaitForText("\n", kStartPatience);
    const std::string output = process->Output();
    if (!ready || !output.ends_with('\n')) throw std::runtime_error(fmt::format("{} does not serve:\n{}", tool, process->Errors()));
    port = static_cast<std::uint16_t>(std::stoi(output.substr(output.rfind(':') + 1)));
  }
  // Returns when path is answered with 200.
  Server(std::string_view tool, std::uint16_t at, const std::vector<std::string>& arguments, std::string_view path) : port(at) {
    process = std::make_unique<Process>(TestTool(tool), arguments);
    const auto answers = [&] {
      const auto response = RawConnection(port, seconds(2)).Exchange(GetRequest(path));
      return response && response->status == 200;
    };
    WaitUntil([&] { return !process->IsRunning() || answers(); }, kStartPatience);
    if (!process->IsRunning() || !answers()) {
      throw std::runtime_error(fmt::format("{} does not serve:\n{}{}", tool, process->Output(), process->Errors()));
    }
  }
};

json WorkflowClaims(const std::string& repository, const std::string& workflow) {
  const std::string commit(40, 'a');
  return {{"sub", "repo:" + repository + ":ref:refs/heads/main"},
          {"job_workflow_ref", workflow},
          {"job_workflow_sha", commit},
          {"workflow_ref", workflow},
          {"workflow_sha", commit},
          {"sha", commit},
          {"ref", "refs/heads/main"},
          {"event_name", "push"},
          {"workflow", "release"},
          {"repository", repository},
          {"repository_id", "1"},
          {"repository_owner", repository.substr(0, repository.find('/'))},
          {"repository_owner_id", "2"},
          {"repository_visibility", "private"},
          {"runner_environment", "github-hosted"},
          {"run_id", "3"},
          {"run_attempt", "1"}};
}

}  // namespace

class SigningStack::Parts {
 public:
  Parts() : folder_(directory_.path().string()) {
    MintKeys();
    StartIssuer();
    certificate_log_ = Server("ct-log", {folder_ + "/ct.key"});
    fulcio_ = Retried([this] { return StartFulcio(); });
    rekor_ = Retried([this] { return StartRekor(); });
    tsa_ = Retried([this] { return StartTimestampServer(); });
    timestamp_url_ = Loopback(tsa_.port) + "/api/v1/timestamp";
    tsa_root_ = folder_ + "/tsa-root.pem";
    CreateTrustedRoot();
    CreateSigningConfigs();
  }

  std::string Token(const std::string& issuer, const json& claims) {
    const std::string path = issuer.substr(issuer.rfind('/')) + "/token";
    const auto response = RawConnection(issuer_.port).Exchange(PostRequest(path, claims.dump()));
    if (!response || response->status != 200) throw std::runtime_error("no token from the OIDC issuer");
    return response->body;
  }

  TemporaryDirectory directory_;
  std::string folder_, person_issuer_, workflow_issuer_, trusted_root_, signing_config_, local_config_, tsa_root_, timestamp_url_;

 private:
  void MintKeys() {
    const std::string mint = SourcePath("tests/support/mint-chain");
    Succeed(mint, {folder_, "fulcio", "authority", "1 hour ago", "7 days", "ecdsa-p256"});
    Succeed(mint, {folder_, "tsa", "time-stamps", "1 hour ago", "7 days", "ecdsa-p256"});
    // Fulcio wants its key encrypted.
    Succeed("openssl", {"pkcs8", "-topk8", "-in", folder_ + "/fulcio.key", "-passout", "pass:test", "-out", folder_ + "/fulcio.encrypted"});
    for (const std::string log : {"rekor", "ct"}) {
      const std::string key = folder_ + "/" + log + ".key";
      Succeed("openssl", {"genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key});
      Succeed("openssl", {"pkey", "-in", key, "-pubout", "-out", folder_ + "/" + log + ".pub"});
    }
  }

  template <class Start>
  static Server Retried(Start&& start) {
    for (int attempt = 1;; ++attempt) try {
        return start();
      } catch (const std::runtime_error&) {
        if (attempt == kAttempts) throw;
      }
  }

  void StartIssuer() {
    issuer_ = Server("oidc-issuer", {});
    person_issuer_ = Loopback(issuer_.port) + "/people";
    workflow_issuer_ = Loopback(issuer_.port) + "/workflows";
    const auto entry = [](const std::string& url, std::string_view type) {
      return json{{"IssuerURL", url}, {"ClientID", "sigstore"}, {"Type", type}};
    };
    const json issuers = {{person_issuer_, entry(person_issuer_, "email")}, {workflow_issuer_, entry(workflow_issuer_, "github-workflow")}};
    directory_.Write("fulcio.json", json{{"OIDCIssuers", issuers}}.dump());
  }

  // Its metrics cannot be switched off; port 0 leaves the choice to the kernel.
  Server StartFulcio() {
    const auto port = FreePort();
    return {"fulcio",
            port,
            {"serve",
             "--host",
             "127.0.0.1",
             "--port",
             std::to_string(port),
             "--grpc-host",
             "127.0.0.1",
             "--grpc-port",
             std::to_string(FreePort()),
             "--metrics-port",
             "0",
             "--ca",
             "fileca",
             "--fileca-cert",
             folder_ + "/fulcio.pem",
             "--fileca-key",
             folder_ + "/fulcio.key",
             "--fileca-key-passwd",
             "test",
             "--fileca-watch=false",
             "--config-path",
             folder_ + "/fulcio.json",
             "--ct-log-url",
             Loopback(certificate_log_.port),
             "--ct-log-public-key-path",
             folder_ + "/ct.pub",
             "--legacy-unix-domain-socket",
             folder_ + "/fulcio.sock"},
            "/healthz"};
  }

  // The host of its URL is the origin of its checkpoints, which verifiers compare.
  Server StartRekor() {
    const auto port = FreePort();
    return {"rekor-server",
            port,
            {"serve", "--hostname", "127.0.0.1", "--http-port", std::to_string(port), "--grpc-port", std::to_string(FreePort()),
             "--http-metrics-port", std::to_string(FreePort()), "--storage-dir", folder_ + "/log", "--signer-filepath",
             folder_ + "/rekor.key", "--checkpoint-interval", "200ms", "--batch-max-age", "50ms"},
            "/healthz"};
  }

  Server StartTimestampServer() {
    const auto port = FreePort();
    return {"timestamp-server",
            port,
            {"--port", std::to_string(port), "--key", folder_ + "/tsa.key", "--chain", folder_ + "/tsa.pem"},
            "/ping"};
  }

  void CreateTrustedRoot() {
    trusted_root_ = folder_ + "/trusted_root.json";
    const auto log = [this](std::uint16_t port, std::string_view name) {
      return fmt::format("url={},public-key={}/{}.pub,start-time=2024-01-01T00:00:00Z", Loopback(port), folder_, name);
    };
    const auto authority = [this](const std::string& url, std::string_view name) {
      return fmt::format("url={},certificate-chain={}/{}.pem", url, folder_, name);
    };
    Succeed(TestTool("cosign"), {"trusted-root", "create", "--out", trusted_root_,         //
                                 "--fulcio", authority(Loopback(fulcio_.port), "fulcio"),  //
                                 "--tsa", authority(timestamp_url_, "tsa"),                //
                                 "--ctfe", log(certificate_log_.port, "ct"),               //
                                 "--rekor", log(rekor_.port, "rekor") + ",origin=127.0.0.1"});
  }

  void CreateSigningConfigs() {
    const std::string since = ",start-time=2024-01-01T00:00:00Z,operator=hullwright.test";
    signing_config_ = folder_ + "/signing_config.json";
    Succeed(TestTool("cosign"),
            {"signing-config", "create", "--out", signing_config_, "--fulcio",
             fmt::format("url={},api-version=1{}", Loopback(fulcio_.port), since), "--rekor",
             fmt::format("url={},api-version=2{}", Loopback(rekor_.port), since), "--tsa",
             fmt::format("url={},api-version=1{}", timestamp_url_, since), "--rekor-config", "ANY", "--tsa-config", "ANY"});
    local_config_ = folder_ + "/local_config.json";
    Succeed(TestTool("cosign"), {"signing-config", "create", "--out", local_config_});
  }

  Server issuer_, certificate_log_, fulcio_, rekor_, tsa_;
};

SigningStack& SigningStack::Shared() {
  static SigningStack stack;
  return stack;
}

SigningStack::SigningStack() : parts_(std::make_unique<Parts>()) {}
SigningStack::~SigningStack() = default;

std::string SigningStack::PersonToken(const std::string& email) {
  return parts_->Token(parts_->person_issuer_, {{"sub", email}, {"email", email}, {"email_verified", true}});
}
std::string SigningStack::WorkflowToken(const std::string& repository, const std::string& workflow) {
  return parts_->Token(parts_->workflow_issuer_, WorkflowClaims(repository, workflow));
}

const std::string& SigningStack::person_issuer() const {
  return parts_->person_issuer_;
}
const std::string& SigningStack::workflow_issuer() const {
  return parts_->workflow_issuer_;
}
const std::string& SigningStack::trusted_root() const {
  return parts_->trusted_root_;
}
const std::string& SigningStack::signing_config() const {
  return parts_->signing_config_;
}
const std::string& SigningStack::local_config() const {
  return parts_->local_config_;
}
const std::string& SigningStack::tsa_root() const {
  return parts_->tsa_root_;
}
const std::string& SigningStack::timestamp_url() const {
  return parts_->timestamp_url_;
}
const std::string& SigningStack::folder() const {
  return parts_->folder_;
}

}  // namespace hullwright::testing
