#include "cli/history_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/archive_store.h"
#include "cli/progress.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "evidence/recorded_decision.h"
#include "store/decision_history.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kDecidedAtColumns = 24;  // with milliseconds
constexpr std::size_t kAnswerColumns = 7;

// A line for each, however long, so that it can be searched.
std::string ListText(const std::vector<store::StoredDecision>& decisions, const Terminal& terminal) {
  const Paint paint(terminal);
  std::string out;
  for (const store::StoredDecision& decision : decisions) {
    const store::DecisionRow& row = decision.row;
    const std::string answer = row.allowed ? paint.Green("allowed") : paint.Red("denied");
    out += fmt::format("{}  {}  {}  {}", PadRight(FormatRfc3339(row.decided_at), kDecidedAtColumns), PadRight(answer, kAnswerColumns),
                       Printable(row.id, 64), Printable(evidence::DescriptionOf(row), 512));
    out += row.reasons.empty() ? "\n" : "  " + Printable(row.reasons, 512) + "\n";
  }
  return out;
}

std::string ListJson(const std::vector<store::StoredDecision>& decisions) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const store::StoredDecision& decision : decisions) rows.push_back(evidence::ToJson(decision.row));
  return JsonText({{"schema", "hullctl/decisions/v1"}, {"version", HULLWRIGHT_VERSION}, {"decisions", std::move(rows)}});
}

}  // namespace

CommandOutput StoreList(const StoreListOptions& options, const Environment& environment) {
  if (auto is_file = store::RequireStoreFile(options.file); !is_file) return Failed(is_file.error());
  if (store::IsReportArchive(options.file)) return ListArchive(options, environment);
  const Progress progress("reading the history", environment.err);
  auto history = store::HistoryReader::Open(options.file);
  if (!history) return Failed(history.error());
  store::DecisionQuery query{.namespace_ = options.namespace_, .limit = static_cast<std::size_t>(options.limit)};
  if (options.denied) query.allowed = false;
  const auto found = (*history)->List(query);
  if (!found) return Failed(found.error().Within(options.file));
  if (options.output == "json") return {ExitCode::kPass, ListJson(*found), ""};
  std::string note;
  if (found->empty()) note = ErrorLine("the history holds no such decision");
  if (found->size() == query.limit)
    note = ErrorLine(fmt::format("these are the newest {}; a larger --limit shows older ones", query.limit));
  return {ExitCode::kPass, ListText(*found, environment.out), std::move(note)};
}

}  // namespace hullwright::cli
