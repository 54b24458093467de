#include "base/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace hullwright {
namespace {

// Hex digits of a digest by the name of its algorithm; nullopt for one we cannot check.
std::optional<std::size_t> HexLength(std::string_view algorithm) {
  if (algorithm == "sha256") return 64;
  if (algorithm == "sha512") return 128;
  return std::nullopt;
}

bool IsLowerHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

Result<Digest> Malformed(std::string_view text, std::string_view why) {
  return Fail(
      ErrorCode::kInvalidInput,
      fmt::format("\"{}\" is no digest: {}; write sha256: and 64, or sha512: and 128, lower-case hex digits", Printable(text), why));
}

}  // namespace

Result<Digest> Digest::Parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Malformed(text, "it has no algorithm");
  const std::string_view hex = text.substr(colon + 1);
  const auto length = HexLength(text.substr(0, colon));
  if (!length) return Malformed(text, fmt::format("the algorithm \"{}\" is not known", Printable(text.substr(0, colon), 64)));
  if (hex.size() != *length) return Malformed(text, fmt::format("it has {} hex digits", hex.size()));
  if (!std::ranges::all_of(hex, IsLowerHex)) return Malformed(text, "it has something other than lower-case hex digits");
  return Digest(std::string(text));
}

std::string_view Digest::algorithm() const {
  return std::string_view(text_).substr(0, text_.find(':'));
}

std::string_view Digest::hex() const {
  return std::string_view(text_).substr(text_.find(':') + 1);
}

}  // namespace hullwright
