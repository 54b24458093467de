// A real OCI registry on loopback, with a folder of its own for what is pushed.
#pragma once

#include <memory>
#include <string>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {

enum class RegistryKind {
  kReferrersApi,  // olareg: OCI 1.1 in full. Push serially: it loses referrers under concurrent pushes to one subject
  kFallbackTag,   // Debian's docker-registry 2.8: no referrers API, so signers write the tag sha256-<digest>
  kInMemory,      // crane's: no referrers API either, and nothing survives Stop()
};

// Everything throws std::runtime_error, with what the registry wrote, when it cannot be done. Not thread-safe.
class RegistryProcess {
 public:
  explicit RegistryProcess(RegistryKind kind);  // waits until it answers

  RegistryKind kind() const { return kind_; }
  const std::string& host() const { return host_; }  // "127.0.0.1:21234", plain HTTP

  // An outage: connections are refused until Start(), which serves the same content on the same address.
  void Stop();
  void Start();

 private:
  void Launch();
  void StartSomewhere();

  RegistryKind kind_;
  TemporaryDirectory folder_;
  std::uint16_t port_ = 0;
  std::string host_;
  std::unique_ptr<Process> process_;
};

}  // namespace hullwright::testing
