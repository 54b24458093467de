// What can be said of PEM text without cryptography, so that a key that was pasted wrongly is refused when it is written. Whether the bytes
// are a key or certificate is for lib/verify to say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hullwright::api {

// Of certificates and lists in one text.
inline constexpr std::size_t kMaxPemBlocks = 256;

// Blocks of exactly this label (RFC 7468: "PUBLIC KEY"), one to most of them, strict base64 inside, nothing but white space outside.
// Otherwise what is wrong and what would be right; "" when nothing is. The message repeats none of the text: it may be a private key.
std::string MistakeInPem(std::string_view text, std::string_view label, std::size_t most);

}  // namespace hullwright::api
