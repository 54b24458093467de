#include <fmt/format.h>

#include "cli/render_report.h"
#include "cli/report_text.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kReportIndent = 13;
constexpr std::size_t kMostAcceptedShown = 20;

class ReportTable {
 public:
  ReportTable(const PostureReport& report, const Terminal& terminal) : report_(report), terminal_(terminal), paint_(terminal) {}

  std::string Render() {
    AddLine("image", paint_.Bold(report_.image));
    if (report_.compared()) AddLine("original", report_.original);
    for (const PlatformReport& platform : report_.platforms) AddPlatform(platform);
    AddDoubts(report_.doubts);
    for (const InputProblem& problem : report_.problems)
      AddLine(problem.of_scans ? paint_.Yellow("broken") : paint_.Red("broken"), ProblemText(problem));
    for (const std::string& note : report_.notes) AddLine(paint_.Dim("note"), note);
    if (report_.Verdict() != ExitCode::kPass) out_ += "\n" + Paragraph("", 0, paint_.Yellow(kNotEverything), terminal_.width);
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kNotEverything = "Not everything could be told: what is marked unknown, <= or >= may be more or less.";

  void AddLine(std::string_view word, const std::string& text) {
    out_ += Paragraph(PadRight(word, kReportIndent), kReportIndent, text, terminal_.width);
  }

  void AddPlatform(const PlatformReport& platform) {
    if (!platform.platform.empty()) AddLine("platform", platform.platform);
    out_ += "\n";
    AddCounts(platform.posture);
    out_ += "\n" + Paragraph("", 0, HeadlineOf(platform, report_), terminal_.width) + "\n";
    for (const ReportFact& fact : FactsOf(platform, report_)) AddFact(fact);
    AddResults("scanned", platform.image.get());
    if (report_.compared()) AddResults("original by", platform.original.get());
    AddAccepted(platform);
    AddDoubts(platform.doubts);
  }

  void AddCounts(const Posture& posture) {
    const std::vector<PostureColumn> columns = ColumnsOf(report_);
    out_ += std::string(kReportIndent - 1, ' ');
    for (const PostureColumn& column : columns) out_ += fmt::format(" {:>9}", column.name);
    out_ += "\n";
    for (std::size_t s = 0; s < kPostureSeverities.size(); ++s)
      AddCountRow(api::ToString(kPostureSeverities[s]), posture.by_severity[s], columns);
    AddCountRow("all", posture.all, columns);
  }

  void AddCountRow(std::string_view name, const PostureCounts& counts, const std::vector<PostureColumn>& columns) {
    out_ += PadRight(name, kReportIndent - 1);
    for (const PostureColumn& column : columns) out_ += fmt::format(" {:>9}", RangeText(counts.*column.range));
    out_ += "\n";
  }

  void AddFact(const ReportFact& fact) {
    std::string text = fact.image;
    if (report_.compared()) text += fmt::format("; original {}", fact.original);
    if (!fact.change.empty()) text += fmt::format(" ({})", fact.change);
    AddLine(fact.name, text);
  }

  void AddResults(std::string_view word, const policy::ScanRecord* scan) {
    const std::vector<std::string> results = ResultsOf(scan, report_.now);
    for (const std::string& result : results) AddLine(word, result);
    if (results.empty()) AddLine(word, "by nobody");
  }

  void AddAccepted(const PlatformReport& platform) {
    std::size_t shown = 0;
    for (const auto& [finding, by] : platform.accepted) {
      if (++shown > kMostAcceptedShown) break;
      AddLine("accepted", fmt::format("{} by {}: {}", by.what, by.Who(), by.why));
    }
    if (platform.accepted.size() > kMostAcceptedShown)
      AddLine("accepted", fmt::format("{} more: see -o json", platform.accepted.size() - kMostAcceptedShown));
  }

  void AddDoubts(const std::vector<ReportDoubt>& doubts) {
    for (const ReportDoubt& doubt : doubts) AddLine(paint_.Yellow("not told"), DoubtText(doubt));
  }

  const PostureReport& report_;
  const Terminal& terminal_;
  const Paint paint_;
  std::string out_;
};

}  // namespace

std::string RenderReportTable(const PostureReport& report, const Terminal& terminal) {
  return ReportTable(report, terminal).Render();
}

}  // namespace hullwright::cli
