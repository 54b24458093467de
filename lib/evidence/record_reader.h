// Decisions of a history as they were decided: facts, scans and objects in force, each decoded once however many decisions share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "evidence/recent_map.h"
#include "evidence/recorded_decision.h"
#include "evidence/recorded_facts.h"
#include "policy/engine.h"
#include "policy/policy_set.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

// What a recorded decision was decided by.
struct Record {
  store::StoredDecision stored;
  policy::Subject subject;
  std::vector<policy::ImageFacts> images;
  std::vector<bool> had_vex;  // beside images: a signed VEX document was there, which the facts do not hold
  policy::EngineOptions options;

  Time at() const { return stored.row.decided_at; }
};

// The objects that were in force.
struct RecordedObjects {
  policy::PolicySetParts parts;
  std::size_t bytes = 0;  // of the documents that hold them
};

// Thread-safe. The history outlives it, and is used by nobody else while several threads read.
class RecordReader {
 public:
  explicit RecordReader(store::HistoryReader& history) : history_(history) {}

  // Errors: something of it is damaged, or gone; kTooLarge: or was too large to be kept.
  Result<Record> Read(store::StoredDecision stored);
  // The numbers of the documents that hold the objects in force: two decisions with the same ones were decided by the same objects.
  using ObjectsKey = std::pair<std::int64_t, std::int64_t>;
  static ObjectsKey KeyOf(const Record& record);
  Result<RecordedObjects> ReadObjects(const Record& record);
  // What was decided, with what every rule saw: there also where what it was decided by is not.
  Result<std::shared_ptr<const RecordedDecision>> ReadDecision(const store::StoredDecision& stored);

 private:
  using Scan = std::shared_ptr<const policy::ScanRecord>;
  // The bytes of a document, which are those of its digest.
  Result<store::StoredDocument> Fetch(std::int64_t number);
  Result<std::string> Fetch(const store::StoredDecision& stored, store::DocumentRole role);
  // The document of that role, decoded unless it is known already.
  template <class Value>
  Result<std::shared_ptr<const Value>> ReadShared(const store::StoredDecision& stored, store::DocumentRole role,
                                                  Result<Value> (*decode)(std::string_view),
                                                  RecentMap<std::shared_ptr<const Value>>& known);
  Result<std::shared_ptr<const RecordedFacts>> ReadFacts(const store::StoredDecision& stored);
  // Of the decision, by the digests of their documents.
  Result<std::unordered_map<std::string, Scan>> ReadScans(const store::StoredDecision& stored);

  std::mutex mutex_;  // for what is read through history_: SQLite serves one at a time
  store::HistoryReader& history_;
  // By the number of the document, and bounded by its bytes: what is decoded takes about as many, of facts some times as many.
  RecentMap<std::shared_ptr<const RecordedFacts>> facts_{{100'000, 32u << 20}};
  RecentMap<std::pair<std::string, Scan>> scans_{{100'000, 128u << 20}};  // with the document's digest
  RecentMap<std::shared_ptr<const RecordedDecision>> decisions_{{100'000, 32u << 20}};
};

}  // namespace hullwright::evidence
