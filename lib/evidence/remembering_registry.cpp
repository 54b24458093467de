#include "evidence/remembering_registry.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_text.h"
#include "registry/content_digest.h"

namespace hullwright::evidence {
namespace {

using registry::Call;
using registry::Descriptor;
using registry::Document;
using registry::ReferrerList;
using registry::RepositoryName;
using store::EntryKey;
using store::EntryKind;

// The store has its own, shorter bound of age; this only says "as long as it likes".
constexpr std::chrono::hours kLongLife{24 * 365};

// Whose credentials asked is part of the key, so that nobody is told what only another may read.
EntryKey KeyOf(EntryKind kind, const RepositoryName& repository, std::string_view reference, const Call& call) {
  return {kind, call.keyring ? call.keyring->Id(repository.host, repository.path) : "", repository.ToString(), std::string(reference)};
}

// As the index that a registry would have sent, so that one parser reads both.
std::string EncodeReferrers(const std::vector<Descriptor>& entries) {
  std::string json = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[)", registry::kOciIndex);
  for (const Descriptor& entry : entries) {
    if (&entry != entries.data()) json += ',';
    json += R"({"mediaType":)";
    AppendJsonString(entry.media_type, json);
    json += fmt::format(R"(,"digest":"{}","size":{})", entry.digest.text(), entry.size);
    if (!entry.artifact_type.empty()) {
      json += R"(,"artifactType":)";
      AppendJsonString(entry.artifact_type, json);
    }
    json += '}';
  }
  return json + "]}";
}

ReferrerList OnlyOfType(ReferrerList list, std::string_view artifact_type) {
  if (artifact_type.empty()) return list;
  std::erase_if(list.entries,
                [&](const Descriptor& entry) { return !entry.artifact_type.empty() && entry.artifact_type != artifact_type; });
  return list;
}

bool CouldNotAsk(const registry::Problem& problem) {
  return problem.outcome() == registry::Outcome::kUnreachable;
}

// What the store gives is held like what the registry sends, and an image is the same one after a restart.
bool TakeBudget(const Call& call, std::size_t bytes) {
  return call.budget == nullptr || call.budget->TryTake(bytes);
}

std::unexpected<registry::Problem> BeyondBudget(const Digest& digest) {
  return registry::Decline(registry::Why::kBudget, fmt::format("{}: more bytes than may be read for one image", digest.text()));
}

// nullptr: it is not there.
template <class Value>
std::shared_ptr<const Value> FindIn(const std::map<std::string, std::shared_ptr<const Value>>& known, const std::string& name) {
  const auto found = known.find(name);
  return found == known.end() ? nullptr : found->second;
}

std::shared_ptr<const Document> Checked(const Digest& digest, store::Entry entry) {
  if (!registry::IsDigestOf(digest, entry.bytes)) return nullptr;
  auto content = registry::ParseManifest(entry.bytes, entry.media_type);
  if (!content) return nullptr;
  auto bytes = std::make_shared<const std::string>(std::move(entry.bytes));
  return std::make_shared<Document>(Document{digest, std::move(entry.media_type), std::move(bytes), std::move(*content)});
}

}  // namespace

RememberingRegistry::RememberingRegistry(registry::Registry& upstream, store::ByteCache* cache, const Clock& clock, Freshness freshness)
    : upstream_(upstream), cache_(cache), clock_(clock), freshness_(freshness) {}

void RememberingRegistry::Remember(const std::string& name, const std::shared_ptr<const Document>& document) {
  memory_.With([&](Memory& memory) { memory.documents.emplace(name, document); });
}

std::optional<store::Entry> RememberingRegistry::Recall(const EntryKey& key, std::chrono::milliseconds max_age) const {
  if (cache_ == nullptr || max_age <= std::chrono::milliseconds(0)) return std::nullopt;
  auto entry = cache_->Find(key);
  const Time now = clock_.Now();
  // Stored in the future: a clock was wrong, then or now, and nobody knows how old it is.
  if (entry && (entry->stored_at > now || entry->stored_at + max_age <= now)) entry.reset();
  return entry;
}

void RememberingRegistry::Keep(const EntryKey& key, std::string_view media_type, std::string_view bytes, std::chrono::milliseconds life) {
  if (cache_ != nullptr) cache_->Put(key, std::string(media_type), std::string(bytes), life);
}

void RememberingRegistry::NoteRecalled(const store::Entry& entry, bool outage) {
  memory_.With([&](Memory& memory) {
    memory.oldest = memory.oldest ? std::min(*memory.oldest, entry.stored_at) : entry.stored_at;
    memory.in_outage = memory.in_outage || outage;
  });
}

std::optional<RememberingRegistry::DocumentAnswer> RememberingRegistry::RecallTag(const RepositoryName& repository, const EntryKey& key,
                                                                                  std::chrono::milliseconds max_age, bool outage,
                                                                                  const Call& call) {
  const auto entry = Recall(key, max_age);
  if (!entry) return std::nullopt;
  const auto digest = Digest::Parse(entry->bytes);
  if (!digest) return std::nullopt;
  auto document = Manifest(repository, *digest, call);
  if (!document) return std::nullopt;
  NoteRecalled(*entry, outage);
  return document;
}

RememberingRegistry::DocumentAnswer RememberingRegistry::Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) {
  const EntryKey key = KeyOf(EntryKind::kTag, repository, tag, call);
  EntryKey absent = key;
  absent.kind = EntryKind::kAbsent;
  if (auto known = RecallTag(repository, key, freshness_.asked, false, call)) return *known;
  if (const auto none = Recall(absent, std::min<std::chrono::milliseconds>(freshness_.asked, kNegativeLife))) {
    NoteRecalled(*none, false);
    return registry::Decline(registry::Why::kAbsent, fmt::format("{}:{}: there is no such tag", repository.ToString(), tag));
  }
  auto answer = upstream_.Resolve(repository, tag, call);
  if (answer) {
    const Document& document = **answer;
    Keep(KeyOf(EntryKind::kManifest, repository, document.digest.text(), call), document.media_type, *document.bytes, kLongLife);
    Keep(key, "", document.digest.text(), kLongLife);
    Remember(repository.ToString() + "@" + document.digest.text(), *answer);
  } else if (answer.error().outcome() == registry::Outcome::kAbsent) {
    Keep(absent, "", "", kNegativeLife);
    if (cache_ != nullptr) cache_->Forget(key);
  } else if (CouldNotAsk(answer.error())) {
    if (auto known = RecallTag(repository, key, freshness_.outage, true, call)) return *known;
  }
  return answer;
}

