#include "verify/notation_identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxIdentities = 64;
constexpr std::string_view kSubjectPrefix = "x509.subject";

std::unexpected<Failure> Within(std::string_view text, const Failure& failure) {
  return Reject(failure.step, fmt::format("trusted identity \"{}\": {}", Printable(text), failure.message));
}

}  // namespace

Checked<void> TrustedIdentities::Add(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
    return Reject(Step::kIdentity, fmt::format("trusted identity \"{}\" is not of the form prefix:value", Printable(text)));
  if (std::string_view(text).substr(0, colon) != kSubjectPrefix) return {};
  auto name = ParseNotationName(std::string_view(text).substr(colon + 1));
  if (!name) return Within(text, name.error());
  for (const Name& other : names_) {
    if (IsSubset(other.name, *name) || IsSubset(*name, other.name))
      return Reject(Step::kIdentity, fmt::format("trusted identities \"{}\" and \"{}\" overlap", Printable(other.text), Printable(text)));
  }
  names_.push_back({text, *std::move(name)});
  return {};
}

Checked<TrustedIdentities> TrustedIdentities::Parse(std::span<const std::string> texts) {
  if (texts.empty()) return Reject(Step::kIdentity, "no trusted identity is named");
  if (texts.size() > kMaxIdentities) return Reject(Step::kLimit, fmt::format("{} trusted identities", texts.size()));
  TrustedIdentities identities;
  identities.any_ = std::ranges::find(texts, "*") != texts.end();
  if (identities.any_ && texts.size() > 1) return Reject(Step::kIdentity, "\"*\" stands for every identity and must stand alone");
  if (identities.any_) return identities;
  for (const std::string& text : texts)
    if (auto added = identities.Add(text); !added) return std::unexpected(added.error());
  return identities;
}

Checked<std::string> TrustedIdentities::Match(const DistinguishedName& subject) const {
  if (any_) return "*";
  const auto name = ToNotationName(subject);
  if (!name) return Reject(Step::kIdentity, fmt::format("the subject of the signing certificate cannot match: {}", name.error().message));
  const auto met = std::ranges::find_if(names_, [&](const Name& wanted) { return IsSubset(wanted.name, *name); });
  if (met != names_.end()) return met->text;
  if (names_.empty()) return Reject(Step::kIdentity, "no trusted identity is of a kind that is known (x509.subject)");
  return Reject(Step::kIdentity, fmt::format("signed by \"{}\", wanted one of: {}", Printable(ToString(subject)), Wanted()));
}

std::string TrustedIdentities::Wanted() const {
  if (any_) return "any";
  std::vector<std::string> texts;
  texts.reserve(names_.size());
  for (const Name& name : names_) texts.push_back(Printable(name.text, 128));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace hullwright::verify
