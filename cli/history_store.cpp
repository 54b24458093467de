#include "cli/history_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/archive_store.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "evidence/record_reader.h"
#include "evidence/recorded_documents.h"
#include "store/decision_history.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxProblemsTold = 20;
constexpr std::size_t kMaxIdColumns = 64, kMaxProblemColumns = 1024;
constexpr std::size_t kMaxExportBytes = 256u << 20;

std::string Describe(const store::HistorySummary& summary) {
  std::string text = fmt::format("{}, {}, {}", Count(summary.decisions, "decision", "decisions"),
                                 Count(summary.documents, "document", "documents"), BytesText(summary.file_bytes));
  if (summary.oldest) text += fmt::format("; {} to {}", FormatRfc3339(*summary.oldest), FormatRfc3339(*summary.newest));
  return text;
}

// Reads everything that a replay of the decision would. known: objects that could be read.
Result<void> ReadWhole(evidence::RecordReader& reader, store::StoredDecision stored, std::set<evidence::RecordReader::ObjectsKey>& known) {
  if (const auto decision = reader.ReadDecision(stored); !decision) return std::unexpected(decision.error());
  const auto record = reader.Read(std::move(stored));
  if (!record) return std::unexpected(record.error());
  if (known.contains(evidence::RecordReader::KeyOf(*record))) return {};
  if (const auto objects = reader.ReadObjects(*record); !objects) return std::unexpected(objects.error());
  known.insert(evidence::RecordReader::KeyOf(*record));
  return {};
}

struct CheckedDecisions {
  std::vector<std::string> wrong;  // in sentences
  std::size_t not_whole = 0;       // rest on a document that was too large to be kept
};

Result<CheckedDecisions> CheckDecisions(store::HistoryReader& history) {
  evidence::RecordReader reader(history);
  std::set<evidence::RecordReader::ObjectsKey> known;
  CheckedDecisions checked;
  const auto went = history.ForEach([&](store::StoredDecision stored) -> Result<void> {
    const std::string id = stored.row.id;
    const auto read = ReadWhole(reader, std::move(stored), known);
    if (read || history.IsGone(id)) return {};
    if (read.error().code == ErrorCode::kTooLarge)
      ++checked.not_whole;
    else
      checked.wrong.push_back(id + ": " + read.error().message);
    return {};
  });
  if (!went) return std::unexpected(went.error());
  return checked;
}

// A history that cannot even be gone through: damage is what was looked for, of anything else nobody can tell.
CommandOutput Unsound(const Error& error) {
  return Failed(error.code == ErrorCode::kInvalidInput ? ExitCode::kViolation : ExitCode::kCouldNotTell, error.message);
}

// A time of the command line; nullopt: none was given.
Result<std::optional<Time>> TimeOption(std::string_view option, const std::string& text) {
  if (text.empty()) return std::optional<Time>();
  const auto time = ParseRfc3339(text);
  if (!time) return std::unexpected(time.error().Within(option));
  return std::optional(*time);
}

// Collects the lines, each document before the first decision that refers to it.
class Export {
 public:
  explicit Export(store::HistoryReader& history) : history_(history) {}

  Result<void> Add(const store::StoredDecision& stored) {
    Json json = evidence::ToJson(stored.row);
    json["objects"] = Json::array();
    json["scans"] = Json::array();
    for (const store::DocumentLink& link : stored.documents) {
      auto document = evidence::ReadVerified(history_, link.document);
      if (!document && document.error().code == ErrorCode::kTooLarge) {
        json["notKept"].push_back(evidence::NameOf(link.role));
        continue;
      }
      if (!document) return std::unexpected(document.error().Within(Printable(stored.row.id, kMaxIdColumns)));
      if (auto added = AddDocument(link.role, *document, json); !added)
        return std::unexpected(added.error().Within(Printable(stored.row.id, kMaxIdColumns)));
    }
    AddLine({{"decision", std::move(json)}});
    if (lines_.size() <= kMaxExportBytes) return {};
    return Fail(ErrorCode::kTooLarge,
                fmt::format("more than {} are to be written: ask for less by --since, --until or --namespace", BytesText(kMaxExportBytes)));
  }

  std::string Take() { return std::move(lines_); }

 private:
  Result<void> AddDocument(store::DocumentRole role, const store::StoredDocument& document, Json& decision) {
    const bool is_own = role == store::DocumentRole::kFacts || role == store::DocumentRole::kExplanation;
    if (!is_own) decision[role == store::DocumentRole::kScan ? "scans" : "objects"].push_back(document.digest);
    if (!is_own && !written_.insert(document.digest).second) return {};
    // Read and written again, so that a line is a line whatever stands in the file.
    auto content = evidence::ReadJson(document.bytes);
    if (!content) return std::unexpected(content.error());
    if (is_own)
      decision[role == store::DocumentRole::kFacts ? "facts" : "explanation"] = std::move(*content);
    else
      AddLine({{"document", document.digest}, {"content", std::move(*content)}});
    return {};
  }
  void AddLine(const Json& json) { lines_ += JsonLine(json) + "\n"; }

  store::HistoryReader& history_;
  std::set<std::string> written_;
  std::string lines_;
};

}  // namespace

