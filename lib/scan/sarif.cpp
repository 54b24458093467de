// SARIF as scanners of images write it. Which of its fields becomes what, and what is lost, is written down in
// docs/reference/scan-reports.md: SARIF has no place for a package, a fix or a date, so what is read of them stands in properties and
// prose.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

enum class SarifWriter { kTrivy, kGrype, kSnyk, kScout, kClair };

struct SarifTool {
  std::string_view name;  // tool.driver.name in lower case
  SarifWriter writer;
  std::string_view scanner;
};

constexpr std::array<SarifTool, 7> kSarifTools = {{
    {"trivy", SarifWriter::kTrivy, "trivy"},
    {"grype", SarifWriter::kGrype, "grype"},
    {"anchore container vulnerability report (t0)", SarifWriter::kGrype, "grype"},  // up to Grype 0.40 or so
    {"snyk container", SarifWriter::kSnyk, "snyk"},
    {"docker scout", SarifWriter::kScout, "docker-scout"},
    {"clair v4", SarifWriter::kClair, "clair"},  // clair-action
    {"clair", SarifWriter::kClair, "clair"},
}};

// Where in a long text the lines stand that are looked for.
constexpr std::size_t kMaxSearchedBytes = 4096;

// What a rule says of its vulnerability, for the results that name the rule.
struct SarifRule {
  std::string_view kind;  // Trivy and Scout: OsPackageVulnerability, Secret, …
  api::Finding finding;   // id, severity, score; package and version where the rule is of one package
  std::vector<std::string> urls;
  bool used = false;     // some result names it
  bool by_urls = false;  // and leaves its packages to it
};

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// A value cut out of prose: not known where it could not be kept.
std::string Kept(std::string_view value, std::size_t max_bytes) {
  value = Trimmed(value);
  const bool plain = std::ranges::none_of(value, [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; });
  return plain && value.size() <= max_bytes ? std::string(value) : "";
}

// What stands behind "Severity: " in a text of such lines; Scout writes spaces before the colon.
std::string LineOf(std::string_view text, std::string_view key, std::size_t max_bytes) {
  text = text.substr(0, kMaxSearchedBytes);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && Trimmed(line.substr(0, colon)) == key) return Kept(line.substr(colon + 1), max_bytes);
    text.remove_prefix(end + 1);
  }
  return "";
}

std::string_view Between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  const std::size_t end = text.find(after);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

// "express-jwt@0.1.3", "@babel/core@7.0.0".
void SplitAtVersion(std::string_view text, api::Finding& finding) {
  const std::size_t at = text.rfind('@');
  const bool has_version = at != std::string_view::npos && at > 0;
  finding.package = Kept(text.substr(0, has_version ? at : text.size()), kMaxPackageBytes);
  if (has_version) finding.version = Kept(text.substr(at + 1), kMaxVersionBytes);
}

void PutPackage(api::Finding& finding, std::string package, std::string version) {
  if (package.empty()) return;
  finding.version = version.empty() && IsPackageUrl(package) ? VersionOfPackageUrl(package) : std::move(version);
  finding.package = std::move(package);
}

// The severity word among Trivy's tags ("vulnerability", "security", "MEDIUM").
api::Severity SeverityOfTags(const ReportNode& properties) {
  api::Severity severity = api::Severity::kUnknown;
  for (const std::string_view tag : properties.Texts("tags", kMaxPackageBytes)) severity = std::max(severity, ParseSeverity(tag));
  return severity;
}

// "security-severity" is no score: where there is none, Trivy and Grype put the number there that GitHub shows for the severity.
void ReadRuleScore(const ReportNode& properties, api::Finding& finding) {
  for (const std::string_view key : {"cvssv40_baseScore", "cvssv3_baseScore"}) {
    const auto number = properties.Number(key);
    if (number && !finding.cvss) finding.cvss = ParseScore(*number);
  }
}

