// Entries by CVE, of which one is found by reading two small tables and the entry, however many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "policy/cve.h"

namespace hullwright::policy {

// Positions in a list of CVEs. These are numbered with few gaps, so 64 in a row share a block: which of them are in the list, and where the
// first of those stands. A block is found by a hash of its number; blocks that share a slot are halved, so that no list, whoever wrote it,
// makes finding dear. Immutable.
class CveIndex {
 public:
  // In order, each once.
  explicit CveIndex(const std::vector<CveNumber>& cves);

  std::optional<std::uint32_t> Find(CveNumber cve) const;  // nullopt: it is not in the list

  // What it occupies.
  std::size_t bytes() const { return blocks_.capacity() * sizeof(Block) + starts_.capacity() * sizeof(std::uint32_t); }

 private:
  struct Block {
    std::uint32_t number;  // its CVEs divided by 64
    std::uint32_t first;   // position of the first of its CVEs that are in the list
    std::uint64_t listed;  // a bit for each of its CVEs
  };
  std::uint32_t SlotOf(std::uint32_t number) const;

  std::vector<Block> blocks_;          // by slot, then by number
  std::vector<std::uint32_t> starts_;  // where each slot begins in blocks_, and where the last one ends
  unsigned shift_ = 0;
};

// Entry has a CveNumber cve. Immutable, thread-safe.
template <class Entry>
class CveTable {
 public:
  CveTable() : CveTable(std::vector<Entry>()) {}
  // By cve, each once.
  CveTable(std::vector<Entry> entries) : entries_(std::move(entries)), index_(CvesOf(entries_)) {}
  CveTable(std::initializer_list<Entry> entries) : CveTable(std::vector<Entry>(entries)) {}

  const Entry* Find(CveNumber cve) const {  // nullptr: there is none
    const auto position = index_.Find(cve);
    return position ? &entries_[*position] : nullptr;
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  // By cve.
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  // What it occupies.
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry) + index_.bytes(); }

 private:
  static std::vector<CveNumber> CvesOf(const std::vector<Entry>& entries) {
    std::vector<CveNumber> cves;
    cves.reserve(entries.size());
    for (const Entry& entry : entries) cves.push_back(entry.cve);
    return cves;
  }

  std::vector<Entry> entries_;
  CveIndex index_;
};

}  // namespace hullwright::policy
