#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/bar_plot.h"
#include "cli/html.h"
#include "cli/render_report.h"
#include "cli/report_text.h"
#include "verify/hash.h"

namespace hullwright::cli {
namespace {

// A browser stays quick with so many rows; the rest is in -o json.
constexpr std::size_t kMostFindingRows = 500;
constexpr std::size_t kMaxNoteBytes = 1024;

constexpr char kStyle[] = R"(
:root { --ground: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --doubt: #fff4ce;
  --original: #6e7781; --removed: #1a7f37; --remaining: #cf222e; --added: #8250df; --found: #0969da; --fixable: #bc4c00; --accepted: #0f7b83; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #3d444d; --doubt: #3a2f0b;
    --original: #9198a1; --removed: #3fb950; --remaining: #ff7b72; --added: #d2a8ff; --found: #58a6ff; --fixable: #f0883e; --accepted: #56d4dd; } }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1rem; }
h1, h2, h3 { line-height: 1.25; }
h2 { border-top: 1px solid var(--line); padding-top: 1rem; }
code, td.name { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
caption { color: var(--quiet); text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.doubt { background: var(--doubt); border-left: 4px solid var(--fixable); padding: 0.25rem 1rem; }
figure { margin: 1rem 0; }
figcaption, footer { color: var(--quiet); }
svg { height: auto; max-width: 100%; width: 40rem; }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif; }
rect.possible { fill: none; stroke: var(--quiet); stroke-dasharray: 3 2; }
rect.original { fill: var(--original); } rect.removed { fill: var(--removed); } rect.remaining { fill: var(--remaining); }
rect.added { fill: var(--added); } rect.found { fill: var(--found); } rect.fixable { fill: var(--fixable); }
rect.accepted { fill: var(--accepted); }
)";

// Nothing may be loaded, run, embedded or sent; the one style is named by its hash (Content Security Policy Level 3).
std::string PolicyOfPage() {
  return fmt::format("default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
                     EncodeBase64(verify::Sha256(kStyle)));
}

Html HeadOf(const PostureReport& report) {
  Html head = Html::Void("meta", {{"charset", "utf-8"}});
  head += Html::Void("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", PolicyOfPage()}});
  head += Html::Void("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  head += Html::Void("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
  head += Html::Void("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  head += Html::Element("title", "Vulnerability posture of " + report.image);
  head += Html::Element("style", Html::Constant(kStyle));
  return Html::Element("head", head);
}

Html ListOfTexts(const std::vector<std::string>& texts) {
  Html list;
  for (const std::string& text : texts) list += Html::Element("li", text);
  return Html::Element("ul", list);
}

Html HeaderCells(const std::vector<std::string_view>& names) {
  Html row;
  for (const std::string_view name : names) row += Html::Element("th", name, {{"scope", "col"}});
  return row;
}

Html NumberHeaderCell(std::string_view name) {
  return Html::Element("th", name, {{"scope", "col"}, {"class", "number"}});
}

Html TableOf(std::string_view caption, const Html& head, const Html& rows) {
  Html table = Html::Element("caption", caption);
  table += Html::Element("thead", Html::Element("tr", head));
  table += Html::Element("tbody", rows);
  return Html::Element("table", table);
}

class ReportPage {
 public:
  explicit ReportPage(const PostureReport& report) : report_(report), columns_(ColumnsOf(report)) {}

  std::string Render() const {
    Html main = Html::Element("h1", "Vulnerability posture");
    main += Images();
    main += Doubts();
    for (std::size_t i = 0; i < report_.platforms.size(); ++i) main += Platform(report_.platforms[i], i);
    main += Notes();
    main += Html::Element("footer", fmt::format("hullctl {}, {}", HULLWRIGHT_VERSION, FormatRfc3339(report_.now)));
    Html html = HeadOf(report_);
    html += Html::Element("body", Html::Element("main", main));
    Html page = Html::Constant("<!DOCTYPE html>\n");
    page += Html::Element("html", html, {{"lang", "en"}});
    return page.markup();
  }

 private:
  static Html NamedImage(std::string_view word, const std::string& image) {
    Html html = Html::Text(word);
    html += Html::Element("code", image);
    return Html::Element("p", html);
  }

  Html Images() const {
    Html html = NamedImage("Image ", report_.image);
    if (report_.compared()) html += NamedImage("Original ", report_.original);
    return html;
  }

  Html Doubts() const {
    std::vector<std::string> texts;
    texts.reserve(report_.doubts.size() + report_.problems.size());
    for (const ReportDoubt& doubt : report_.doubts) texts.push_back(DoubtText(doubt));
    for (const PlatformReport& platform : report_.platforms) {
      const std::string where = platform.platform.empty() ? "" : platform.platform + ": ";
      for (const ReportDoubt& doubt : platform.doubts) texts.push_back(where + DoubtText(doubt));
    }
    for (const InputProblem& problem : report_.problems)
      if (!problem.of_scans) texts.push_back(ProblemText(problem));
    if (texts.empty()) return {};
    Html html = Html::Element("h2", "What could not be told");
    html += Html::Element("p", "Numbers that are marked unknown, <= or >= may be more or less.");
    html += ListOfTexts(texts);
    return Html::Element("section", html, {{"class", "doubt"}});
  }

  Html Platform(const PlatformReport& platform, std::size_t number) const {
    Html html = Html::Element("h2", platform.platform.empty() ? "Platform unknown" : platform.platform);
    html += Html::Element("p", HeadlineOf(platform, report_));
    html += Plots(platform.posture, fmt::format("plot-{}", number));
    html += Counts(platform.posture);
    html += Facts(platform);
    html += Scanners("Scanned by", platform.image.get());
    if (report_.compared()) html += Scanners("The original was scanned by", platform.original.get());
    html += Findings(platform);
    html += Removed(platform);
    return Html::Element("section", html);
  }

  Html Plots(const Posture& posture, const std::string& id) const {
    std::vector<BarGroup> before_and_after, shares;
    for (std::size_t s = 0; s < kPostureSeverities.size(); ++s) {
      BarGroup& changes = before_and_after.emplace_back(BarGroup{api::ToString(kPostureSeverities[s]), {}});
      BarGroup& share = shares.emplace_back(BarGroup{api::ToString(kPostureSeverities[s]), {}});
      for (const PostureColumn& column : columns_)
        (IsOfComparison(column) ? changes : share).bars.push_back({column.name, posture.by_severity[s].*column.range});
    }
    Html html;
    if (report_.compared())
      html += Figure(id + "-changes", "Findings by severity: original, removed, remaining and added", before_and_after);
    html += Figure(id + "-share", "Findings of this image by severity, and how many of them have a fix", shares);
    return html;
  }

  static bool IsOfComparison(const PostureColumn& column) {
    return column.range != &PostureCounts::found && column.range != &PostureCounts::fixable && column.range != &PostureCounts::accepted;
  }

  static Html Figure(const std::string& id, std::string_view title, const std::vector<BarGroup>& groups) {
    Html html = Html::Element("figcaption", title);
    html += BarPlot(id, title, groups);
    return Html::Element("figure", html);
  }

  Html Counts(const Posture& posture) const {
    Html head = HeaderCells({"severity"});
    for (const PostureColumn& column : columns_) head += NumberHeaderCell(column.name);
    Html rows;
    for (std::size_t s = 0; s < kPostureSeverities.size(); ++s)
      rows += CountsRow(api::ToString(kPostureSeverities[s]), posture.by_severity[s]);
    rows += CountsRow("all", posture.all);
    return TableOf("Number of findings", head, rows);
  }

  Html CountsRow(std::string_view name, const PostureCounts& counts) const {
    Html row = Html::Element("th", name, {{"scope", "row"}});
    for (const PostureColumn& column : columns_) row += Html::Element("td", RangeText(counts.*column.range), {{"class", "number"}});
    return Html::Element("tr", row);
  }

  Html Facts(const PlatformReport& platform) const {
    Html rows;
    for (const ReportFact& fact : FactsOf(platform, report_)) {
      Html row = Html::Element("th", fact.name, {{"scope", "row"}});
      if (report_.compared()) row += Html::Element("td", fact.original);
      row += Html::Element("td", fact.image);
      if (report_.compared()) row += Html::Element("td", fact.change);
      rows += Html::Element("tr", row);
    }
    const std::vector<std::string_view> names = report_.compared() ? std::vector<std::string_view>{"", "original", "this image", "change"}
                                                                   : std::vector<std::string_view>{"", "this image"};
    return TableOf("What the scans know of the image beside its findings", HeaderCells(names), rows);
  }

  Html Scanners(std::string_view title, const policy::ScanRecord* scan) const {
    const std::vector<std::string> results = ResultsOf(scan, report_.now);
    Html html = Html::Element("h3", title);
    html += ListOfTexts(results.empty() ? std::vector<std::string>{"nobody"} : results);
    return html;
  }

  static Html FindingCells(const policy::FindingView& finding) {
    std::string fix(api::ToString(finding.fix));
    if (!finding.fixed_in.empty()) fix += ": " + Printable(finding.fixed_in);
    Html row = Html::Element("td", api::ToString(finding.severity));
    row += Html::Element("td", Printable(finding.id), {{"class", "name"}});
    row += Html::Element("td", Printable(finding.package, 1024), {{"class", "name"}});
    row += Html::Element("td", Printable(finding.version), {{"class", "name"}});
    row += Html::Element("td", fix);
    return row;
  }

  Html Findings(const PlatformReport& platform) const {
    if (!platform.image || platform.image->size() == 0) return {};
    const std::size_t shown = std::min(platform.image->size(), kMostFindingRows);
    const bool tells_added = !platform.posture.added.empty();
    Html rows;
    for (std::size_t i = 0; i < shown; ++i) {
      Html row = FindingCells(platform.image->Finding(i));
      if (tells_added) row += Html::Element("td", platform.posture.added[i] ? "added" : "remaining");
      if (report_.shows_accepted()) row += Html::Element("td", AcceptedText(platform, i));
      rows += Html::Element("tr", row);
    }
    std::vector<std::string_view> names = {"severity", "vulnerability", "package", "version", "fix"};
    if (tells_added) names.push_back("state");
    if (report_.shows_accepted()) names.push_back("accepted");
    Html html = Html::Element("h3", "Findings");
    html += TableOf("Findings of this image, most severe first", HeaderCells(names), rows);
    html += AndMore(platform.image->size() - shown);
    return html;
  }

  static std::string AcceptedText(const PlatformReport& platform, std::size_t finding) {
    const auto by = platform.accepted.find(static_cast<std::uint32_t>(finding));
    return by == platform.accepted.end() ? "" : fmt::format("by {}: {}", by->second.Who(), by->second.why);
  }

  Html Removed(const PlatformReport& platform) const {
    std::size_t count = 0;
    Html rows;
    for (std::size_t i = 0; i < platform.posture.removed.size(); ++i) {
      if (!platform.posture.removed[i] || ++count > kMostFindingRows) continue;
      rows += Html::Element("tr", FindingCells(platform.original->Finding(i)));
    }
    if (count == 0) return {};
    Html html = Html::Element("h3", "Removed");
    html += TableOf("Findings of the original that this image's scan has not, most severe first",
                    HeaderCells({"severity", "vulnerability", "package", "version", "fix"}), rows);
    html += AndMore(count - std::min(count, kMostFindingRows));
    return html;
  }

  static Html AndMore(std::size_t count) {
    return count == 0 ? Html() : Html::Element("p", fmt::format("{} more are in the report as JSON (-o json).", count));
  }

  Html Notes() const {
    std::vector<std::string> texts;
    texts.reserve(report_.notes.size() + report_.problems.size());
    for (const std::string& note : report_.notes) texts.push_back(Printable(note, kMaxNoteBytes));
    for (const InputProblem& problem : report_.problems)
      if (problem.of_scans) texts.push_back("cannot be read: " + ProblemText(problem));
    if (texts.empty()) return {};
    Html html = Html::Element("h2", "Notes");
    html += ListOfTexts(texts);
    return html;
  }

  const PostureReport& report_;
  const std::vector<PostureColumn> columns_;
};

}  // namespace

std::string RenderReportHtml(const PostureReport& report) {
  return ReportPage(report).Render();
}

}  // namespace hullwright::cli
