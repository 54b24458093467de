#include "support/api_server.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "support/free_port.h"
#include "support/https_exchange.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr auto kStartPatience = seconds(60);
constexpr std::string_view kAdminToken = "test-token-of-admin", kAliceToken = "test-token-of-alice", kNodeToken = "test-token-of-node";

std::string Tail(const std::string& text, std::size_t lines = 25) {
  std::size_t begin = text.size();
  while (begin > 0 && lines > 0) {
    begin = text.rfind('\n', begin - 1);
    if (begin == std::string::npos) return text;
    --lines;
  }
  return text.substr(begin);
}

constexpr std::string_view kAuditPolicy = R"({"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],
  "rules":[{"level":"None","nonResourceURLs":["/*"]},{"level":"None","verbs":["get","list","watch"]},{"level":"Metadata"}]})";

json ClusterRoleBinding(std::string_view name, std::string_view role, std::string_view subject_kind, std::string_view subject) {
  return {{"apiVersion", "rbac.authorization.k8s.io/v1"},
          {"kind", "ClusterRoleBinding"},
          {"metadata", {{"name", name}}},
          {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", role}}},
          {"subjects", {{{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", subject_kind}, {"name", subject}}}}};
}

json Kubeconfig(const std::string& url, const std::string& ca_file) {
  json users = json::array(), contexts = json::array();
  for (const auto& [name, token] : {std::pair{"admin", kAdminToken}, std::pair{"alice", kAliceToken}, std::pair{"node", kNodeToken}}) {
    users.push_back({{"name", name}, {"user", {{"token", token}}}});
    contexts.push_back({{"name", name}, {"context", {{"cluster", "test"}, {"user", name}}}});
  }
  return {{"apiVersion", "v1"},
          {"kind", "Config"},
          {"clusters", {{{"name", "test"}, {"cluster", {{"server", url}, {"certificate-authority", ca_file}}}}}},
          {"users", users},
          {"contexts", contexts},
          {"current-context", "admin"}};
}

}  // namespace

std::string TestTool(std::string_view name) {
  const auto folder = [] {
    if (const char* tools = std::getenv("HULLWRIGHT_TEST_TOOLS")) return std::filesystem::path(tools);
    if (const char* cache = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(cache) / "hullwright/bin";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home ? home : "/") / ".cache/hullwright/bin";
  }();
  const auto program = folder / name;
  if (access(program.c_str(), X_OK) != 0) {
    throw std::runtime_error(fmt::format("{} is not there: run tests/tools/build {}", program.string(), name));
  }
  return program.string();
}

Identity Identity::Admin() {
  return {std::string(kAdminToken), "", {}};
}
Identity Identity::Alice() {
  return {std::string(kAliceToken), "", {}};
}
Identity Identity::Node() {
  return {std::string(kNodeToken), "", {}};
}
Identity Identity::ServiceAccount(std::string_view namespace_, std::string_view name) {
  return {std::string(kAdminToken),
          fmt::format("system:serviceaccount:{}:{}", namespace_, name),
          {"system:serviceaccounts", fmt::format("system:serviceaccounts:{}", namespace_), "system:authenticated"}};
}

class ApiServer::Parts {
 public:
  explicit Parts(ApiServerOptions options) : options_(std::move(options)), folder_(directory_.path().string()) {
    WriteFiles();
    for (int attempt = 1;; ++attempt) {
      try {
        StartBoth();
        break;
      } catch (const std::runtime_error& error) {
        const bool lost_port = std::string_view(error.what()).find("address already in use") != std::string_view::npos;
        if (!lost_port || attempt == 3) throw;
      }
    }
    directory_.Write("kubeconfig.json", Kubeconfig(url_, ca_file_).dump(2));
    GrantRights();
  }

  void StartServer() {
    server_ = std::make_unique<Process>(TestTool("kube-apiserver"), ServerArguments());
    std::string last;
    const bool ready = WaitUntil(
        [&] {
          if (!server_->IsRunning()) return true;
          last = Ask("/readyz");
          return last == "ok" && Ask("/api/v1/namespaces/default").find("\"Namespace\"") != std::string::npos;
        },
        kStartPatience);
    if (!ready || !server_->IsRunning()) {
      throw std::runtime_error(fmt::format("kube-apiserver is not ready ({}); the end of its log:\n{}", last, Tail(server_->Errors())));
    }
  }

  ApiServerReply Request(std::string_view method, const std::string& path_and_query, const std::string& body, const Identity& as,
                         std::string_view content_type) {
    http::Headers headers{{"Authorization", "Bearer " + as.token}, {"Accept", "application/json"}};
    if (!body.empty()) headers.emplace_back("Content-Type", content_type);
    if (!as.user.empty()) headers.emplace_back("Impersonate-User", as.user);
    for (const auto& group : as.groups) headers.emplace_back("Impersonate-Group", group);
    http::Response response = Exchange({port_, ca_file_}, method, path_and_query, headers, body);
    ApiServerReply reply{response.status, std::move(response.body), {}};
    reply.json = json::parse(reply.text, nullptr, false);
    if (reply.json.is_discarded()) reply.json = nullptr;
    return reply;
  }

  ProcessResult Kubectl(const std::vector<std::string>& arguments, const std::string& input) {
    ProcessOptions options;
    options.environment = {{"KUBECONFIG", kubeconfig_}, {"HOME", folder_}, {"KUBECACHEDIR", folder_ + "/kubectl-cache"}};
    options.input = input;
    return Run(TestTool("kubectl"), arguments, options);
  }

  void Compact() {
    const json now = AskEtcd("/v3/kv/range", {{"key", "AA=="}});  // any key will do
    AskEtcd("/v3/kv/compaction", {{"revision", now.at("header").at("revision")}});
  }

  bool stopped() { return server_ == nullptr || !server_->IsRunning(); }

 private:
  friend class ApiServer;

  void WriteFiles() {
    const auto minted = Run(
        "openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=test-api-server", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key_file_, "-out", ca_file_});
    if (minted.exit != 0) throw std::runtime_error("openssl: " + minted.err);
    directory_.Write("tokens.csv", fmt::format("{},admin,1,system:masters\n{},alice,2,developers\n{},system:node:n1,3,system:nodes\n",
                                               kAdminToken, kAliceToken, kNodeToken));
    directory_.Write("audit-policy.json", kAuditPolicy);
  }

  void StartBoth() {
    server_.reset();
    etcd_.reset();
    const auto client_port = FreePort(), peer_port = FreePort(), server_port = FreePort();
    etcd_port_ = client_port;
    etcd_url_ = fmt::format("http://127.0.0.1:{}", client_port);
    port_ = server_port;
    url_ = fmt::format("https://127.0.0.1:{}", server_port);
    StartEtcd(fmt::format("http://127.0.0.1:{}", peer_port));
    StartServer();
  }

  void StartEtcd(const std::string& peer_url) {
    std::filesystem::remove_all(folder_ + "/etcd");
    etcd_ = std::make_unique<Process>(
        "etcd",
        std::vector<std::string>{"--name=test", "--data-dir=" + folder_ + "/etcd", "--listen-client-urls=" + etcd_url_,
                                 "--advertise-client-urls=" + etcd_url_, "--listen-peer-urls=" + peer_url,
                                 "--initial-advertise-peer-urls=" + peer_url, "--initial-cluster=test=" + peer_url, "--unsafe-no-fsync"});
    if (etcd_->WaitForText("ready to serve client requests", kStartPatience) ||
        etcd_->WaitForText("serving insecure client requests", seconds(0)))
      return;
    throw std::runtime_error("etcd is not ready; the end of its log:\n" + Tail(etcd_->Errors()));
  }

  std::vector<std::string> ServerArguments() const {
    std::vector<std::string> arguments{
        "--etcd-servers=" + etcd_url_,
        "--bind-address=127.0.0.1",
        "--advertise-address=10.0.0.1",  // never reached; spares a look for the machine's own address, which may have none
        "--endpoint-reconciler-type=none",
        "--secure-port=" + std::to_string(port_),
        "--tls-cert-file=" + ca_file_,
        "--tls-private-key-file=" + key_file_,
        "--token-auth-file=" + folder_ + "/tokens.csv",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + ca_file_,
        "--service-account-signing-key-file=" + key_file_,
        "--service-cluster-ip-range=10.96.0.0/16",
        // No controller makes the "default" ServiceAccount that this plugin wants for every Pod.
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged=true",
        "--audit-policy-file=" + folder_ + "/audit-policy.json",
        "--audit-log-path=" + folder_ + "/audit.log",
        "--profiling=false",
    };
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    return arguments;
  }

  // The answer, or why there is none.
  std::string Ask(const std::string& path) {
    try {
      return Request("GET", path, "", Identity::Admin(), "").text;
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  // etcd's JSON gateway: its own client is another package.
  json AskEtcd(std::string_view path, const json& question) const {
    const auto answer = RawConnection(etcd_port_).Exchange(PostRequest(path, question.dump()));
    if (!answer || answer->status != 200) throw std::runtime_error(fmt::format("etcd {}: {}", path, answer ? answer->body : "no answer"));
    return json::parse(answer->body);
  }

  void GrantRights() {
    // Not the ClusterRole "edit" itself: a controller that is not here would fill it.
    for (const json& binding : {ClusterRoleBinding("test-alice-edits", "system:aggregate-to-edit", "User", "alice"),
                                ClusterRoleBinding("test-alice-views", "system:aggregate-to-view", "User", "alice"),
                                ClusterRoleBinding("test-nodes", "system:node", "Group", "system:nodes")}) {
      const auto reply =
          Request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding.dump(), Identity::Admin(), "application/json");
      if (reply.status != 201) throw std::runtime_error("no role binding: " + reply.text);
    }
  }

  const ApiServerOptions options_;
  const TemporaryDirectory directory_;
  const std::string folder_;
  const std::string ca_file_ = folder_ + "/server.pem", key_file_ = folder_ + "/server.key", kubeconfig_ = folder_ + "/kubeconfig.json";
  std::string etcd_url_, url_;
  std::uint16_t port_ = 0, etcd_port_ = 0;
  std::unique_ptr<Process> etcd_, server_;
};

ApiServer& ApiServer::Shared() {
  struct Holder {
    std::unique_ptr<ApiServer> server;
    std::exception_ptr failure;  // so that a hundred tests do not each wait for a start that fails

    Holder() {
      try {
        server = std::make_unique<ApiServer>();
      } catch (...) {
        failure = std::current_exception();
      }
    }
  };
  static Holder holder;
  if (holder.failure) std::rethrow_exception(holder.failure);
  holder.server->Continue();
  if (holder.server->parts_->stopped()) holder.server->Start();
  return *holder.server;
}

ApiServer::ApiServer(ApiServerOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}
ApiServer::~ApiServer() = default;

const std::string& ApiServer::url() const {
  return parts_->url_;
}
const std::string& ApiServer::ca_file() const {
  return parts_->ca_file_;
}
const std::string& ApiServer::kubeconfig() const {
  return parts_->kubeconfig_;
}
const std::string& ApiServer::folder() const {
  return parts_->folder_;
}

std::string ApiServer::AuditLog() const {
  std::ifstream stream(parts_->folder_ + "/audit.log", std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

ApiServerReply ApiServer::Request(std::string_view method, const std::string& path_and_query, const std::string& body, const Identity& as,
                                  std::string_view content_type) {
  return parts_->Request(method, path_and_query, body, as, content_type);
}

ProcessResult ApiServer::Kubectl(const std::vector<std::string>& arguments, const std::string& input) {
  return parts_->Kubectl(arguments, input);
}

void ApiServer::Stop() {
  parts_->server_->Kill();
}
void ApiServer::Start() {
  parts_->StartServer();
}

void ApiServer::Restart() {
  Stop();
  Start();
}

void ApiServer::Pause() {
  parts_->server_->Pause();
}
void ApiServer::Continue() {
  parts_->server_->Signal(SIGCONT);
}
void ApiServer::Compact() {
  parts_->Compact();
}

}  // namespace hullwright::testing
