#include "registry/oci_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "registry/content_digest.h"
#include "registry/layout_names.h"
#include "registry/referrers.h"

namespace hullwright::registry {
namespace {

constexpr std::size_t kMaxVersionFileBytes = 4096;

Result<void> RequireLayout(const std::string& folder) {
  const auto text = ReadRegularFile(folder + "/oci-layout", kMaxVersionFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kInvalidInput, "this is no OCI layout: a folder with the file oci-layout is needed (unpack an archive first)");
  }
  if (!text) return std::unexpected(text.error().Within("oci-layout"));
  JsonReader reader;
  const auto document = reader.Read(*text);
  if (!document) return std::unexpected(document.error().Within("oci-layout"));
  const std::string_view version = TextMember(*document, "imageLayoutVersion");
  if (!version.starts_with("1.")) {
    return Fail(ErrorCode::kUnsupported, fmt::format("oci-layout: version \"{}\" is none that is known: 1.0.0 is", Printable(version, 32)));
  }
  return {};
}

Result<ImageIndex> ReadIndex(const std::string& folder) {
  const auto bytes = ReadRegularFile(folder + "/index.json", kMaxManifestBytes);
  if (!bytes) return std::unexpected(bytes.error().Within("index.json"));
  auto content = ParseManifest(*bytes, kOciIndex);
  if (!content) return Fail(ErrorCode::kInvalidInput, "index.json: " + content.error().message);
  return std::get<ImageIndex>(std::move(*content));
}

Why WhyOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return Why::kAbsent;
    case ErrorCode::kDenied:
      return Why::kDenied;
    case ErrorCode::kTooLarge:
      return Why::kTooLarge;
    case ErrorCode::kInvalidInput:
      return Why::kMalformed;
    default:
      return Why::kUnavailable;
  }
}

std::unexpected<Problem> OutOfBudget(const Digest& digest) {
  return Decline(Why::kBudget, fmt::format("{}: more bytes than may be read for one image", digest.text()));
}

const std::optional<Descriptor>& SubjectOf(const Document& document) {
  return document.manifest() != nullptr ? document.manifest()->subject : document.index()->subject;
}

const std::string& ArtifactTypeOf(const Document& document) {
  return document.manifest() != nullptr ? document.manifest()->effective_artifact_type() : document.index()->artifact_type;
}

}  // namespace

Result<std::unique_ptr<OciLayout>> OciLayout::Open(const std::string& folder) {
  if (const auto is_layout = RequireLayout(folder); !is_layout) return std::unexpected(is_layout.error().Within(folder));
  auto index = ReadIndex(folder);
  if (!index) return std::unexpected(index.error().Within(folder));
  return std::unique_ptr<OciLayout>(new OciLayout(folder, std::move(*index)));
}

OciLayout::OciLayout(std::string folder, ImageIndex index) : folder_(std::move(folder)), index_(std::move(index)) {
  Explore();
}

void OciLayout::Explore() {
  std::size_t bytes_left = kMaxLayoutBytes;
  ExploreListed(bytes_left);
  for (const char* algorithm : {"sha256", "sha512"}) ExploreUnlisted(algorithm, bytes_left);
}

bool OciLayout::IsFull() {
  if (known_.size() < kMaxLayoutDocuments) return false;
  if (!unread_) unread_ = Problem{Why::kTooLarge, fmt::format("{}: more than {} manifests", folder_, kMaxLayoutDocuments)};
  return true;
}

// Breadth first: what index.json itself lists is looked at before anything that a stranger's index can add.
void OciLayout::ExploreListed(std::size_t& bytes_left) {
  std::vector<Descriptor> to_look_at = index_.manifests;
  for (std::size_t i = 0; i < to_look_at.size(); ++i) {
    const Descriptor listed = to_look_at[i];
    if (known_.contains(listed.digest) || (!listed.media_type.empty() && !KindOf(listed.media_type))) continue;
    if (IsFull()) return;
    const auto looked = Look(listed, bytes_left, to_look_at);
    // An index may list platforms that were left out when the layout was made; what index.json lists must be there.
    const bool may_be_missing = i >= index_.manifests.size();
    if (!looked && !unread_ && !(may_be_missing && looked.error().why == Why::kAbsent)) unread_ = looked.error();
  }
}

// What begins as JSON does may be a manifest; what then is none is somebody else's.
void OciLayout::ExploreUnlisted(const std::string& algorithm, std::size_t& bytes_left) {
  std::error_code code;  // a folder that is not there holds nothing
  std::filesystem::directory_iterator files(fmt::format("{}/blobs/{}", folder_, algorithm), code);
  for (; !code && files != std::filesystem::end(files); files.increment(code)) {
    const auto digest = Digest::Parse(fmt::format("{}:{}", algorithm, files->path().filename().string()));
    if (!digest || known_.contains(*digest)) continue;
    const auto beginning = ReadBeginning(files->path().string(), 1);
    if (!beginning || *beginning != "{") continue;
    if (IsFull()) return;
    std::vector<Descriptor> children;  // index.json does not lead to them
    const auto looked = Look({"", *digest}, bytes_left, children);
    if (!looked && looked.error().why == Why::kBudget && !unread_) unread_ = looked.error();
  }
}

