// DNS with a deadline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/ip_address.h"

namespace hullwright::http {

// Thread-safe.
class NameResolver {
 public:
  virtual ~NameResolver() = default;

  // At least one address, in the order to be tried. Errors: kUnavailable, kDeadline.
  virtual Result<std::vector<IpAddress>> Resolve(const std::string& host, Deadline deadline) = 0;
};

// getaddrinfo on threads of its own, since it knows no deadline. A lookup that outlives its caller ends by itself; at most 16 do so at a
// time, further ones fail at once.
std::shared_ptr<NameResolver> MakeSystemResolver();

}  // namespace hullwright::http
