#include "http/bounded_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <utility>

#include "base/guarded.h"
#include "base/image_reference.h"
#include "http/peer_connection.h"
#include "http/peer_tls.h"

namespace hullwright::http {
namespace {

using std::chrono::steady_clock;

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}
bool IsFieldValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c != '\x7f') || c == '\t'; });
}
bool IsTarget(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

PeerResult<void> Check(const PeerRequest& request, const PeerTrust& trust) {
  const auto wrong = [](std::string message) { return std::unexpected(PeerError{PeerFailure::kRequest, std::move(message)}); };
  if (!IsToken(request.method) || !IsTarget(request.target) || !IsFieldValue(request.content_type)) return wrong("the request is no HTTP");
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name) || !IsFieldValue(value)) return wrong("a request header is no HTTP");
  }
  if (request.origin.tls && !trust.tls) return wrong(request.origin.ToString() + ": nothing says which CAs to trust");
  return {};
}

std::string Serialize(const PeerRequest& request) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: hullwright\r\nAccept-Encoding: identity\r\n", request.method,
                                 request.target, request.origin.HostHeader());
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
    if (!request.content_type.empty()) text += fmt::format("Content-Type: {}\r\n", request.content_type);
  }
  return text + "\r\n" + request.body;
}

// Connections that wait for another request. Thread-safe.
class IdleConnections {
 public:
  IdleConnections(std::size_t most, std::chrono::milliseconds patience) : most_(most), patience_(patience) {}

  std::unique_ptr<PeerConnection> Take(const Origin& origin, const PeerTrust& trust) {
    std::list<Entry> dead;  // closed outside the lock
    return entries_.With([&](std::list<Entry>& entries) -> std::unique_ptr<PeerConnection> {
      for (auto at = entries.begin(); at != entries.end();) {
        const auto next = std::next(at);
        if (steady_clock::now() - at->since > patience_) {
          dead.splice(dead.end(), entries, at);
        } else if (at->origin == origin && at->tls == trust.tls) {
          dead.splice(dead.end(), entries, at);
          const bool allowed = !trust.may_connect || trust.may_connect(dead.back().connection->address());
          if (allowed && dead.back().connection->IsQuiet()) return std::move(dead.back().connection);
        }
        at = next;
      }
      return nullptr;
    });
  }

  void Put(const Origin& origin, const PeerTrust& trust, std::unique_ptr<PeerConnection> connection) {
    std::list<Entry> entry, dead;
    entry.push_back({origin, trust.tls, std::move(connection), steady_clock::now()});
    entries_.With([&](std::list<Entry>& entries) {
      entries.splice(entries.begin(), entry);
      while (entries.size() > most_) dead.splice(dead.end(), entries, std::prev(entries.end()));
    });
  }

 private:
  struct Entry {
    Origin origin;
    std::shared_ptr<const PeerTls> tls;
    std::unique_ptr<PeerConnection> connection;
    steady_clock::time_point since;
  };
  const std::size_t most_;
  const std::chrono::milliseconds patience_;
  Guarded<std::list<Entry>> entries_;  // the latest first
};

class Client final : public BoundedClient {
 public:
  explicit Client(BoundedClientOptions options)
      : options_(std::move(options)), idle_(options_.max_idle_connections, options_.idle_timeout) {
    if (!options_.resolver) options_.resolver = MakeSystemResolver();
  }

  PeerResult<Response> Send(const PeerRequest& request, const PeerTrust& trust, Deadline deadline, BodyBudget* budget) override;

 private:
  PeerResult<std::vector<IpAddress>> AllowedAddresses(const Origin& origin, const PeerTrust& trust, Deadline deadline) const;
  PeerResult<std::unique_ptr<PeerConnection>> Connect(const Origin& origin, const PeerTrust& trust, Deadline deadline) const;

  BoundedClientOptions options_;
  IdleConnections idle_;
};

