#include "registry/layout_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/image_reference.h"
#include "base/text.h"

namespace hullwright::registry {
namespace {

constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr std::array kNames = {kRefName, std::string_view("io.containerd.image.name")};
constexpr std::string_view kCosignKind = "kind";
constexpr std::string_view kCosignSignatures = "dev.cosignproject.cosign/sigs";
constexpr std::string_view kCosignAttestations = "dev.cosignproject.cosign/atts";
constexpr std::size_t kMaxNamesTold = 8;

std::string_view AnnotationOf(const Descriptor& entry, std::string_view name) {
  const std::string* value = FindAnnotation(entry.annotations, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

// cosign save marks what belongs to an image, and may give it the image's own name.
bool BelongsToAnImage(const Descriptor& entry) {
  const std::string_view kind = AnnotationOf(entry, kCosignKind);
  return kind == kCosignSignatures || kind == kCosignAttestations;
}

bool HasName(const Descriptor& entry) {
  return std::ranges::any_of(kNames, [&](std::string_view annotation) { return !AnnotationOf(entry, annotation).empty(); });
}

// What cosign save and crane pull write: one image, and nothing that says which.
const Descriptor* OnlyImage(const ImageIndex& index) {
  const Descriptor* only = nullptr;
  for (const Descriptor& entry : index.manifests) {
    if (BelongsToAnImage(entry)) continue;
    if (only != nullptr || HasName(entry)) return nullptr;
    only = &entry;
  }
  return only;
}

bool IsReferenceTo(std::string_view name, const RepositoryName& repository, std::string_view tag) {
  const auto reference = ImageReference::Parse(name);
  return reference && reference->host == repository.host && reference->repository == repository.path && reference->tag == tag;
}

enum class By { kReference, kTag };

bool IsNamed(const Descriptor& entry, By by, const RepositoryName& repository, std::string_view tag) {
  if (BelongsToAnImage(entry)) return false;
  return std::ranges::any_of(kNames, [&](std::string_view annotation) {
    const std::string_view name = AnnotationOf(entry, annotation);
    return by == By::kTag ? name == tag : !name.empty() && IsReferenceTo(name, repository, tag);
  });
}

// The digest and kind of "sha256-<hex>.sig"; nullopt for every other tag.
struct CosignTag {
  Digest image;
  std::string_view kind;
};
std::optional<CosignTag> ReadCosignTag(std::string_view tag) {
  const std::size_t dash = tag.find('-'), dot = tag.rfind('.');
  if (dash == tag.npos || dot == tag.npos || dot < dash) return std::nullopt;
  const std::string_view suffix = tag.substr(dot);
  if (suffix != ".sig" && suffix != ".att") return std::nullopt;
  const auto digest = Digest::Parse(fmt::format("{}:{}", tag.substr(0, dash), tag.substr(dash + 1, dot - dash - 1)));
  if (!digest) return std::nullopt;
  return CosignTag{*digest, suffix == ".sig" ? kCosignSignatures : kCosignAttestations};
}

// The tag that lists referrers where there is no API for them (referrers.h, FallbackTag).
bool IsStandIn(std::string_view tag) {
  const std::size_t dash = tag.find('-');
  return dash != tag.npos && Digest::Parse(fmt::format("{}:{}", tag.substr(0, dash), tag.substr(dash + 1))).has_value();
}

bool IsMarked(const Descriptor& entry, const CosignTag& wanted, const ImageIndex& index) {
  if (AnnotationOf(entry, kCosignKind) != wanted.kind) return false;
  return std::ranges::any_of(index.manifests, [&](const Descriptor& image) {
    return image.digest == wanted.image && AnnotationOf(image, kRefName) == AnnotationOf(entry, kRefName);
  });
}

// nullopt: none of them.
template <class Condition>
Answer<std::optional<Digest>> TheOne(const ImageIndex& index, std::string_view tag, Condition&& is_meant) {
  std::optional<Digest> found;
  for (const Descriptor& entry : index.manifests) {
    if (!is_meant(entry)) continue;
    if (found && *found != entry.digest) {
      return Decline(Why::kMalformed,
                     fmt::format("\"{}\" names both {} and {}: give the digest", Printable(tag, 128), found->text(), entry.digest.text()));
    }
    found = entry.digest;
  }
  return found;
}

std::string NamesIn(const ImageIndex& index) {
  std::vector<std::string> names;
  for (const Descriptor& entry : index.manifests) {
    if (BelongsToAnImage(entry)) continue;
    if (names.size() == kMaxNamesTold) {
      names.emplace_back("…");
      break;
    }
    const std::string_view name = AnnotationOf(entry, kRefName);
    names.push_back(name.empty() ? entry.digest.text() : Printable(name, 128));
  }
  return names.empty() ? "it is empty" : fmt::format("it holds {}", fmt::join(names, ", "));
}

}  // namespace

Answer<Digest> FindName(const ImageIndex& index, const RepositoryName& repository, std::string_view tag) {
  for (const By by : {By::kReference, By::kTag}) {
    const auto found = TheOne(index, tag, [&](const Descriptor& entry) { return IsNamed(entry, by, repository, tag); });
    if (!found) return std::unexpected(found.error());
    if (*found) return **found;
  }
  if (const auto cosign = ReadCosignTag(tag)) {
    const auto found = TheOne(index, tag, [&](const Descriptor& entry) { return IsMarked(entry, *cosign, index); });
    if (!found) return std::unexpected(found.error());
    if (*found) return **found;
  } else if (const Descriptor* only = IsStandIn(tag) ? nullptr : OnlyImage(index)) {
    return only->digest;
  }
  return Decline(Why::kAbsent, fmt::format("{}:{} is not in this layout: {}", repository.ToString(), Printable(tag, 128), NamesIn(index)));
}

}  // namespace hullwright::registry
