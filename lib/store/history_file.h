// One connection to the database file of a decision history: schema, migrations, statements, bounds. Private to lib/store. Everything here
// may throw SQLite::Exception; decision_history.cpp catches.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/database_file.h"
#include "store/decision_history.h"

namespace hullwright::store {

// Scripts that lead from one version of the schema to the next: the first makes the tables. One that was released is never changed.
inline constexpr std::array<const char*, 1> kHistoryMigrations = {R"(
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,  -- of the bytes before compression
  size INTEGER NOT NULL,        -- of them
  body BLOB NOT NULL            -- RFC 1950; empty: it was too large to be kept
) STRICT;
CREATE TABLE decisions (
  sequence INTEGER PRIMARY KEY,  -- grows with the time of writing
  id TEXT NOT NULL UNIQUE,
  decided_at INTEGER NOT NULL,   -- milliseconds since 1970
  uid TEXT NOT NULL,
  operation TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  user TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  rule TEXT NOT NULL,
  reasons TEXT NOT NULL,
  policies TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE TABLE uses (
  sequence INTEGER NOT NULL REFERENCES decisions (sequence) ON DELETE CASCADE,
  role INTEGER NOT NULL,
  document INTEGER NOT NULL REFERENCES documents (id),
  PRIMARY KEY (sequence, role, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_by_document ON uses (document);
)"};
inline constexpr FileSignature kHistorySignature{
    .application_id = 0x48774468, .schema_version = kHistoryMigrations.size(), .scripts = kHistoryMigrations};  // "HwDh"

// What a namespace holds of the file, about.
struct Holding {
  std::uint64_t decisions = 0;
  double bytes = 0;
};

// Not thread-safe.
class HistoryFile {
 public:
  // kWrite creates what is missing, readable for this user alone, and migrates. kRead needs a file of this version.
  HistoryFile(const std::string& path, OpenMode mode);

  bool IsInPlace() const { return place_.IsSame(); }
  const FilePlace& place() const { return place_; }
  void LimitPages(std::uint64_t max_bytes) { store::LimitPages(database_, max_bytes); }

  [[nodiscard]] SQLite::Transaction Begin() { return BeginWriting(database_); }

  // Of a document of more than max_document_bytes only digest and size are kept, which say that there was one.
  void Insert(const NewDecision& decision, std::size_t max_document_bytes);

  std::vector<StoredDecision> List(const DecisionQuery& query);
  std::optional<StoredDecision> Find(const std::string& id);
  // No statement is open while use runs: that would keep the writer from ever beginning its log anew.
  Result<void> ForEach(const std::function<Result<void>(StoredDecision)>& use);
  // kNotFound: there is none of that number. kTooLarge: it was not kept.
  Result<StoredDocument> Document(std::int64_t number);
  HistorySummary Summary();
  std::vector<std::string> Check();

  // Each with the documents that nothing refers to any more; they return how many decisions went.
  std::uint64_t EraseBefore(Time time);
  // Until no more is in use. Those of the namespace that holds the most go first: none can push out what was decided of the others.
  std::uint64_t EraseOldest(std::uint64_t max_bytes);
  std::uint64_t BytesInUse() { return store::BytesInUse(database_); }
  void GiveRoomBack();

 private:
  // Decisions after that sequence, which becomes that of the last one found.
  std::vector<StoredDecision> After(std::int64_t& sequence, std::int64_t last, std::size_t limit);
  std::int64_t NumberOf(const NewDocument& document, std::size_t max_document_bytes);
  std::vector<DocumentLink> DocumentsOf(std::int64_t sequence);
  std::map<std::string, Holding> Holdings();  // by namespace
  // losses: how many decisions of each namespace.
  std::uint64_t EraseOldestOf(std::map<std::string, std::uint64_t> losses);
  void EraseUnused();

  SQLite::Database database_;
  const FilePlace place_;
  std::optional<SQLite::Statement> find_document_, insert_document_, insert_decision_, insert_use_, uses_, document_;
};

}  // namespace hullwright::store
