#include "evidence/recorded_documents.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "evidence/recorded_json.h"
#include "registry/content_digest.h"

namespace hullwright::evidence {

std::string_view NameOf(store::DocumentRole role) {
  switch (role) {
    case store::DocumentRole::kFacts:
      return "facts";
    case store::DocumentRole::kClusterObjects:
      return "objects of the cluster";
    case store::DocumentRole::kNamespaceObjects:
      return "objects of the namespace";
    case store::DocumentRole::kExplanation:
      return "explanation";
    case store::DocumentRole::kScan:
      break;
  }
  return "scan";
}

Result<store::StoredDocument> ReadVerified(store::HistoryReader& history, std::int64_t number) {
  auto document = history.Document(number);
  if (!document) return std::unexpected(document.error());
  const auto digest = Digest::Parse(document->digest);
  if (!digest || !registry::IsDigestOf(*digest, document->bytes)) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("document {} of the history is not what its digest {} says", number, Printable(document->digest, 80)));
  }
  return document;
}

Result<std::string> ReadDocument(store::HistoryReader& history, const store::StoredDecision& decision, store::DocumentRole role) {
  const auto number = decision.Find(role);
  if (!number) return Fail(ErrorCode::kNotFound, "the history does not hold what the decision rests on");
  auto document = ReadVerified(history, *number);
  if (!document) return std::unexpected(document.error().Within(NameOf(role)));
  return std::move(document->bytes);
}

Result<nlohmann::ordered_json> ReadJson(std::string_view document) {
  // nlohmann reads what is nested however deep, and would overflow the stack when it writes it.
  JsonReader reader;
  if (const auto read = reader.Read(document, {.max_bytes = kMaxRecordedBytes}); !read)
    return std::unexpected(read.error().Within("a document of the history"));
  auto json = nlohmann::ordered_json::parse(document, nullptr, false);
  if (json.is_discarded()) return Fail(ErrorCode::kInvalidInput, "a document of the history is no JSON");
  return json;
}

}  // namespace hullwright::evidence
