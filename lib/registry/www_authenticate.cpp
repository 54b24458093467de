#include "registry/www_authenticate.h"

#include <algorithm>

#include "base/text.h"
#include "registry/header_scanner.h"

namespace hullwright::registry {
namespace {

std::unexpected<Error> MalformedChallenge(std::string_view why) {
  return Fail(ErrorCode::kInvalidInput, "WWW-Authenticate: " + std::string(why));
}

// "name = value", or nothing when what stands here is no parameter (a scheme, a token68).
Result<bool> TakeParameter(HeaderScanner& scanner, Challenge& challenge) {
  HeaderScanner ahead = scanner;
  std::string name = LowerCase(ahead.TakeToken());
  ahead.SkipSpace();
  if (name.empty() || !ahead.Take('=')) return false;
  ahead.SkipSpace();
  const bool quoted = ahead.Peek() == '"';
  auto value = ahead.TakeTokenOrQuoted();
  if (!value) return quoted ? Result<bool>(MalformedChallenge("a quoted value is not closed")) : Result<bool>(false);
  if (challenge.parameters.size() == kMaxChallengeParameters) return MalformedChallenge("too many parameters");
  const bool known = std::ranges::any_of(challenge.parameters, [&](const auto& parameter) { return parameter.first == name; });
  if (known) return MalformedChallenge("a parameter stands twice");
  challenge.parameters.emplace_back(std::move(name), std::move(*value));
  scanner = ahead;
  return true;
}

Result<Challenge> TakeChallenge(HeaderScanner& scanner) {
  Challenge challenge{LowerCase(scanner.TakeToken()), {}};
  if (challenge.scheme.empty()) return MalformedChallenge("a scheme is missing");
  scanner.SkipSpace();
  for (bool first = true;; first = false) {
    const auto taken = TakeParameter(scanner, challenge);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken && first) scanner.TakeUntil(",");  // a token68, or nothing
    scanner.SkipSpace();
    if (!scanner.AtEnd() && scanner.Peek() != ',')
      return *taken || first ? Result<Challenge>(MalformedChallenge("a comma is missing")) : challenge;
    if (scanner.AtEnd() || !*taken) return challenge;
    // Behind the comma stands another parameter of this challenge, or the next challenge.
    HeaderScanner ahead = scanner;
    while (ahead.Take(',')) ahead.SkipSpace();
    HeaderScanner probe = ahead;
    probe.TakeToken();
    probe.SkipSpace();
    if (ahead.AtEnd() || probe.Peek() != '=') return challenge;
    scanner = ahead;
  }
}

}  // namespace

std::string_view Challenge::Parameter(std::string_view name) const {
  const auto found = std::ranges::find_if(parameters, [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::vector<Challenge>> ParseChallenges(std::string_view header) {
  std::vector<Challenge> challenges;
  HeaderScanner scanner(header);
  for (;;) {
    scanner.SkipSpace();
    while (scanner.Take(',')) scanner.SkipSpace();
    if (scanner.AtEnd()) return challenges;
    if (challenges.size() == kMaxChallenges) return MalformedChallenge("too many challenges");
    auto challenge = TakeChallenge(scanner);
    if (!challenge) return std::unexpected(challenge.error());
    challenges.push_back(std::move(*challenge));
  }
}

}  // namespace hullwright::registry
