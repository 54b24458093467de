// Age of scans, of the scanners' databases, and of EPSS and KEV, held against what policies ask.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/image_reference.h"
#include "base/text.h"
#include "cli/doctor/checks.h"
#include "policy/reason.h"
#include "policy/scan_freshness.h"

namespace hullwright::cli {
namespace {

constexpr double kMaxEpssSeconds = 2 * 24 * 3600.0, kMaxKevSeconds = 7 * 24 * 3600.0;  // docs/operations.md: the metric's row

struct Freshness {
  std::string policy;
  const api::ImageAdmissionPolicySpec* spec;
};

std::vector<Freshness> PoliciesAboutScans(const OwnObjects& objects) {
  std::vector<Freshness> found;
  for (const OwnObject& object : objects.objects) {
    const auto* policy = object.object ? std::get_if<api::ImageAdmissionPolicy>(&*object.object) : nullptr;
    if (policy != nullptr && policy->spec.rules.vulnerabilities) found.push_back({Printable(object.key.ToString()), &policy->spec});
  }
  return found;
}

// Whether the policy may speak of an image of this scan. A scan without repositories may be of any.
bool MayCover(const api::PolicyMatch& match, const api::ImageScan& scan) {
  if (match.images.empty() || scan.status.repositories.empty()) return true;
  return std::ranges::any_of(scan.status.repositories, [&](const std::string& repository) {
    const auto image = ImageReference::Parse(repository);
    if (!image) return true;
    return std::ranges::any_of(match.images, [&](const auto& pattern) { return pattern.Matches(*image); }) &&
           std::ranges::none_of(match.exclude_images, [&](const auto& pattern) { return pattern.Matches(*image); });
  });
}

struct StaleGroup {
  std::size_t count = 0;
  std::string example;
};
using StaleGroups = std::map<std::pair<std::string, policy::ReasonWord>, StaleGroup>;  // by policy and what is wrong

void Judge(const api::ImageScan& scan, const std::vector<Freshness>& policies, Time now, StaleGroups& groups) {
  const policy::ScanRecord record(scan);
  for (const Freshness& each : policies) {
    if (!MayCover(each.spec->match, scan)) continue;
    const auto problems = policy::ProblemsOf(record, each.spec->rules.vulnerabilities->scan, now);
    if (problems.empty()) continue;
    StaleGroup& group = groups[{each.policy, problems.front().word}];
    if (++group.count == 1) group.example = fmt::format("{}: {}", Printable(scan.metadata.name), Printable(problems.front().message, 512));
  }
}

// Newest time of any scan, for those who have no policy that asks.
std::optional<Time> NewestScan(const OwnObjects& objects) {
  std::optional<Time> newest;
  for (const OwnObject& object : objects.objects) {
    const auto* scan = object.object ? std::get_if<api::ImageScan>(&*object.object) : nullptr;
    if (scan == nullptr) continue;
    for (const api::ScanResult& result : scan->status.results) newest = std::max(newest, result.scanned_at);
  }
  return newest;
}

bool AsksForScores(const api::ImageAdmissionPolicySpec& spec) {
  return std::ranges::any_of(spec.rules.vulnerabilities->forbid, [](const api::ForbidEntry& entry) { return entry.min_epss.has_value(); });
}
bool AsksForCatalogue(const api::ImageAdmissionPolicySpec& spec) {
  return std::ranges::any_of(spec.rules.vulnerabilities->forbid, &api::ForbidEntry::known_exploited);
}

// False: what policies ask, or the scans, are not known.
bool IsKnown(const OwnObjects& objects, bool with_scans, CheckReport& report) {
  bool known = true;
  for (const auto& [plural, error] : objects.unread) {
    const bool is_policy = plural == "clusterimageadmissionpolicies" || plural == "imageadmissionpolicies";
    if (!is_policy && !(with_scans && plural == "imagescans")) continue;
    known = false;
    if (error.code == ErrorCode::kNotFound) {
      report.CouldNotTell(fmt::format("{} are not served: what policies ask and what was scanned is not known", plural),
                          "install the kinds: the check `kinds` says how");
    } else {
      report.Unread(plural, error);
    }
  }
  return known;
}

void TellData(Installation& installation, const char* data, std::string_view what, std::string_view where, double max_seconds,
              CheckReport& report) {
  const auto age = installation.MetricValue(fmt::format("hullwright_exploitation_age_seconds{{data=\"{}\"}}", data));
  constexpr std::string_view kRemedy =
      "see what fetches the files of --exploitation, or pushes the artifact of --exploitation-artifact, and why it stopped "
      "(docs/reference/exploitation.md)";
  if (!age) {
    report.Problem(fmt::format("{} asks for {}, and the webhook has none: its entry is could-not-tell on every finding", where, what),
                   "give the webhook --exploitation DIR or --exploitation-artifact REFERENCE (docs/reference/exploitation.md)");
  } else if (*age > max_seconds) {
    report.Problem(fmt::format("the webhook's {} are {:.0f} days old: what became known since is not refused", what, *age / 86400),
                   std::string(kRemedy));
  } else {
    report.Ok(fmt::format("the webhook's {} are {:.0f} hours old", what, *age / 3600));
  }
}

}  // namespace

void CheckScans(Installation& installation, CheckReport& report) {
  const OwnObjects& objects = installation.Objects();
  if (!IsKnown(objects, true, report)) return;
  const auto policies = PoliciesAboutScans(objects);
  StaleGroups groups;
  std::size_t scans = 0;
  for (const OwnObject& object : objects.objects) {
    const auto* scan = object.object ? std::get_if<api::ImageScan>(&*object.object) : nullptr;
    if (scan == nullptr) continue;
    ++scans;
    Judge(*scan, policies, installation.now(), groups);
  }
  for (const auto& [key, group] : groups) {
    report.Problem(fmt::format("of {} of {} ImageScans {} would say {}: for instance {}", group.count, scans, key.first,
                               policy::ToString(key.second), group.example),
                   fmt::format("{} Scans of images that nobody runs any more may be deleted: kubectl delete imagescan NAME",
                               policy::RemedyFor(key.second)));
  }
  if (objects.cut)
    report.CouldNotTell("there are more scans than are looked at", "watch hullwright_decision_reasons_total{reason=\"ScanStale\"}");
  if (const auto newest = NewestScan(objects))
    report.Note(fmt::format("the newest scan was made {} ago", policy::AgeText(*newest, installation.now())));
  if (scans == 0 && !policies.empty())
    report.Note("there is no ImageScan: a policy that asks for scans is could-not-tell (Unscanned) on every image");
  if (report.findings().empty())
    report.Ok(fmt::format("{} ImageScans are as young and complete as the policies that ask for scans want them", scans));
}

void CheckExploitationData(Installation& installation, CheckReport& report) {
  const OwnObjects& objects = installation.Objects();
  if (!IsKnown(objects, false, report)) return;
  const auto policies = PoliciesAboutScans(objects);
  const auto scores = std::ranges::find_if(policies, [](const Freshness& each) { return AsksForScores(*each.spec); });
  const auto catalogue = std::ranges::find_if(policies, [](const Freshness& each) { return AsksForCatalogue(*each.spec); });
  if (scores == policies.end() && catalogue == policies.end()) return report.Ok("no policy asks for EPSS scores or the KEV catalogue");
  const Result<std::string>& metrics = installation.Metrics();
  if (!metrics) return report.Unread("the webhook's metrics, which tell how old EPSS and KEV are,", metrics.error());
  if (scores != policies.end()) TellData(installation, "epss", "EPSS scores", scores->policy, kMaxEpssSeconds, report);
  if (catalogue != policies.end()) TellData(installation, "kev", "entries of the KEV catalogue", catalogue->policy, kMaxKevSeconds, report);
}

}  // namespace hullwright::cli
