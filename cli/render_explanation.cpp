#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/rfc3339.h"
#include "cli/render.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

struct Node {
  std::string text;
  std::vector<Node> children;

  Node& Add(std::string child) { return children.emplace_back(Node{std::move(child), {}}); }
};

struct Glyphs {
  std::string_view branch, last, bar, gap, pass, fail, unknown;
};
constexpr Glyphs kUnicode{"├─ ", "└─ ", "│  ", "   ", "✓", "✗", "?"};
constexpr Glyphs kAscii{"|- ", "`- ", "|  ", "   ", "ok", "no", "?"};

// Explains one image: first what each policy's rules saw, then what of it acts.
class Explainer {
 public:
  explicit Explainer(const Terminal& terminal) : terminal_(terminal), paint_(terminal), glyphs_(terminal.unicode ? kUnicode : kAscii) {}

  std::string Explain(const ReviewedObject& object) const {
    Node root{Heading(object), {}};
    if (!object.error.empty()) root.Add(paint_.Red("could not tell") + ": " + object.error);
    for (std::size_t i = 0; i < object.decision.images.size(); ++i) AddImage(object, i, root);
    if (object.unchanged > 0) root.Add(Count(object.unchanged, "image is", "images are") + " as before and not judged");
    if (root.children.empty()) root.Add("names no image");
    std::string out;
    Print(root, "", "", out);
    return out;
  }

 private:
  std::string Heading(const ReviewedObject& object) const {
    const std::string_view action = ActionOf(object);
    const std::string painted = action == "denied"   ? paint_.Red("DENIED")
                                : action == "warned" ? paint_.Yellow("warned")
                                                     : paint_.Green("passed");
    const std::string place = object.place.file.empty() ? "" : "  " + paint_.Dim(object.place.ToString());
    return fmt::format("{}  {}{}", painted, paint_.Bold(object.description), place);
  }

  void AddImage(const ReviewedObject& object, std::size_t index, Node& root) const {
    const policy::ImageDecision& image = object.decision.images[index];
    Node& node = root.Add(object.place.file.empty() ? image.image : image.field_path + "  " + image.reference);
    if (image.policies.empty()) node.Add("no policy covers this image");
    for (const std::string& policy : image.policies) AddPolicy(image, policy, node);
    for (const policy::Reason& reason : image.reasons) {
      const bool shown = std::ranges::find(image.policies, reason.policy) != image.policies.end();
      if (!shown) AddReason(reason, node);
    }
  }

  // A policy's rules in the order they looked; reasons and waivers stand below the rule they belong to.
  void AddPolicy(const policy::ImageDecision& image, const std::string& policy, Node& image_node) const {
    Node& node = image_node.Add(paint_.Bold(policy));
    std::set<std::string> rules;
    for (const policy::RuleTrace& trace : image.trace) {
      if (trace.policy != policy) continue;
      Node& rule = node.Add(fmt::format("{} {}: {}", Mark(trace.outcome), trace.rule, trace.saw));
      if (rules.insert(trace.rule).second) AddFindingsOf(image, policy, trace.rule, rule);
    }
    for (const policy::Reason& reason : image.reasons) {
      if (reason.policy == policy && !rules.contains(reason.rule)) AddReason(reason, node);
    }
    for (const policy::Waived& waived : image.waived) {
      if (waived.policy == policy && !rules.contains(waived.rule)) AddWaived(waived, node);
    }
    for (const policy::Notice& notice : image.notices) {
      if (notice.policy == policy) node.Add(fmt::format("{}: {}", paint_.Bold(notice.word), notice.message));
    }
    if (node.children.empty()) node.Add(fmt::format("{} nothing to object", Mark(policy::Outcome::kPass)));
  }

  void AddFindingsOf(const policy::ImageDecision& image, const std::string& policy, const std::string& rule, Node& node) const {
    for (const policy::Reason& reason : image.reasons) {
      if (reason.policy == policy && reason.rule == rule) AddReason(reason, node);
    }
    for (const policy::Waived& waived : image.waived) {
      if (waived.policy == policy && waived.rule == rule) AddWaived(waived, node);
    }
  }

  std::string Mark(policy::Outcome outcome) const {
    if (outcome == policy::Outcome::kPass) return paint_.Green(glyphs_.pass);
    return outcome == policy::Outcome::kViolation ? paint_.Red(glyphs_.fail) : paint_.Yellow(glyphs_.unknown);
  }

  void AddReason(const policy::Reason& reason, Node& parent) const {
    const std::string effect = reason.enforcement == api::Enforcement::kDeny   ? paint_.Red("denies")
                               : reason.enforcement == api::Enforcement::kWarn ? paint_.Yellow("warns")
                                                                               : paint_.Dim("is recorded");
    Node& node = parent.Add(fmt::format("{} {}: {}", paint_.Bold(policy::ToString(reason.word)), effect, reason.message));
    for (const policy::FindingDetail& finding : reason.findings) {
      const std::string fix = finding.fixed_in.empty() ? std::string(api::ToString(finding.fix)) : finding.fixed_in;
      std::string text =
          fmt::format("{}  {}  {} {}  fix: {}", finding.id, api::ToString(finding.severity), finding.package, finding.version, fix);
      if (finding.first_seen) text += "  first seen: " + FormatRfc3339(*finding.first_seen);
      if (finding.fix_first_seen) text += "  fix first seen: " + FormatRfc3339(*finding.fix_first_seen);
      node.Add(text);
    }
    if (!reason.findings.empty() && reason.finding_count > reason.findings.size()) {
      node.Add(fmt::format("and {} more", reason.finding_count - reason.findings.size()));
    }
    if (!reason.remedy.empty()) node.Add("to do: " + reason.remedy);
  }

  void AddWaived(const policy::Waived& waived, Node& parent) const {
    parent.Add(fmt::format("{} {} by {}: {}", paint_.Dim("waived"), waived.what, waived.Who(), waived.why));
  }

  // first: what stands before the node's own line; rest: before its other lines and its children.
  void Print(const Node& node, const std::string& first, const std::string& rest, std::string& out) const {
    const std::string hanging = rest + (node.children.empty() ? "   " : std::string(glyphs_.bar));
    out += WithMargin(Paragraph(first, Columns(hanging), node.text, terminal_.width), hanging);
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      Print(node.children[i], rest + std::string(last ? glyphs_.last : glyphs_.branch),
            rest + std::string(last ? glyphs_.gap : glyphs_.bar), out);
    }
  }

  // The blank margin of the lines after the first, replaced by the tree's bars.
  static std::string WithMargin(const std::string& paragraph, const std::string& margin) {
    std::string out;
    std::size_t begin = 0;
    for (auto end = paragraph.find('\n'); end != std::string::npos; end = paragraph.find('\n', begin)) {
      const std::string line = paragraph.substr(begin, end - begin);
      out += (begin == 0 ? line : margin + line.substr(Columns(margin))) + "\n";
      begin = end + 1;
    }
    return out;
  }

  const Terminal& terminal_;
  const Paint paint_;
  const Glyphs& glyphs_;
};

}  // namespace

std::string RenderExplanation(const Review& review, const Terminal& terminal) {
  const Explainer explainer(terminal);
  std::string out;
  for (const ReviewedObject& object : review.objects) out += (out.empty() ? "" : "\n") + explainer.Explain(object);
  for (const ManifestError& error : review.errors)
    out += Paragraph("unread: ", 8, error.place.ToString() + ": " + error.error, terminal.width);
  for (const InputProblem& problem : review.problems) out += Paragraph("broken: ", 8, problem.ToString(), terminal.width);
  return out;
}

}  // namespace hullwright::cli
