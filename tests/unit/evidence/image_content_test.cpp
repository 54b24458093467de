#include "evidence/image_content.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <limits>

#include "support/memory_registry.h"

namespace hullwright::evidence {
namespace {

const std::string kRepository = "registry.example/app";
const registry::RepositoryName kName{"registry.example", "app"};

policy::TrustFacts Read(testing::MemoryRegistry& registry, const Digest& digest) {
  const registry::Call call{.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)};
  const auto document = registry.Manifest(kName, digest, call);
  REQUIRE(document);
  policy::TrustFacts facts;
  WorkPool pool;
  CHECK_FALSE(ReadContent(registry, kName, **document, {.configurations = true}, call, pool, facts));
  return facts;
}

TEST_CASE("the size of an image is the sum of its layers, and one beyond all numbers stays the largest", "[evidence]") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  testing::MemoryRegistry registry;
  const Digest config = registry.PushBlob(kRepository, R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}})");
  const auto size_of = [&](std::uint64_t first, std::uint64_t second) {
    const std::string layer = R"({{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{}","size":{}}})";
    const Digest image = registry.PushManifest(
        kRepository, fmt::format(R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
                                 R"({{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":78}},"layers":[{},{}]}})",
                                 config.text(), fmt::format(fmt::runtime(layer), config.text(), first),
                                 fmt::format(fmt::runtime(layer), config.text(), second)));
    const policy::TrustFacts facts = Read(registry, image);
    REQUIRE(facts.platforms.size() == 1);
    REQUIRE(facts.platforms[0].configuration.has_value());
    REQUIRE(facts.platforms[0].configuration->has_value());
    return (**facts.platforms[0].configuration).size_bytes;
  };
  CHECK(size_of(1000, 24) == 1024);
  CHECK(size_of(kMost, 1) == kMost);
  CHECK(size_of(kMost - 5, 5) == kMost);
  CHECK(size_of(kMost, kMost) == kMost);
}

TEST_CASE("the annotation that names a base image has a bound, beyond which the image is malformed", "[evidence]") {
  testing::MemoryRegistry registry;
  const Digest config = registry.PushBlob(kRepository, "{}");
  const auto read = [&](std::size_t length) {
    const Digest image = registry.PushManifest(
        kRepository, fmt::format(R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
                                 R"({{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":2}},"layers":[],)"
                                 R"("annotations":{{"org.opencontainers.image.base.name":"{}"}}}})",
                                 config.text(), std::string(length, 'b')));
    policy::TrustFacts facts = Read(registry, image);
    REQUIRE(facts.platforms.size() == 1);
    REQUIRE(facts.platforms[0].configuration.has_value());
    return std::move(*facts.platforms[0].configuration);
  };
  const auto longest = read(kMaxBaseNameBytes);
  REQUIRE(longest);
  CHECK(longest->base_name.size() == kMaxBaseNameBytes);
  const auto longer = read(kMaxBaseNameBytes + 1);
  REQUIRE_FALSE(longer);
  CHECK(longer.error().word == policy::ReasonWord::kImageMalformed);
  CHECK_THAT(longer.error().message, Catch::Contains("org.opencontainers.image.base.name has 1025 bytes, more than 1024"));
}

}  // namespace
}  // namespace hullwright::evidence
