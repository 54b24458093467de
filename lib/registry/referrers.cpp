#include "registry/referrers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "registry/document.h"
#include "registry/link.h"

namespace hullwright::registry {
namespace {

Problem TooMany(const Place& place, const Digest& subject, std::string message) {
  return {Why::kTooLarge, fmt::format("{}: referrers of {}: {}", place.ToString(), subject.text(), message)};
}

// Statuses with which registries without the API answer (the specification names 404 alone).
bool HasNoApi(const Fetched& fetched) {
  const int status = fetched.response.status;
  if (status == 404 || status == 400 || status == 405 || status == 406 || status == 501) return true;
  return status == 200 && MediaTypeEssence(fetched.response.content_type) != kOciIndex;
}

Answer<ImageIndex> ReadPage(const Fetched& page, const Place& place) {
  auto content = ParseManifest(page.response.body, MediaTypeEssence(page.response.content_type));
  if (!content) return Decline(content.error().why, fmt::format("{}: referrers: {}", place.ToString(), content.error().message));
  return std::get<ImageIndex>(std::move(*content));
}

// Where the next page is; "" on the last. It must be of the very list: same origin, same path (CVE-2026-85732).
Answer<std::string> NextTarget(const Fetched& page, const http::Url& current, const Place& place) {
  std::string header;
  for (const auto& [name, value] : page.response.headers) {
    if (EqualWithoutCase(name, "Link")) header += (header.empty() ? "" : ", ") + value;
  }
  const auto malformed = [&](std::string_view why) {
    return Decline(Why::kMalformed, fmt::format("{}: referrers: {}", place.ToString(), why));
  };
  const auto link = NextLink(header);
  if (!link) return malformed(link.error().message);
  if (!*link) return "";
  const auto next = http::ResolveUrl(current, **link);
  if (!next) return malformed(next.error().message);
  if (next->origin != current.origin || next->path() != current.path())
    return malformed("the next page is somewhere else: " + next->ToString());
  return next->target;
}

Answer<ReferrerList> FromFallbackTag(Fetcher& fetcher, const Hosts& hosts, const Place& place, const Digest& subject,
                                     std::string_view artifact_type, const Call& call) {
  ReferrerList list;
  list.from_fallback_tag = true;
  const auto document = FetchDocument(fetcher, hosts, place, FallbackTag(subject), nullptr, call);
  if (!document && document.error().why == Why::kAbsent) return list;
  if (!document) return std::unexpected(document.error());
  // A tag of that name may be anything; only an index lists referrers.
  const ImageIndex* index = (*document)->index();
  if (index == nullptr) return list;
  AddReferrers(list, index->manifests, artifact_type);
  return list;
}

}  // namespace

std::string FallbackTag(const Digest& subject) {
  return fmt::format("{}-{}", subject.algorithm().substr(0, 32), subject.hex().substr(0, 64));
}

void AddReferrers(ReferrerList& list, std::vector<Descriptor> entries, std::string_view artifact_type) {
  for (auto& entry : entries) {
    // One that says no type may be of any.
    if (!artifact_type.empty() && !entry.artifact_type.empty() && entry.artifact_type != artifact_type) continue;
    if (std::ranges::find(list.entries, entry.digest, &Descriptor::digest) != list.entries.end()) continue;
    if (list.entries.size() == kMaxReferrers) {
      if (!list.incomplete) list.incomplete = Problem{Why::kTooLarge, fmt::format("there are more than {} referrers", kMaxReferrers)};
      return;
    }
    list.entries.push_back(std::move(entry));
  }
}

Answer<ReferrerList> FetchReferrers(Fetcher& fetcher, const Hosts& hosts, const Place& place, const Digest& subject,
                                    std::string_view artifact_type, const Call& call) {
  std::string target = fmt::format("/v2/{}/referrers/{}", place.path, subject.text());
  if (!artifact_type.empty()) target += "?artifactType=" + http::EncodeQuery(artifact_type);
  ReferrerList list;
  std::set<std::string> seen;
  for (std::size_t pages = 0; !target.empty(); ++pages) {
    if (pages == kMaxReferrerPages) {
      list.incomplete = TooMany(place, subject, fmt::format("there are more than {} pages", kMaxReferrerPages));
      return list;
    }
    if (!seen.insert(target).second) return Decline(Why::kMalformed, place.ToString() + ": the pages of its referrers run in a circle");
    auto page = fetcher.Get(hosts, place, {target, kOciIndex, kMaxManifestBytes}, call);
    if (!page) return std::unexpected(page.error());
    if (pages == 0 && page->from_registry && HasNoApi(*page)) return FromFallbackTag(fetcher, hosts, place, subject, artifact_type, call);
    if (page->response.status != 200) return std::unexpected(ProblemOf(*page, place, "referrers of " + subject.text()));
    auto index = ReadPage(*page, place);
    if (!index) return std::unexpected(index.error());
    // Filtered here whatever OCI-Filters-Applied says: a registry that ignores the filter must not hide what was asked for behind the
    // bound.
    AddReferrers(list, std::move(index->manifests), artifact_type);
    if (list.incomplete) return list;
    auto next = NextTarget(*page, page->url, place);
    if (!next) return std::unexpected(next.error());
    target = std::move(*next);
  }
  return list;
}

}  // namespace hullwright::registry
