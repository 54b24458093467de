#include "cli/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/image_reference.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/render_report.h"
#include "cli/review_inputs.h"
#include "policy/accepted_findings.h"
#include "policy/clock_skew.h"
#include "policy/forbid.h"
#include "policy/scan_freshness.h"

namespace hullwright::cli {
namespace {

using Records = std::vector<std::shared_ptr<const policy::ScanRecord>>;

constexpr std::string_view kImage = "image";
constexpr std::string_view kOriginal = "original";
constexpr std::string_view kComparison = "comparison";
constexpr std::string_view kAcceptance = "acceptance";

// An image whose scan is to be found, which goes by the digest.
Result<ImageReference> ReadImage(std::string_view option, const std::string& text) {
  auto image = ImageReference::Parse(text);
  if (!image) return std::unexpected(image.error().Within(option));
  if (image->digest) return image;
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("{}: needs the digest, as in registry.example/shop/api@sha256:…: `hullctl resolve` prints it", option));
}

std::string NameAndDigest(const ImageReference& image) {
  return image.Name() + "@" + image.digest->text();
}

ReportDoubt DoubtAbout(std::string_view about, policy::ReasonWord word, std::string message) {
  return {std::string(about), std::string(policy::ToString(word)), std::move(message)};
}

// What a scan does not tell.
void AddDoubtsOf(const policy::ScanRecord& scan, std::string_view about, Time now, std::vector<ReportDoubt>& doubts) {
  for (policy::ScanProblem& problem : policy::ProblemsOf(scan, api::ScanRequirements{}, now))
    doubts.push_back(DoubtAbout(about, problem.word, std::move(problem.message)));
  const std::int64_t cut = policy::CutFindings(api::ForbidEntry{}, scan);
  if (cut > 0)
    doubts.push_back(
        DoubtAbout(about, policy::ReasonWord::kFindingsTruncated,
                   fmt::format("{} of {} findings were cut from the ImageScan", cut, cut + static_cast<std::int64_t>(scan.size()))));
}

// Findings of which the scan does not say whether there is a fix: how many are fixable is then not known.
void AddFixDoubt(const policy::ScanRecord& scan, std::vector<ReportDoubt>& doubts) {
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < scan.size(); ++i)
    if (scan.Finding(i).fix == api::FixState::kUnknown) ++unknown;
  if (unknown > 0)
    doubts.push_back(DoubtAbout(kImage, policy::ReasonWord::kFindingIncomplete,
                                fmt::format("of {} of {} findings the scan does not say whether there is a fix", unknown, scan.size())));
}

// What is missing of all scans of an image.
void AddDoubtsOf(const ImageReference& image, const Records& scans, const std::vector<policy::BrokenScan>& broken, std::string_view about,
                 std::vector<ReportDoubt>& doubts) {
  for (const policy::BrokenScan& scan : broken)
    doubts.push_back(DoubtAbout(about, policy::ReasonWord::kScanInvalid,
                                fmt::format("the ImageScan of this digest does not decode: {}", Printable(scan.error, 512))));
  if (scans.empty() && broken.empty())
    doubts.push_back(DoubtAbout(about, policy::ReasonWord::kUnscanned, fmt::format("there is no scan of {}", image.digest->text())));
}

// The original's scan of the same platform; null when there is none. A platform that is not known contradicts none.
std::shared_ptr<const policy::ScanRecord> Counterpart(std::string_view platform, const Records& originals) {
  const auto same = std::ranges::find_if(originals, [&](const auto& scan) { return scan->platform() == platform; });
  if (same != originals.end()) return *same;
  const bool may_be = originals.size() == 1 && (platform.empty() || originals.front()->platform().empty());
  return may_be ? originals.front() : nullptr;
}

std::string PlatformsOf(const Records& scans) {
  std::string text;
  for (const auto& scan : scans)
    text += (text.empty() ? "" : ", ") + (scan->platform().empty() ? std::string("one that is not named") : Printable(scan->platform()));
  return text;
}

void FindOriginal(const Records& originals, Time now, PlatformReport& platform) {
  if (originals.empty()) return;  // said once for all platforms
  platform.original = Counterpart(platform.image ? platform.image->platform() : "", originals);
  if (platform.original)
    AddDoubtsOf(*platform.original, kOriginal, now, platform.doubts);
  else
    platform.doubts.push_back(
        {std::string(kComparison), "", "the original has no scan of this platform, only of " + PlatformsOf(originals)});
}

// image: null when there is no scan. accepted: nullptr when nobody was asked.
PlatformReport ReportOn(std::shared_ptr<const policy::ScanRecord> image, const Accepted* accepted, const Records& originals,
                        const PostureReport& report) {
  PlatformReport platform;
  platform.image = std::move(image);
  if (platform.image) {
    platform.platform = Printable(platform.image->platform());
    AddDoubtsOf(*platform.image, kImage, report.now, platform.doubts);
    AddFixDoubt(*platform.image, platform.doubts);
  }
  if (report.compared()) FindOriginal(originals, report.now, platform);
  platform.posture = ComputePosture({.image = platform.image.get(),
                                     .accepted = accepted,
                                     .compared = report.compared(),
                                     .original = platform.original.get(),
                                     .now = report.now});
  for (const std::string& obstacle : platform.posture.obstacles)
    platform.doubts.push_back({std::string(kComparison), "", obstacle + ": what is missing in one may merely not have been seen"});
  if (accepted != nullptr) platform.accepted = *accepted;
  return platform;
}

