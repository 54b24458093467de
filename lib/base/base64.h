// Base64 (RFC 4648), strict: canonical padding, no white space, no bits left over. OpenSSL decodes; we refuse what it would forgive.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright {

enum class Base64Form {
  kStandard,     // section 4, with padding
  kUrlUnpadded,  // section 5, without padding: JWS (RFC 7515 section 2)
};

// text decodes to bytes and the bytes encode to the same text again; anything else is kInvalidInput. The message does not repeat the text.
Result<std::string> DecodeBase64(std::string_view text, Base64Form form = Base64Form::kStandard);
std::string EncodeBase64(std::string_view bytes, Base64Form form = Base64Form::kStandard);

}  // namespace hullwright
