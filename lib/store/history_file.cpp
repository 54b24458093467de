#include "store/history_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "base/compression.h"
#include "store/fair_share.h"

namespace hullwright::store {
namespace {

constexpr std::size_t kForEachPage = 256;  // decisions

constexpr const char* kSelectDecisions =
    "SELECT sequence, id, decided_at, uid, operation, kind, namespace, name, user, allowed, outcome, rule, reasons, policies, message "
    "FROM decisions ";

// The columns after sequence.
DecisionRow RowOf(const SQLite::Statement& found) {
  DecisionRow row;
  row.id = found.getColumn(1).getString();
  row.decided_at = TimeOf(found.getColumn(2).getInt64());
  row.uid = found.getColumn(3).getString();
  row.operation = found.getColumn(4).getString();
  row.kind = found.getColumn(5).getString();
  row.namespace_ = found.getColumn(6).getString();
  row.name = found.getColumn(7).getString();
  row.user = found.getColumn(8).getString();
  row.allowed = found.getColumn(9).getInt64() != 0;
  row.outcome = found.getColumn(10).getString();
  row.rule = found.getColumn(11).getString();
  row.reasons = found.getColumn(12).getString();
  row.policies = found.getColumn(13).getString();
  row.message = found.getColumn(14).getString();
  return row;
}

// In the order of the columns of insert_decision_.
void BindRow(const DecisionRow& row, SQLite::Statement& insert) {
  insert.bindNoCopy(1, row.id);
  insert.bind(2, Milliseconds(row.decided_at));
  int column = 3;
  for (const std::string* text : {&row.uid, &row.operation, &row.kind, &row.namespace_, &row.name, &row.user})
    insert.bindNoCopy(column++, *text);
  insert.bind(column++, static_cast<int>(row.allowed));
  for (const std::string* text : {&row.outcome, &row.rule, &row.reasons, &row.policies, &row.message}) insert.bindNoCopy(column++, *text);
}

// How many decisions each namespace loses so that about that share of all goes.
std::map<std::string, std::uint64_t> LossesFor(const std::map<std::string, Holding>& holdings, double share) {
  std::vector<double> held;
  held.reserve(holdings.size());
  for (const auto& [namespace_, holding] : holdings) held.push_back(holding.bytes);
  const double level = LevelFor(held, share * std::accumulate(held.begin(), held.end(), 0.0));
  std::map<std::string, std::uint64_t> losses;
  for (const auto& [namespace_, holding] : holdings) {
    const double part = 1.0 - level / holding.bytes;
    if (part > 0) losses[namespace_] = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(holding.decisions)));
  }
  return losses;
}

}  // namespace

