#include "registry/oci_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/guarded.h"
#include "base/text.h"
#include "registry/document.h"
#include "registry/fetcher.h"
#include "registry/place.h"
#include "registry/referrers.h"
#include "registry/sender.h"
#include "registry/single_flight.h"

namespace hullwright::registry {

class OciRegistry::Parts {
 public:
  Parts(std::shared_ptr<const Hosts> first, OciRegistryParts parts)
      : client_(parts.client ? std::move(parts.client) : std::shared_ptr<http::BoundedClient>(http::MakeBoundedClient())),
        clock_(parts.clock ? std::move(parts.clock) : std::make_shared<SystemClock>()),
        timer_(parts.timer ? std::move(parts.timer) : std::make_shared<SystemTimer>()),
        hosts(std::move(first)),
        sender(*client_, *clock_, *timer_),
        fetcher(sender) {}

  Timer& timer() { return *timer_; }

 private:
  const std::shared_ptr<http::BoundedClient> client_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<Timer> timer_;

 public:
  Snapshot<Hosts> hosts;
  Sender sender;
  Fetcher fetcher;
  SingleFlight<DocumentPointer> documents;
  SingleFlight<BytesPointer> blobs;
  SingleFlight<ReferrerList> referrers;
};

namespace {

// Names a piece of work. Credentials are part of it, so that nobody gets through another's what its own would not give; and the priority,
// so that an admission never waits in the queue of background work.
std::string FlightKey(const std::vector<Place>& places, std::string_view what, const Call& call) {
  std::string key = std::string(what);
  for (const auto& place : places) key += fmt::format(" {} [{}]", place.ToString(), CredentialsId(place, call));
  return key + (call.priority == Priority::kAdmission ? " now" : " later");
}

// A place may take half of the time that is left as long as there is another.
Call ShareOf(const Call& call, Deadline now, bool is_last) {
  Call share = call;
  if (!is_last && call.deadline > now) share.deadline = now + (call.deadline - now) / 2;
  return share;
}

// Asks one place after the other until one has it. The registry itself, when it is asked, has the last word; where there are mirrors only,
// absent means that all of them said so.
template <class T>
Answer<T> AskInTurn(const std::vector<Place>& places, const Call& call, const Timer& timer,
                    const std::function<Answer<T>(const Place&, const Call&)>& ask) {
  std::optional<Problem> problem;
  for (const auto& place : places) {
    auto answer = ask(place, ShareOf(call, timer.Now(), &place == &places.back()));
    if (answer) return answer;
    const bool decides = !place.is_mirror || !problem || problem->why == Why::kAbsent;
    if (decides) problem = answer.error();
    if (answer.error().why == Why::kBudget || timer.Now() >= call.deadline) break;
  }
  if (!problem) return Decline(Why::kMisconfigured, "nothing that could be asked for tags is configured: a mirror needs resolvesTags");
  return std::unexpected(std::move(*problem));
}

}  // namespace

OciRegistry::OciRegistry(std::shared_ptr<const Hosts> hosts, OciRegistryParts parts)
    : parts_(std::make_unique<Parts>(std::move(hosts), std::move(parts))) {}
OciRegistry::~OciRegistry() = default;

void OciRegistry::Configure(std::shared_ptr<const Hosts> hosts) {
  parts_->hosts.Publish(std::move(hosts));
}

Answer<std::shared_ptr<const Document>> OciRegistry::Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) {
  if (!IsTag(tag)) return Decline(Why::kMisconfigured, fmt::format("{}: \"{}\" is no tag", repository.ToString(), Printable(tag, 128)));
  const auto hosts = parts_->hosts.Get();
  auto places = PlacesOf(repository, *hosts);
  if (!places) return std::unexpected(places.error());
  std::erase_if(*places, [](const Place& place) { return !place.resolves_tags; });
  const auto work = [&] {
    return AskInTurn<DocumentPointer>(*places, call, parts_->timer(), [&](const Place& place, const Call& share) {
      return FetchDocument(parts_->fetcher, *hosts, place, std::string(tag), nullptr, share);
    });
  };
  return parts_->documents.Do(FlightKey(*places, fmt::format("tag {}", tag), call), call.deadline, work);
}

