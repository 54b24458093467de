#include "http/name_resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "base/text.h"

namespace hullwright::http {
namespace {

constexpr int kMaxLookups = 16;
constexpr std::size_t kMaxAddresses = 16;

using Addresses = Result<std::vector<IpAddress>>;

IpAddress FromSocketAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET6) {
    IpAddress::Bytes bytes;
    std::copy_n(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr, 16, bytes.begin());
    return IpAddress(bytes);
  }
  IpAddress::Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr), 4, bytes.begin() + 12);
  return IpAddress(bytes);
}

Addresses LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", Printable(host), gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr && addresses.size() < kMaxAddresses; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) addresses.push_back(FromSocketAddress(entry->ai_addr));
  }
  if (addresses.empty()) return Fail(ErrorCode::kUnavailable, fmt::format("{}: the name has no address", Printable(host)));
  return addresses;
}

// Shared with the threads, which may outlive the resolver.
struct Lookups {
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;
};

struct Lookup {
  std::optional<Addresses> answer;  // under Lookups::mutex
};

class SystemResolver final : public NameResolver {
 public:
  Addresses Resolve(const std::string& host, Deadline deadline) override {
    const auto lookup = std::make_shared<Lookup>();
    std::unique_lock lock(lookups_->mutex);
    if (lookups_->running >= kMaxLookups) {
      return Fail(ErrorCode::kUnavailable, fmt::format("{}: {} lookups of names are under way already", Printable(host), kMaxLookups));
    }
    if (!Start(host, lookup)) return Fail(ErrorCode::kUnavailable, fmt::format("{}: no thread to look the name up", Printable(host)));
    if (!lookups_->changed.wait_until(lock, deadline, [&] { return lookup->answer.has_value(); })) {
      return Fail(ErrorCode::kDeadline, fmt::format("{}: its name was not resolved in the time allowed", Printable(host)));
    }
    return *lookup->answer;
  }

 private:
  bool Start(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
    try {
      std::thread([lookups = lookups_, lookup, host] {
        auto answer = LookUp(host);
        const std::lock_guard lock(lookups->mutex);
        lookup->answer = std::move(answer);
        --lookups->running;
        lookups->changed.notify_all();
      }).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++lookups_->running;
    return true;
  }

  const std::shared_ptr<Lookups> lookups_ = std::make_shared<Lookups>();
};

}  // namespace

std::shared_ptr<NameResolver> MakeSystemResolver() {
  return std::make_shared<SystemResolver>();
}

}  // namespace hullwright::http
