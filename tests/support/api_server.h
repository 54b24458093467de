// A real Kubernetes API server with its etcd, on loopback, for tests: real RBAC, real admission chain, no kubelet, no controllers: a
// deleted Namespace stays Terminating, a Deployment makes no ReplicaSet, an aggregated ClusterRole stays empty.
//
// Who may what (RBAC, beside what Kubernetes ships): Admin everything; Alice what the ClusterRole "edit" lets, in every namespace; Node
// what "system:node" lets. Service accounts exist only as impersonated names; system:controller:* roles give them their rights.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.h"

namespace hullwright::testing {

// Who asks. With user, the token's owner impersonates that user and the groups.
struct Identity {
  std::string token;
  std::string user;
  std::vector<std::string> groups;

  static Identity Admin();
  static Identity Alice();                                                             // user "alice", group "developers"
  static Identity Node();                                                              // user "system:node:n1", group "system:nodes"
  static Identity ServiceAccount(std::string_view namespace_, std::string_view name);  // impersonated by Admin
};

struct ApiServerReply {
  int status = 0;
  std::string text;
  nlohmann::json json;  // of text; null when that is no JSON

  // "message" of a Status.
  std::string message() const { return json.is_object() ? json.value("message", "") : ""; }
};

struct ApiServerOptions {
  std::vector<std::string> arguments;  // further ones of kube-apiserver
};

// Everything throws std::runtime_error when it cannot be done, with the end of the log where that helps. Not thread-safe, except Request.
class ApiServer {
 public:
  // The one of this test program: started by the first call (about 6 s, 300 MB), running again if an earlier test stopped it.
  static ApiServer& Shared();

  // Waits until it is ready. Needs kube-apiserver and kubectl in $HULLWRIGHT_TEST_TOOLS, else in the cache folder of tests/tools/build.
  explicit ApiServer(ApiServerOptions options = {});
  ~ApiServer();  // stops both and removes what they wrote
  ApiServer(ApiServer&&) = delete;

  const std::string& url() const;  // "https://127.0.0.1:40123"
  const std::string& ca_file() const;
  const std::string& kubeconfig() const;  // contexts admin (current), alice, node
  const std::string& folder() const;      // where tests may put files that must live as long as it
  std::string AuditLog() const;           // JSON lines, level Metadata, with the annotations of admission

  // Any status is a reply. Content types: "application/merge-patch+json", "application/json-patch+json",
  // "application/strategic-merge-patch+json", "application/apply-patch+yaml" (with ?fieldManager=…).
  ApiServerReply Request(std::string_view method, const std::string& path_and_query, const std::string& body = "",
                         const Identity& as = Identity::Admin(), std::string_view content_type = "application/json");
  ApiServerReply Get(const std::string& path_and_query) { return Request("GET", path_and_query); }

  // The real kubectl, as admin unless the arguments name another --context. input is its standard input (for "-f -").
  ProcessResult Kubectl(const std::vector<std::string>& arguments, const std::string& input = "");

  // Outages. etcd keeps running, so that what was stored is there again.
  void Stop();   // SIGKILL: connections break, then are refused
  void Start();  // after Stop; waits until ready; same address
  void Restart();
  void Pause();  // SIGSTOP: connections hang
  void Continue();

  // Forgets all history of etcd up to now, so that older resource versions are 410 Gone once the API server's own cache is (after Restart).
  void Compact();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

// A program of tests/tools/build. Throws with the sentence that says how to build it.
std::string TestTool(std::string_view name);

}  // namespace hullwright::testing