// The lines of help.text: Trivy and Grype write severity and package there; Grype's rule is of one package, Trivy's of its vulnerability.
void ReadRuleHelp(const ReportNode& rule, api::Finding& finding) {
  const ReportNode help = rule.Object("help");
  const std::string_view text = help.Prose("text");
  finding.severity = std::max(finding.severity, ParseSeverity(LineOf(text, "Severity", kMaxTextBytes)));
  PutPackage(finding, LineOf(text, "Package", kMaxPackageBytes), LineOf(text, "Version", kMaxVersionBytes));
}

// Snyk: "(CVE-2020-15084) express-jwt@0.1.3", and "High severity - …".
void ReadSnykRule(const ReportNode& rule, api::Finding& finding) {
  const ReportNode full = rule.Object("fullDescription");
  const ReportNode brief = rule.Object("shortDescription");
  const std::string_view text = full.Prose("text").substr(0, kMaxSearchedBytes);
  const auto cves = CveIds(text);
  const std::string own = std::exchange(finding.id, cves.size() == 1 ? std::string(cves.front()) : finding.id);
  for (const std::string_view cve : cves) AddAlias(finding, cve);
  AddAlias(finding, own);
  const std::size_t name = text.starts_with('(') ? text.find(") ") : std::string_view::npos;
  SplitAtVersion(name == std::string_view::npos ? text : text.substr(name + 2), finding);
  const std::string_view title = brief.Prose("text").substr(0, kMaxSearchedBytes);
  finding.severity = std::max(finding.severity, ParseSeverity(Trimmed(title.substr(0, title.find(" severity")))));
}

// Grype's rule is "CVE-2026-1-libssl3".
void StripPackage(api::Finding& finding) {
  const std::string suffix = "-" + finding.package;
  if (!finding.package.empty() && finding.id.size() > suffix.size() && finding.id.ends_with(suffix))
    finding.id.resize(finding.id.size() - suffix.size());
}

void ReadRuleUrls(const ReportNode& properties, std::vector<std::string>& urls) {
  AddTexts(urls, properties.Texts("purls", kMaxPackageBytes));
  const std::string_view url = properties.Text("purl", kMaxPackageBytes);  // up to Scout 0.24 or so
  if (!url.empty() && urls.empty()) urls.emplace_back(url);
}

SarifRule ReadRule(const ReportNode& node, const SarifTool& tool) {
  SarifRule rule;
  rule.kind = node.Text("name", kMaxTextBytes);
  rule.finding.id = node.Text("id", kMaxIdBytes);
  if (rule.finding.id.empty()) node.Mistake("id", "must name the vulnerability");
  rule.finding.scanners = {std::string(tool.scanner)};
  const ReportNode properties = node.Object("properties");
  rule.finding.severity = ParseSeverity(properties.Text("cvssV3_severity", kMaxTextBytes));
  ReadRuleScore(properties, rule.finding);
  ReadRuleUrls(properties, rule.urls);
  if (tool.writer == SarifWriter::kSnyk) {
    ReadSnykRule(node, rule.finding);
  } else {
    rule.finding.severity = std::max(rule.finding.severity, SeverityOfTags(properties));
    ReadRuleHelp(node, rule.finding);
  }
  if (tool.writer == SarifWriter::kGrype) StripPackage(rule.finding);
  return rule;
}

// clair-action: "[pip - <21.1 - Unknown] \"…\"": the version is the range that is vulnerable, not what is installed.
void ReadClairMessage(std::string_view message, api::Finding& finding) {
  std::string_view head = Between(message, "[", "] ");
  const std::size_t severity = head.rfind(" - ");
  if (severity == std::string_view::npos) return;
  finding.severity = std::max(finding.severity, ParseSeverity(Trimmed(head.substr(severity + 3))));
  head = head.substr(0, severity);
  PutPackage(finding, Kept(head.substr(0, head.rfind(" - ")), kMaxPackageBytes), "");
}

// Snyk: "… introduces a vulnerable express-jwt package with a high severity vulnerability.", and where: "express-jwt@0.1.3".
void ReadSnykResult(const ReportNode& result, std::string_view message, api::Finding& finding) {
  finding.severity = std::max(finding.severity, ParseSeverity(Trimmed(Between(message, " package with a ", " severity"))));
  result.ForEach("locations", [&](const ReportNode& location) {
    location.ForEach("logicalLocations", [&](const ReportNode& logical) {
      const std::string_view name = logical.Prose("fullyQualifiedName");
      if (!name.empty()) SplitAtVersion(name.substr(0, kMaxSearchedBytes), finding);
    });
  });
}

