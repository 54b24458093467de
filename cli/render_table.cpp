#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "cli/render.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kImageIndent = 8;
constexpr std::size_t kReasonIndent = 10;
constexpr std::size_t kItemIndent = 12;
constexpr std::size_t kTextIndent = 19;
constexpr std::string_view kTemplatesWarn =
    "A workload is judged by enforcement.templates, which is Warn unless the policy says otherwise; its Pods will be judged by newImages. "
    "--strict refuses here already.";

class Table {
 public:
  Table(const Review& review, const Terminal& terminal) : review_(review), terminal_(terminal), paint_(terminal) {}

  std::string Render() {
    for (const ReviewedObject& object : review_.objects) AddObject(object);
    for (const ManifestError& error : review_.errors) AddLine(paint_.Red("unread"), error.place.ToString() + ": " + error.error);
    for (const InputProblem& problem : review_.problems) AddProblem(problem);
    AddSkipped();
    AddSummary();
    return std::move(out_);
  }

 private:
  void AddLine(const std::string& word, const std::string& text) {
    out_ += Paragraph(PadRight(word, kImageIndent), kImageIndent, text, terminal_.width);
  }

  std::string PaintedAction(const ReviewedObject& object) const {
    const std::string_view action = ActionOf(object);
    if (action == "denied") return paint_.Bold(paint_.Red("DENIED"));
    return action == "warned" ? paint_.Yellow("warned") : paint_.Green("passed");
  }

  void AddObject(const ReviewedObject& object) {
    std::string text = paint_.Bold(object.description);
    if (!object.place.file.empty()) text += "  " + paint_.Dim(object.place.ToString());
    if (object.unchanged > 0) text += "  " + paint_.Dim(Count(object.unchanged, "image", "images") + " unchanged");
    AddLine(PaintedAction(object), text);
    if (!object.error.empty()) AddDetail(object.error);
    for (std::size_t i = 0; i < object.decision.images.size(); ++i) AddImage(object, i);
  }

  void AddDetail(const std::string& text) { out_ += Paragraph(std::string(kReasonIndent, ' '), kReasonIndent, text, terminal_.width); }

  void AddImage(const ReviewedObject& object, std::size_t index) {
    const policy::ImageDecision& image = object.decision.images[index];
    if (image.reasons.empty() && image.waived.empty() && image.notices.empty()) return;
    std::string where = image.field_path;
    if (index < object.image_lines.size() && object.image_lines[index] > 0) where += fmt::format(" (line {})", object.image_lines[index]);
    out_ += Paragraph(std::string(kImageIndent, ' '), kImageIndent, where + "  " + image.reference, terminal_.width);
    for (std::size_t i = 0; i < image.reasons.size(); ++i) {
      const bool same_remedy = i + 1 < image.reasons.size() && image.reasons[i + 1].remedy == image.reasons[i].remedy;
      AddReason(image.reasons[i], !same_remedy);
    }
    for (const policy::Waived& waived : image.waived) AddWaived(waived);
    for (const policy::Notice& notice : image.notices) AddDetail(fmt::format("{}: {}", paint_.Yellow(notice.word), notice.message));
  }

  std::string PaintedWord(const policy::Reason& reason) const {
    const std::string_view word = policy::ToString(reason.word);
    if (reason.enforcement == api::Enforcement::kDeny) return paint_.Red(word);
    return reason.enforcement == api::Enforcement::kWarn ? paint_.Yellow(word) : paint_.Dim(word);
  }

  void AddReason(const policy::Reason& reason, bool with_remedy) {
    AddDetail(fmt::format("{}: {}{}", PaintedWord(reason), reason.message,
                          reason.enforcement == api::Enforcement::kAudit ? " (recorded only)" : ""));
    if (!reason.policy.empty()) AddItem("rule", paint_.Dim(reason.policy + (reason.rule.empty() ? "" : " " + reason.rule)));
    AddFindings(reason);
    if (with_remedy && !reason.remedy.empty()) AddItem("to do", reason.remedy);
  }

  void AddItem(std::string_view word, const std::string& text) {
    out_ += Paragraph(std::string(kItemIndent, ' ') + PadRight(word, kTextIndent - kItemIndent), kTextIndent, text, terminal_.width);
  }

  // The message names the first finding.
  void AddFindings(const policy::Reason& reason) {
    for (std::size_t i = 1; i < reason.findings.size(); ++i) {
      const policy::FindingDetail& finding = reason.findings[i];
      const std::string fix = finding.fixed_in.empty() ? "" : ", fixed in " + finding.fixed_in;
      AddItem("also",
              fmt::format("{} ({}) in {} {}{}", finding.id, api::ToString(finding.severity), finding.package, finding.version, fix));
    }
    if (reason.finding_count > reason.findings.size() && !reason.findings.empty()) {
      AddItem("also", fmt::format("{} more", reason.finding_count - reason.findings.size()));
    }
  }

  void AddWaived(const policy::Waived& waived) {
    AddDetail(fmt::format("{} {} by {}: {}", paint_.Dim("waived"), waived.what, waived.Who(), waived.why));
  }

  void AddProblem(const InputProblem& problem) {
    AddLine(problem.of_scans ? paint_.Yellow("broken") : paint_.Red("broken"), problem.ToString());
  }

  void AddSkipped() {
    std::map<std::string, std::string> names_by_why;
    for (const SkippedObject& skipped : review_.skipped) {
      std::string& names = names_by_why[skipped.why];
      fmt::format_to(std::back_inserter(names), "{}{} ({})", names.empty() ? "" : ", ", skipped.description, skipped.place.ToString());
    }
    for (const auto& [why, names] : names_by_why) AddLine(paint_.Dim("skipped"), fmt::format("{}: {}", why, names));
  }

  void AddSummary() {
    std::map<std::string_view, std::size_t> actions;
    std::size_t images = 0;
    for (const ReviewedObject& object : review_.objects) {
      ++actions[ActionOf(object)];
      images += object.decision.images.size();
    }
    std::string text = fmt::format("{} denied, {} warned, {} passed; {} judged", actions["denied"], actions["warned"], actions["passed"],
                                   Count(images, "image", "images"));
    if (!review_.skipped.empty()) text += fmt::format(", {} skipped", Count(review_.skipped.size(), "object", "objects"));
    if (!review_.errors.empty()) text += fmt::format(", {} unread", Count(review_.errors.size(), "input", "inputs"));
    out_ += "\n" + Paragraph("", 0, text, terminal_.width);
    if (WarnsOfTemplate()) out_ += Paragraph("", 0, kTemplatesWarn, terminal_.width);
  }

  bool WarnsOfTemplate() const {
    return std::ranges::any_of(review_.objects, [](const ReviewedObject& object) {
      return ActionOf(object) == "warned" && object.identity.kind != "Pod" && object.error.empty();
    });
  }

  const Review& review_;
  const Terminal& terminal_;
  const Paint paint_;
  std::string out_;
};

}  // namespace

std::string RenderTable(const Review& review, const Terminal& terminal) {
  return Table(review, terminal).Render();
}

}  // namespace hullwright::cli
