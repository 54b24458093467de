// Decisions of a history as they were decided: facts, scans and objects in force, each decoded once however many decisions share it.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "evidence/recorded_decision.h"
#include "evidence/recorded_facts.h"
#include "policy/engine.h"
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

// Values by a number of the file, bounded: when it is full, all are forgotten.
template <class Value>
class DocumentMap {
 public:
  explicit DocumentMap(std::size_t max_entries) : max_entries_(max_entries) {}

  const Value* Find(std::int64_t number) const {
    const auto found = values_.find(number);
    return found == values_.end() ? nullptr : &found->second;
  }
  void Put(std::int64_t number, Value value) {
    if (values_.size() >= max_entries_) values_.clear();
    values_.insert_or_assign(number, std::move(value));
  }

 private:
  const std::size_t max_entries_;
  std::unordered_map<std::int64_t, Value> values_;
};

// Not thread-safe. The history outlives it.
class RecordReader {
 public:
  explicit RecordReader(store::HistoryReader& history) : history_(history) {}

  // Errors: something of it is damaged, or gone; kTooLarge: or was too large to be kept.
  Result<Record> Read(store::StoredDecision stored);
  // The numbers of the documents that hold the objects in force: two decisions with the same ones were decided by the same objects.
  using ObjectsKey = std::pair<std::int64_t, std::int64_t>;
  static ObjectsKey KeyOf(const Record& record);
  Result<policy::PolicySetParts> ReadObjects(const Record& record);
  // What was decided, with what every rule saw: there also where what it was decided by is not.
  Result<std::shared_ptr<const RecordedDecision>> ReadDecision(const store::StoredDecision& stored);

 private:
  using Scan = std::shared_ptr<const policy::ScanRecord>;
  Result<std::shared_ptr<const RecordedFacts>> ReadFacts(const store::StoredDecision& stored);
  // Of the decision, by the digests of their documents.
  Result<std::unordered_map<std::string, Scan>> ReadScans(const store::StoredDecision& stored);

  store::HistoryReader& history_;
  DocumentMap<std::shared_ptr<const RecordedFacts>> facts_{10'000};
  DocumentMap<std::pair<std::string, Scan>> scans_{4096};  // with the document's digest
  DocumentMap<std::shared_ptr<const RecordedDecision>> decisions_{4096};
};

}  // namespace hullwright::evidence