Answer<std::shared_ptr<const Document>> OciRegistry::Manifest(const RepositoryName& repository, const Digest& digest, const Call& call) {
  const auto hosts = parts_->hosts.Get();
  const auto places = PlacesOf(repository, *hosts);
  if (!places) return std::unexpected(places.error());
  if (digest.text().empty()) return Decline(Why::kMisconfigured, repository.ToString() + ": no digest was given");
  const auto work = [&] {
    return AskInTurn<DocumentPointer>(*places, call, parts_->timer(), [&](const Place& place, const Call& share) {
      return FetchDocument(parts_->fetcher, *hosts, place, digest.text(), &digest, share);
    });
  };
  return parts_->documents.Do(FlightKey(*places, digest.text(), call), call.deadline, work);
}

Answer<std::shared_ptr<const std::string>> OciRegistry::Blob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                             std::size_t max_bytes) {
  const auto hosts = parts_->hosts.Get();
  const auto places = PlacesOf(repository, *hosts);
  if (!places) return std::unexpected(places.error());
  if (blob.digest.text().empty()) return Decline(Why::kMisconfigured, repository.ToString() + ": no digest was given");
  max_bytes = std::min(max_bytes, kHardMaxBlobBytes);
  if (blob.size > max_bytes) {
    return Decline(Why::kTooLarge,
                   fmt::format("{}: blob {} has {} bytes, more than {}", repository.ToString(), blob.digest.text(), blob.size, max_bytes));
  }
  const auto work = [&] {
    return AskInTurn<BytesPointer>(*places, call, parts_->timer(), [&](const Place& place, const Call& share) {
      return FetchBlob(parts_->fetcher, *hosts, place, blob, share);
    });
  };
  return parts_->blobs.Do(FlightKey(*places, fmt::format("{} of {} bytes", blob.digest.text(), blob.size), call), call.deadline, work);
}

// Signatures may lie at a mirror or only at the registry itself: all are asked. A list without what a place that failed would have added
// says so, and with no entry at all it is that failure.
Answer<ReferrerList> OciRegistry::Referrers(const RepositoryName& repository, const Digest& subject, std::string_view artifact_type,
                                            const Call& call) {
  const auto hosts = parts_->hosts.Get();
  const auto places = PlacesOf(repository, *hosts);
  if (!places) return std::unexpected(places.error());
  if (subject.text().empty()) return Decline(Why::kMisconfigured, repository.ToString() + ": no digest was given");
  const auto work = [&]() -> Answer<ReferrerList> {
    ReferrerList all;
    for (const auto& place : *places) {
      const Call share = ShareOf(call, parts_->timer().Now(), &place == &places->back());
      auto list = FetchReferrers(parts_->fetcher, *hosts, place, subject, artifact_type, share);
      if (list) {
        AddReferrers(all, std::move(list->entries), artifact_type);
        all.from_fallback_tag = list->from_fallback_tag;
        if (!all.incomplete) all.incomplete = std::move(list->incomplete);
      } else if (!place.is_mirror || (*hosts->Find(repository.host))->settings.mirrors_only) {
        all.incomplete = list.error();
      }
    }
    if (all.entries.empty() && all.incomplete) return std::unexpected(*all.incomplete);
    return all;
  };
  return parts_->referrers.Do(FlightKey(*places, fmt::format("referrers {} {}", subject.text(), artifact_type), call), call.deadline, work);
}

OciRegistry::Statistics OciRegistry::statistics() const {
  return {parts_->sender.requests(), parts_->fetcher.authenticator().token_requests()};
}

}  // namespace hullwright::registry
