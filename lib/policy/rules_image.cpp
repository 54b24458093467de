#include "policy/rules_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/clock_skew.h"
#include "policy/origin.h"
#include "policy/rules_base_image.h"
#include "policy/rules_licenses.h"

namespace hullwright::policy {
namespace {

using OptionalDoubt = std::optional<Doubt>;

OptionalDoubt AgeDoubt(const RuleInput& input, const ImageConfiguration& configuration) {
  const auto& created = configuration.created;
  if (!created || *created < kFirstCreation) return Doubt{ReasonWord::kImageAgeUnknown, "the configuration names no time of creation"};
  if (*created > input.now + kClockSkew)
    return Doubt{ReasonWord::kImageAgeUnknown, fmt::format("the configuration says {}, which is later than now", FormatRfc3339(*created))};
  const std::chrono::days allowed(std::clamp<std::int64_t>(*input.rules().image->max_age_days, 0, 366'000));
  if (input.now - *created <= allowed) return std::nullopt;
  return Doubt{ReasonWord::kImageTooOld, fmt::format("it was made at {}, more than {} days ago", FormatRfc3339(*created), allowed.count())};
}

OptionalDoubt SizeDoubt(const RuleInput& input, const ImageConfiguration& configuration) {
  const Quantity& most = *input.rules().image->max_size;
  if (configuration.size_bytes <= most.bytes()) return std::nullopt;
  return Doubt{ReasonWord::kImageTooLarge,
               fmt::format("its layers have {} bytes, more than {} ({} bytes)", configuration.size_bytes, most.text(), most.bytes())};
}

OptionalDoubt LayersDoubt(const RuleInput& input, const ImageConfiguration& configuration) {
  const auto most = static_cast<std::uint64_t>(*input.rules().image->max_layers);
  // The manifest and the configuration count alike; where they do not, the larger number is the safe one.
  const std::size_t layers = std::max(configuration.layers, configuration.diff_ids.size());
  if (layers <= most) return std::nullopt;
  return Doubt{ReasonWord::kTooManyLayers, fmt::format("it has {} layers, more than {}", layers, most)};
}

// config.User: "user", "uid", "user:group", "uid:gid" (OCI image specification, config.md).
OptionalDoubt ImageUserDoubt(std::string_view configured) {
  const std::string_view user = configured.substr(0, configured.find(':'));
  const std::string shown = Printable(configured, 64);
  const bool number = !user.empty() && user.find_first_not_of("0123456789") == std::string_view::npos;
  const bool zero = number && user.find_first_not_of('0') == std::string_view::npos;
  if (user.empty()) return Doubt{ReasonWord::kRunsAsRoot, "neither the image nor the securityContext names a user, so it runs as user 0"};
  if (zero || user == "root") return Doubt{ReasonWord::kRunsAsRoot, fmt::format("the image's USER is \"{}\"", shown)};
  if (number) return std::nullopt;
  return Doubt{ReasonWord::kUserUnknown, fmt::format("the image's USER is \"{}\", a name that may stand for user 0", shown)};
}

OptionalDoubt UserDoubt(const RuleInput& input, const ImageConfiguration& configuration) {
  const api::ImageUse& use = input.image.use;
  if (use.type == api::ContainerType::kImageVolumes) return std::nullopt;
  if (use.run_as_non_root.value_or(false)) return std::nullopt;
  if (!use.run_as_user) return ImageUserDoubt(configuration.user);
  if (*use.run_as_user > 0) return std::nullopt;
  return Doubt{ReasonWord::kRunsAsRoot, fmt::format("the securityContext says runAsUser: {}", *use.run_as_user)};
}

// A rule that looks at the configuration of each platform.
struct ConfigurationRule {
  std::string_view name;
  bool (*asked)(const api::ImageRules&);
  OptionalDoubt (*judge)(const RuleInput&, const ImageConfiguration&);
};
constexpr std::array kConfigurationRules = {
    ConfigurationRule{"image.maxAgeDays", [](const api::ImageRules& rules) { return rules.max_age_days.has_value(); }, AgeDoubt},
    ConfigurationRule{"image.maxSize", [](const api::ImageRules& rules) { return rules.max_size.has_value(); }, SizeDoubt},
    ConfigurationRule{"image.maxLayers", [](const api::ImageRules& rules) { return rules.max_layers.has_value(); }, LayersDoubt},
    ConfigurationRule{"image.nonRoot", [](const api::ImageRules& rules) { return rules.non_root == api::UserRule::kNonRoot; }, UserDoubt},
};

// What stands in the way of judging by configuration: not fetched, or not to be had.
const Doubt* DoubtOf(const PlatformManifest& manifest) {
  static const Doubt unread{ReasonWord::kOriginUnchecked, "its configuration was not looked at"};
  if (!manifest.configuration) return &unread;
  return *manifest.configuration ? nullptr : &manifest.configuration->error();
}

void AddDoubt(const OptionalDoubt& doubt, std::string_view platform, ReasonsByWord& reasons) {
  if (!doubt) return;
  ReasonsByWord here;
  here.Add(doubt->word, doubt->message);
  reasons.Absorb(here, platform);
}

void Conclude(std::string_view name, ReasonsByWord& reasons, std::size_t judged, RuleReport& report) {
  report.Trace(name, reasons.outcome(), [&] { return fmt::format("{} looked at", judged); });
  reasons.MoveTo(report, name);
}

void JudgeConfigurations(const RuleInput& input, const TrustFacts& facts, const std::vector<const PlatformManifest*>& manifests,
                         RuleReport& report) {
  for (const ConfigurationRule& rule : kConfigurationRules) {
    if (!rule.asked(*input.rules().image)) continue;
    ReasonsByWord reasons;
    for (const PlatformManifest* manifest : manifests) {
      const Doubt* unread = DoubtOf(*manifest);
      AddDoubt(unread ? OptionalDoubt(*unread) : rule.judge(input, **manifest->configuration), facts.is_index ? manifest->platform : "",
               reasons);
    }
    Conclude(rule.name, reasons, manifests.size(), report);
  }
}

OptionalDoubt LifeDoubt(const ScanRecord& scan) {
  if (!scan.end_of_life())
    return Doubt{ReasonWord::kOSLifeUnknown, "the scan does not say whether the operating system is still supported"};
  if (!*scan.end_of_life()) return std::nullopt;
  return Doubt{ReasonWord::kOSEndOfLife, fmt::format("{} gets no more fixes", Printable(scan.operating_system(), 64))};
}

OptionalDoubt SecretsDoubt(const ScanRecord& scan) {
  if (!scan.secrets()) return Doubt{ReasonWord::kSecretsUnknown, "the scan did not look for secrets"};
  if (*scan.secrets() == 0) return std::nullopt;
  return Doubt{ReasonWord::kSecretsFound, fmt::format("the scan found {} secret{}", *scan.secrets(), *scan.secrets() == 1 ? "" : "s")};
}

// judge(scan) gives an OptionalDoubt.
template <class JudgeScan>
void JudgeScansBy(const RuleInput& input, std::string_view name, JudgeScan judge, ReasonWord unknown, RuleReport& report) {
  ReasonsByWord reasons;
  const bool several = input.image.scans.size() > 1;
  for (const auto& scan : input.image.scans) AddDoubt(judge(*scan), several ? scan->platform() : "", reasons);
  if (input.image.scans.empty() || !input.image.broken_scans.empty())
    AddDoubt(Doubt{unknown, input.image.scans.empty() ? "there is no scan that can be read" : "a scan of it does not decode"}, "", reasons);
  Conclude(name, reasons, input.image.scans.size(), report);
}

void JudgeByScans(const RuleInput& input, RuleReport& report) {
  const api::ImageRules& rules = *input.rules().image;
  if (rules.end_of_life_os == api::Toleration::kForbidden)
    JudgeScansBy(input, "image.endOfLifeOS", LifeDoubt, ReasonWord::kOSLifeUnknown, report);
  if (rules.secrets == api::Toleration::kForbidden) JudgeScansBy(input, "image.secrets", SecretsDoubt, ReasonWord::kSecretsUnknown, report);
  if (rules.licenses) {
    const ForbiddenLicenses& forbidden = *input.policy.forbidden_licenses;
    const auto judge = [&](const ScanRecord& scan) { return LicenseDoubt(*rules.licenses, forbidden, scan); };
    JudgeScansBy(input, "image.licenses", judge, ReasonWord::kLicenseUnknown, report);
  }
}

bool NeedsManifests(const api::ImageRules& rules) {
  return rules.base_images || rules.platforms == api::PlatformRule::kSchedulable ||
         std::ranges::any_of(kConfigurationRules, [&](const ConfigurationRule& rule) { return rule.asked(rules); });
}

void JudgeManifests(const RuleInput& input, RuleReport& report) {
  const auto facts = OriginFor(input, report);
  const auto manifests = facts ? ManifestsOf(input, **facts) : std::unexpected(facts.error());
  report.Trace("image.platforms", manifests ? Outcome::kPass : OutcomeOf(manifests.error().word),
               [&] { return manifests ? fmt::format("{} manifests", manifests->size()) : manifests.error().message; });
  if (!manifests) return ReportDoubt(manifests.error(), "image.platforms", report);
  JudgeConfigurations(input, **facts, *manifests, report);
  JudgeBaseImages(input, **facts, *manifests, report);
}

}  // namespace

void JudgeImage(const RuleInput& input, RuleReport& report) {
  if (!input.rules().image) return;
  if (NeedsManifests(*input.rules().image)) JudgeManifests(input, report);
  if (!AsksScans(*input.rules().image)) return;
  const auto digest = DigestFor(input);
  if (digest)
    JudgeByScans(input, report);
  else
    ReportDoubt(digest.error(), "image", report);
}

bool AsksScans(const api::ImageRules& rules) {
  return rules.end_of_life_os == api::Toleration::kForbidden || rules.secrets == api::Toleration::kForbidden || rules.licenses;
}

}  // namespace hullwright::policy
