#include "cli/doctor/examination.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/render_json.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kColumnOfText = 16;  // behind the longest word and two blanks

std::size_t CountOf(const Examination& examination, Health health) {
  return static_cast<std::size_t>(
      std::ranges::count_if(examination.parts, [&](const CheckedPart& part) { return part.report.health() == health; }));
}

std::string Painted(const Paint& paint, Health health) {
  const std::string word = PadRight(ToString(health), kColumnOfText);
  if (health == Health::kOk) return paint.Green(word);
  return health == Health::kProblem ? paint.Red(word) : paint.Yellow(word);
}

void RenderFinding(const HealthFinding& finding, const Terminal& terminal, std::string& out) {
  const Paint paint(terminal);
  const std::string margin(kColumnOfText, ' ');
  const std::string mark = finding.health == Health::kOk ? "" : finding.health == Health::kProblem ? "problem: " : "could not tell: ";
  out += Paragraph(margin, kColumnOfText, mark + finding.seen, terminal.width);
  if (!finding.remedy.empty()) out += Paragraph(margin + paint.Bold("do: "), kColumnOfText + 4, finding.remedy, terminal.width);
}

void RenderPart(const CheckedPart& part, const Terminal& terminal, std::string& out) {
  const Paint paint(terminal);
  out += Painted(paint, part.report.health()) + paint.Bold(part.name) + paint.Dim(": " + part.about) + "\n";
  for (const HealthFinding& finding : part.report.findings()) RenderFinding(finding, terminal, out);
  for (const std::string& note : part.report.notes())
    out += Paragraph(std::string(kColumnOfText, ' ') + "note: ", kColumnOfText + 6, note, terminal.width);
}

}  // namespace

std::string_view ToString(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kCouldNotTell:
      return "could-not-tell";
    case Health::kProblem:
      return "problem";
  }
  return "could-not-tell";
}

void CheckReport::Unread(std::string_view what, const Error& error) {
  const std::string seen = fmt::format("{} could not be read: {}", what, error.message);
  switch (error.code) {
    case ErrorCode::kDenied:
      return CouldNotTell(seen, "run hullctl doctor as somebody who may read it: the check `permissions` names what is missing");
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadline:
      return CouldNotTell(seen, "run hullctl doctor again; if it stays so, look at the API server: kubectl get --raw /readyz?verbose");
    default:
      return CouldNotTell(seen, "look at it yourself: kubectl says what the API server has there");
  }
}

Health CheckReport::health() const {
  Health worst = findings_.empty() ? Health::kCouldNotTell : Health::kOk;
  for (const HealthFinding& finding : findings_) worst = std::max(worst, finding.health);
  return worst;
}

ExitCode Examination::exit_code() const {
  if (CountOf(*this, Health::kProblem) > 0) return ExitCode::kViolation;
  return parts.empty() || CountOf(*this, Health::kCouldNotTell) > 0 ? ExitCode::kCouldNotTell : ExitCode::kPass;
}

std::string RenderExamination(const Examination& examination, const Terminal& terminal) {
  std::string out;
  for (const CheckedPart& part : examination.parts) RenderPart(part, terminal, out);
  out += fmt::format("{} in namespace {}: {}, {}, of {} nobody could tell\n", examination.name, examination.namespace_,
                     Count(CountOf(examination, Health::kOk), "check is ok", "checks are ok"),
                     Count(CountOf(examination, Health::kProblem), "has a problem", "have problems"),
                     CountOf(examination, Health::kCouldNotTell));
  return out;
}

std::string ExaminationJson(const Examination& examination) {
  using Ordered = nlohmann::ordered_json;
  Ordered checks = Ordered::array();
  for (const CheckedPart& part : examination.parts) {
    Ordered findings = Ordered::array();
    for (const HealthFinding& finding : part.report.findings())
      findings.push_back({{"outcome", ToString(finding.health)}, {"seen", finding.seen}, {"remedy", finding.remedy}});
    checks.push_back({{"name", part.name},
                      {"about", part.about},
                      {"outcome", ToString(part.report.health())},
                      {"findings", findings},
                      {"notes", part.report.notes()}});
  }
  return JsonText({{"schema", "hullctl/doctor/v1"},
                   {"version", HULLWRIGHT_VERSION},
                   {"now", examination.time},
                   {"namespace", examination.namespace_},
                   {"name", examination.name},
                   {"exitCode", static_cast<int>(examination.exit_code())},
                   {"checks", checks}});
}

}  // namespace hullwright::cli
