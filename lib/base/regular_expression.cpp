#include "base/regular_expression.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include "base/text.h"

namespace hullwright {
namespace {

constexpr std::int64_t kMaxProgramBytes = std::int64_t{1} << 20;

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Result<RegularExpression> RegularExpression::Parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("regular expression \"{}\": {}", Printable(text, 80), why));
  };
  if (text.empty() || text.size() > kMaxBytes) return refuse(fmt::format("must have 1 to {} bytes", kMaxBytes));
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return refuse("must not be blank");
  if (text.find_first_of("^$") != std::string_view::npos)
    return refuse("\"^\" and \"$\" are refused, because an expression always matches the whole value; leave them out");
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMaxProgramBytes);
  auto compiled = std::make_shared<const re2::RE2>(Piece(text), options);
  if (!compiled->ok()) return refuse(Printable(compiled->error(), 120));
  if (re2::RE2::FullMatch("", *compiled)) return refuse("matches the empty text, which is too wide; ask for at least one character");
  RegularExpression expression;
  expression.text_ = text;
  expression.compiled_ = std::move(compiled);
  return expression;
}

bool RegularExpression::Matches(std::string_view text) const {
  return compiled_ && re2::RE2::FullMatch(Piece(text), *compiled_);
}

}  // namespace hullwright
