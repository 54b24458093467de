// Reads the small grammars of HTTP header values piece by piece (RFC 7230 section 3.2.6). Private to lib/registry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hullwright::registry {

class HeaderScanner {
 public:
  explicit HeaderScanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  std::string_view rest() const { return rest_; }

  // Each takes what it names when it stands here.
  void SkipSpace();
  bool Take(char c);
  std::string_view TakeToken();                      // "" when there is none
  std::optional<std::string> TakeQuoted();           // without quotes and escapes; nullopt: not closed, or control characters
  std::optional<std::string> TakeTokenOrQuoted();    // nullopt: neither
  std::string_view TakeUntil(std::string_view any);  // up to one of these characters, or all

 private:
  std::string_view rest_;
};

}  // namespace hullwright::registry
