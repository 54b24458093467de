#include "policy/facts.h"

namespace hullwright::policy {

const Digest* DigestOf(const ImageFacts& image) {
  if (image.reference && image.reference->digest) return &*image.reference->digest;
  if (image.resolution && *image.resolution) return &(*image.resolution)->digest;
  return nullptr;
}

}  // namespace hullwright::policy
