#include "registry/link.h"

#include "base/text.h"
#include "registry/header_scanner.h"

namespace hullwright::registry {
namespace {

constexpr int kMaxLinks = 16;
constexpr int kMaxParameters = 16;

std::unexpected<Error> MalformedLink(std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, "Link: " + std::string(why));
}

// rel is a list of words: "next", "last next".
bool HasWord(std::string_view words, std::string_view wanted) {
  HeaderScanner scanner(words);
  while (!scanner.AtEnd()) {
    scanner.SkipSpace();
    if (LowerCase(scanner.TakeUntil(" \t")) == wanted) return true;
  }
  return false;
}

// The parameters behind a target; whether they say rel=next. Of several rel the first counts (RFC 8288 section 3.3).
Result<bool> TakeParameters(HeaderScanner& scanner) {
  bool is_next = false, has_rel = false;
  for (int count = 0;; ++count) {
    scanner.SkipSpace();
    if (!scanner.Take(';')) return is_next;
    if (count == kMaxParameters) return MalformedLink("too many parameters");
    scanner.SkipSpace();
    const std::string name = LowerCase(scanner.TakeToken());
    if (name.empty()) return MalformedLink("a parameter has no name");
    scanner.SkipSpace();
    std::optional<std::string> value = "";
    if (scanner.Take('=')) {
      scanner.SkipSpace();
      value = scanner.TakeTokenOrQuoted();
    }
    if (!value) return MalformedLink("a parameter has no value");
    if (name == "rel" && !has_rel) is_next = HasWord(*value, "next");
    has_rel = has_rel || name == "rel";
  }
}

}  // namespace

Result<std::optional<std::string>> NextLink(std::string_view header) {
  std::optional<std::string> next;
  HeaderScanner scanner(header);
  for (int count = 0;; ++count) {
    scanner.SkipSpace();
    while (scanner.Take(',')) scanner.SkipSpace();
    if (scanner.AtEnd()) return next;
    if (count == kMaxLinks) return MalformedLink("too many links");
    if (!scanner.Take('<')) return MalformedLink("a target must stand in <>");
    const std::string target(scanner.TakeUntil(">"));
    if (!scanner.Take('>')) return MalformedLink("a target is not closed");
    const auto is_next = TakeParameters(scanner);
    if (!is_next) return std::unexpected(is_next.error());
    if (*is_next && next) return MalformedLink("there are two next pages");
    if (*is_next) next = target;
    scanner.SkipSpace();
    if (!scanner.AtEnd() && scanner.Peek() != ',') return MalformedLink("a comma is missing");
  }
}

}  // namespace hullwright::registry
