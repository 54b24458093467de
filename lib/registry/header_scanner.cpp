#include "registry/header_scanner.h"

#include <algorithm>

namespace hullwright::registry {
namespace {

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

}  // namespace

void HeaderScanner::SkipSpace() {
  while (Peek() == ' ' || Peek() == '\t') rest_.remove_prefix(1);
}

bool HeaderScanner::Take(char c) {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

std::string_view HeaderScanner::TakeToken() {
  const auto end = std::ranges::find_if_not(rest_, IsTokenCharacter) - rest_.begin();
  const std::string_view token = rest_.substr(0, static_cast<std::size_t>(end));
  rest_.remove_prefix(token.size());
  return token;
}

std::optional<std::string> HeaderScanner::TakeQuoted() {
  std::string text;
  if (!Take('"')) return std::nullopt;
  while (!AtEnd()) {
    char c = Peek();
    rest_.remove_prefix(1);
    if (c == '"') return text;
    if (c == '\\') {
      if (AtEnd()) return std::nullopt;
      c = Peek();
      rest_.remove_prefix(1);
    }
    if ((c < ' ' && c != '\t') || c == '\x7f') return std::nullopt;
    text += c;
  }
  return std::nullopt;
}

std::optional<std::string> HeaderScanner::TakeTokenOrQuoted() {
  if (Peek() == '"') return TakeQuoted();
  const std::string_view token = TakeToken();
  if (token.empty()) return std::nullopt;
  return std::string(token);
}

std::string_view HeaderScanner::TakeUntil(std::string_view any) {
  const std::string_view text = rest_.substr(0, rest_.find_first_of(any));
  rest_.remove_prefix(text.size());
  return text;
}

}  // namespace hullwright::registry
