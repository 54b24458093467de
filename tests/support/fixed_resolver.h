// Names that resolve as the test says; all others do not.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "http/name_resolver.h"

namespace hullwright::testing {

class FixedResolver final : public http::NameResolver {
 public:
  explicit FixedResolver(std::map<std::string, std::vector<std::string>> names) : names_(std::move(names)) {}

  Result<std::vector<http::IpAddress>> Resolve(const std::string& host, Deadline) override {
    ++lookups_;
    const auto found = names_.find(host);
    if (found == names_.end()) return Fail(ErrorCode::kUnavailable, host + ": no such name in this test");
    std::vector<http::IpAddress> addresses;
    for (const auto& text : found->second) addresses.push_back(*http::IpAddress::Parse(text));
    return addresses;
  }
  int lookups() const { return lookups_; }

 private:
  const std::map<std::string, std::vector<std::string>> names_;
  std::atomic<int> lookups_ = 0;
};

}  // namespace hullwright::testing