// Trivy and Scout write lines; Grype a sentence, of which the rule says the same better.
void ReadResultLines(std::string_view message, api::Finding& finding) {
  const api::Severity severity = ParseSeverity(LineOf(message, "Severity", kMaxTextBytes));
  if (severity != api::Severity::kUnknown) finding.severity = severity;  // Trivy's rule has that of its first package
  PutPackage(finding, LineOf(message, "Package", kMaxPackageBytes), LineOf(message, "Installed Version", kMaxVersionBytes));
}

// One run: its rules, then its results, then those rules that no result names (Scout has written such).
class SarifRun {
 public:
  SarifRun(const ReportNode& run, const SarifTool& tool, BoundedFindings& findings) : run_(run), tool_(tool), findings_(findings) {}

  void Read() {
    const ReportNode tool = run_.Object("tool");
    const ReportNode driver = tool.Object("driver");
    if (!findings_.Announce(driver.Count("rules")) || !findings_.Announce(run_.Count("results"))) return;
    driver.ForEach("rules", [this](const ReportNode& node) {
      SarifRule rule = ReadRule(node, tool_);
      by_id_.try_emplace(std::string(node.Text("id", kMaxIdBytes)), rules_.size());
      rules_.push_back(std::move(rule));
    });
    run_.ForEach("results", [this](const ReportNode& result) { ReadResult(result); });
    for (const SarifRule& rule : rules_) {
      if (!rule.used || rule.by_urls) AddOfRule(rule);
    }
  }

  std::int64_t secrets() const { return secrets_; }

 private:
  static bool IsVulnerability(std::string_view kind) { return kind != "Misconfiguration" && kind != "Secret" && kind != "License"; }

  void ReadResult(const ReportNode& result) {
    const std::string_view id = result.Text("ruleId", kMaxIdBytes);
    if (id.empty()) result.Mistake("ruleId", "must name the rule");
    const auto place = by_id_.find(std::string(id));
    SarifRule unknown;
    unknown.finding.id = id;
    unknown.finding.scanners = {std::string(tool_.scanner)};
    SarifRule& rule = place != by_id_.end() ? rules_[place->second] : unknown;
    rule.used = true;
    if (rule.kind == "Secret") ++secrets_;
    if (!IsVulnerability(rule.kind) || findings_.full()) return;
    const ReportNode message = result.Object("message");
    api::Finding finding = rule.finding;
    ReadMessage(result, message.Prose("text"), finding);
    // A rule of several packages is taken apart once, however many results name it.
    rule.by_urls = !rule.urls.empty() && !IsPackageUrl(finding.package);
    if (!rule.by_urls) return AddNamed(std::move(finding));
    rule.finding.severity = std::max(rule.finding.severity, finding.severity);
  }

  void ReadMessage(const ReportNode& result, std::string_view message, api::Finding& finding) const {
    message = message.substr(0, kMaxSearchedBytes);
    if (tool_.writer == SarifWriter::kSnyk) {
      ReadSnykResult(result, message, finding);
    } else if (tool_.writer == SarifWriter::kClair) {
      ReadClairMessage(message, finding);
    } else {
      ReadResultLines(message, finding);
    }
  }

  void AddNamed(api::Finding finding) {
    if (finding.package.empty()) finding.package = kUnnamedPackage;
    findings_.Add(std::move(finding));
  }

  // Package URLs name the packages better than prose; a rule may be of several.
  void AddOfRule(const SarifRule& rule) {
    if (!IsVulnerability(rule.kind)) return;
    if (rule.urls.empty()) return AddNamed(rule.finding);
    if (!findings_.Announce(rule.urls.size())) return;
    for (const std::string& url : rule.urls) {
      if (findings_.full()) return;
      api::Finding finding = rule.finding;
      finding.package = url;
      const std::string version = VersionOfPackageUrl(url);
      if (!version.empty()) finding.version = version;
      findings_.Add(std::move(finding));
    }
  }

