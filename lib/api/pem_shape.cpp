#include "api/pem_shape.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"

namespace hullwright::api {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----", kWhite = " \t\r\n";

void SkipWhite(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kWhite), text.size()));
}

std::string WithoutWhite(std::string_view text) {
  std::string kept;
  std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return kWhite.find(c) == std::string_view::npos; });
  return kept;
}

// Takes one block from the front; what is wrong with it, "" when nothing is.
std::string TakeBlock(std::string_view& text, std::string_view label) {
  const std::string begin = fmt::format("{}{}{}", kBegin, label, kDashes), end = fmt::format("{}{}{}", kEnd, label, kDashes);
  if (text.starts_with(kBegin) && text.substr(0, 64).find("PRIVATE KEY") != std::string_view::npos)
    return "is a private key, which belongs to the signer alone: write the public key, and replace this one everywhere";
  if (!text.starts_with(begin)) return fmt::format("must begin with \"{}\" and hold nothing else", begin);
  text.remove_prefix(begin.size());
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return fmt::format("must end with \"{}\"", end);
  const std::string body = WithoutWhite(text.substr(0, at));
  text.remove_prefix(at + end.size());
  if (body.empty() || !DecodeBase64(body)) return fmt::format("must hold base64 between \"{}\" and \"{}\"", begin, end);
  return "";
}

}  // namespace

std::string MistakeInPem(std::string_view text, std::string_view label, std::size_t most) {
  std::size_t blocks = 0;
  for (SkipWhite(text); !text.empty() || blocks == 0; SkipWhite(text)) {
    if (blocks == most) return fmt::format("must hold at most {} {}{}", most, label, most == 1 ? "" : "s");
    if (std::string mistake = TakeBlock(text, label); !mistake.empty()) return mistake;
    ++blocks;
  }
  return "";
}

}  // namespace hullwright::api
