#include "cli/reasons.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "cli/yaml_text.h"
#include "policy/reason.h"

namespace hullwright::cli {
namespace {

std::string Describe(policy::ReasonWord word, const Terminal& terminal) {
  const Paint paint(terminal);
  const std::string heading =
      fmt::format("{}  {}\n", paint.Bold(policy::ToString(word)), paint.Dim(policy::ToString(policy::OutcomeOf(word))));
  return heading + Paragraph("  ", 2, policy::MeaningOf(word), terminal.width) +
         Paragraph("  ", 2, fmt::format("to do: {}", policy::RemedyFor(word)), terminal.width);
}

}  // namespace

CommandOutput Reasons(const ReasonsOptions& options, const Environment& environment) {
  std::string text;
  auto list = nlohmann::ordered_json::array();
  for (const policy::ReasonWord word : policy::AllReasonWords()) {
    if (!options.word.empty() && !EqualWithoutCase(policy::ToString(word), options.word)) continue;
    text += (text.empty() ? "" : "\n") + Describe(word, environment.out);
    list.push_back({{"reason", policy::ToString(word)},
                    {"outcome", policy::ToString(policy::OutcomeOf(word))},
                    {"meaning", policy::MeaningOf(word)},
                    {"remedy", policy::RemedyFor(word)}});
  }
  if (list.empty()) {
    return Failed(ExitCode::kUsage, fmt::format("there is no reason \"{}\": `hullctl reasons` lists them", Printable(options.word, 64)));
  }
  if (options.output == "json") text = JsonText(list);
  if (options.output == "yaml") text = ToYaml(list);
  return {ExitCode::kPass, std::move(text), ""};
}

}  // namespace hullwright::cli
