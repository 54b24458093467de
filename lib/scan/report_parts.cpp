#include "scan/report_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace hullwright::scan {
namespace {

// A reference's own bound (255 bytes) and the longest digest (sha512).
constexpr std::size_t kMaxReferenceBytes = 512;
constexpr std::size_t kMaxPlatformBytes = 64;
constexpr std::size_t kMaxScannerBytes = 63;
constexpr std::size_t kMaxLayers = 256;  // bound of the ImageScan's list

struct StatusWord {
  std::string_view word;
  api::FixState fix;
};

// aquasecurity/trivy-db:pkg/types/status.go, but for not_affected, which is no finding at all. "affected" is how Trivy says that the vendor
// has confirmed the vulnerability and has no fix yet; "unknown" and "under_investigation" that nobody has said anything about a fix.
constexpr std::array<StatusWord, 7> kStatusWords = {{
    {"unknown", api::FixState::kUnknown},
    {"affected", api::FixState::kNone},
    {"fixed", api::FixState::kAvailable},
    {"under_investigation", api::FixState::kUnknown},
    {"will_not_fix", api::FixState::kWillNotFix},
    {"fix_deferred", api::FixState::kWillNotFix},  // Red Hat: not in the current release, no date given
    {"end_of_life", api::FixState::kWillNotFix},   // the branch gets no more fixes
}};

bool IsDigit(char letter) {
  return letter >= '0' && letter <= '9';
}

std::size_t DigitsAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

// Length of the CVE id ("CVE-2021-3572") that begins there, 0 when none does.
std::size_t CveLengthAt(std::string_view text, std::size_t at) {
  constexpr std::string_view kPrefix = "CVE-";
  if (!text.substr(at).starts_with(kPrefix) || DigitsAt(text, at + kPrefix.size()) != 4) return 0;
  const std::size_t dash = at + kPrefix.size() + 4;
  const std::size_t digits = dash < text.size() && text[dash] == '-' ? DigitsAt(text, dash + 1) : 0;
  return digits < 4 || dash + 1 + digits - at > kMaxIdBytes ? 0 : dash + 1 + digits - at;
}

std::size_t TextBytes(const api::Finding& finding) {
  std::size_t bytes = finding.id.size() + finding.package.size() + finding.version.size() + finding.fixed_in.size();
  for (const auto& alias : finding.aliases) bytes += sizeof alias + alias.size();
  return bytes;
}

}  // namespace

std::vector<ImageReference> ReadRepoDigests(const ReportNode& node, std::string_view key) {
  std::vector<ImageReference> references;
  for (const std::string_view text : node.Texts(key, kMaxReferenceBytes)) {
    auto reference = ImageReference::Parse(text);
    if (!reference) {
      node.Mistake(key, reference.error().message);
    } else if (!reference->digest) {
      node.Mistake(key, fmt::format("must be references with a digest, not {}", Printable(text)));
    } else {
      references.push_back(std::move(*reference));
    }
  }
  return references;
}

std::optional<Digest> ReadDigest(const ReportNode& node, std::string_view key) {
  const std::string_view text = node.Text(key, kMaxTextBytes);
  if (text.empty()) return std::nullopt;
  auto digest = Digest::Parse(text);
  if (digest) return std::move(*digest);
  node.Mistake(key, digest.error().message);
  return std::nullopt;
}

std::optional<api::Platform> ReadPlatform(const ReportNode& node) {
  api::Platform platform;
  platform.os = node.Text("os", kMaxPlatformBytes);
  platform.architecture = node.Text("architecture", kMaxPlatformBytes);
  platform.variant = node.Text("variant", kMaxPlatformBytes);
  if (platform.os.empty() || platform.architecture.empty()) return std::nullopt;
  return platform;
}

std::optional<api::Platform> ParsePlatform(std::string_view text) {
  return text.size() > kMaxPlatformBytes ? std::nullopt : api::Platform::Parse(text);
}

