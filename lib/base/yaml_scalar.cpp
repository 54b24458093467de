#include "base/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"

namespace hullwright::yaml {
namespace {

constexpr std::string_view kDecimalDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool IsMadeOf(std::string_view text, std::string_view alphabet) {
  return !text.empty() && text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool HasSign(std::string_view text) {
  return text.starts_with('-') || text.starts_with('+');
}

std::string_view WithoutSign(std::string_view text) {
  return HasSign(text) ? text.substr(1) : text;
}

// Digits, point and exponent of a number without its sign, as the core schema allows them: "1", "1.", ".5", "1.5e-3".
struct Number {
  std::string_view whole;
  std::string_view places;
  std::string_view exponent;  // with its sign
  bool integer = false;       // had neither point nor exponent
};

std::string_view TakeDigits(std::string_view& rest) {
  const std::string_view digits = rest.substr(0, rest.find_first_not_of(kDecimalDigits));
  rest.remove_prefix(digits.size());
  return digits;
}

std::optional<Number> ScanNumber(std::string_view rest) {
  Number number;
  number.whole = TakeDigits(rest);
  if (rest.empty() && !number.whole.empty()) {
    number.integer = true;
    return number;
  }
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    number.places = TakeDigits(rest);
  }
  if (number.whole.empty() && number.places.empty()) return std::nullopt;
  if (rest.empty()) return number;
  if (rest.front() != 'e' && rest.front() != 'E') return std::nullopt;
  number.exponent = rest.substr(1);
  if (!IsMadeOf(WithoutSign(number.exponent), kDecimalDigits)) return std::nullopt;
  return number;
}

// The digits behind "0x" and its kin; nullopt where text is none of them.
struct Based {
  std::string_view digits;
  int base = 10;
  bool core = false;  // in the spelling of YAML 1.2; otherwise only of YAML 1.1
};

std::optional<Based> ScanBased(std::string_view text) {
  const std::string_view body = WithoutSign(text);
  if (body.size() < 3 || body[0] != '0') return std::nullopt;
  const std::string_view digits = body.substr(2);
  const bool core = !HasSign(text);
  if ((body[1] == 'x' || body[1] == 'X') && IsMadeOf(digits, kHexDigits)) return Based{digits, 16, core && body[1] == 'x'};
  if ((body[1] == 'o' || body[1] == 'O') && IsMadeOf(digits, "01234567")) return Based{digits, 8, core && body[1] == 'o'};
  if ((body[1] == 'b' || body[1] == 'B') && IsMadeOf(digits, "01")) return Based{digits, 2, false};
  return std::nullopt;
}

// 0755 is 493 to YAML 1.1 and 755 to YAML 1.2; 1_000 and 0b11 are numbers to the first and text to the second.
bool IsAmbiguousNumber(std::string_view text) {
  const std::string_view body = WithoutSign(text);
  if (body.empty() || kDecimalDigits.find(body.front()) == std::string_view::npos) return false;
  std::string bare(text);
  std::erase(bare, '_');
  const auto number = ScanNumber(WithoutSign(bare));
  const auto based = ScanBased(bare);
  if (bare != text) return number || based;
  return (number && number->whole.size() > 1 && number->whole.front() == '0') || (based && !based->core);
}

std::unexpected<Error> OutOfRange(std::string_view text) {
  return Fail(
      ErrorCode::kInvalidInput,
      fmt::format("{} is no number that 64 bits can hold: write a smaller one, or quote it if it is meant as text", Printable(text, 64)));
}

template <class Integer>
bool Fits(std::string_view digits, int base = 10) {
  Integer value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return error == std::errc{} && end == digits.data() + digits.size();
}

Result<Scalar> ToInteger(std::string_view text) {
  const std::string_view json = text.starts_with('+') ? text.substr(1) : text;
  if (!Fits<std::int64_t>(json) && !Fits<std::uint64_t>(json)) return OutOfRange(text);
  return Scalar{ScalarKind::kInteger, std::string(json)};
}

Result<Scalar> ToInteger(std::string_view text, const Based& based) {
  std::uint64_t value = 0;
  if (!Fits<std::uint64_t>(based.digits, based.base)) return OutOfRange(text);
  std::from_chars(based.digits.data(), based.digits.data() + based.digits.size(), value, based.base);
  return Scalar{ScalarKind::kInteger, std::to_string(value)};
}

// Rewritten where JSON is stricter (".5", "5.", "+5"); the digits stay as they are.
Result<Scalar> ToFloat(std::string_view text, const Number& number) {
  const auto or_zero = [](std::string_view digits) { return digits.empty() ? std::string_view("0") : digits; };
  std::string json = fmt::format("{}{}.{}", text.starts_with('-') ? "-" : "", or_zero(number.whole), or_zero(number.places));
  if (!number.exponent.empty()) json += fmt::format("e{}", number.exponent);
  double value = 0;
  if (std::from_chars(json.data(), json.data() + json.size(), value).ec != std::errc{}) return OutOfRange(text);
  return Scalar{ScalarKind::kFloat, std::move(json)};
}

bool IsNotFinite(std::string_view text) {
  return IsOneOf(WithoutSign(text), {".inf", ".Inf", ".INF"}) || IsOneOf(text, {".nan", ".NaN", ".NAN"});
}

}  // namespace

Result<Scalar> ResolvePlain(std::string_view text) {
  if (IsOneOf(text, {"", "~", "null", "Null", "NULL"})) return Scalar{ScalarKind::kNull, "null"};
  if (IsOneOf(text, {"true", "True", "TRUE"})) return Scalar{ScalarKind::kBoolean, "true"};
  if (IsOneOf(text, {"false", "False", "FALSE"})) return Scalar{ScalarKind::kBoolean, "false"};
  if (IsNotFinite(text)) return OutOfRange(text);
  if (IsAmbiguousNumber(text)) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{} is read as different values by different YAML readers: quote it if it is meant as text, "
                            "or write a plain decimal number",
                            Printable(text, 64)));
  }
  if (const auto based = ScanBased(text)) return ToInteger(text, *based);
  if (const auto number = ScanNumber(WithoutSign(text))) return number->integer ? ToInteger(text) : ToFloat(text, *number);
  return Scalar{ScalarKind::kString, QuoteJson(text)};
}

std::string QuoteJson(std::string_view text) {
  return nlohmann::json(text).dump();
}

}  // namespace hullwright::yaml
