#include "cli/support/redaction.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base64.h"

namespace hullwright::cli {
namespace {

using Object = nlohmann::json;

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kPrivateKey = "PRIVATE KEY-----";
constexpr std::size_t kMaxLabelBytes = 64;  // "ENCRYPTED PRIVATE KEY-----"

// Where a line that begins or ends a private key in PEM stands, and where it is over.
struct PemMark {
  std::size_t begin = std::string::npos, end = std::string::npos;
};

PemMark FindPemMark(std::string_view text, std::string_view dashes, std::size_t from) {
  for (std::size_t at = text.find(dashes, from); at != std::string_view::npos; at = text.find(dashes, at + 1)) {
    const std::string_view label = text.substr(at, dashes.size() + kMaxLabelBytes);
    const std::size_t key = label.find(kPrivateKey);
    // Of another block's line the label ends before.
    if (key != std::string_view::npos && label.substr(dashes.size(), key - dashes.size()).find("-----") == std::string_view::npos)
      return {at, at + key + kPrivateKey.size()};
  }
  return {};
}

bool MayBeOfPem(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  // With line breaks as they are, or written as \n.
  return is_letter || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r' || c == ' ' || c == '\\' || c == '\t';
}

// A key whose end is missing goes to the end of the text, one whose beginning is missing from where its letters begin.
std::string WithoutPrivateKeys(std::string_view text) {
  std::string out;
  PemMark begin = FindPemMark(text, kBegin, 0), end = FindPemMark(text, kEnd, 0);
  std::size_t at = 0;
  while (begin.begin != std::string::npos || end.begin != std::string::npos) {
    std::size_t from = begin.begin;
    if (end.begin < begin.begin) {
      from = end.begin;
      while (from > at && MayBeOfPem(text[from - 1])) --from;
    }
    out.append(text.substr(at, from - at)).append(kRedacted);
    at = end.begin == std::string::npos ? text.size() : end.end;
    // Each mark is looked for once, so that many of them take no longer than the text is.
    if (begin.begin < at) begin = FindPemMark(text, kBegin, at);
    if (end.begin < at) end = FindPemMark(text, kEnd, at);
  }
  return out.append(text.substr(std::min(at, text.size())));
}

struct Rule {
  Rule(const char* pattern, const char* replacement) : expression(pattern, Options()), rewrite(replacement) {}
  static RE2::Options Options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);  // bytes, whatever they mean
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    return options;
  }
  RE2 expression;
  std::string rewrite;
};

// A quote, as it is or as it stands inside JSON inside a log line.
#define HULLWRIGHT_QUOTE R"((?:\\*["'])?)"
#define HULLWRIGHT_SECRET_NAME \
  R"((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|client[_-]?secret|credentials?|auth|cookie|session[_-]?id))"

const std::array<Rule, 10>& Rules() {
  static const std::array<Rule, 10> rules = {
      // Credentials of a header have several parts: of a member of JSON the whole value goes, elsewhere the rest of the line.
      Rule(R"re(("(?:(?:proxy-)?authorization|(?:set-)?cookie)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?))re", R"(\1"[redacted]")"),
      Rule(R"((\b(?:(?:proxy-)?authorization|(?:set-)?cookie)(?:\\+["']|')?\s*[:=]\s*)[^\r\n]+)", R"(\1[redacted])"),
      Rule(R"(\b(bearer|basic|negotiate)(\s+|%20|\+)[a-z0-9._~+/=-]{6,})", R"(\1 [redacted])"),
      // JSON web tokens, and base64 of {"auths": a docker config.
      Rule(R"(\beyJ[a-z0-9_-]{4,}(?:\.[a-z0-9_-]+){1,4}\.?)", "[redacted]"),
      Rule(R"(eyJhdXRocyI6[a-z0-9+/_=-]*)", "[redacted]"),
      // Base64 of "-----BEGIN " with what follows; a CA bundle that must be told stands in a field of its own.
      Rule(R"(LS0tLS1CRUdJTi[a-z0-9+/_=\\\r\n-]{8,})", "[redacted]"),
      Rule(R"(([a-z][a-z0-9+.-]{0,30}://)[^\s/@"'<>]+@)", R"(\1[redacted]@)"),
      Rule(
          R"(\b(?:gh[pousr]_[a-z0-9]{16,}|github_pat_[a-z0-9_]{16,}|glpat-[a-z0-9_-]{16,}|xox[a-z]-[a-z0-9-]{10,}|AKIA[0-9A-Z]{16}|dckr_pat_[a-z0-9_-]{16,}))",
          "[redacted]"),
      Rule(R"(()" HULLWRIGHT_SECRET_NAME HULLWRIGHT_QUOTE
           R"(\s*(?:[:=]|%3d)\s*)(?:\\+"[^"\\]*\\*"?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&"'\\}\]\[][^\s,;&"'\\}\]]*))",
           R"(\1[redacted])"),
      Rule(R"((--?[a-z0-9-]*)" HULLWRIGHT_SECRET_NAME R"(\s+)[^\s-][^\s]*)", R"(\1[redacted])"),
  };
  return rules;
}

