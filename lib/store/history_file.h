// One connection to the database file of a decision history: schema, migrations, statements, bounds. Private to lib/store. Everything here
// may throw SQLite::Exception; decision_history.cpp catches.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/database_file.h"
#include "store/decision_history.h"

namespace hullwright::store {

inline constexpr FileSignature kHistorySignature{.application_id = 0x48774468, .schema_version = 1};  // "HwDh"

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
