#include "evidence/facts_size.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hullwright::evidence {
namespace {

constexpr std::size_t kBlockBytes = 16;  // that the allocator adds to each block

// What values hold outside themselves: of each type every member that does.
class Outside {
 public:
  static std::size_t Of(const std::string& text) {
    return text.capacity() > std::string().capacity() ? text.capacity() + 1 + kBlockBytes : 0;
  }
  static std::size_t Of(Time) { return 0; }
  static std::size_t Of(const Digest& digest) { return Of(digest.text()); }
  template <class First, class Second>
  static std::size_t Of(const std::pair<First, Second>& both) {
    return Of(both.first) + Of(both.second);
  }
  template <class Item>
  static std::size_t Of(const std::optional<Item>& item) {
    return item ? Of(*item) : 0;
  }
  template <class Item>
  static std::size_t Of(const std::expected<Item, policy::Doubt>& item) {
    return item ? Of(*item) : Of(item.error());
  }
  template <class Item>
  static std::size_t Of(const std::shared_ptr<const Item>& item) {
    return item ? sizeof(Item) + kBlockBytes + Of(*item) : 0;
  }
  template <class Item>
  static std::size_t Of(const std::vector<Item>& items) {
    std::size_t bytes = items.capacity() * sizeof(Item) + kBlockBytes;
    for (const Item& item : items) bytes += Of(item);
    return bytes;
  }
  template <class Proved>
  static std::size_t Of(const policy::Verified<Proved>& proved) {
    return Of(*proved);
  }

  static std::size_t Of(const policy::Doubt& doubt) { return Of(doubt.message); }
  static std::size_t Of(const policy::Resolution& resolution) { return Of(resolution.digest); }
  static std::size_t Of(const policy::Signer& signer) {
    return Of(signer.authority) + Of(signer.identity) + Of(signer.issuer) + Of(signer.times);
  }
  static std::size_t Of(const policy::Signature& signature) {
    return Of(signature.publisher) + Of(signature.signer) + Of(signature.subject) + Of(signature.format) + Of(signature.tolerated);
  }
  static std::size_t Of(const policy::Attestation& attestation) {
    return Of(attestation.publisher) + Of(attestation.signer) + Of(attestation.subject) + Of(attestation.predicate_type) +
           Of(attestation.predicate) + Of(attestation.vex);
  }
  static std::size_t Of(const policy::TrustFailure& failure) {
    return Of(failure.publisher) + Of(failure.subject) + Of(failure.predicate_type) + Of(failure.doubt);
  }
  static std::size_t Of(const policy::ImageConfiguration& configuration) {
    return Of(configuration.user) + Of(configuration.diff_ids) + Of(configuration.base_name) + Of(configuration.base_digest);
  }
  static std::size_t Of(const policy::PlatformManifest& platform) {
    return Of(platform.digest) + Of(platform.platform) + Of(platform.configuration);
  }
  static std::size_t Of(const policy::BaseImage& base) { return Of(base.name) + Of(base.digest) + Of(base.diff_ids); }

  // Its names stand in its index as well.
  static std::size_t Of(const policy::VexDocument& vex) {
    std::size_t bytes = Of(vex.format()) + Of(vex.statements());
    for (const policy::VexStatement& statement : vex.statements())
      bytes += Of(statement.names) + statement.names.size() * sizeof(std::uint64_t);
    return bytes;
  }
  static std::size_t Of(const policy::VexStatement& statement) {
    return Of(statement.names) + Of(statement.justification) + Of(statement.text) + Of(statement.products) + Of(statement.defect);
  }
  static std::size_t Of(const policy::VexProduct& product) { return Of(product.image) + Of(product.packages); }
  static std::size_t Of(const policy::VexImage& image) {
    return Of(image.digest) + Of(image.names) + Of(image.last_segment) + Of(image.tag) + Of(image.architecture);
  }
  static std::size_t Of(const policy::VexPackage& package) { return Of(package.url); }
  static std::size_t Of(const policy::PackageUrl& url) { return Of(url.identity) + Of(url.version) + Of(url.qualifiers); }

  static std::size_t Of(const policy::TrustFacts& facts) {
    return Of(facts.digest) + Of(facts.platforms) + Of(facts.manifest_doubt) + Of(facts.signatures) + Of(facts.attestations) +
           Of(facts.failures) + Of(facts.base_images) + Of(facts.base_doubt);
  }
};

}  // namespace

std::size_t SizeInMemory(const policy::TrustFacts& facts) {
  return sizeof(facts) + kBlockBytes + Outside::Of(facts);
}

std::size_t SizeOutside(const std::expected<policy::Resolution, policy::Doubt>& resolution) {
  return Outside::Of(resolution);
}

}  // namespace hullwright::evidence
