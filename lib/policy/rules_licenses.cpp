#include "policy/rules_licenses.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxToldLicenses = 3;

// "AGPL-3.0-only of ghostscript and 2 more packages"
std::string DescribeUse(const api::LicenseUse& use) {
  const std::string package = use.packages.empty() ? "a package" : Printable(use.packages.front(), 64);
  const std::string license = use.license == api::kNoAssertion ? "an untold license" : Printable(use.license, 96);
  std::string text = fmt::format("{} of {}", license, package);
  const std::int64_t more = use.count - 1;
  if (more > 0) text += fmt::format(" and {} more package{}", more, more == 1 ? "" : "s");
  return text;
}

// Licenses in words: the first few, each once, and how many there are beyond them.
class ToldLicenses {
 public:
  bool empty() const { return text_.empty(); }

  void Add(const api::LicenseUse& use) {
    const std::string text = DescribeUse(use);
    if (text_.find(text) != std::string::npos) return;  // two scanners tell the same
    if (told_ == kMaxToldLicenses) {
      ++more_;
      return;
    }
    text_ += (text_.empty() ? "" : ", ") + text;
    ++told_;
  }

  std::string ToString() const { return more_ == 0 ? text_ : fmt::format("{} and {} more", text_, more_); }

 private:
  std::string text_;
  std::size_t told_ = 0, more_ = 0;
};

// What all results of a scan tell.
struct LicensesOfScan {
  ToldLicenses forbidden, unknown;
  std::int64_t cut = 0;
  bool told = false;  // by some scanner
  // By one that could look at everything. One is enough, as it is for findings (scan_freshness.h): what another one saw is judged beside it
  // when that one tells licenses, and counts as unknown where it tells none of a package. A scanner that tells no licenses at all cannot
  // speak against one that does: its findings say that there is a package, and nothing says that the other did not look at it, because
  // results keep the names of a few packages of each license alone, and numbers of packages do not compare (names here, versions there).
  bool told_of_all = false;
};

LicensesOfScan LicensesOf(const ForbiddenLicenses& forbidden, const ScanRecord& scan) {
  LicensesOfScan licenses;
  for (const api::ScanResult& result : scan.results()) {
    licenses.told |= !result.licenses.empty();
    licenses.told_of_all |= !result.licenses.empty() && result.outcome == api::ScanOutcome::kComplete;
    licenses.cut += std::clamp<std::int64_t>(result.truncated_licenses, 0, 1LL << 32);
    for (const api::LicenseUse& use : result.licenses) {
      const Truth truth = forbidden.Meets(use.license);
      if (truth == Truth::kYes) licenses.forbidden.Add(use);
      if (truth == Truth::kUnknown) licenses.unknown.Add(use);
    }
  }
  return licenses;
}

}  // namespace

std::optional<Doubt> LicenseDoubt(const api::LicenseRule& rule, const ForbiddenLicenses& forbidden, const ScanRecord& scan) {
  const LicensesOfScan licenses = LicensesOf(forbidden, scan);
  if (!licenses.forbidden.empty()) {
    return Doubt{ReasonWord::kLicenseForbidden, fmt::format("it has {}, which the policy forbids", licenses.forbidden.ToString())};
  }
  if (!licenses.told) return Doubt{ReasonWord::kLicenseUnknown, "the scan does not tell the licenses of packages"};
  if (!licenses.told_of_all)
    return Doubt{ReasonWord::kLicenseUnknown, "the scanner that tells licenses could not look at everything in the image"};
  if (licenses.cut > 0) return Doubt{ReasonWord::kLicenseUnknown, fmt::format("{} licenses were cut from the ImageScan", licenses.cut)};
  if (rule.unknown == api::UnknownLicense::kAllowed || licenses.unknown.empty()) return std::nullopt;
  return Doubt{ReasonWord::kLicenseUnknown, fmt::format("whether the policy forbids it is not known: {}", licenses.unknown.ToString())};
}

}  // namespace hullwright::policy
