// Which digests a namespace already ran under a policy, and since when: what Enforcement::admittedImages softens for.
// Filled from what this process admitted and from an inventory file, never from the object under review.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/guarded.h"
#include "base/image_reference.h"

namespace hullwright::evidence {

// Thread-safe, bounded: beyond max_entries the oldest are forgotten, which makes decisions harder, never softer.
class AdmittedImages {
 public:
  explicit AdmittedImages(std::size_t max_entries = 100'000);
  ~AdmittedImages();

  // Keeps the first time.
  void Record(std::string_view namespace_, const ImageReference& image, std::string_view policy_id, Time since);
  // policy id → since
  std::map<std::string, Time> Find(std::string_view namespace_, const ImageReference& image) const;

  // Reads an inventory (YAML list of {namespace, image: REPO@DIGEST, policy, since}).
  Result<void> Load(std::string_view yaml);
  // The same from a file of at most 8 MiB.
  Result<void> LoadFile(const std::string& path);

 private:
  struct Entries;
  Guarded<std::unique_ptr<Entries>> entries_;
};

}  // namespace hullwright::evidence