PeerResult<std::vector<IpAddress>> Client::AllowedAddresses(const Origin& origin, const PeerTrust& trust, Deadline deadline) const {
  std::vector<IpAddress> addresses;
  if (const auto literal = IpAddress::Parse(origin.host)) {
    addresses.push_back(*literal);
  } else {
    auto resolved = options_.resolver->Resolve(origin.host, deadline);
    if (!resolved) {
      const auto failure = resolved.error().code == ErrorCode::kDeadline ? PeerFailure::kDeadline : PeerFailure::kName;
      return std::unexpected(PeerError{failure, resolved.error().message});
    }
    addresses = std::move(*resolved);
  }
  if (!trust.may_connect) return addresses;
  const IpAddress first = addresses.front();
  std::erase_if(addresses, [&](const IpAddress& address) { return !trust.may_connect(address); });
  if (addresses.empty()) {
    return std::unexpected(PeerError{PeerFailure::kAddress,
                                     fmt::format("{} is at {}, an address that may not be asked", origin.ToString(), first.ToString())});
  }
  return addresses;
}

// Only addresses that were checked are connected to: the name is not resolved again.
PeerResult<std::unique_ptr<PeerConnection>> Client::Connect(const Origin& origin, const PeerTrust& trust, Deadline deadline) const {
  const auto addresses = AllowedAddresses(origin, trust, deadline);
  if (!addresses) return std::unexpected(addresses.error());
  PeerError last{PeerFailure::kConnect, origin.ToString() + ": no address could be tried"};
  for (const auto& address : *addresses) {
    if (steady_clock::now() >= deadline) return std::unexpected(PeerError{PeerFailure::kDeadline, origin.ToString() + ": out of time"});
    auto opened = PeerConnection::Open(origin, address, origin.tls ? trust.tls : nullptr,
                                       std::min(deadline, steady_clock::now() + options_.connect_timeout));
    if (opened) return opened;
    last = opened.error();
    // The next address is another machine: a failed certificate here may be right there, a deadline of ours is for all.
    if (last.failure == PeerFailure::kDeadline && steady_clock::now() < deadline) last.failure = PeerFailure::kConnect;
  }
  return std::unexpected(last);
}

PeerResult<Response> Client::Send(const PeerRequest& request, const PeerTrust& trust, Deadline deadline, BodyBudget* budget) {
  if (const auto checked = Check(request, trust); !checked) return std::unexpected(checked.error());
  if (steady_clock::now() >= deadline) {
    return std::unexpected(PeerError{PeerFailure::kDeadline, request.origin.ToString() + ": the deadline had passed before the request"});
  }
  const std::string text = Serialize(request);
  const ResponseBounds bounds{request.max_body_bytes, budget, request.method == "HEAD"};
  // What must not be done twice takes no connection that the peer may just be closing.
  const bool repeatable = request.method == "GET" || request.method == "HEAD";
  auto connection = repeatable ? idle_.Take(request.origin, trust) : nullptr;
  for (bool kept = connection != nullptr;; kept = false) {
    if (!kept) {
      auto opened = Connect(request.origin, trust, deadline);
      if (!opened) return std::unexpected(opened.error());
      connection = std::move(*opened);
    }
    auto response = connection->Exchange(text, bounds, deadline);
    if (response) {
      if (connection->can_be_used_again()) idle_.Put(request.origin, trust, std::move(connection));
      return std::move(*response);
    }
    const auto& failure = response.error();
    if (!kept || !failure.nothing_received || failure.error.failure != PeerFailure::kConnect) return std::unexpected(failure.error);
  }
}

}  // namespace

std::string_view ToString(PeerFailure failure) {
  switch (failure) {
    case PeerFailure::kRequest:
      return "Request";
    case PeerFailure::kName:
      return "Name";
    case PeerFailure::kAddress:
      return "Address";
    case PeerFailure::kConnect:
      return "Connect";
    case PeerFailure::kTls:
      return "Tls";
    case PeerFailure::kProtocol:
      return "Protocol";
    case PeerFailure::kEncoding:
      return "Encoding";
    case PeerFailure::kTooLarge:
      return "TooLarge";
    case PeerFailure::kBudget:
      return "Budget";
    case PeerFailure::kDeadline:
      return "Deadline";
  }
  return "Protocol";
}

std::unique_ptr<BoundedClient> MakeBoundedClient(BoundedClientOptions options) {
  return std::make_unique<Client>(std::move(options));
}

}  // namespace hullwright::http
