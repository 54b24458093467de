// The grammar of image names that references and patterns share. Private to lib/base: others use ImageReference and ImagePattern.
// Source: github.com/distribution/reference, normalize.go and regexp.go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::image_name {

inline constexpr std::string_view kHubHost = "docker.io";
inline constexpr std::string_view kHubLibrary = "library";
inline constexpr std::size_t kMaxNameBytes = 255;

bool IsDigit(char c);
bool IsLowerAlphanumeric(char c);

// Whether the part before the first '/' is a host and not the first part of a path on Docker Hub.
bool IsHost(std::string_view first_component);

// The canonical spelling of a host with optional port: lower case, one name for Docker Hub, shortest IPv6,
// and ":443" only where the host would not be one without it.
Result<std::string> CanonicalHost(std::string_view host);

// Whether text is one part of a repository path: lower-case letters and digits, separated inside by ".", "_", "__" or any number of "-".
bool IsPathComponent(std::string_view text);

// Nothing but visible ASCII: the first thing asked of every name, since everything later may then speak of characters.
// `what` begins the message: "image reference".
Result<void> CheckVisibleAscii(std::string_view what, std::string_view text);

}  // namespace hullwright::image_name