HistoryFile::HistoryFile(const std::string& path, OpenMode mode)
    : database_(PlaceToOpen(path, mode), OpenFlags(mode), kBusyMilliseconds), place_(path) {
  PrepareDatabase(database_, mode, kHistorySignature);
  if (mode == OpenMode::kWrite) {
    find_document_.emplace(database_, "SELECT id FROM documents WHERE digest = ?");
    insert_document_.emplace(database_, "INSERT INTO documents (digest, size, body) VALUES (?, ?, ?)");
    insert_decision_.emplace(database_,
                             "INSERT INTO decisions (id, decided_at, uid, operation, kind, namespace, name, user, allowed, outcome, rule, "
                             "reasons, policies, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert_use_.emplace(database_, "INSERT OR IGNORE INTO uses (sequence, role, document) VALUES (?, ?, ?)");
  }
  uses_.emplace(database_, "SELECT role, document FROM uses WHERE sequence = ? ORDER BY role, document");
  document_.emplace(database_, "SELECT digest, size, body FROM documents WHERE id = ?");
}

std::int64_t HistoryFile::NumberOf(const NewDocument& document, std::size_t max_document_bytes) {
  (void)find_document_->tryReset();
  find_document_->bindNoCopy(1, document.digest);
  const bool is_known = find_document_->executeStep();
  const std::int64_t number = is_known ? find_document_->getColumn(0).getInt64() : 0;
  find_document_->reset();
  if (is_known) return number;
  const std::string bytes = document.bytes();
  // Not to be kept, but to be remembered: the next decision that shares it finds its digest and does not ask for the bytes again.
  const std::string body = bytes.size() > max_document_bytes ? std::string() : Compress(bytes);
  (void)insert_document_->tryReset();
  insert_document_->bindNoCopy(1, document.digest);
  insert_document_->bind(2, static_cast<std::int64_t>(bytes.size()));
  insert_document_->bindNoCopy(3, body.data(), static_cast<int>(body.size()));
  insert_document_->exec();
  return database_.getLastInsertRowid();
}

void HistoryFile::Insert(const NewDecision& decision, std::size_t max_document_bytes) {
  std::vector<DocumentLink> links;
  links.reserve(decision.documents.size());
  for (const NewDocument& document : decision.documents) links.push_back({document.role, NumberOf(document, max_document_bytes)});
  (void)insert_decision_->tryReset();
  BindRow(decision.row, *insert_decision_);
  insert_decision_->exec();
  const std::int64_t sequence = database_.getLastInsertRowid();
  for (const DocumentLink& link : links) {
    (void)insert_use_->tryReset();
    insert_use_->bind(1, sequence);
    insert_use_->bind(2, static_cast<int>(link.role));
    insert_use_->bind(3, link.document);
    insert_use_->exec();
  }
}

std::vector<DocumentLink> HistoryFile::DocumentsOf(std::int64_t sequence) {
  std::vector<DocumentLink> links;
  (void)uses_->tryReset();
  uses_->bind(1, sequence);
  while (uses_->executeStep()) links.push_back({static_cast<DocumentRole>(uses_->getColumn(0).getInt()), uses_->getColumn(1).getInt64()});
  uses_->reset();
  return links;
}

std::vector<StoredDecision> HistoryFile::List(const DecisionQuery& query) {
  // "~" sorts behind every id.
  const std::string before = query.before.empty() ? "~" : query.before;
  SQLite::Statement select(database_, std::string(kSelectDecisions) +
                                          "WHERE id < ?1 AND (?2 = '' OR namespace = ?2) AND (?3 < 0 OR allowed = ?3) "
                                          "ORDER BY id DESC LIMIT ?4");
  select.bindNoCopy(1, before);
  select.bindNoCopy(2, query.namespace_);
  select.bind(3, query.allowed ? static_cast<int>(*query.allowed) : -1);
  select.bind(4, static_cast<std::int64_t>(query.limit));
  std::vector<StoredDecision> found;
  while (select.executeStep()) found.push_back({RowOf(select), DocumentsOf(select.getColumn(0).getInt64())});
  return found;
}

std::optional<StoredDecision> HistoryFile::Find(const std::string& id) {
  SQLite::Statement select(database_, std::string(kSelectDecisions) + "WHERE id = ?");
  select.bindNoCopy(1, id);
  if (!select.executeStep()) return std::nullopt;
  return StoredDecision{RowOf(select), DocumentsOf(select.getColumn(0).getInt64())};
}

std::vector<StoredDecision> HistoryFile::After(std::int64_t& sequence, std::int64_t last, std::size_t limit) {
  SQLite::Statement select(database_, std::string(kSelectDecisions) + "WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3");
  select.bind(1, sequence);
  select.bind(2, last);
  select.bind(3, static_cast<std::int64_t>(limit));
  std::vector<StoredDecision> found;
  while (select.executeStep()) {
    sequence = select.getColumn(0).getInt64();
    found.push_back({RowOf(select), DocumentsOf(sequence)});
  }
  return found;
}

Result<void> HistoryFile::ForEach(const std::function<Result<void>(StoredDecision)>& use) {
  std::int64_t sequence = std::numeric_limits<std::int64_t>::min();
  const std::int64_t last = database_.execAndGet("SELECT coalesce(max(sequence), 0) FROM decisions").getInt64();
  for (;;) {
    std::vector<StoredDecision> page = After(sequence, last, kForEachPage);
    if (page.empty()) return {};
    for (StoredDecision& decision : page)
      if (auto used = use(std::move(decision)); !used) return used;
  }
}

Result<StoredDocument> HistoryFile::Document(std::int64_t number) {
  (void)document_->tryReset();
  document_->bind(1, number);
  if (!document_->executeStep()) return Fail(ErrorCode::kNotFound, fmt::format("the history has no document {}", number));
  std::string digest = document_->getColumn(0).getString();
  const std::int64_t size = document_->getColumn(1).getInt64();
  const std::string body = document_->getColumn(2).getString();
  document_->reset();
  if (body.empty()) return Fail(ErrorCode::kTooLarge, fmt::format("not kept, since it was too large: {} bytes", size));
  if (size < 0 || size > kMaxValueBytes)
    return Fail(ErrorCode::kInvalidInput, fmt::format("a document of {} bytes, more than the {} that one may have", size, kMaxValueBytes));
  auto bytes = Decompress(body, static_cast<std::size_t>(size));
  if (!bytes || bytes->size() != static_cast<std::size_t>(size))
    return Fail(ErrorCode::kInvalidInput, fmt::format("document {} of the history is damaged", number));
  return StoredDocument{std::move(digest), std::move(*bytes)};
}

HistorySummary HistoryFile::Summary() {
  HistorySummary summary;
  SQLite::Statement select(database_, "SELECT count(*), min(decided_at), max(decided_at) FROM decisions");
  if (select.executeStep() && select.getColumn(0).getInt64() > 0) {
    summary.decisions = static_cast<std::uint64_t>(select.getColumn(0).getInt64());
    summary.oldest = TimeOf(select.getColumn(1).getInt64());
    summary.newest = TimeOf(select.getColumn(2).getInt64());
  }
  summary.documents = static_cast<std::uint64_t>(database_.execAndGet("SELECT count(*) FROM documents").getInt64());
  summary.file_bytes = BytesInUse();
  return summary;
}

std::vector<std::string> HistoryFile::Check() {
  std::vector<std::string> wrong;
  SQLite::Statement integrity(database_, "PRAGMA integrity_check(20)");
  std::size_t faults = 0;
  while (integrity.executeStep())
    if (integrity.getColumn(0).getString() != "ok") ++faults;
  // In SQLite's own words they say nothing to whoever does not know its file format.
  if (faults > 0)
    wrong.push_back(
        fmt::format("parts of the file are damaged or missing, at least {}: `PRAGMA integrity_check` of sqlite3 names them", faults));
  SQLite::Statement keys(database_, "PRAGMA foreign_key_check");
  std::size_t dangling = 0;
  while (keys.executeStep()) ++dangling;
  if (dangling > 0) wrong.push_back(fmt::format("{} references lead to nothing", dangling));
  return wrong;
}

void HistoryFile::EraseUnused() {
  database_.exec("DELETE FROM documents WHERE NOT EXISTS (SELECT 1 FROM uses WHERE uses.document = documents.id)");
}

std::uint64_t HistoryFile::EraseBefore(Time time) {
  SQLite::Transaction transaction = Begin();
  const int erased = database_.exec(fmt::format("DELETE FROM decisions WHERE decided_at < {}", Milliseconds(time)));
  if (erased > 0) EraseUnused();
  transaction.commit();
  return static_cast<std::uint64_t>(erased);
}

std::map<std::string, Holding> HistoryFile::Holdings() {
  constexpr double kRowBytes = 1024;  // about, with its entries in indexes
  std::map<std::string, Holding> holdings;
  SQLite::Statement decisions(database_, "SELECT namespace, length(message) FROM decisions");
  while (decisions.executeStep()) {
    Holding& holding = holdings[decisions.getColumn(0).getString()];
    ++holding.decisions;
    holding.bytes += kRowBytes + static_cast<double>(decisions.getColumn(1).getInt64());
  }
  // A document is of whom it came with.
  SQLite::Statement documents(database_,
                              "SELECT length(body), (SELECT namespace FROM uses JOIN decisions ON decisions.sequence = uses.sequence "
                              "WHERE uses.document = documents.id ORDER BY uses.sequence LIMIT 1) FROM documents");
  while (documents.executeStep()) {
    const auto owner = holdings.find(documents.getColumn(1).getString());
    if (owner != holdings.end()) owner->second.bytes += static_cast<double>(documents.getColumn(0).getInt64());
  }
  return holdings;
}

std::uint64_t HistoryFile::EraseOldestOf(std::map<std::string, std::uint64_t> losses) {
  SQLite::Transaction transaction = Begin();
  std::vector<std::int64_t> going;
  SQLite::Statement select(database_, "SELECT sequence, namespace FROM decisions ORDER BY sequence");
  while (select.executeStep()) {
    const auto loss = losses.find(select.getColumn(1).getString());
    if (loss == losses.end() || loss->second == 0) continue;
    --loss->second;
    going.push_back(select.getColumn(0).getInt64());
  }
  select.reset();
  SQLite::Statement erase(database_, "DELETE FROM decisions WHERE sequence = ?");
  for (const std::int64_t sequence : going) {
    erase.reset();
    erase.bind(1, sequence);
    erase.exec();
  }
  EraseUnused();
  transaction.commit();
  return going.size();
}

std::uint64_t HistoryFile::EraseOldest(std::uint64_t max_bytes) {
  std::uint64_t erased = 0;
  for (std::uint64_t bytes = BytesInUse(); bytes > max_bytes; bytes = BytesInUse()) {
    const double share = static_cast<double>(bytes - max_bytes) / static_cast<double>(bytes);
    const std::uint64_t count = EraseOldestOf(LossesFor(Holdings(), share));
    if (count == 0) break;
    erased += count;
  }
  return erased;
}

void HistoryFile::GiveRoomBack() {
  database_.exec("VACUUM");
  database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace hullwright::store
