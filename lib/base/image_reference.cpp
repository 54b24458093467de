#include "base/image_reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/image_name.h"
#include "base/text.h"

namespace hullwright {
namespace {

using image_name::CanonicalHost;
using image_name::IsHost;
using image_name::IsPathComponent;

constexpr std::size_t kMaxTextBytes = 8u << 10;
constexpr std::size_t kMaxTagBytes = 128;
constexpr std::string_view kDefaultTag = "latest";

std::unexpected<Error> BadReference(std::string_view text, std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("image reference \"{}\": {}", Printable(text), why));
}

// The three parts of "name:tag@digest" as they were written.
struct Parts {
  std::string_view name;
  std::optional<std::string_view> tag;
  std::optional<std::string_view> digest;
};

Parts Cut(std::string_view text) {
  Parts parts{text, std::nullopt, std::nullopt};
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    parts.name = text.substr(0, at);
    parts.digest = text.substr(at + 1);
  }
  // A ':' before the last '/' belongs to the port of the host.
  const std::size_t slash = parts.name.rfind('/');
  const std::size_t colon = parts.name.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    parts.tag = parts.name.substr(colon + 1);
    parts.name = parts.name.substr(0, colon);
  }
  return parts;
}

bool IsHex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// What a runtime may look up among its local images by id instead of pulling it by name.
bool MayBeLocalId(const Parts& parts) {
  if (IsHex(parts.name) && parts.name.size() == 64) return true;
  return (parts.name == "sha256" || parts.name == "sha384" || parts.name == "sha512") && parts.tag && IsHex(*parts.tag);
}

bool IsTag(std::string_view text) {
  const auto is_word = [](char c) { return image_name::IsLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && text.size() <= kMaxTagBytes && is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool IsPath(std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!IsPathComponent(path.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

struct Name {
  std::string host;
  std::string repository;
};

Result<Name> ParseName(std::string_view text, std::string_view written) {
  const std::size_t slash = written.find('/');
  const bool has_host = slash != std::string_view::npos && IsHost(written.substr(0, slash));
  auto host = has_host ? CanonicalHost(written.substr(0, slash)) : Result<std::string>(std::string(image_name::kHubHost));
  if (!host) return BadReference(text, host.error().message);
  std::string repository(has_host ? written.substr(slash + 1) : written);
  if (!IsPath(repository)) {
    return BadReference(text,
                        fmt::format("\"{}\" is no repository: its parts are lower-case letters and digits, separated inside by one '.', "
                                    "one or two '_' or any number of '-'; write it like registry.example/shop/cart:1.0",
                                    Printable(repository)));
  }
  if (*host == image_name::kHubHost && repository.find('/') == std::string::npos) {
    repository = fmt::format("{}/{}", image_name::kHubLibrary, repository);
  }
  if (host->size() + 1 + repository.size() > image_name::kMaxNameBytes) {
    return BadReference(text, fmt::format("the name is longer than {} bytes", image_name::kMaxNameBytes));
  }
  return Name{std::move(*host), std::move(repository)};
}

Result<std::optional<Digest>> ParseDigest(std::string_view text, const std::optional<std::string_view>& written) {
  if (!written) return std::nullopt;
  auto digest = Digest::Parse(*written);
  if (!digest)
    return BadReference(text, "after '@' must come a digest (a user name before the host is not allowed): " + digest.error().message);
  return *digest;
}

Result<void> CheckReferenceText(std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kInvalidInput, "image reference is empty: write it like registry.example/shop/cart:1.0");
  if (text.size() > kMaxTextBytes) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("image reference \"{}\" has {} bytes: at most {} are read", Printable(text, 64), text.size(), kMaxTextBytes));
  }
  return image_name::CheckVisibleAscii("image reference", text);
}

}  // namespace

Result<ImageReference> ImageReference::Parse(std::string_view text) {
  if (auto sound = CheckReferenceText(text); !sound) return std::unexpected(sound.error());
  const Parts parts = Cut(text);
  if (MayBeLocalId(parts)) {
    return BadReference(
        text, "a runtime may read it as the id of a local image: write the name, like registry.example/shop/cart@sha256:<digest>");
  }
  auto digest = ParseDigest(text, parts.digest);
  if (!digest) return std::unexpected(digest.error());
  if (parts.tag && !IsTag(*parts.tag)) {
    return BadReference(text, fmt::format("\"{}\" is no tag: letters, digits, '_', '.' and '-', at most {}, not beginning with '.' or '-'",
                                          Printable(*parts.tag), kMaxTagBytes));
  }
  auto name = ParseName(text, parts.name);
  if (!name) return std::unexpected(name.error());

  ImageReference reference{std::move(name->host), std::move(name->repository), std::nullopt, false, std::move(*digest)};
  if (parts.tag) {
    reference.tag = std::string(*parts.tag);
  } else if (!reference.digest) {
    reference.tag = std::string(kDefaultTag);
    reference.tag_defaulted = true;
  }
  return reference;
}

std::string ImageReference::ToString() const {
  std::string text = Name();
  if (tag) text += ":" + *tag;
  if (digest) text += "@" + digest->text();
  return text;
}

}  // namespace hullwright
