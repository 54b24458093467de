#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/rehearse.h"
#include "cli/render_json.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;
using evidence::Change;

constexpr std::size_t kMaxGroupsShown = 200;
constexpr std::size_t kChangeColumns = 16, kDetailIndent = 2;

std::size_t CountOf(const Rehearsal& rehearsal, Change change) {
  const auto found = rehearsal.counts.find(change);
  return found == rehearsal.counts.end() ? 0 : found->second;
}

std::string PaintedChange(Change change, const Paint& paint) {
  switch (change) {
    case Change::kDenied:
      return paint.Red("NEWLY DENIED");
    case Change::kUnsure:
      return paint.Yellow("could not tell");
    case Change::kAdmitted:
      return paint.Green("let in");
    case Change::kWarned:
      return paint.Yellow("warned");
    case Change::kSame:
      break;
  }
  return "the same";
}

// One group after the other, then the counts.
class RehearsalText {
 public:
  RehearsalText(const Rehearsal& rehearsal, const Terminal& terminal) : rehearsal_(rehearsal), terminal_(terminal), paint_(terminal) {}

  std::string Render() {
    std::size_t shown = 0;
    for (const RehearsedGroup& group : rehearsal_.groups) {
      if (++shown > kMaxGroupsShown) break;
      AddGroup(group);
    }
    const std::size_t hidden = rehearsal_.groups.size() - std::min(rehearsal_.groups.size(), kMaxGroupsShown) + rehearsal_.left_out;
    if (hidden > 0) Line("", fmt::format("and {} more changes (-o json lists more of them)", hidden));
    for (const std::string& error : rehearsal_.errors) Line(paint_.Red("unread"), WithoutControls(error));
    if (rehearsal_.error_count > rehearsal_.errors.size())
      Line("", fmt::format("and {} more", rehearsal_.error_count - rehearsal_.errors.size()));
    AddSummary();
    return std::move(out_);
  }

 private:
  void Line(const std::string& word, const std::string& text) {
    out_ += Paragraph(PadRight(word, kChangeColumns), kChangeColumns, text, terminal_.width);
  }
  void Detail(const std::string& text) {
    out_ += Paragraph(std::string(kChangeColumns + kDetailIndent, ' '), kChangeColumns + kDetailIndent, text, terminal_.width);
  }

  void AddGroup(const RehearsedGroup& group) {
    const std::string what = Printable(group.description, 512);
    const std::string times = group.count > 1 ? fmt::format("{} times, the last: ", group.count) : "";
    const std::string where = group.id.empty() ? group.place : fmt::format("{} ({})", group.id, FormatRfc3339(group.last.value_or(Time())));
    Line(PaintedChange(group.change, paint_), fmt::format("{}{}  {}", times, paint_.Bold(what), paint_.Dim(where)));
    for (const RehearsedReason& reason : group.reasons) {
      Detail(fmt::format("{}: {}", reason.image, reason.word));
      Detail(reason.message);
      Detail(paint_.Dim(fmt::format("{} {}", reason.policy, reason.rule)));
    }
    for (const std::string& sentence : group.unsure) Detail(WithoutControls(sentence));
    if (!group.was.empty()) Detail("was denied: " + group.was);
  }

  void AddSummary() {
    std::string of;
    if (rehearsal_.decisions > 0 || rehearsal_.objects == 0) of = Count(rehearsal_.decisions, "recorded decision", "recorded decisions");
    if (rehearsal_.from) of += fmt::format(" from {} to {}", FormatRfc3339(*rehearsal_.from), FormatRfc3339(*rehearsal_.to));
    if (rehearsal_.objects > 0)
      of += (of.empty() ? "" : " and ") + Count(rehearsal_.objects, "object of manifests", "objects of manifests");
    out_ += (out_.empty() ? "" : "\n") +
            Paragraph("", 0,
                      fmt::format("{}: {} newly denied, {} could not be told, {} let in that were denied, {} warned, {} the same", of,
                                  CountOf(rehearsal_, Change::kDenied), CountOf(rehearsal_, Change::kUnsure),
                                  CountOf(rehearsal_, Change::kAdmitted), CountOf(rehearsal_, Change::kWarned),
                                  CountOf(rehearsal_, Change::kSame)),
                      terminal_.width);
  }

  const Rehearsal& rehearsal_;
  const Terminal& terminal_;
  const Paint paint_;
  std::string out_;
};

Json ToJson(const RehearsedReason& reason) {
  return {{"image", reason.image},   {"reason", reason.word}, {"enforcement", reason.enforcement},
          {"policy", reason.policy}, {"rule", reason.rule},   {"message", reason.message}};
}

Json ToJson(const RehearsedGroup& group) {
  Json json = {{"change", evidence::ToString(group.change)},
               {"count", group.count},
               {"kind", group.kind},
               {"namespace", group.namespace_},
               {"name", group.name}};
  if (!group.id.empty()) json["id"] = group.id;
  if (group.last) json["decidedAt"] = FormatRfc3339(*group.last);
  if (!group.place.empty()) json["place"] = group.place;
  json["reasons"] = Json::array();
  for (const RehearsedReason& reason : group.reasons) json["reasons"].push_back(ToJson(reason));
  if (!group.unsure.empty()) json["unsure"] = group.unsure;
  if (!group.was.empty()) json["was"] = group.was;
  return json;
}

}  // namespace

std::string RenderRehearsal(const Rehearsal& rehearsal, const Terminal& terminal) {
  return RehearsalText(rehearsal, terminal).Render();
}

std::string RenderRehearsalJson(const Rehearsal& rehearsal) {
  Json counts;
  for (const Change change : {Change::kDenied, Change::kUnsure, Change::kAdmitted, Change::kWarned, Change::kSame})
    counts[std::string(evidence::ToString(change))] = CountOf(rehearsal, change);
  Json json = {{"schema", "hullctl/rehearsal/v1"}, {"version", HULLWRIGHT_VERSION}, {"exitCode", static_cast<int>(rehearsal.Verdict())},
               {"decisions", rehearsal.decisions}, {"objects", rehearsal.objects},  {"counts", std::move(counts)}};
  if (rehearsal.from) json["from"] = FormatRfc3339(*rehearsal.from);
  if (rehearsal.to) json["to"] = FormatRfc3339(*rehearsal.to);
  json["groups"] = Json::array();
  for (const RehearsedGroup& group : rehearsal.groups) json["groups"].push_back(ToJson(group));
  json["leftOut"] = rehearsal.left_out;
  json["errors"] = rehearsal.errors;
  json["errorCount"] = rehearsal.error_count;
  return JsonText(json);
}

}  // namespace hullwright::cli
