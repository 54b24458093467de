#include "evidence/tuf_repository.h"

#include <fmt/format.h>

#include <charconv>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "evidence/trust_documents.h"

namespace hullwright::evidence {
namespace {

constexpr std::string_view kTarget = "trusted_root.json";
constexpr std::string_view kKeptForm = "tuf/1";

// Sigstore's are a few kilobytes each; all that is kept fits into one entry of the store (8 MiB).
constexpr std::size_t kMaxRootBytes = 512u << 10, kMaxAllRootBytes = 4u << 20;
constexpr std::size_t kMaxTimestampBytes = 16u << 10, kMaxSnapshotBytes = 256u << 10, kMaxTargetsBytes = 1u << 20,
                      kMaxTargetBytes = 2u << 20;
constexpr std::size_t kMaxNewRoots = 128;  // of one refresh

// A text with its length before it ("5:hello,"), so that any bytes may follow each other.
std::string Packed(const std::vector<std::string_view>& texts) {
  std::string packed;
  for (const std::string_view text : texts) packed += fmt::format("{}:{},", text.size(), text);
  return packed;
}

// Empty: not packed so.
std::vector<std::string> Unpacked(std::string_view packed) {
  std::vector<std::string> texts;
  while (!packed.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(packed.data(), packed.data() + packed.size(), size);
    const auto digits = static_cast<std::size_t>(end - packed.data());
    if (error != std::errc() || digits >= packed.size() || packed[digits] != ':' || size >= packed.size() - digits - 1) return {};
    texts.emplace_back(packed.substr(digits + 1, size));
    if (packed[digits + 1 + size] != ',') return {};
    packed.remove_prefix(digits + size + 2);
  }
  return texts;
}

// Fetches one file and puts it to a step of the client.
template <class Take>
Result<std::string> TakeFile(const TufRepository::Fetch& fetch, const verify::Checked<std::string>& path, std::size_t max_bytes,
                             Take&& take) {
  if (!path) return std::unexpected(ToError(path.error()));
  auto bytes = fetch(*path, max_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (const verify::Checked<void> taken = take(*bytes); !taken) return std::unexpected(ToError(taken.error()).Within(*path));
  return bytes;
}

std::string PathOf(const verify::TufFile& target, bool consistent_snapshot) {
  // Of several hashes each names the file; the first is sha256 where that is given.
  if (!consistent_snapshot || target.hashes.empty()) return fmt::format("targets/{}", kTarget);
  return fmt::format("targets/{}.{}", target.hashes.begin()->second, kTarget);
}

}  // namespace

Result<TufRepository> TufRepository::Open(std::string_view initial_root, std::string_view kept, Time now) {
  auto root = ReadInitialRoot(initial_root);
  if (!root) return std::unexpected(root.error());
  TufRepository repository(std::move(*root));
  if (!kept.empty()) repository.Restore(kept, now);
  return repository;
}

Result<void> TufRepository::UpdateRoots(const Fetch& fetch) {
  std::size_t bytes = 0;
  for (const std::string& root : roots_) bytes += root.size();
  for (std::size_t i = 0; i < kMaxNewRoots; ++i) {
    const std::string path = fmt::format("{}.root.json", root_.metadata.version + 1);
    auto next = fetch(path, kMaxRootBytes);
    if (!next && next.error().code == ErrorCode::kNotFound) return {};
    if (!next) return std::unexpected(next.error());
    auto root = root_.Successor(*next);
    if (!root) return std::unexpected(ToError(root.error()).Within(path));
    bytes += next->size();
    if (bytes > kMaxAllRootBytes)
      return Fail(ErrorCode::kTooLarge, fmt::format("{}: the roots since the initial one take more than 4 MiB: give a newer one", path));
    root_ = std::move(*root);
    roots_.push_back(std::move(*next));
  }
  return Fail(ErrorCode::kTooLarge, fmt::format("more than {} new roots: the next refresh goes on; or give a newer one", kMaxNewRoots));
}

verify::TufClient TufRepository::Client() const {
  verify::TufClient client(root_);
  // Where the keys of a role were replaced what they signed no longer counts: that is how a repository recovers from versions that somebody
  // with a stolen key made too high.
  if (!timestamp_.empty()) std::ignore = client.RememberTimestamp(timestamp_);
  if (!snapshot_.empty()) std::ignore = client.RememberSnapshot(snapshot_);
  return client;
}

Result<TufRepository::Complete> TufRepository::Follow(verify::TufClient client, const Fetch& fetch, Time now) {
  auto timestamp = TakeFile(fetch, std::string("timestamp.json"), kMaxTimestampBytes,
                            [&](const std::string& json) { return client.UpdateTimestamp(json, now); });
  if (!timestamp) return std::unexpected(timestamp.error());
  timestamp_ = *timestamp;
  auto snapshot =
      TakeFile(fetch, client.SnapshotName(), kMaxSnapshotBytes, [&](const std::string& json) { return client.UpdateSnapshot(json, now); });
  if (!snapshot) return std::unexpected(snapshot.error());
  snapshot_ = *snapshot;
  auto targets =
      TakeFile(fetch, client.TargetsName(), kMaxTargetsBytes, [&](const std::string& json) { return client.UpdateTargets(json, now); });
  if (!targets) return std::unexpected(targets.error());
  const auto file = client.FindTarget(kTarget);
  if (!file) return std::unexpected(ToError(file.error()));
  auto target = TakeFile(fetch, PathOf(*file, root_.consistent_snapshot), kMaxTargetBytes,
                         [&](const std::string& json) { return RequireContent(json, *file, kTarget); });
  if (!target) return std::unexpected(target.error());
  // One that we cannot read does not replace one that we can.
  if (const auto readable = ReadTrustedRoot(*target); !readable) return std::unexpected(readable.error().Within(kTarget));
  return Complete{std::move(*timestamp), std::move(*snapshot), std::move(*targets), std::move(*target), client.Expires()};
}

Result<void> TufRepository::Refresh(const Fetch& fetch, Time now) {
  if (auto updated = UpdateRoots(fetch); !updated) return updated;
  auto complete = Follow(Client(), fetch, now);
  if (!complete) return std::unexpected(complete.error());
  complete_ = std::move(*complete);
  return {};
}

std::string TufRepository::Keep() const {
  const Complete none;
  const Complete& last = complete_ ? *complete_ : none;
  std::vector<std::string_view> texts{kKeptForm, timestamp_, snapshot_, last.timestamp, last.snapshot, last.targets, last.target};
  texts.insert(texts.end(), roots_.begin(), roots_.end());
  return Packed(texts);
}

void TufRepository::Restore(std::string_view kept, Time now) {
  constexpr std::size_t kFirstRoot = 7;
  std::vector<std::string> texts = Unpacked(kept);
  if (texts.size() < kFirstRoot || texts[0] != kKeptForm) return;
  for (std::size_t i = kFirstRoot; i < texts.size(); ++i) {
    auto root = root_.Successor(texts[i]);
    if (!root) {
      log::Warn("kept TUF metadata does not verify and is not used", {{"error", root.error().message}});
      return;
    }
    root_ = std::move(*root);
    roots_.push_back(std::move(texts[i]));
  }
  const Fetch from_kept = [&](const std::string& path, std::size_t) -> Result<std::string> {
    if (path == "timestamp.json") return texts[3];
    if (path.starts_with("targets/")) return texts[6];
    return path.ends_with("snapshot.json") ? texts[4] : texts[5];
  };
  // Material that has ended meanwhile is not restored; what was shown is remembered all the same.
  if (auto complete = Follow(verify::TufClient(root_), from_kept, now)) complete_ = std::move(*complete);
  timestamp_ = std::move(texts[1]);
  snapshot_ = std::move(texts[2]);
}

}  // namespace hullwright::evidence
