#include "registry/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/image_reference.h"
#include "registry/content_digest.h"

namespace hullwright::registry {
namespace {

// The registry's own word on what it sent is only compared: what it really sent was hashed. One that we cannot compute says nothing.
bool Contradicts(const http::Headers& headers, const Digest& digest, std::string_view bytes) {
  const auto said = Digest::Parse(http::HeaderValue(headers, "Docker-Content-Digest"));
  if (!said || *said == digest) return false;
  return said->algorithm() == digest.algorithm() || !IsDigestOf(*said, bytes);
}

}  // namespace

Answer<DocumentPointer> FetchDocument(Fetcher& fetcher, const Hosts& hosts, const Place& place, const std::string& reference,
                                      const Digest* wanted, const Call& call) {
  const FetchRequest request{fmt::format("/v2/{}/manifests/{}", place.path, reference), AcceptManifests(), kMaxManifestBytes};
  auto fetched = fetcher.Get(hosts, place, request, call);
  if (!fetched) return std::unexpected(fetched.error());
  const std::string what = "manifest " + reference;
  if (fetched->response.status != 200) return std::unexpected(ProblemOf(*fetched, place, what));
  const std::string where = fmt::format("{}: {}", place.ToString(), what);
  auto bytes = std::make_shared<const std::string>(std::move(fetched->response.body));
  Digest digest = wanted != nullptr ? DigestOf(*bytes, wanted->algorithm()) : DigestOf(*bytes);
  if (wanted != nullptr && digest != *wanted) return Decline(Why::kDigestMismatch, where + ": other bytes came than those of the digest");
  if (Contradicts(fetched->response.headers, digest, *bytes))
    return Decline(Why::kDigestMismatch, where + ": Docker-Content-Digest is not that of the bytes");
  const std::string content_type = MediaTypeEssence(fetched->response.content_type);
  if (content_type.empty()) return Decline(Why::kMalformed, where + ": no Content-Type");
  auto content = ParseManifest(*bytes, content_type);
  if (!content) return Decline(content.error().why, fmt::format("{}: {}", where, content.error().message));
  const std::string media_type = std::visit([](const auto& document) { return document.media_type; }, *content);
  return std::make_shared<const Document>(Document{std::move(digest), media_type, std::move(bytes), std::move(*content)});
}

Answer<BytesPointer> FetchBlob(Fetcher& fetcher, const Hosts& hosts, const Place& place, const Descriptor& blob, const Call& call) {
  const FetchRequest request{fmt::format("/v2/{}/blobs/{}", place.path, blob.digest.text()), "*/*", blob.size};
  auto fetched = fetcher.Get(hosts, place, request, call);
  if (!fetched) return std::unexpected(fetched.error());
  const std::string what = "blob " + blob.digest.text();
  if (fetched->response.status != 200) return std::unexpected(ProblemOf(*fetched, place, what));
  auto& bytes = fetched->response.body;
  if (bytes.size() != blob.size || !IsDigestOf(blob.digest, bytes)) {
    return Decline(Why::kDigestMismatch, fmt::format("{}: {}: other bytes came than those of the digest", place.ToString(), what));
  }
  return std::make_shared<const std::string>(std::move(bytes));
}

bool IsTag(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

}  // namespace hullwright::registry