  const ReportNode& run_;
  const SarifTool& tool_;
  BoundedFindings& findings_;
  std::vector<SarifRule> rules_;
  std::map<std::string, std::size_t> by_id_;  // sorted: the ids are the sender's, and so would be the collisions of a hash
  std::int64_t secrets_ = 0;
};

const SarifTool* FindSarifTool(const ReportNode& driver) {
  const std::string name = LowerCase(driver.DisplayText("name", kMaxTextBytes));
  const auto known = std::ranges::find(kSarifTools, name, &SarifTool::name);
  return known == kSarifTools.end() ? nullptr : &*known;
}

// What the runs say together.
struct SarifDocument {
  const SarifTool* tool = nullptr;
  std::string unknown_tool;
  bool failed = false;
  std::int64_t secrets = 0;
};

// Only Trivy says which image it looked at, and only when it was one.
void ReadSarifImage(const ReportNode& run, Report& report) {
  const ReportNode properties = run.Object("properties");
  report.from_image = properties.Has("imageID");
  report.artifact_name = properties.DisplayText("imageName", kMaxPackageBytes);
  const auto digests = ReadRepoDigests(properties, "repoDigests");
  report.repo_digests.insert(report.repo_digests.end(), digests.begin(), digests.end());
}

void ReadSarifInvocations(const ReportNode& run, Report& report, SarifDocument& document) {
  run.ForEach("invocations", [&](const ReportNode& invocation) {
    document.failed |= !invocation.Flag("executionSuccessful").value_or(true);
    const auto ended = invocation.Timestamp("endTimeUtc");
    if (ended && (!report.scanned_at || *ended < *report.scanned_at)) report.scanned_at = ended;
  });
}

void ReadSarifRun(const ReportNode& run, Report& report, SarifDocument& document, BoundedFindings& findings) {
  const ReportNode tool_node = run.Object("tool");
  const ReportNode driver = tool_node.Object("driver");
  const SarifTool* const tool = FindSarifTool(driver);
  if (tool == nullptr) {
    if (document.unknown_tool.empty()) document.unknown_tool = Printable(driver.DisplayText("name", kMaxTextBytes), 64);
    if (document.unknown_tool.empty()) document.unknown_tool = "a tool without a name";
    return;
  }
  if (document.tool != nullptr && document.tool->scanner != tool->scanner) {
    run.Mistake("tool", fmt::format("is another scanner than {}: import the report of each by itself", document.tool->scanner));
  }
  document.tool = tool;
  const std::string_view semantic = driver.Text("semanticVersion", kMaxTextBytes);
  report.scanner_version = semantic.empty() ? driver.Text("version", kMaxTextBytes) : semantic;
  // Nothing in the documents of the others says whether it was one; it is their users who name it.
  report.from_image = true;
  if (tool->writer == SarifWriter::kTrivy) ReadSarifImage(run, report);
  ReadSarifInvocations(run, report, document);
  SarifRun reading(run, *tool, findings);
  reading.Read();
  document.secrets += reading.secrets();
}

}  // namespace

Result<Report> DecodeSarif(JsonElement element, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(element, mistakes);
  Report report;
  SarifDocument document;
  BoundedFindings findings(limits);
  root.ForEach("runs", [&](const ReportNode& run) { ReadSarifRun(run, report, document, findings); });
  if (mistakes.empty() && (document.tool == nullptr || !document.unknown_tool.empty())) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("SARIF of {}: read is that of Trivy, Grype, Snyk Container, Docker Scout and clair-action",
                            document.unknown_tool.empty() ? "no run" : document.unknown_tool));
  }
  if (document.tool != nullptr) report.scanner = document.tool->scanner;
  if (document.secrets > 0) report.secrets = document.secrets;
  std::string doubt = DoubtOfNothing(report, findings);
  if (document.failed) doubt = "the report says that the scanner's run did not succeed";
  return Conclude(std::move(report), findings, mistakes, std::move(doubt));
}

}  // namespace hullwright::scan
