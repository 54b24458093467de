#include "policy/finding_text.h"

#include <fmt/core.h>

#include "base/text.h"
#include "policy/package_url.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxVersionBytes = 64;

std::string FixText(const FindingView& finding) {
  switch (finding.fix) {
    case api::FixState::kAvailable:
      return finding.fixed_in.empty() ? "a fix is available" : "fixed in " + Printable(finding.fixed_in, kMaxVersionBytes);
    case api::FixState::kNone:
      return "no fix known";
    case api::FixState::kWillNotFix:
      return "the vendor will not fix it";
    case api::FixState::kUnknown:
      return "whether there is a fix is not known";
  }
  return {};
}

}  // namespace

std::string NameOf(const FindingView& finding) {
  return fmt::format("{} in {}", Printable(finding.id), Printable(WithoutVersion(finding.package)));
}

std::string Describe(const FindingView& finding) {
  const std::string version = finding.version.empty() ? "" : " " + Printable(finding.version, kMaxVersionBytes);
  return fmt::format("{} ({}) in {}{}, {}", Printable(finding.id), api::ToString(finding.severity),
                     Printable(WithoutVersion(finding.package)), version, FixText(finding));
}

FindingDetail DetailOf(const FindingView& finding) {
  return {.id = Printable(finding.id),
          .package = Printable(finding.package),
          .version = Printable(finding.version),
          .fixed_in = Printable(finding.fixed_in),
          .severity = finding.severity,
          .fix = finding.fix};
}

}  // namespace hullwright::policy
