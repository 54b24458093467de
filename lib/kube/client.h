// A typed client of the Kubernetes API, over http/client.h. No client-go: what we need of it is here and in list_watch.h.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/client.h"

namespace hullwright::kube {

// Where the API server is and who we are. Plain http is taken for loopback alone (kubectl proxy).
struct ClusterAccess {
  std::string server;  // "https://10.96.0.1:443"
  std::string ca_file;
  std::string token_file;  // re-read at most every 60 s and after a 401; the last good token is kept when the read fails
  std::string token;       // instead of token_file: a fixed token (kubeconfig)
  std::string client_certificate_file, client_key_file;

  // The folder of inline certificates and keys (0700, files 0600); removed with the last copy of this value.
  std::shared_ptr<const void> private_files = nullptr;

  // From a Pod's environment and its projected ServiceAccount volume.
  static Result<ClusterAccess> FromServiceAccount();
  // From the current (or named) context of a kubeconfig; file "": the default one. Refused, because they would have to be
  // ignored: exec and auth-provider plugins, user names with passwords, impersonation, proxies, insecure-skip-tls-verify.
  static Result<ClusterAccess> FromKubeconfig(const std::string& file, std::string_view context = "");
};

// Where kubectl would look: $KUBECONFIG, else ~/.kube/config where there is one; "" when there is neither.
std::string DefaultKubeconfig();

// An answer whose status was 2xx.
struct KubeReply {
  int status = 200;
  std::string body;  // JSON
};

// How a PATCH is meant (Kubernetes API concepts, "Patches"). Apply: apply.h.
enum class PatchType {
  kApply,  // application/apply-patch+yaml, of which JSON is a part
  kJson,   // application/json-patch+json, RFC 6902
  kMerge,  // application/merge-patch+json, RFC 7386
};

// What must still be so for a deletion to happen (meta/v1 Preconditions); "": does not matter. Otherwise kConflict.
struct DeletePreconditions {
  std::string uid, resource_version;
};

// Thread-safe. Errors carry the API server's own Status message; codes: 404 kNotFound, 409 kConflict, 401 and 403 kDenied, 410 and "too
// large resource version" kExpired, 422 and 400 kInvalidInput, 413 kTooLarge, 429 and 5xx and no connection kUnavailable. A 409 about
// fields that another manager has applied is kDenied too: to read again and retry, as after a lost race, would get the same. A 401 reads
// the token file again and, when the token is another one now, asks once more. An answer of 429 or 5xx that names a time in Retry-After is
// asked again after it, up to three times, where the deadline allows (as client-go does: the server has not acted on it).
class KubeClient {
 public:
  static Result<std::unique_ptr<KubeClient>> Connect(const ClusterAccess& access);
  virtual ~KubeClient() = default;

  virtual Result<KubeReply> Get(const std::string& path_and_query, Deadline deadline) = 0;
  virtual Result<KubeReply> Post(const std::string& path_and_query, std::string json, Deadline deadline) = 0;
  virtual Result<KubeReply> Put(const std::string& path_and_query, std::string json, Deadline deadline) = 0;
  virtual Result<KubeReply> Patch(const std::string& path_and_query, PatchType type, std::string json, Deadline deadline) = 0;
  // Success: it is deleted, or will be once its finalizers are gone.
  virtual Result<KubeReply> Delete(const std::string& path_and_query, const DeletePreconditions& preconditions, Deadline deadline) = 0;

  // GET of something long, such as a list: ends when it is complete, nothing has arrived for idle_timeout (kDeadline), it has more than
  // max_bytes (kTooLarge), or at once on stop (kDeadline).
  virtual Result<KubeReply> GetLong(const std::string& path_and_query, std::size_t max_bytes, std::chrono::milliseconds idle_timeout,
                                    std::stop_token stop) = 0;

  // GET of a watch: on_open once it is accepted, then each line (one JSON event, at most 16 MiB) until the server closes (success), on_line
  // returns false (success), nothing arrives for idle_timeout (kDeadline) or stop (kDeadline).
  virtual Result<void> Watch(const std::string& path_and_query, std::function<void()> on_open,
                             std::function<bool(std::string_view line)> on_line, std::chrono::milliseconds idle_timeout,
                             std::stop_token stop) = 0;
};

// One question to the authorizer (authorization.k8s.io/v1 SubjectAccessReview). "No" and "could not ask" are kept apart.
struct AccessQuestion {
  std::string username;
  std::vector<std::string> groups;
  std::string uid;
  std::map<std::string, std::vector<std::string>> extra;
  std::string verb, group, resource, namespace_, name;
};
struct AccessAnswer {
  bool allowed = false;
  std::string reason;
};
Result<AccessAnswer> ReviewAccess(KubeClient& client, const AccessQuestion& question, Deadline deadline);

}  // namespace hullwright::kube
