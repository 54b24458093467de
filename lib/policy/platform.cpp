#include "policy/platform.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"

namespace hullwright::policy {
namespace {

using Spelling = std::pair<std::string_view, std::string_view>;

constexpr std::array kArchitectures{Spelling{"x86_64", "amd64"},  Spelling{"x86-64", "amd64"}, Spelling{"i386", "386"},
                                    Spelling{"aarch64", "arm64"}, Spelling{"armhf", "arm"},    Spelling{"armel", "arm"}};
constexpr std::array kSystems{Spelling{"macos", "darwin"}};
constexpr std::array kFallbacks{Spelling{"amd64", "386"}, Spelling{"arm64", "arm"}};

struct Platform {
  std::string os, architecture;
};

std::string Canonical(std::string_view part, const auto& spellings) {
  std::string lower = LowerCase(part);
  const auto* const known = std::ranges::find(spellings, std::string_view(lower), &Spelling::first);
  return known == spellings.end() ? lower : std::string(known->second);
}

Platform Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view rest = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  return {Canonical(text.substr(0, slash), kSystems), Canonical(rest.substr(0, rest.find('/')), kArchitectures)};
}

bool Agree(std::string_view one, std::string_view other) {
  return one.empty() || other.empty() || one == other;
}

}  // namespace

bool RunsSomewhere(std::string_view platform) {
  return Parse(platform).os != "unknown";
}

Fit FitOf(std::string_view platform, std::string_view node) {
  const Platform want = Parse(platform);
  const Platform have = Parse(node);
  if (want.os == have.os && want.architecture == have.architecture) return Fit::kOwn;
  if (!Agree(want.os, have.os)) return Fit::kNone;
  if (Agree(want.architecture, have.architecture)) return Fit::kPossible;
  const bool runs_it = std::ranges::find(kFallbacks, Spelling{have.architecture, want.architecture}) != kFallbacks.end();
  return runs_it ? Fit::kFallback : Fit::kNone;
}

}  // namespace hullwright::policy