Answer<void> OciLayout::Look(const Descriptor& listed, std::size_t& bytes_left, std::vector<Descriptor>& children) {
  http::BodyBudget budget(bytes_left);
  const auto document = ReadDocument(listed.digest, listed.media_type, &budget);
  bytes_left -= budget.used();
  if (!document) return std::unexpected(document.error());
  const auto& subject = SubjectOf(**document);
  known_.emplace(listed.digest, Known{{(*document)->media_type, listed.digest, (*document)->bytes->size(), ArtifactTypeOf(**document)},
                                      subject ? std::optional(subject->digest) : std::nullopt});
  if (const ImageIndex* index = (*document)->index()) children.insert(children.end(), index->manifests.begin(), index->manifests.end());
  return {};
}

Answer<std::string> OciLayout::ReadBlob(const Digest& digest, std::size_t max_bytes, http::BodyBudget* budget) const {
  if (digest.text().empty()) return Decline(Why::kMisconfigured, folder_ + ": no digest was given");
  auto bytes = ReadRegularFile(fmt::format("{}/blobs/{}/{}", folder_, digest.algorithm(), digest.hex()), max_bytes);
  if (!bytes) {
    const std::string what = bytes.error().code == ErrorCode::kNotFound ? "is not in this layout" : bytes.error().message;
    return Decline(WhyOf(bytes.error().code), fmt::format("{}: {} {}", folder_, digest.text(), what));
  }
  if (budget != nullptr && !budget->TryTake(bytes->size())) return OutOfBudget(digest);
  if (!IsDigestOf(digest, *bytes)) {
    return Decline(Why::kDigestMismatch,
                   fmt::format("{}: blobs/{}/{} holds other bytes than those of the digest", folder_, digest.algorithm(), digest.hex()));
  }
  return std::move(*bytes);
}

Answer<std::shared_ptr<const Document>> OciLayout::ReadDocument(const Digest& digest, std::string_view media_type,
                                                                http::BodyBudget* budget) const {
  auto bytes = ReadBlob(digest, kMaxManifestBytes, budget);
  if (!bytes) return std::unexpected(bytes.error());
  auto content = ParseManifest(*bytes, media_type);
  if (!content) return Decline(content.error().why, fmt::format("{}: {}: {}", folder_, digest.text(), content.error().message));
  std::string said = std::visit([](const auto& document) { return document.media_type; }, *content);
  return std::make_shared<const Document>(
      Document{digest, std::move(said), std::make_shared<const std::string>(std::move(*bytes)), std::move(*content)});
}

Answer<std::shared_ptr<const Document>> OciLayout::Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) {
  const auto digest = FindName(index_, repository, tag);
  if (!digest) return Decline(digest.error().why, fmt::format("{}: {}", folder_, digest.error().message));
  return Manifest(repository, *digest, call);
}

Answer<std::shared_ptr<const Document>> OciLayout::Manifest(const RepositoryName&, const Digest& digest, const Call& call) {
  const auto known = known_.find(digest);
  return ReadDocument(digest, known == known_.end() ? std::string_view() : known->second.descriptor.media_type, call.budget.get());
}

Answer<std::shared_ptr<const std::string>> OciLayout::Blob(const RepositoryName&, const Descriptor& blob, const Call& call,
                                                           std::size_t max_bytes) {
  max_bytes = std::min(max_bytes, kHardMaxBlobBytes);
  if (blob.size > max_bytes) {
    return Decline(Why::kTooLarge,
                   fmt::format("{}: blob {} has {} bytes, more than {}", folder_, blob.digest.text(), blob.size, max_bytes));
  }
  auto bytes = ReadBlob(blob.digest, blob.size, call.budget.get());
  const bool is_longer = !bytes && bytes.error().why == Why::kTooLarge;
  if (!bytes && !is_longer) return std::unexpected(bytes.error());
  if (is_longer || bytes->size() != blob.size) {
    return Decline(Why::kDigestMismatch,
                   fmt::format("{}: blob {} has not the {} bytes that were announced", folder_, blob.digest.text(), blob.size));
  }
  return std::make_shared<const std::string>(std::move(*bytes));
}

Answer<ReferrerList> OciLayout::Referrers(const RepositoryName& repository, const Digest& subject, std::string_view artifact_type,
                                          const Call& call) {
  ReferrerList list;
  list.incomplete = unread_;
  std::vector<Descriptor> found;
  for (const auto& [digest, known] : known_)
    if (known.subject == subject) found.push_back(known.descriptor);
  AddReferrers(list, std::move(found), artifact_type);
  const auto fallback = Resolve(repository, FallbackTag(subject), call);
  if (!fallback && fallback.error().why != Why::kAbsent) return std::unexpected(fallback.error());
  if (fallback && (*fallback)->index() != nullptr) {
    list.from_fallback_tag = true;
    std::vector<Descriptor> listed = (*fallback)->index()->manifests;
    std::erase_if(listed, [&](const Descriptor& entry) { return known_.contains(entry.digest); });  // they said themselves what they are
    AddReferrers(list, std::move(listed), artifact_type);
  }
  return list;
}

}  // namespace hullwright::registry
