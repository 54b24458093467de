#include "scan/report_parts.h"

#include <fmt/format.h>

#include "base/text.h"

namespace hullwright::scan {
namespace {

// A reference's own bound (255 bytes) and the longest digest (sha512).
constexpr std::size_t kMaxReferenceBytes = 512;
constexpr std::size_t kMaxPlatformBytes = 64;

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

std::optional<api::Platform> ReadPlatform(const ReportNode& node) {
  api::Platform platform;
  platform.os = node.Text("os", kMaxPlatformBytes);
  platform.architecture = node.Text("architecture", kMaxPlatformBytes);
  platform.variant = node.Text("variant", kMaxPlatformBytes);
  if (platform.os.empty() || platform.architecture.empty()) return std::nullopt;
  return platform;
}

void AddTexts(std::vector<std::string>& list, const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) list.emplace_back(text);
}

Error TooManyFindings(std::size_t count, const ReportLimits& limits) {
  return {ErrorCode::kTooLarge, fmt::format("the report has {} findings or more, at most {} are read", count, limits.max_findings)};
}

}  // namespace hullwright::scan
