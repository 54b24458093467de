// Scans by digest, and by the digest of an index that lists the scanned manifest.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.h"
#include "base/guarded.h"
#include "policy/facts.h"
#include "policy/scan_record.h"

namespace hullwright::evidence {

struct FoundScans {
  std::vector<std::shared_ptr<const policy::ScanRecord>> records;
  std::vector<policy::BrokenScan> broken;
};

// Thread-safe; lookups hold the lock for two hash probes, and one more for each manifest of an index.
class ScanIndex {
 public:
  void Put(std::shared_ptr<const policy::ScanRecord> record);
  // A scan of this digest exists and does not decode. Where there is a good version, that stays in force and false is returned.
  bool PutBroken(const std::string& digest_text, std::string error);
  void Remove(const std::string& digest_text);

  FoundScans Find(const Digest& digest) const;
  std::size_t size() const;

 private:
  struct Maps {
    std::unordered_map<std::string, std::shared_ptr<const policy::ScanRecord>> by_digest;
    std::unordered_map<std::string, std::vector<std::string>> manifests_of_index;
    std::unordered_map<std::string, std::string> broken;
  };
  static std::shared_ptr<const policy::ScanRecord> Take(Maps& maps, const std::string& digest_text);
  Guarded<Maps> maps_;
};

}  // namespace hullwright::evidence
