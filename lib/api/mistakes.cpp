#include "api/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/text.h"

namespace hullwright::api {
namespace {

constexpr std::size_t kMaxQuotedBytes = 80;
constexpr std::size_t kMaxNameBytes = 64;  // longer words are not looked up: nobody meant a known one

// Levenshtein distance without regard to case.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t above = row[j + 1];
      std::size_t substituted = diagonal + (LowerLetter(a[i]) == LowerLetter(b[j]) ? 0 : 1);
      row[j + 1] = std::min({above + 1, row[j] + 1, substituted});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

Path Path::ForKey(const Path& parent, std::string_view key) {
  Path path(parent, key);
  path.kind_ = Kind::kKey;
  return path;
}

std::string Path::ToString() const {
  if (parent_ == nullptr) return "";
  std::string text = parent_->ToString();
  switch (kind_) {
    case Kind::kIndex:
      return text + fmt::format("[{}]", index_);
    case Kind::kKey:
      return text + "[" + Quoted(member_) + "]";
    case Kind::kMember:
      break;
  }
  if (!text.empty()) text += '.';
  return text + Printable(member_, kMaxQuotedBytes);
}

void Mistakes::Add(const Path& path, std::string_view what) {
  Keep(path, what);
}

void Mistakes::AddUnsupported(const Path& path, std::string_view why) {
  ++unsupported_;
  Keep(path, why);
}

void Mistakes::Keep(const Path& path, std::string_view what) {
  ++count_;
  if (texts_.size() == kMaxReported) return;
  std::string place = path.ToString();
  texts_.push_back(place.empty() ? std::string(what) : fmt::format("{}: {}", place, what));
}

std::vector<std::string> Mistakes::Told() const {
  std::vector<std::string> told = texts_;
  if (count_ > texts_.size()) told.push_back(fmt::format("and {} more", count_ - texts_.size()));
  return told;
}

Error Mistakes::ToError() const {
  const std::vector<std::string> told = Told();
  return {unsupported_ == count_ ? ErrorCode::kUnsupported : ErrorCode::kInvalidInput, fmt::format("{}", fmt::join(told, "; "))};
}

std::string_view Nearest(std::string_view written, const std::vector<std::string_view>& known) {
  if (written.size() > kMaxNameBytes) return "";
  std::size_t nearest_distance = std::max<std::size_t>(1, (written.size() + 1) / 3) + 1;
  std::string_view nearest;
  for (std::string_view word : known) {
    std::size_t distance = EditDistance(written, word);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = word;
    }
  }
  return nearest;
}

std::string Quoted(std::string_view text) {
  return '"' + Printable(text, kMaxQuotedBytes) + '"';
}

std::string Listed(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace hullwright::api
