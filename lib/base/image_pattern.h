// A pattern over image names as policies write it: "registry.example/shop/**", "nginx", "docker.io/library/*".
//
// Matches the normalised name (host/path, without tag and digest), whole, at segment boundaries: "**" only as the last segment, for
// one or more segments; "*" inside one path segment, for any run of characters but "/". No wildcard in the host. The literal part is
// normalised like an image reference: "nginx", "docker.io/library/nginx" and "index.docker.io/library/nginx" are one pattern.
// The pattern "**" alone matches every image. A pattern with tag or digest is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/image_reference.h"

namespace hullwright {

class ImagePattern {
 public:
  static Result<ImagePattern> Parse(std::string_view text);

  bool Matches(const ImageReference& image) const;

  const std::string& text() const { return text_; }  // as written
  // The longest literal "host/segment/segment" that every matched name begins with, ending at a segment boundary; empty for "**".
  // What an index over many patterns is keyed by.
  const std::string& literal_prefix() const { return literal_prefix_; }

  bool operator==(const ImagePattern& other) const { return text_ == other.text_; }

 private:
  ImagePattern() = default;
  std::string text_;
  std::string literal_prefix_;
  std::string host_;                   // empty: any host (pattern "**")
  std::vector<std::string> segments_;  // without the trailing "**"
  bool any_tail_ = false;              // ended in "**"
};

// One "*" wildcard pattern without segments, as forbiddenTags use it.
bool WildcardMatches(std::string_view pattern, std::string_view text);

}  // namespace hullwright