// A member of that name holds a secret where it is a text.
bool NamesSecret(std::string_view name) {
  static const RE2 expression(R"(.*()" HULLWRIGHT_SECRET_NAME R"(|authorization)$)", Rule::Options());
  return RE2::FullMatch(re2::StringPiece(name.data(), name.size()), expression);
}

// "--password" before its value, as two elements of a list.
bool IsSecretFlag(const Object& element) {
  if (!element.is_string()) return false;
  const auto& text = element.get_ref<const std::string&>();
  return text.starts_with("-") && text.find('=') == std::string::npos && NamesSecret(text);
}

Object RedactValue(Object value);

Object RedactList(Object list) {
  bool hide = false;
  for (Object& element : list) {
    const bool hide_next = IsSecretFlag(element);
    element = hide && element.is_string() ? Object(kRedacted) : RedactValue(std::move(element));
    hide = hide_next;
  }
  return list;
}

// Of {name, value} of an environment variable the value goes; where it comes from stays.
void HideEnvironment(Object& list) {
  if (!list.is_array()) return;
  for (Object& variable : list) {
    if (variable.is_object() && variable.contains("value")) variable["value"] = kRedacted;
  }
}

// Public, and base64 of PEM, which Redact would take for a key's.
bool IsPublicBundle(std::string_view name, const Object& value) {
  if (name != "caBundle" || !value.is_string()) return false;
  const auto pem = DecodeBase64(value.get_ref<const std::string&>());
  return pem && pem->starts_with("-----BEGIN CERTIFICATE-----") && !pem->contains("PRIVATE KEY");
}

Object RedactMembers(Object object) {
  object.erase("managedFields");
  if (object.contains("env")) HideEnvironment(object["env"]);
  Object redacted = Object::object();
  for (auto& [name, value] : object.items()) {
    if (name == "kubectl.kubernetes.io/last-applied-configuration") continue;  // a copy of all that was ever written
    if (IsPublicBundle(name, value)) {
      redacted[name] = value;
    } else if (value.is_string() && NamesSecret(name)) {
      redacted[Redact(name)] = kRedacted;
    } else {
      redacted[Redact(name)] = RedactValue(std::move(value));
    }
  }
  return redacted;
}

Object RedactValue(Object value) {
  if (value.is_string()) return Redact(value.get<std::string>());
  if (value.is_array()) return RedactList(std::move(value));
  return value.is_object() ? RedactMembers(std::move(value)) : value;
}

}  // namespace

std::string Redact(std::string text) {
  text = WithoutPrivateKeys(text);
  for (const Rule& rule : Rules()) RE2::GlobalReplace(&text, rule.expression, rule.rewrite);
  return text;
}

Object RedactObject(Object object) {
  return RedactValue(std::move(object));
}

}  // namespace hullwright::cli
