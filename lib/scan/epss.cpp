#include "scan/epss.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/compression.h"
#include "base/rfc3339.h"
#include "base/text.h"

namespace hullwright::scan {
namespace {

using policy::EpssScore;
using policy::EpssScores;

constexpr std::string_view kColumns = "cve,epss,percentile";

// Takes the text before the separator, or all of it, and what follows stays in rest.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::string_view TakeLine(std::string_view& rest) {
  std::string_view line = TakeUntil(rest, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Older files write the offset as "+0000", which RFC 3339 does not know.
std::string WithColonInOffset(std::string_view date) {
  std::string text(date);
  constexpr std::size_t kOffsetBytes = 5;
  if (text.size() > kOffsetBytes && (text[text.size() - kOffsetBytes] == '+' || text[text.size() - kOffsetBytes] == '-') &&
      text.find('T') != std::string::npos)
    text.insert(text.size() - 2, ":");
  return text;
}

Result<void> ReadHead(std::string_view line, EpssScores& scores) {
  constexpr std::string_view kModel = "#model_version:", kDate = "score_date:";
  std::string_view rest = line;
  const std::string_view model = TakeUntil(rest, ',');
  if (!model.starts_with(kModel) || !rest.starts_with(kDate) || model.size() > 128)
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("line 1: must be \"#model_version:VERSION,score_date:TIME\", not \"{}\"", Printable(line, 80)));
  const auto date = ParseRfc3339(WithColonInOffset(rest.substr(kDate.size())));
  if (!date) return std::unexpected(date.error().Within("line 1: score_date"));
  scores.model_version = model.substr(kModel.size());
  scores.date = *date;
  return {};
}

// "0.97531", "0.000430000", "9e-05": 0 to 1, in millionths. The files have five places, older ones nine.
std::optional<std::uint32_t> MillionthsOf(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) return std::nullopt;
  return static_cast<std::uint32_t>(std::lround(value * 1'000'000));
}

std::optional<EpssScore> ReadRow(std::string_view line) {
  std::string_view rest = line;
  const auto cve = policy::ParseCve(TakeUntil(rest, ','));
  const auto probability = MillionthsOf(TakeUntil(rest, ','));
  const auto percentile = MillionthsOf(rest);
  if (!cve || !probability || !percentile) return std::nullopt;
  return EpssScore{*cve, *probability, *percentile};
}

Result<std::vector<EpssScore>> InOrderOfCve(std::vector<EpssScore> scores) {
  if (scores.empty()) return Fail(ErrorCode::kInvalidInput, "scores no vulnerability");
  std::ranges::sort(scores, {}, &EpssScore::cve);
  if (std::ranges::adjacent_find(scores, {}, &EpssScore::cve) != scores.end())
    return Fail(ErrorCode::kInvalidInput, "scores a vulnerability twice");
  scores.shrink_to_fit();
  return scores;
}

// What follows the head.
Result<std::vector<EpssScore>> ReadScores(std::string_view text, const EpssLimits& limits) {
  std::vector<EpssScore> scores;
  scores.reserve(std::min(limits.max_rows, text.size() / 30));  // a row is hardly shorter
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const auto row = ReadRow(line);
    if (!row)
      return Fail(ErrorCode::kInvalidInput,
                  fmt::format("line {}: must be a CVE and two numbers from 0 to 1, not \"{}\"", scores.size() + 3, Printable(line, 80)));
    if (scores.size() == limits.max_rows) return Fail(ErrorCode::kTooLarge, fmt::format("has more than {} rows", limits.max_rows));
    scores.push_back(*row);
  }
  return InOrderOfCve(std::move(scores));
}

Result<EpssScores> DecodeCsv(std::string_view text, const EpssLimits& limits) {
  EpssScores scores;
  if (!text.ends_with('\n')) return Fail(ErrorCode::kInvalidInput, "does not end with a line: was it cut while it was fetched?");
  if (auto head = ReadHead(TakeLine(text), scores); !head) return std::unexpected(head.error());
  if (const std::string_view columns = TakeLine(text); columns != kColumns)
    return Fail(ErrorCode::kInvalidInput, fmt::format("line 2: must be \"{}\", not \"{}\"", kColumns, Printable(columns, 80)));
  auto entries = ReadScores(text, limits);
  if (!entries) return std::unexpected(entries.error());
  scores.entries = std::move(*entries);
  return scores;
}

}  // namespace

Result<EpssScores> DecodeEpss(std::string_view bytes, const EpssLimits& limits) {
  if (bytes.size() > limits.max_bytes) return Fail(ErrorCode::kTooLarge, fmt::format("is larger than {} bytes", limits.max_bytes));
  std::string unpacked;
  if (IsGzip(bytes)) {
    auto text = Gunzip(bytes, limits.max_unpacked);
    if (!text) return std::unexpected(text.error());
    unpacked = std::move(*text);
    bytes = unpacked;
  }
  return DecodeCsv(bytes, limits);
}

}  // namespace hullwright::scan
