#include "verify/tuf_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "verify/hash.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxFiles = 1024;  // that one metadata file may list

std::unexpected<Failure> Refuse(std::string message) {
  return Reject(Step::kTrustRoot, std::move(message));
}

Checked<void> ReadHashes(const JsonFields& fields, TufFile& file) {
  if (!fields.Has("hashes")) return {};
  const auto hashes = fields.Object("hashes");
  if (!hashes) return std::unexpected(hashes.error());
  for (const auto member : JsonObject(hashes->element())) {
    if (!ParseHashAlgorithm(member.key)) continue;
    const auto hex = hashes->Text(member.key);
    if (!hex) return std::unexpected(hex.error());
    file.hashes.emplace(member.key, *hex);
  }
  return {};
}

Checked<TufFile> ReadFile(JsonElement element, std::string_view name, bool is_metadata) {
  const auto fields = JsonFields::Of(element, fmt::format("the entry of {}", Printable(name, 64)));
  if (!fields) return std::unexpected(fields.error());
  TufFile file;
  if (is_metadata) {
    if (const auto read = Store(fields->Integer("version"), file.version); !read) return std::unexpected(read.error());
    if (file.version < 1) return Reject(Step::kStructure, "a version in the metadata is not positive");
  }
  if (!is_metadata || fields->Has("length")) {
    if (const auto read = Store(fields->Integer("length"), file.length); !read) return std::unexpected(read.error());
  }
  if (const auto read = ReadHashes(*fields, file); !read) return std::unexpected(read.error());
  return file;
}

Checked<std::map<std::string, TufFile, std::less<>>> ReadFiles(const JsonFields& part, std::string_view key, bool is_metadata) {
  const auto entries = part.Object(key);
  if (!entries) return std::unexpected(entries.error());
  std::map<std::string, TufFile, std::less<>> files;
  for (const auto member : JsonObject(entries->element())) {
    if (files.size() == kMaxFiles) return Reject(Step::kLimit, fmt::format("the metadata lists more than {} files", kMaxFiles));
    auto file = ReadFile(member.value, member.key, is_metadata);
    if (!file) return std::unexpected(file.error());
    files.emplace(member.key, std::move(*file));
  }
  return files;
}

// Bytes as the file above describes them; metadata may be described by its version alone.
Checked<void> RequireDescribed(std::string_view content, const TufFile& file, std::string_view name) {
  if (file.length && static_cast<std::uint64_t>(*file.length) != content.size()) {
    return Refuse(fmt::format("{} has {} bytes instead of {}", Printable(name, 64), content.size(), *file.length));
  }
  for (const auto& [algorithm_name, hex] : file.hashes) {
    const auto algorithm = ParseHashAlgorithm(algorithm_name);
    if (!algorithm) return std::unexpected(algorithm.error());
    if (ToHex(Hash(*algorithm, content)) != hex) return Refuse(fmt::format("the {} of {} is another", algorithm_name, Printable(name, 64)));
  }
  return {};
}

template <class Files>
Checked<TufFile> FindFile(const Files& files, std::string_view name) {
  const auto file = files.find(name);
  if (file == files.end()) return Refuse(fmt::format("the metadata does not list {}", Printable(name, 64)));
  return file->second;
}

}  // namespace

Checked<void> RequireContent(std::string_view content, const TufFile& file, std::string_view name) {
  if (file.hashes.empty()) return Refuse(fmt::format("the metadata has no hash of {} that we know", Printable(name, 64)));
  return RequireDescribed(content, file, name);
}

Checked<TufClient::Listing> TufClient::ReadListing(std::string_view json, std::string_view type, const TufRole& role) const {
  JsonReader reader;
  auto document = ReadTufDocument(reader, json, type);
  if (!document) return std::unexpected(document.error());
  if (const auto by_role = RequireRole(document->metadata, role); !by_role) return std::unexpected(by_role.error());
  const bool is_targets = type == "targets";
  auto files = ReadFiles(document->signed_part, is_targets ? "targets" : "meta", !is_targets);
  if (!files) return std::unexpected(files.error());
  return Listing{std::move(document->metadata), std::move(*files)};
}

Checked<void> TufClient::UpdateRoot(std::string_view json) {
  if (timestamp_fresh_) return Refuse("the root is updated before the timestamp");
  auto next = root_.Successor(json);
  if (!next) return std::unexpected(next.error());
  root_ = std::move(*next);
  // Remembered under the former keys; whoever wants them kept remembers them again.
  timestamp_.reset();
  snapshot_.reset();
  return {};
}

Checked<void> TufClient::RememberTimestamp(std::string_view json) {
  auto timestamp = ReadListing(json, "timestamp", root_.timestamp);
  if (!timestamp) return std::unexpected(timestamp.error());
  if (const auto file = FindFile(timestamp->files, "snapshot.json"); !file) return std::unexpected(file.error());
  timestamp_ = std::move(*timestamp);
  timestamp_fresh_ = false;
  return {};
}

