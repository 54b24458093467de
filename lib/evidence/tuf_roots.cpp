#include "evidence/tuf_roots.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/hash.h"

namespace hullwright::evidence {
namespace {

using std::chrono::steady_clock;

// Whatever the TrustRoot is called and wherever its mirror is: a repository is what its root says.
store::EntryKey KeyOf(const TufSource& source) {
  return {store::EntryKind::kTrustMetadata, "", "tuf", verify::ToHex(verify::Sha256(source.initial_root))};
}

constexpr std::chrono::hours kKeptFor{24 * 3650};

std::string UrlOf(const std::string& mirror, const std::string& path) {
  return mirror + (mirror.ends_with('/') ? "" : "/") + path;
}

}  // namespace

TufRoots::TufRoots(TrustFetcher& fetcher, store::ByteCache* cache, const Clock& clock, TufRootsOptions options)
    : fetcher_(fetcher), cache_(cache), clock_(clock), options_(options) {}

TufRoots::Entry TufRoots::Begin(const TufSource& source) const {
  const auto kept = cache_ == nullptr ? std::nullopt : cache_->Find(KeyOf(source));
  return {source, TufRepository::Open(source.initial_root, kept ? kept->bytes : "", clock_.Now())};
}

Result<std::string> TufRoots::Answer(const Entry& entry) const {
  if (!entry.repository) return std::unexpected(entry.repository.error().Within("initialRoot"));
  if (const std::string* json = entry.repository->TrustedRoot(clock_.Now())) return *json;
  const auto expired = entry.repository->Expires();
  std::string message = expired ? fmt::format("the metadata that was fetched last ended at {}", FormatRfc3339(*expired))
                                : std::string("nothing has been fetched yet");
  if (!entry.error.empty()) message += "; the last attempt failed: " + entry.error;
  return Fail(ErrorCode::kUnavailable, std::move(message));
}

Result<std::string> TufRoots::TrustedRoot(const std::string& name, const TufSource& source) {
  const auto known = entries_.With([&](auto& entries) -> std::optional<Result<std::string>> {
    const auto found = entries.find(name);
    if (found == entries.end() || found->second.source.initial_root != source.initial_root) return std::nullopt;
    if (found->second.source != source) {
      found->second.source = source;
      found->second.refresh_at = {};
    }
    return Answer(found->second);
  });
  if (known) return *known;
  Entry entry = Begin(source);  // reads the store, outside the lock
  auto answer = Answer(entry);
  entries_.With([&](auto& entries) { entries.insert_or_assign(name, std::move(entry)); });
  return answer;
}

void TufRoots::KeepOnly(const std::set<std::string>& names) {
  entries_.With([&](auto& entries) { std::erase_if(entries, [&](const auto& entry) { return !names.contains(entry.first); }); });
}

std::optional<std::pair<std::string, TufRoots::Entry>> TufRoots::NextDue() const {
  const Time now = clock_.Now();
  return entries_.With([&](const auto& entries) -> std::optional<std::pair<std::string, Entry>> {
    const auto due =
        std::ranges::find_if(entries, [&](const auto& entry) { return entry.second.repository && entry.second.refresh_at <= now; });
    if (due == entries.end()) return std::nullopt;
    return *due;
  });
}

void TufRoots::RefreshDue(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto due = NextDue();
    if (!due) return;
    Refresh(due->first, std::move(due->second), stop);
  }
}

std::chrono::milliseconds TufRoots::RetryAfter(int failures) const {
  const auto wait = options_.first_retry * (1 << std::min(failures - 1, 16));
  return std::min<std::chrono::milliseconds>(wait, options_.last_retry);
}

void TufRoots::Refresh(const std::string& name, Entry entry, const std::stop_token& stop) {
  const Deadline deadline = steady_clock::now() + options_.time;
  const TufRepository::Fetch fetch = [&](const std::string& path, std::size_t max_bytes) -> Result<std::string> {
    if (stop.stop_requested()) return Fail(ErrorCode::kUnavailable, "the program is about to stop");
    return fetcher_.Fetch({.url = UrlOf(entry.source.mirror, path),
                           .max_bytes = max_bytes,
                           .deadline = std::min(deadline, steady_clock::now() + options_.file_time)});
  };
  const auto refreshed = entry.repository->Refresh(fetch, clock_.Now());
  if (stop.stop_requested()) return;
  const Time now = clock_.Now();
  const auto expires = entry.repository->Expires();
  if (refreshed) {
    entry.failures = 0;
    entry.error.clear();
    entry.refresh_at = now + entry.source.refresh;
    log::Info("trust root refreshed",
              {{"trust_root", name}, {"root_version", entry.repository->root_version()}, {"expires", FormatRfc3339(*expires)}});
  } else {
    ++entry.failures;
    entry.error = Printable(refreshed.error().message, 512);
    entry.refresh_at = now + std::min<std::chrono::milliseconds>(RetryAfter(entry.failures), entry.source.refresh);
    log::Error("trust root could not be refreshed", {{"trust_root", name},
                                                     {"error", entry.error},
                                                     {"last_good_in_force", entry.repository->TrustedRoot(now) != nullptr},
                                                     {"expires", expires ? FormatRfc3339(*expires) : ""}});
  }
  KeepEntry(entry);
  entries_.With([&](auto& entries) {
    const auto found = entries.find(name);
    // Meanwhile the TrustRoot may be gone or be another one.
    if (found == entries.end() || found->second.source != entry.source) return;
    found->second = std::move(entry);
  });
  ++changes_;
}

// Also after a failure: what was shown on the way must not be forgotten.
void TufRoots::KeepEntry(const Entry& entry) {
  if (cache_ == nullptr) return;
  cache_->Put(KeyOf(entry.source), "", entry.repository->Keep(), kKeptFor);
  cache_->Flush();
}

std::vector<Problem> TufRoots::Problems() const {
  const Time now = clock_.Now();
  return entries_.With([&](const auto& entries) {
    std::vector<Problem> problems;
    for (const auto& [name, entry] : entries) {
      if (entry.error.empty()) continue;
      const bool in_force = entry.repository && entry.repository->TrustedRoot(now) != nullptr;
      problems.push_back(
          {entry.source.mirror, "TrustRoot/" + name,
           in_force ? fmt::format("{}; what was fetched last ends at {}", entry.error, FormatRfc3339(*entry.repository->Expires()))
                    : entry.error,
           in_force});
    }
    return problems;
  });
}

}  // namespace hullwright::evidence
