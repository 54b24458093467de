// Requests to the API server whose answer is wanted as it came: any status, with its headers. For those who examine a cluster; whoever
// works with objects uses client.h.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "http/http.h"
#include "kube/client.h"

namespace hullwright::kube {

struct RawRequest {
  std::string method = "GET";
  std::string path_and_query;  // already percent-encoded
  std::string json = {};       // body; "": none
  std::size_t max_bytes = 16u << 20;
};

// Thread-safe. An Error means that there was no answer: kUnavailable, kDeadline, kTooLarge. Nothing is asked twice.
class RawClient {
 public:
  // The same servers and identities as KubeClient::Connect.
  static Result<std::unique_ptr<RawClient>> Connect(const ClusterAccess& access);
  virtual ~RawClient() = default;

  virtual Result<http::Response> Send(const RawRequest& request, Deadline deadline) = 0;
};

}  // namespace hullwright::kube