// Asks the policies what is accepted; nullopt when there are none to ask or nobody can say.
std::optional<policy::AcceptedFindings> AskPolicies(const evidence::Basis& facts, PostureReport& report) {
  if (!report.shows_accepted()) return std::nullopt;
  policy::AcceptedFindings accepted = policy::FindAccepted(*facts.policies, facts.subject, facts.images.front(), facts.now);
  for (const std::string& vex : accepted.vex) report.notes.push_back("VEX statements that count for " + vex);
  for (const policy::Notice& notice : accepted.notices) report.notes.push_back(fmt::format("{}: {}", notice.word, notice.message));
  if (accepted.policies.empty() && accepted.doubts.empty())
    report.notes.emplace_back("no policy covers this image, so none of its findings needs to be accepted");
  report.policies = std::move(accepted.policies);
  for (policy::Doubt& doubt : accepted.doubts) report.doubts.push_back(DoubtAbout(kAcceptance, doubt.word, std::move(doubt.message)));
  return accepted.doubts.empty() ? std::optional(std::move(accepted)) : std::nullopt;
}

PostureReport MakeReport(const ReviewOptions& options, const ImageReference& image, const std::optional<ImageReference>& original,
                         const ReviewInputs& inputs) {
  PostureReport report;
  report.now = inputs.settings.now;
  report.image = NameAndDigest(image);
  if (!options.policies.empty()) report.namespace_ = options.namespace_;
  report.problems = inputs.problems;

  const api::ImageUse use{api::ContainerType::kContainers, "image", "spec.containers[0].image", options.image};
  evidence::Question question{policy::SubjectKind::kPod, "a Pod", options.namespace_, {use}};
  const evidence::Sources sources = inputs.SourcesFor(question);
  const evidence::Basis facts = evidence::BasisFor(sources, question, report.now, std::chrono::steady_clock::now() + kRegistryPatience);
  const policy::ImageFacts& known = facts.images.front();
  AddDoubtsOf(image, known.scans, known.broken_scans, kImage, report.doubts);

  evidence::FoundScans originals;
  if (original) {
    report.original = NameAndDigest(*original);
    originals = inputs.catalogue.Scans().Find(*original->digest);
    AddDoubtsOf(*original, originals.records, originals.broken, kOriginal, report.doubts);
  }

  const auto accepted = AskPolicies(facts, report);
  for (std::size_t i = 0; i < known.scans.size(); ++i)
    report.platforms.push_back(ReportOn(known.scans[i], accepted ? &accepted->by_scan[i] : nullptr, originals.records, report));
  if (known.scans.empty()) report.platforms.push_back(ReportOn(nullptr, nullptr, originals.records, report));
  return report;
}

std::string RenderReport(const PostureReport& report, const std::string& output, const Terminal& terminal) {
  if (output == "json") return RenderReportJson(report);
  if (output == "html") return RenderReportHtml(report);
  return RenderReportTable(report, terminal);
}

}  // namespace

ImageNumbers NumbersOf(const policy::ScanRecord* scan) {
  ImageNumbers numbers;
  if (scan == nullptr) return numbers;
  const auto not_negative = [](const std::optional<std::int64_t>& number) { return number && *number >= 0 ? number : std::nullopt; };
  numbers.packages = not_negative(scan->package_count());
  numbers.secrets = not_negative(scan->secrets());
  numbers.size_bytes = not_negative(scan->image().size_bytes);
  numbers.layers = not_negative(scan->image().layers);
  if (scan->image().created && *scan->image().created >= policy::kFirstCreation) numbers.created = scan->image().created;
  return numbers;
}

ExitCode PostureReport::Verdict() const {
  const bool doubtful =
      !doubts.empty() || std::ranges::any_of(platforms, [](const PlatformReport& platform) { return !platform.doubts.empty(); });
  const bool unreadable = std::ranges::any_of(problems, [](const InputProblem& problem) { return !problem.of_scans; });
  return doubtful || unreadable ? ExitCode::kCouldNotTell : ExitCode::kPass;
}

CommandOutput Report(const ReportOptions& options, const Environment& environment) {
  const auto image = ReadImage("report", options.review.image);
  if (!image) return Failed(ExitCode::kUsage, image.error().message);
  std::optional<ImageReference> original;
  if (!options.original.empty()) {
    auto named = ReadImage("--original", options.original);
    if (!named) return Failed(ExitCode::kUsage, named.error().message);
    original = std::move(*named);
  }
  const Progress progress("reading policies and scans", environment.err);
  const auto inputs = ReadInputs(options.review, environment);
  if (!inputs) return Failed(inputs.error().code, inputs.error().message);
  const PostureReport report = MakeReport(options.review, *image, original, **inputs);
  return {report.Verdict(), RenderReport(report, options.output, environment.out), ""};
}

}  // namespace hullwright::cli
