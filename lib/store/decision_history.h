// The decision history: who asked what, what was answered, and everything needed to judge it again
// (docs/decisions/0030-decision-history.md). A SQLite file of its own. Deleting it loses the history and nothing else.
//
// A decision refers to documents by their digest: many decisions share one (the objects in force, the scan of an image), which is kept
// once, compressed. What the documents say is the matter of evidence/recorded_*.h; here they are bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::store {

class FilePlace;
class HistoryFile;  // private to lib/store

// What a document is to a decision. The numbers stand in files.
enum class DocumentRole {
  kFacts = 1,             // request and images as the engine was given them
  kClusterObjects = 2,    // policies, publishers and waivers of the whole cluster that were in force
  kNamespaceObjects = 3,  // those of the request's namespace
  kExplanation = 4,       // the decision, with what every rule saw
  kScan = 5,              // an ImageScan that was used
};

// What is kept of a decision in the clear, to list and to search.
struct DecisionRow {
  std::string id;  // see evidence/decision_id.h; sorts by time
  Time decided_at{};
  std::string uid, operation, kind, namespace_, name, user;  // of the request; name may be empty
  bool allowed = false;                                      // what was answered
  std::string outcome;                                       // "pass", "could-not-tell", "violation"
  std::string rule;                                          // by which it passed whatever was decided: "mirror-pod"; "" in general
  std::string reasons;                                       // words, joined by ","
  std::string policies;                                      // ids, joined by ","
  std::string message;                                       // of a denial
};

struct NewDocument {
  DocumentRole role = DocumentRole::kFacts;
  std::string digest;                  // "sha256:…" of the bytes: the caller's to compute, and to compare when it reads
  std::function<std::string()> bytes;  // called only where the file holds no document of that digest
};

struct NewDecision {
  DecisionRow row;
  std::vector<NewDocument> documents;
};

struct HistoryOptions {
  std::string path;
  std::uint64_t max_bytes = 512u << 20;           // of the file; the oldest decisions of the namespace that holds the most go first
  std::chrono::hours max_age{24 * 90};            // of a decision
  std::size_t max_document_bytes = 16u << 20;     // before compression; of a larger one is kept that there was one
  std::chrono::milliseconds retry{30'000};        // after a file that cannot be opened
  std::chrono::milliseconds expire{10 * 60'000};  // how often old decisions are looked for
};

// Plain numbers since start.
struct HistoryStatistics {
  std::uint64_t written = 0;   // decisions
  std::uint64_t dropped = 0;   // decisions that could not be written
  std::uint64_t failures = 0;  // operations on the file
  std::uint64_t rebuilds = 0;  // damaged files put aside
  std::uint64_t file_bytes = 0;
  bool usable = false;  // the file is open
};

// The one who writes. Not thread-safe, but for Statistics. What goes wrong with the file is logged, counted and never thrown: a damaged
// file is renamed to FILE.damaged and begun anew, one that was deleted is begun anew, and on a full disk what is there stays and what
// comes is dropped.
class DecisionHistory {
 public:
  // Errors: what can never work, or would destroy something: the path is a folder, a database of somebody else, or a history that a newer
  // version wrote. The clock outlives it.
  static Result<std::unique_ptr<DecisionHistory>> Open(HistoryOptions options, const Clock& clock);
  ~DecisionHistory();

  // All of them in one transaction, or none. A document that is too large costs itself, not its decision.
  void Append(std::span<const NewDecision> decisions);
  // To be called now and then, also when nothing is written: looks after the file and its bounds.
  void Maintain();

  HistoryStatistics Statistics() const;

 private:
  DecisionHistory(HistoryOptions options, const Clock& clock);
  void OpenFile();
  void PutAside(const FilePlace& damaged);
  void Write(std::span<const NewDecision> decisions);
  void KeepBounds();
  void KeepSize();
  void GiveUp(const char* what, const std::exception& error);

  const HistoryOptions options_;
  const Clock& clock_;
  std::unique_ptr<HistoryFile> file_;
  std::chrono::steady_clock::time_point retry_at_{}, expire_at_{};
  std::atomic<bool> usable_ = false;
  std::atomic<std::uint64_t> written_ = 0, dropped_ = 0, failures_ = 0, rebuilds_ = 0, file_bytes_ = 0;
};

// A document of a stored decision, by its number in the file.
struct DocumentLink {
  DocumentRole role = DocumentRole::kFacts;
  std::int64_t document = 0;
};

struct StoredDecision {
  DecisionRow row;
  std::vector<DocumentLink> documents;

  std::optional<std::int64_t> Find(DocumentRole role) const;  // the first of that role
};

struct StoredDocument {
  std::string digest, bytes;
};

// Which decisions to list. What is empty or nullopt does not matter.
struct DecisionQuery {
  std::string before = {};  // id: older ones than this
  std::string namespace_ = {};
  std::optional<bool> allowed = {};
  std::size_t limit = 100;
};

struct HistorySummary {
  std::uint64_t decisions = 0, documents = 0, file_bytes = 0;
  std::optional<Time> oldest, newest;
};

// What helps where a history is damaged.
inline constexpr std::string_view kDamagedHistoryRemedy =
    "delete the files FILE-wal and FILE-shm and put a copy from before in its place, or delete all three: hullwright-webhook --history "
    "begins "
    "a new one";

// Reads a history, also while somebody writes it. Not thread-safe. Errors, of all of it: kInvalidInput: the file is damaged; kUnavailable:
// it cannot be read now.
class HistoryReader {
 public:
  // Errors: kNotFound: there is no such file. kUnsupported: it is no history, or one of another version.
  static Result<std::unique_ptr<HistoryReader>> Open(const std::string& path);
  ~HistoryReader();

  // Newest first.
  Result<std::vector<StoredDecision>> List(const DecisionQuery& query);
  // kNotFound: the history has none of that id.
  Result<StoredDecision> Find(const std::string& id);
  // Oldest first, those that are there when it begins. An error of use ends it and is returned. use may take its time, so that the decision
  // may be erased meanwhile: see IsGone.
  Result<void> ForEach(const std::function<Result<void>(StoredDecision)>& use);
  // kTooLarge: it was too large to be kept.
  Result<StoredDocument> Document(std::int64_t number);
  // Whether there is surely no such decision any more, so that what went wrong with reading it does not matter.
  bool IsGone(const std::string& id);
  Result<HistorySummary> Summary();
  // What is wrong with the file, in sentences; empty: it is sound.
  Result<std::vector<std::string>> Check();

 private:
  explicit HistoryReader(std::unique_ptr<HistoryFile> file);

  std::unique_ptr<HistoryFile> file_;
};

struct PruneBounds {
  std::optional<Time> older_than = {};          // decisions before it go
  std::optional<std::uint64_t> max_bytes = {};  // then the oldest of the namespace that holds the most
};
// For a file that nobody is writing just now, or hardly anybody: also gives the room back to the disk. Returns how many decisions went.
Result<std::uint64_t> PruneHistory(const std::string& path, const PruneBounds& bounds);

}  // namespace hullwright::store