RememberingRegistry::DocumentAnswer RememberingRegistry::Manifest(const RepositoryName& repository, const Digest& digest,
                                                                  const Call& call) {
  const std::string name = repository.ToString() + "@" + digest.text();
  if (auto known = memory_.With([&](const Memory& memory) { return FindIn(memory.documents, name); })) return known;
  auto answer = FetchManifest(repository, digest, call);
  if (answer) Remember(name, *answer);
  return answer;
}

RememberingRegistry::DocumentAnswer RememberingRegistry::FetchManifest(const RepositoryName& repository, const Digest& digest,
                                                                       const Call& call) {
  const EntryKey key = KeyOf(EntryKind::kManifest, repository, digest.text(), call);
  if (auto entry = cache_ != nullptr ? cache_->Find(key) : std::nullopt) {
    const std::size_t bytes = entry->bytes.size();
    if (auto document = Checked(digest, std::move(*entry))) {
      if (!TakeBudget(call, bytes)) return BeyondBudget(digest);
      return document;
    }
    cache_->Forget(key);
  }
  auto answer = upstream_.Manifest(repository, digest, call);
  if (answer) Keep(key, (*answer)->media_type, *(*answer)->bytes, kLongLife);
  return answer;
}

RememberingRegistry::BlobAnswer RememberingRegistry::Blob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                          std::size_t max_bytes) {
  const std::string name = repository.ToString() + "@" + blob.digest.text();
  auto known = memory_.With([&](const Memory& memory) { return FindIn(memory.blobs, name); });
  if (known != nullptr && known->size() == blob.size) return known;
  auto answer = FetchBlob(repository, blob, call, max_bytes);
  if (answer) memory_.With([&](Memory& memory) { memory.blobs.insert_or_assign(name, *answer); });
  return answer;
}

RememberingRegistry::BlobAnswer RememberingRegistry::FetchBlob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                               std::size_t max_bytes) {
  const EntryKey key = KeyOf(EntryKind::kBlob, repository, blob.digest.text(), call);
  if (auto entry = cache_ != nullptr ? cache_->Find(key) : std::nullopt) {
    const bool sound = entry->bytes.size() == blob.size && registry::IsDigestOf(blob.digest, entry->bytes);
    if (sound && entry->bytes.size() <= max_bytes) {
      if (!TakeBudget(call, entry->bytes.size())) return BeyondBudget(blob.digest);
      return std::make_shared<const std::string>(std::move(entry->bytes));
    }
    if (!sound) cache_->Forget(key);
  }
  auto answer = upstream_.Blob(repository, blob, call, max_bytes);
  if (answer) Keep(key, blob.media_type, **answer, kLongLife);
  return answer;
}

std::optional<ReferrerList> RememberingRegistry::RecallReferrers(const EntryKey& key, std::chrono::milliseconds max_age, bool outage) {
  const auto entry = Recall(key, max_age);
  if (!entry) return std::nullopt;
  auto content = registry::ParseManifest(entry->bytes, registry::kOciIndex);
  auto* index = content ? std::get_if<registry::ImageIndex>(&*content) : nullptr;
  if (index == nullptr) return std::nullopt;
  NoteRecalled(*entry, outage);
  ReferrerList list;
  list.entries = std::move(index->manifests);
  return list;
}

registry::Answer<ReferrerList> RememberingRegistry::Referrers(const RepositoryName& repository, const Digest& subject,
                                                              std::string_view artifact_type, const Call& call) {
  const EntryKey key = KeyOf(EntryKind::kReferrers, repository, subject.text(), call);
  if (auto known = RecallReferrers(key, freshness_.asked, false)) return OnlyOfType(std::move(*known), artifact_type);
  auto answer = upstream_.Referrers(repository, subject, "", call);
  if (!answer) {
    if (CouldNotAsk(answer.error())) {
      if (auto known = RecallReferrers(key, freshness_.outage, true)) return OnlyOfType(std::move(*known), artifact_type);
    }
    return answer;
  }
  if (cache_ != nullptr && !answer->incomplete) {
    const bool none = answer->entries.empty();
    Keep(key, registry::kOciIndex, EncodeReferrers(answer->entries),
         none ? std::chrono::milliseconds(kNegativeLife) : std::chrono::milliseconds(kLongLife));
  }
  return OnlyOfType(std::move(*answer), artifact_type);
}

}  // namespace hullwright::evidence
