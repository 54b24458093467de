#include "base/image_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/image_name.h"
#include "base/text.h"

namespace hullwright {
namespace {

constexpr std::size_t kMaxPatternBytes = 512;
constexpr std::ptrdiff_t kMaxWildcards = 16;
constexpr std::string_view kAnyTail = "**";

std::unexpected<Error> BadPattern(std::string_view text, std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("image pattern \"{}\": {}", Printable(text), why));
}

bool HasWildcard(std::string_view text) {
  return text.find('*') != std::string_view::npos;
}

std::vector<std::string> SplitAtSlashes(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

Result<void> CheckPatternText(std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kInvalidInput, "image pattern is empty: write it like registry.example/shop/** or nginx");
  if (text.size() > kMaxPatternBytes) return BadPattern(text, fmt::format("it is longer than {} bytes", kMaxPatternBytes));
  if (auto visible = image_name::CheckVisibleAscii("image pattern", text); !visible) return visible;
  if (std::ranges::count(text, '*') > kMaxWildcards) return BadPattern(text, fmt::format("it has more than {} wildcards", kMaxWildcards));
  if (text.find('@') != std::string_view::npos) return BadPattern(text, "it names a digest: patterns match names without tag and digest");
  const std::size_t slash = text.rfind('/');
  if (text.find(':', slash == std::string_view::npos ? 0 : slash) != std::string_view::npos) {
    return BadPattern(
        text, "it names a tag (or a host without a path): patterns match names without tag and digest, like registry.example/shop/**");
  }
  return {};
}

// The host as written is "" where the pattern has none.
struct HostAndPath {
  std::string_view host;
  std::string_view path;
};

Result<HostAndPath> SplitHost(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view first = text.substr(0, slash);
  if (slash == std::string_view::npos) {
    if (image_name::IsHost(first) && !HasWildcard(first)) {
      return BadPattern(text, fmt::format("a host alone matches nothing: write {}/** for all of it", Printable(text)));
    }
    if (first == "*") return BadPattern(text, "write ** for every image, or docker.io/library/* for the official images of Docker Hub");
    return HostAndPath{"", text};
  }
  if (HasWildcard(first)) {
    return BadPattern(text,
                      "the host cannot have a wildcard: write out the host, or ** alone for every image (for Docker Hub docker.io/...)");
  }
  if (image_name::IsHost(first)) return HostAndPath{first, text.substr(slash + 1)};
  return HostAndPath{"", text};
}

// A segment with wildcards can match only what a path component can be made of.
bool IsWildcardSegment(std::string_view segment) {
  return HasWildcard(segment) && segment.find(kAnyTail) == std::string_view::npos &&
         segment.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-*") == std::string_view::npos;
}

Result<void> CheckSegments(std::string_view text, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (segment.empty()) return BadPattern(text, "it has an empty part: write /** at the end for everything below");
    if (segment.find(kAnyTail) != std::string::npos)
      return BadPattern(text, "** stands only for itself and at the end, as in registry.example/shop/**");
    if (!image_name::IsPathComponent(segment) && !IsWildcardSegment(segment)) {
      return BadPattern(text, fmt::format("\"{}\" cannot match a part of a repository: lower-case letters and digits, separated inside by "
                                          "one '.', one or two '_' or any number of '-'",
                                          Printable(segment)));
    }
  }
  return {};
}

std::string LiteralPrefix(const std::string& host, const std::vector<std::string>& segments) {
  std::string prefix = host;
  for (const std::string& segment : segments) {
    if (HasWildcard(segment)) break;
    prefix += "/" + segment;
  }
  return prefix;
}

}  // namespace

Result<ImagePattern> ImagePattern::Parse(std::string_view text) {
  if (auto sound = CheckPatternText(text); !sound) return std::unexpected(sound.error());
  ImagePattern pattern;
  pattern.text_ = std::string(text);
  if (text == kAnyTail) {
    pattern.any_tail_ = true;
    return pattern;
  }
  const auto split = SplitHost(text);
  if (!split) return std::unexpected(split.error());
  auto host = split->host.empty() ? Result<std::string>(std::string(image_name::kHubHost)) : image_name::CanonicalHost(split->host);
  if (!host) return BadPattern(text, host.error().message);
  pattern.host_ = std::move(*host);
  pattern.segments_ = SplitAtSlashes(split->path);
  if (pattern.segments_.back() == kAnyTail) {
    pattern.any_tail_ = true;
    pattern.segments_.pop_back();
  }
  if (auto sound = CheckSegments(text, pattern.segments_); !sound) return std::unexpected(sound.error());
  // As in a reference: one part alone on Docker Hub is an official image.
  if (pattern.host_ == image_name::kHubHost && pattern.segments_.size() == 1 && !pattern.any_tail_) {
    pattern.segments_.emplace(pattern.segments_.begin(), image_name::kHubLibrary);
  }
  pattern.literal_prefix_ = LiteralPrefix(pattern.host_, pattern.segments_);
  return pattern;
}

bool ImagePattern::Matches(const ImageReference& image) const {
  if (host_.empty()) return true;
  if (host_ != image.host) return false;
  // `rest` is what is left of the path, or nothing any more once its last part has been matched.
  std::optional<std::string_view> rest = image.repository;
  for (const std::string& segment : segments_) {
    if (!rest) return false;
    const std::size_t slash = rest->find('/');
    if (!WildcardMatches(segment, rest->substr(0, slash))) return false;
    rest = slash == std::string_view::npos ? std::nullopt : std::optional(rest->substr(slash + 1));
  }
  return any_tail_ == rest.has_value();
}

// Takes the pieces between the wildcards at their leftmost places, which is enough: where any way to place them exists, that one does.
bool WildcardMatches(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, first))) return false;
  text.remove_prefix(first);
  pattern.remove_prefix(first + 1);
  for (std::size_t star = pattern.find('*'); star != std::string_view::npos; star = pattern.find('*')) {
    const std::size_t at = text.find(pattern.substr(0, star));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + star);
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

}  // namespace hullwright