std::vector<Digest> ReadLayers(const std::vector<std::string_view>& diff_ids) {
  if (diff_ids.size() > kMaxLayers) return {};
  std::vector<Digest> layers;
  layers.reserve(diff_ids.size());
  for (const std::string_view diff_id : diff_ids) {
    auto digest = Digest::Parse(diff_id);
    if (!digest) return {};
    layers.push_back(std::move(*digest));
  }
  return layers;
}

std::optional<api::LayerRange> PlaceOf(std::string_view diff_id, const std::vector<Digest>& layers) {
  std::optional<api::LayerRange> place;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].text() != diff_id) continue;
    const auto position = static_cast<std::int64_t>(i);
    place = api::LayerRange{place ? place->first : position, position};
  }
  return place;
}

void AddTexts(std::vector<std::string>& list, const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) list.emplace_back(text);
}

void AddAlias(api::Finding& finding, std::string_view id) {
  if (id.empty() || id == finding.id || finding.aliases.size() > kMaxAliases) return;
  if (std::ranges::find(finding.aliases, id) == finding.aliases.end()) finding.aliases.emplace_back(id);
}

std::vector<std::string_view> CveIds(std::string_view text) {
  std::vector<std::string_view> ids;
  for (std::size_t at = text.find("CVE-"); at != std::string_view::npos; at = text.find("CVE-", at + 1)) {
    const std::string_view id = text.substr(at, CveLengthAt(text, at));
    if (!id.empty() && std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

api::FixState FixOfStatus(std::string_view status, bool has_fixed_version) {
  if (has_fixed_version) return api::FixState::kAvailable;
  const auto known = std::ranges::find(kStatusWords, status, &StatusWord::word);
  return known == kStatusWords.end() ? api::FixState::kUnknown : known->fix;
}

std::string ScannerName(std::string_view said, std::string_view otherwise) {
  std::string name;
  for (const char written : said) {
    const char letter = LowerLetter(written);
    const bool plain = IsDigit(letter) || (letter >= 'a' && letter <= 'z');
    if (plain) name += letter;
    // One dash for whatever stands between words, none at the beginning.
    if (!plain && !name.empty() && name.back() != '-') name += '-';
    if (name.size() == kMaxScannerBytes) break;
  }
  if (name.ends_with('-')) name.pop_back();
  return name.empty() ? std::string(otherwise) : name;
}

std::string TooManyOf(std::size_t most) {
  return fmt::format("is one more than the {} that are read", most);
}

Error TooManyFindings(std::size_t count, const ReportLimits& limits) {
  return {ErrorCode::kTooLarge, fmt::format("the report has {} findings or more, at most {} are read", count, limits.max_findings)};
}

bool BoundedFindings::Announce(std::size_t count) {
  announced_ += count;
  return announced_ <= limits_.max_findings;
}

void BoundedFindings::Add(api::Finding finding) {
  bytes_ += TextBytes(finding);
  if (!full()) findings_.Add(std::move(finding));
}

Result<Report> Conclude(Report report, BoundedFindings& findings, const api::Mistakes& mistakes, std::string doubt) {
  const ReportLimits& limits = findings.limits_;
  if (findings.announced_ > limits.max_findings) return std::unexpected(TooManyFindings(findings.announced_, limits));
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  if (findings.full()) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("the findings of the report are more than {} bytes when each is written out: split it", limits.max_bytes));
  }
  if (doubt.empty() && findings.findings_.dropped_aliases()) {
    doubt = fmt::format("a finding has more than {} other ids; those beyond are not kept", kMaxAliases);
  }
  report.findings = findings.findings_.Take();
  report.outcome = doubt.empty() ? api::ScanOutcome::kComplete : api::ScanOutcome::kPartial;
  report.outcome_reason = std::move(doubt);
  return report;
}

std::string DoubtOfNothing(const Report& report, const BoundedFindings& findings) {
  if (!findings.empty()) return "";
  return fmt::format("{} found nothing, and this format does not show that it saw any package", report.scanner);
}

}  // namespace hullwright::scan