Checked<void> TufClient::RememberSnapshot(std::string_view json) {
  auto snapshot = ReadListing(json, "snapshot", root_.snapshot);
  if (!snapshot) return std::unexpected(snapshot.error());
  snapshot_ = std::move(*snapshot);
  snapshot_fresh_ = false;
  return {};
}

Checked<void> TufClient::UpdateTimestamp(std::string_view json, Time now) {
  if (const auto fresh = RequireFresh(root_.metadata, now); !fresh) return fresh;
  auto timestamp = ReadListing(json, "timestamp", root_.timestamp);
  if (!timestamp) return std::unexpected(timestamp.error());
  const auto file = FindFile(timestamp->files, "snapshot.json");
  if (!file) return std::unexpected(file.error());
  if (timestamp_) {
    if (timestamp->metadata.version < timestamp_->metadata.version) {
      return Refuse(
          fmt::format("the timestamp metadata went back from version {} to {}", timestamp_->metadata.version, timestamp->metadata.version));
    }
    const auto before = FindFile(timestamp_->files, "snapshot.json");
    if (before && file->version < before->version) {
      return Refuse(fmt::format("the snapshot metadata went back from version {} to {}", before->version, file->version));
    }
  }
  if (const auto fresh = RequireFresh(timestamp->metadata, now); !fresh) return fresh;
  timestamp_ = std::move(*timestamp);
  timestamp_fresh_ = true;
  snapshot_fresh_ = false;
  targets_.reset();
  return {};
}

Checked<void> TufClient::RequireSnapshotNotOlder(const Listing& snapshot) const {
  if (!snapshot_) return {};
  for (const auto& [name, before] : snapshot_->files) {
    const auto file = FindFile(snapshot.files, name);
    if (!file) return std::unexpected(file.error());
    if (file->version < before.version) {
      return Refuse(fmt::format("{} went back from version {} to {}", Printable(name, 64), before.version, file->version));
    }
  }
  return {};
}

Checked<void> TufClient::UpdateSnapshot(std::string_view json, Time now) {
  if (!timestamp_fresh_) return Refuse("the snapshot is updated after the timestamp");
  const auto file = FindFile(timestamp_->files, "snapshot.json");
  if (!file) return std::unexpected(file.error());
  if (const auto same = RequireDescribed(json, *file, "snapshot.json"); !same) return same;
  auto snapshot = ReadListing(json, "snapshot", root_.snapshot);
  if (!snapshot) return std::unexpected(snapshot.error());
  if (snapshot->metadata.version != file->version) {
    return Refuse(fmt::format("the snapshot metadata is version {} instead of {}", snapshot->metadata.version, file->version));
  }
  if (const auto not_older = RequireSnapshotNotOlder(*snapshot); !not_older) return not_older;
  if (const auto fresh = RequireFresh(snapshot->metadata, now); !fresh) return fresh;
  snapshot_ = std::move(*snapshot);
  snapshot_fresh_ = true;
  targets_.reset();
  return {};
}

Checked<void> TufClient::UpdateTargets(std::string_view json, Time now) {
  if (!snapshot_fresh_) return Refuse("the targets are updated after the snapshot");
  const auto file = FindFile(snapshot_->files, "targets.json");
  if (!file) return std::unexpected(file.error());
  if (const auto same = RequireDescribed(json, *file, "targets.json"); !same) return same;
  auto targets = ReadListing(json, "targets", root_.targets);
  if (!targets) return std::unexpected(targets.error());
  if (targets->metadata.version != file->version) {
    return Refuse(fmt::format("the targets metadata is version {} instead of {}", targets->metadata.version, file->version));
  }
  if (const auto fresh = RequireFresh(targets->metadata, now); !fresh) return fresh;
  targets_ = std::move(*targets);
  return {};
}

Checked<TufFile> TufClient::FindTarget(std::string_view name) const {
  if (!targets_) return Refuse("no targets metadata is trusted yet");
  return FindFile(targets_->files, name);
}

std::string TufClient::NextRootName() const {
  return fmt::format("{}.root.json", root_.metadata.version + 1);
}

Time TufClient::Expires() const {
  if (!timestamp_ || !snapshot_ || !targets_) return {};
  return std::min({root_.metadata.expires, timestamp_->metadata.expires, snapshot_->metadata.expires, targets_->metadata.expires});
}

Checked<std::string> TufClient::SnapshotName() const {
  if (!timestamp_fresh_) return Refuse("no timestamp metadata is trusted yet");
  const auto file = FindFile(timestamp_->files, "snapshot.json");
  if (!file) return std::unexpected(file.error());
  return root_.consistent_snapshot ? fmt::format("{}.snapshot.json", file->version) : std::string("snapshot.json");
}

Checked<std::string> TufClient::TargetsName() const {
  if (!snapshot_fresh_) return Refuse("no snapshot metadata is trusted yet");
  const auto file = FindFile(snapshot_->files, "targets.json");
  if (!file) return std::unexpected(file.error());
  return root_.consistent_snapshot ? fmt::format("{}.targets.json", file->version) : std::string("targets.json");
}

}  // namespace hullwright::verify
