#include "policy/forbidden_licenses.h"

#include <algorithm>
#include <optional>

#include "base/image_pattern.h"
#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxParentheses = 32;  // inside each other; what is deeper is read as any other text

bool IsIdLetter(char letter) {
  const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  return plain || letter == '-' || letter == '.' || letter == '+' || letter == ':';
}

struct LicenseWords {
  std::vector<std::string_view> words;  // ids, operators and parentheses
  bool nothing_else = true;             // only spaces between them
};

LicenseWords WordsOfLicense(std::string_view lower) {
  LicenseWords split;
  while (!lower.empty()) {
    const auto end = std::ranges::find_if_not(lower, IsIdLetter);
    const auto length = std::max<std::size_t>(1, static_cast<std::size_t>(end - lower.begin()));
    const std::string_view word = lower.substr(0, length);
    lower.remove_prefix(length);
    if (IsIdLetter(word.front()) || word == "(" || word == ")") {
      split.words.push_back(word);
    } else {
      split.nothing_else &= word == " ";
    }
  }
  return split;
}

bool IsOperator(std::string_view word) {
  return word == "and" || word == "or" || word == "with" || word == "(" || word == ")";
}

}  // namespace

// Reads one expression; nullopt where the words are none.
class LicenseReader {
 public:
  LicenseReader(const std::vector<std::string_view>& words, const ForbiddenLicenses& forbidden) : words_(words), forbidden_(forbidden) {}

  std::optional<Truth> Read() {
    const auto truth = ReadChoice(0);
    return at_ == words_.size() ? truth : std::nullopt;
  }

 private:
  std::optional<Truth> ReadChoice(std::size_t depth) {
    auto truth = ReadAll(depth);
    while (truth && Take("or")) {
      const auto other = ReadAll(depth);
      if (!other) return std::nullopt;
      if (*other != *truth) truth = Truth::kUnknown;
    }
    return truth;
  }

  std::optional<Truth> ReadAll(std::size_t depth) {
    auto truth = ReadOne(depth);
    while (truth && Take("and")) {
      const auto other = ReadOne(depth);
      if (!other) return std::nullopt;
      truth = std::max(*truth, *other);
    }
    return truth;
  }

  std::optional<Truth> ReadOne(std::size_t depth) {
    if (depth > kMaxParentheses) return std::nullopt;
    if (Take("(")) {
      const auto truth = ReadChoice(depth + 1);
      return Take(")") ? truth : std::nullopt;
    }
    const auto id = TakeId();
    if (!id) return std::nullopt;
    if (Take("with") && !TakeId()) return std::nullopt;
    return forbidden_.OfId(*id);
  }

  bool Take(std::string_view word) {
    const bool there = at_ < words_.size() && words_[at_] == word;
    if (there) ++at_;
    return there;
  }

  std::optional<std::string_view> TakeId() {
    if (at_ == words_.size() || IsOperator(words_[at_])) return std::nullopt;
    return words_[at_++];
  }

  const std::vector<std::string_view>& words_;
  const ForbiddenLicenses& forbidden_;
  std::size_t at_ = 0;
};

ForbiddenLicenses::ForbiddenLicenses(const std::vector<std::string>& patterns) {
  patterns_.reserve(patterns.size());
  for (const std::string& pattern : patterns) patterns_.push_back(LowerCase(pattern));
}

Truth ForbiddenLicenses::Meets(std::string_view license) const {
  const std::string lower = LowerCase(license);
  const LicenseWords split = WordsOfLicense(lower);
  LicenseReader reader(split.words, *this);
  const auto truth = split.nothing_else ? reader.Read() : std::nullopt;
  if (truth) return *truth;
  return std::ranges::any_of(split.words, [this](std::string_view word) { return Name(word); }) ? Truth::kYes : Truth::kUnknown;
}

bool ForbiddenLicenses::Name(std::string_view id) const {
  const std::string_view plain = id.ends_with('+') ? id.substr(0, id.size() - 1) : id;
  return std::ranges::any_of(patterns_,
                             [&](const std::string& pattern) { return WildcardMatches(pattern, id) || WildcardMatches(pattern, plain); });
}

Truth ForbiddenLicenses::OfId(std::string_view id) const {
  if (Name(id)) return Truth::kYes;
  // A plus stands only at the end of an id, a colon only in references to other documents.
  const bool odd = id.find('+') < id.size() - 1 || id.find(':') != std::string_view::npos;
  const bool elsewhere = id.starts_with("licenseref-") || id.starts_with("documentref-");
  return odd || elsewhere || id == "noassertion" || id == "none" ? Truth::kUnknown : Truth::kNo;
}

}  // namespace hullwright::policy
