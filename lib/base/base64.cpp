#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace hullwright {
namespace {

std::string ToStandard(std::string_view text) {
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return standard;
}

std::string ToUrlUnpadded(std::string standard) {
  std::ranges::replace(standard, '+', '-');
  std::ranges::replace(standard, '/', '_');
  standard.erase(std::min(standard.find('='), standard.size()));
  return standard;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes, Base64Form form) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock writes a NUL at the end
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return form == Base64Form::kUrlUnpadded ? ToUrlUnpadded(std::move(text)) : text;
}

Result<std::string> DecodeBase64(std::string_view text, Base64Form form) {
  constexpr std::size_t kMaxBytes = 1u << 30;  // OpenSSL counts in int
  if (text.size() > kMaxBytes) return Fail(ErrorCode::kTooLarge, "base64 text longer than 1 GiB");
  const std::string standard = form == Base64Form::kUrlUnpadded ? ToStandard(text) : std::string(text);
  std::string bytes(standard.size() / 4 * 3, '\0');
  const int length = standard.size() % 4
                         ? -1
                         : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                           reinterpret_cast<const unsigned char*>(standard.data()), static_cast<int>(standard.size()));
  if (length < 0) return Fail(ErrorCode::kInvalidInput, "not base64");
  // EVP_DecodeBlock counts the padding as bytes.
  const std::size_t padding = standard.size() - std::min(standard.find_last_not_of('=') + 1, standard.size());
  if (padding > 2) return Fail(ErrorCode::kInvalidInput, "not base64: too much padding");
  bytes.resize(static_cast<std::size_t>(length) - padding);
  // OpenSSL skips white space and ignores left-over bits; what it forgave does not come back the same.
  if (EncodeBase64(bytes, form) != text)
    return Fail(ErrorCode::kInvalidInput, "not canonical base64: no white space, exact padding, no bits left over");
  return bytes;
}

}  // namespace hullwright
