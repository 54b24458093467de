#include "evidence/scan_index.h"

#include <algorithm>

namespace hullwright::evidence {

// The record leaves the maps; the caller lets go of it outside the lock, since its destructor frees much.
std::shared_ptr<const policy::ScanRecord> ScanIndex::Take(Maps& maps, const std::string& digest_text) {
  const auto found = maps.by_digest.find(digest_text);
  if (found == maps.by_digest.end()) return nullptr;
  auto record = std::move(found->second);
  maps.by_digest.erase(found);
  for (const Digest& index : record->index_digests()) {
    const auto manifests = maps.manifests_of_index.find(index.text());
    if (manifests == maps.manifests_of_index.end()) continue;
    std::erase(manifests->second, digest_text);
    if (manifests->second.empty()) maps.manifests_of_index.erase(manifests);
  }
  return record;
}

void ScanIndex::Put(std::shared_ptr<const policy::ScanRecord> record) {
  const auto old = maps_.With([&](Maps& maps) {
    const std::string& digest = record->digest().text();
    auto previous = Take(maps, digest);
    maps.broken.erase(digest);
    for (const Digest& index : record->index_digests()) {
      auto& manifests = maps.manifests_of_index[index.text()];
      if (std::ranges::find(manifests, digest) == manifests.end()) manifests.push_back(digest);
    }
    maps.by_digest.emplace(digest, std::move(record));
    return previous;
  });
}

bool ScanIndex::PutBroken(const std::string& digest_text, std::string error) {
  return maps_.With([&](Maps& maps) {
    if (maps.by_digest.contains(digest_text)) return false;
    maps.broken.insert_or_assign(digest_text, std::move(error));
    return true;
  });
}

void ScanIndex::Remove(const std::string& digest_text) {
  const auto old = maps_.With([&](Maps& maps) {
    maps.broken.erase(digest_text);
    return Take(maps, digest_text);
  });
}

FoundScans ScanIndex::Find(const Digest& digest) const {
  return maps_.With([&](const Maps& maps) {
    FoundScans found;
    if (const auto record = maps.by_digest.find(digest.text()); record != maps.by_digest.end()) found.records.push_back(record->second);
    if (const auto broken = maps.broken.find(digest.text()); broken != maps.broken.end()) found.broken.push_back({broken->second});
    const auto manifests = maps.manifests_of_index.find(digest.text());
    if (manifests == maps.manifests_of_index.end()) return found;
    for (const std::string& manifest : manifests->second) {
      // A scan may name its own digest as an index; it is one scan all the same.
      const auto record = maps.by_digest.find(manifest);
      if (record != maps.by_digest.end() && manifest != digest.text()) found.records.push_back(record->second);
    }
    return found;
  });
}

std::size_t ScanIndex::size() const {
  return maps_.With([](const Maps& maps) { return maps.by_digest.size(); });
}

}  // namespace hullwright::evidence