CommandOutput StoreCheck(const StoreCheckOptions& options, const Environment& environment) {
  if (auto is_file = store::RequireStoreFile(options.file); !is_file) return Failed(is_file.error());
  if (store::IsReportArchive(options.file)) return CheckArchive(options.file, environment);
  const Progress progress("reading the history", environment.err);
  auto history = store::HistoryReader::Open(options.file);
  if (!history) return Unsound(history.error());
  const auto damage = (*history)->Check();
  if (!damage) return Unsound(damage.error().Within(options.file));
  const auto summary = (*history)->Summary();
  if (!summary) return Unsound(summary.error().Within(options.file));
  // A file that is damaged as a whole cannot be gone through.
  const auto checked = damage->empty() ? CheckDecisions(**history) : Result<CheckedDecisions>(CheckedDecisions{.wrong = *damage});
  if (!checked) return Unsound(checked.error().Within(options.file));
  std::string out = fmt::format("{}: {}\n", options.file, Describe(*summary));
  const std::vector<std::string>& wrong = checked->wrong;
  for (std::size_t i = 0; i < std::min(wrong.size(), kMaxProblemsTold); ++i)
    out += fmt::format("wrong: {}\n", Printable(wrong[i], kMaxProblemColumns));
  if (wrong.size() > kMaxProblemsTold) out += fmt::format("and {} more\n", wrong.size() - kMaxProblemsTold);
  if (checked->not_whole > 0)
    out += fmt::format("{} cannot be judged again: what they rest on was too large to be kept\n",
                       Count(checked->not_whole, "decision", "decisions"));
  if (!wrong.empty()) return {ExitCode::kViolation, out + fmt::format("to do: {}\n", store::kDamagedHistoryRemedy), ""};
  if (checked->not_whole > 0) return {ExitCode::kCouldNotTell, std::move(out), ""};
  return {ExitCode::kPass,
          out + "every decision can be read and judged again; that nobody has changed what was recorded is not proved by it\n", ""};
}

CommandOutput StorePrune(const StorePruneOptions& options, const Environment& environment) {
  if (options.older_than_days == 0 && options.max_mebibytes == 0)
    return Failed(ExitCode::kUsage, "store prune: say what goes: --older-than DAYS or --max-size MIB");
  if (auto is_file = store::RequireStoreFile(options.file); !is_file) return Failed(is_file.error());
  store::PruneBounds bounds;
  if (options.older_than_days > 0) bounds.older_than = environment.clock.Now() - std::chrono::hours(24 * options.older_than_days);
  if (options.max_mebibytes > 0) bounds.max_bytes = static_cast<std::uint64_t>(options.max_mebibytes) << 20;
  if (store::IsReportArchive(options.file))
    return PruneArchive(options.file, {.older_than = bounds.older_than, .max_bytes = bounds.max_bytes}, environment);
  const Progress progress("pruning the history", environment.err);
  const auto erased = store::PruneHistory(options.file, bounds);
  if (!erased) return Failed(erased.error());
  auto history = store::HistoryReader::Open(options.file);
  const auto summary = history ? (*history)->Summary() : Result<store::HistorySummary>(std::unexpected(history.error()));
  if (!summary) return Failed(summary.error());
  return {ExitCode::kPass, fmt::format("{} went; what is left: {}\n", Count(*erased, "decision", "decisions"), Describe(*summary)), ""};
}

CommandOutput StoreExport(const StoreExportOptions& options, const Environment& environment) {
  const auto since = TimeOption("--since", options.since), until = TimeOption("--until", options.until);
  if (!since) return Failed(ExitCode::kUsage, since.error().message);
  if (!until) return Failed(ExitCode::kUsage, until.error().message);
  if (auto is_file = store::RequireStoreFile(options.file); !is_file) return Failed(is_file.error());
  if (!options.image.empty() || !options.scanner.empty() || store::IsReportArchive(options.file))
    return ExportArchive(options, {.since = *since, .until = *until}, environment);
  const Progress progress("reading the history", environment.err);
  auto history = store::HistoryReader::Open(options.file);
  if (!history) return Failed(history.error());
  Export exported(**history);
  const auto went = (*history)->ForEach([&](const store::StoredDecision& stored) -> Result<void> {
    const Time at = stored.row.decided_at;
    if ((*since && at < **since) || (*until && at >= **until)) return {};
    if (!options.namespace_.empty() && stored.row.namespace_ != options.namespace_) return {};
    auto added = exported.Add(stored);
    if (!added && (*history)->IsGone(stored.row.id)) return {};
    return added;
  });
  if (!went) return Failed(went.error().Within(options.file));
  return {ExitCode::kPass, exported.Take(), ""};
}

CommandOutput StoreBackup(const StoreBackupOptions& options, const Environment& environment) {
  if (auto is_file = store::RequireStoreFile(options.file); !is_file) return Failed(is_file.error());
  const Progress progress("copying", environment.err);
  if (auto copied = store::BackUp(options.file, options.to); !copied) return Failed(copied.error());
  return {ExitCode::kPass, fmt::format("{} is copied to {}\n", options.file, options.to), ""};
}

}  // namespace hullwright::cli
