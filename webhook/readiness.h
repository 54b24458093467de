// Whether this process should get requests now, and why not.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "evidence/catalogue.h"
#include "http/http.h"

namespace hullwright::webhook {

struct ReadinessCheck {
  std::string name;
  std::optional<std::string> failure;  // nullopt: in order
};

// Thread-safe.
class Readiness {
 public:
  using Check = std::function<std::optional<std::string>()>;

  // Before the server starts; checks are asked on every call and must be quick.
  void Add(std::string name, Check check);
  void BeginDraining() { draining_ = true; }

  std::vector<ReadinessCheck> Ask() const;
  bool IsReady() const;

  // 200 or 503. verbose lists the checks, and the problems of the catalogue, which do not make it unready: what they cover is denied or
  // kept.
  http::Response Answer(bool verbose, const std::vector<evidence::Problem>& problems) const;

 private:
  std::vector<std::pair<std::string, Check>> checks_;
  std::atomic<bool> draining_ = false;
};

// Fails when the certificate has ended: no API server would accept it.
Readiness::Check CertificateCheck(std::function<std::optional<Time>()> expiry, const Clock& clock);

}  // namespace hullwright::webhook
