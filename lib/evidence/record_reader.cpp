#include "evidence/record_reader.h"

#include <string>
#include <utility>

#include "evidence/recorded_documents.h"
#include "evidence/recorded_objects.h"

namespace hullwright::evidence {

Result<Record> RecordReader::Read(store::StoredDecision stored) {
  const auto facts = ReadFacts(stored);
  if (!facts) return std::unexpected(facts.error());
  const auto scans = ReadScans(stored);
  if (!scans) return std::unexpected(scans.error());
  Record record;
  record.subject = (*facts)->subject;
  record.subject.description = DescriptionOf(stored.row);
  record.options.unmatched = (*facts)->unmatched;
  for (const RecordedImage& image : (*facts)->images) {
    policy::ImageFacts& into = record.images.emplace_back(image.facts);
    for (const std::string& digest : image.scans) {
      const auto scan = scans->find(digest);
      if (scan == scans->end()) return Fail(ErrorCode::kInvalidInput, "a scan that the decision names is not in the history");
      into.scans.push_back(scan->second);
    }
    record.had_vex.push_back(image.had_vex);
  }
  record.stored = std::move(stored);
  return record;
}

Result<store::StoredDocument> RecordReader::Fetch(std::int64_t number) {
  std::lock_guard lock(mutex_);
  return ReadVerified(history_, number);
}

Result<std::string> RecordReader::Fetch(const store::StoredDecision& stored, store::DocumentRole role) {
  std::lock_guard lock(mutex_);
  return ReadDocument(history_, stored, role);
}

template <class Value>
Result<std::shared_ptr<const Value>> RecordReader::ReadShared(const store::StoredDecision& stored, store::DocumentRole role,
                                                              Result<Value> (*decode)(std::string_view),
                                                              RecentMap<std::shared_ptr<const Value>>& known) {
  // Without such a document nothing is found under "", nor in the history.
  const auto number = stored.Find(role);
  const std::string key = number ? std::to_string(*number) : "";
  if (auto value = known.Find(key)) return std::move(*value);
  const auto text = Fetch(stored, role);
  if (!text) return std::unexpected(text.error());
  auto decoded = decode(*text);
  if (!decoded) return std::unexpected(decoded.error());
  auto value = std::make_shared<const Value>(std::move(*decoded));
  known.Put(key, value, text->size());
  return value;
}

Result<std::shared_ptr<const RecordedFacts>> RecordReader::ReadFacts(const store::StoredDecision& stored) {
  return ReadShared(stored, store::DocumentRole::kFacts, DecodeFacts, facts_);
}

Result<std::unordered_map<std::string, RecordReader::Scan>> RecordReader::ReadScans(const store::StoredDecision& stored) {
  std::unordered_map<std::string, Scan> scans;
  for (const store::DocumentLink& link : stored.documents) {
    if (link.role != store::DocumentRole::kScan) continue;
    const std::string key = std::to_string(link.document);
    if (auto known = scans_.Find(key)) {
      scans.insert(std::move(*known));
      continue;
    }
    const auto document = Fetch(link.document);
    if (!document) return std::unexpected(document.error().Within("a scan"));
    auto scan = DecodeScan(document->bytes);
    if (!scan) return std::unexpected(scan.error());
    scans.emplace(document->digest, *scan);
    scans_.Put(key, {document->digest, std::move(*scan)}, document->bytes.size());
  }
  return scans;
}

RecordReader::ObjectsKey RecordReader::KeyOf(const Record& record) {
  return {record.stored.Find(store::DocumentRole::kClusterObjects).value_or(0),
          record.stored.Find(store::DocumentRole::kNamespaceObjects).value_or(0)};
}

Result<RecordedObjects> RecordReader::ReadObjects(const Record& record) {
  RecordedObjects objects;
  for (const auto role : {store::DocumentRole::kClusterObjects, store::DocumentRole::kNamespaceObjects}) {
    const bool may_lack = role == store::DocumentRole::kNamespaceObjects && record.subject.namespace_.empty();
    if (may_lack) continue;
    const auto text = Fetch(record.stored, role);
    if (!text) return std::unexpected(text.error());
    if (auto decoded = DecodeObjects(*text, objects.parts); !decoded) return std::unexpected(decoded.error());
    objects.bytes += text->size();
  }
  return objects;
}

Result<std::shared_ptr<const RecordedDecision>> RecordReader::ReadDecision(const store::StoredDecision& stored) {
  return ReadShared(stored, store::DocumentRole::kExplanation, DecodeDecision, decisions_);
}

}  // namespace hullwright::evidence
