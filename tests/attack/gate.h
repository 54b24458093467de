// The gate as an attacker meets it: a real API server with our CRDs and hooks, and the real hullwright-webhook watching it. Started once
// for a test program. The policy: images under registry.example/ok/ need a scan without critical findings; everything else is covered by no
// policy, which denies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attack/objects.h"
#include "attack/webhook_process.h"

namespace hullwright::test {

// Who asks. Empty: the cluster's administrator.
struct As {
  std::string user;
  std::vector<std::string> groups;
};
extern const As kNode;  // the kubelet of node n1

enum class ScanState { kClean, kCritical };
enum class PatchType { kJson, kMerge, kStrategic };

class Gate {
 public:
  static Gate& Get();
  ~Gate();

  // Makes an image under registry.example/ok/ with a scan that the webhook has taken up; returns "registry.example/ok/NAME@sha256:…".
  // The digest depends on the name only.
  std::string Image(const std::string& name, ScanState state);
  // Two images every test may use.
  const std::string& good() const;
  const std::string& bad() const;

  Answer Create(const Json& object, const As& as = {}, const std::string& query = "");
  Answer Put(const Json& object, const std::string& subresource = "", const As& as = {});
  Answer Patch(const Json& object, PatchType type, const Json& patch, const std::string& subresource = "", const As& as = {});
  Answer Apply(const Json& object, const std::string& subresource = "", const As& as = {});
  Answer Read(const Json& object, const std::string& subresource = "");
  Answer Delete(const Json& object, const As& as = {});

  // Repeats a dry-run create until it is answered as wanted: objects reach the webhook by watch, a moment after they are written.
  void WaitUntil(const Json& object, bool admitted);
  // Creates a namespace of that name and waits until the webhook knows it.
  std::string MakeNamespace(const std::string& name, const Json& labels = Json::object());
  // Creates an object of ours and fails the test when it is refused.
  void Require(const Json& object, const As& as = {});

  // Another hullwright-webhook on the gate's API server, with further arguments.
  std::unique_ptr<WebhookProcess> StartWebhook(const std::vector<std::string>& further = {});
  std::size_t WebhookResidentBytes() const;
  std::uint16_t ApiServerPort() const;
  // Straight to the webhook, past the API server, as anybody on the pod network can.
  Answer PostToWebhook(const std::string& path, const std::string& body);
  // The same with curl's own arguments, for requests no decent client makes.
  Answer Curl(const std::vector<std::string>& arguments, const std::string& path, const std::string& body);

 private:
  friend class PausedApiServer;
  Gate();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The gate's API server stands still for the life of the object (SIGSTOP).
class PausedApiServer {
 public:
  explicit PausedApiServer(Gate& gate);
  ~PausedApiServer();

 private:
  Gate& gate_;
};

void RequireDenied(const Answer& answer, std::string_view reason_word);
void RequireAdmitted(const Answer& answer);
std::string UniqueName(const std::string& prefix);
std::string ReadFile(const std::string& file);
}  // namespace hullwright::test
