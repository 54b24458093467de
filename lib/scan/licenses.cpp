#include "scan/licenses.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "scan/package_name.h"

namespace hullwright::scan {
namespace {

// Bounds of the ImageScan's list (api/image_scan.cpp); most images have fewer than 60 licenses.
constexpr std::size_t kMaxLicenseBytes = 256;
constexpr std::size_t kMaxLicenses = 256;
constexpr std::size_t kMaxNamedPackages = 3;
// Of JSON around the texts of one, and around one package, as api::EncodeJson indents them.
constexpr std::size_t kBytesAroundLicense = 112, kBytesAroundPackage = 16;

// SPDX's two words for it, and the one that Python's packages have in their metadata.
constexpr std::array<std::string_view, 3> kWordsForNone = {api::kNoAssertion, "NONE", "UNKNOWN"};

bool IsControl(unsigned char letter) {
  return letter < 0x20 || letter == 0x7f;
}

std::string_view LicenseIn(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool none = text.empty() || text.size() > kMaxLicenseBytes || std::ranges::any_of(text, IsControl) ||
                    std::ranges::any_of(kWordsForNone, [&](std::string_view word) { return EqualWithoutCase(word, text); });
  return none ? api::kNoAssertion : text;
}

api::LicenseUse UseOf(const std::string& license, const std::set<std::string>& packages) {
  api::LicenseUse use{.license = license, .count = static_cast<std::int64_t>(packages.size()), .packages = {}};
  for (const std::string& package : packages) {
    if (use.packages.size() == kMaxNamedPackages) break;
    use.packages.push_back(package);
  }
  return use;
}

std::size_t JsonBytes(std::string_view text) {
  return text.size() + static_cast<std::size_t>(std::ranges::count_if(text, [](char letter) { return letter == '"' || letter == '\\'; }));
}

std::size_t BytesOf(const api::LicenseUse& use) {
  std::size_t bytes = kBytesAroundLicense + JsonBytes(use.license);
  for (const std::string& package : use.packages) bytes += kBytesAroundPackage + JsonBytes(package);
  return bytes;
}

}  // namespace

void LicenseSet::Add(std::string_view license, std::string package) {
  if (kept_ == limits_.max_packages) {
    dropped_ = true;
    return;
  }
  if (package.empty()) package = kUnnamedPackage;
  const bool is_new = packages_[std::string(LicenseIn(license))].insert(std::move(package)).second;
  if (is_new) ++kept_;
}

void LicenseSet::MoveTo(Report& report) {
  const auto by_license = std::exchange(packages_, {});
  const bool dropped = std::exchange(dropped_, false);
  kept_ = 0;
  const bool tells = std::ranges::any_of(by_license, [](const auto& entry) { return entry.first != api::kNoAssertion; });
  if (!tells) return;
  for (const auto& [license, packages] : by_license) {
    if (report.licenses.size() < kMaxLicenses) {
      report.licenses.push_back(UseOf(license, packages));
    } else {
      ++report.truncated_licenses;
    }
  }
  if (dropped) ++report.truncated_licenses;
}

void FitLicenses(std::vector<api::ScanResult>& results, std::size_t max_bytes) {
  std::vector<std::size_t> bytes(results.size(), 0);  // of each result
  for (std::size_t i = 0; i < results.size(); ++i)
    for (const api::LicenseUse& use : results[i].licenses) bytes[i] += BytesOf(use);
  std::size_t total = std::accumulate(bytes.begin(), bytes.end(), std::size_t{0});
  while (total > max_bytes) {
    const auto most = std::ranges::max_element(bytes);
    api::ScanResult& result = results[static_cast<std::size_t>(most - bytes.begin())];
    const std::size_t cut = BytesOf(result.licenses.back());
    result.licenses.pop_back();
    ++result.truncated_licenses;
    *most -= cut;
    total -= cut;
  }
}

}  // namespace hullwright::scan
