#include "registry/manifest.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "registry/content_digest.h"
#include "registry/image_config.h"

using namespace hullwright;
using namespace hullwright::registry;
using Catch::Matchers::Contains;

namespace {

std::string DescriptorText(std::string_view of, std::string_view further = "") {
  return fmt::format(R"({{"mediaType":"application/octet-stream","digest":"{}","size":{}{}}})", DigestOf(of).text(), of.size(), further);
}
std::string ManifestText(std::string_view further = "") {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]{}}})", kOciManifest, DescriptorText("config"),
                     DescriptorText("layer", R"(,"annotations":{"a":"b"})"), further);
}
std::string IndexText(std::string_view further = "") {
  return fmt::format(R"({{"schemaVersion":2,"manifests":[{}]{}}})",
                     DescriptorText("child", R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"})"), further);
}

Why WhyNot(std::string_view text, std::string_view content_type) {
  const auto read = ParseManifest(text, content_type);
  REQUIRE_FALSE(read);
  CHECK_FALSE(read.error().message.empty());
  return read.error().why;
}

}  // namespace

TEST_CASE("a manifest is read with config, layers, annotations and subject", "[registry]") {
  const auto read = ParseManifest(ManifestText(R"(,"artifactType":"x/y","subject":)" + DescriptorText("subject")), kOciManifest);
  REQUIRE(read);
  const auto& manifest = std::get<ImageManifest>(*read);
  CHECK(manifest.config.digest == DigestOf("config"));
  REQUIRE(manifest.layers.size() == 1);
  CHECK(manifest.layers[0].size == 5);
  CHECK(*FindAnnotation(manifest.layers[0].annotations, "a") == "b");
  CHECK(FindAnnotation(manifest.layers[0].annotations, "b") == nullptr);
  CHECK(manifest.subject->digest == DigestOf("subject"));
  CHECK(manifest.effective_artifact_type() == "x/y");
}

TEST_CASE("an index is read with the platforms it lists", "[registry]") {
  const auto read = ParseManifest(IndexText(), kOciIndex);
  REQUIRE(read);
  const auto& index = std::get<ImageIndex>(*read);
  CHECK(index.media_type == kOciIndex);
  REQUIRE(index.Find(DigestOf("child")) != nullptr);
  CHECK(index.Find(DigestOf("child"))->platform->ToString() == "linux/arm64/v8");
  CHECK(index.Find(DigestOf("stranger")) == nullptr);
}

TEST_CASE("a document that could be read as two things is refused", "[registry]") {
  CHECK(WhyNot(IndexText(R"(,"layers":[])"), kOciIndex) == Why::kMalformed);
  CHECK(WhyNot(IndexText(R"(,"config":{})"), kOciIndex) == Why::kMalformed);
  CHECK(WhyNot(ManifestText(R"(,"manifests":[])"), kOciManifest) == Why::kMalformed);
  CHECK(WhyNot(ManifestText(), kOciIndex) == Why::kMalformed);
  CHECK(WhyNot(ManifestText(), kDockerManifest) == Why::kMalformed);
  CHECK(WhyNot(IndexText(), kOciManifest) == Why::kMalformed);
  CHECK(WhyNot(IndexText(R"(,"manifests":[])"), kOciIndex) == Why::kMalformed);
}

TEST_CASE("schema 1 and foreign media types are unsupported", "[registry]") {
  CHECK(WhyNot(R"({"schemaVersion":1,"fsLayers":[]})", "application/vnd.docker.distribution.manifest.v1+prettyjws") == Why::kUnsupported);
  CHECK(WhyNot(R"({"schemaVersion":1,"fsLayers":[]})", kDockerManifest) == Why::kUnsupported);
  CHECK(WhyNot(ManifestText(), "application/json") == Why::kUnsupported);
  CHECK(WhyNot(R"({"schemaVersion":2,"mediaType":"text/html","layers":[]})", "") == Why::kUnsupported);
  CHECK(WhyNot(IndexText(), "") == Why::kMalformed);
}

TEST_CASE("descriptors without a digest or size that can be checked are refused", "[registry]") {
  const auto with = [](std::string_view descriptor) { return fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor); };
  for (const auto* bad : {R"({"size":1})", R"({"digest":"md5:00","size":1})", R"({"digest":"sha256:../../etc/passwd","size":1})", "7",
                          R"({"digest":7,"size":1})"}) {
    CHECK(WhyNot(with(bad), kOciIndex) == Why::kMalformed);
  }
  const auto digest = DigestOf("x").text();
  for (const auto* size : {"-1", "1.5", "\"1\"", "9223372036854775808", "18446744073709551616"}) {
    CHECK(WhyNot(with(fmt::format(R"({{"digest":"{}","size":{}}})", digest, size)), kOciIndex) == Why::kMalformed);
  }
  CHECK(WhyNot(with(fmt::format(R"({{"digest":"{}"}})", digest)), kOciIndex) == Why::kMalformed);
  const auto largest = ParseManifest(with(fmt::format(R"({{"digest":"{}","size":9223372036854775807}})", digest)), kOciIndex);
  REQUIRE(largest);
  CHECK(std::get<ImageIndex>(*largest).manifests.at(0).size == static_cast<std::uint64_t>(kMaxSize));
}

TEST_CASE("a manifest has bounds", "[registry]") {
  std::string many = DescriptorText("x");
  for (std::size_t i = 0; i < kMaxIndexEntries; ++i) many += "," + DescriptorText("x");
  CHECK(WhyNot(fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", many), kOciIndex) == Why::kTooLarge);
  CHECK(WhyNot(std::string(kMaxManifestBytes + 1, ' '), kOciIndex) == Why::kTooLarge);
  CHECK(WhyNot(R"({"schemaVersion":2)", kOciIndex) == Why::kMalformed);
}

TEST_CASE("an image configuration tells platform, time, user and layers", "[registry]") {
  const auto config = ParseImageConfig(fmt::format(
      R"({{"os":"linux","architecture":"amd64","created":"2026-01-02T03:04:05.123456789Z","config":{{"User":"65532","Labels":{{"a":"b"}}}},)"
      R"("rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
      DigestOf("layer").text()));
  REQUIRE(config);
  CHECK(config->platform.ToString() == "linux/amd64");
  CHECK(config->created.has_value());
  CHECK(config->user == "65532");
  CHECK(config->diff_ids == std::vector{DigestOf("layer")});
  CHECK(*FindAnnotation(config->labels, "a") == "b");
  CHECK(ParseImageConfig("{}")->user.empty());
  CHECK_FALSE(ParseImageConfig("{}")->created);
  CHECK(ParseImageConfig(R"({"config":{"User":7}})").error().why == Why::kMalformed);
  CHECK(ParseImageConfig(R"({"rootfs":{"diff_ids":["nothing"]}})").error().why == Why::kMalformed);
  CHECK(ParseImageConfig("[]").error().why == Why::kMalformed);
}

TEST_CASE("a user longer than any name is refused", "[registry]") {
  const auto with_user = [](std::size_t length) {
    return ParseImageConfig(fmt::format(R"({{"config":{{"User":"{}"}}}})", std::string(length, 'u')));
  };
  CHECK(with_user(256)->user.size() == 256);
  REQUIRE_FALSE(with_user(257));
  CHECK(with_user(257).error().why == Why::kTooLarge);
  CHECK_THAT(with_user(257).error().message, Contains("User has 257 bytes, more than 256"));
}

TEST_CASE("words of a platform have bounds, in an index as in a configuration", "[registry]") {
  for (const auto& [name, field, max_bytes] : kPlatformWords) {
    INFO(name);
    const auto text = [&](std::size_t length) { return fmt::format(R"({{"{}":"{}"}})", name, std::string(length, 'x')); };
    const auto index = [&](std::size_t length) {
      return fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", DescriptorText("child", R"(,"platform":)" + text(length)));
    };
    const auto read = ParseManifest(index(max_bytes), kOciIndex);
    REQUIRE(read);
    CHECK(((*std::get<ImageIndex>(*read).manifests.at(0).platform).*field).size() == max_bytes);
    CHECK(WhyNot(index(max_bytes + 1), kOciIndex) == Why::kTooLarge);
    const auto config = ParseImageConfig(text(max_bytes));
    REQUIRE(config);
    CHECK((config->platform.*field).size() == max_bytes);
    REQUIRE_FALSE(ParseImageConfig(text(max_bytes + 1)));
    CHECK(ParseImageConfig(text(max_bytes + 1)).error().why == Why::kTooLarge);
  }
}

TEST_CASE("digests of bytes are computed with the digest's own algorithm", "[registry]") {
  CHECK(DigestOf("").text() == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(IsDigestOf(DigestOf("a", "sha512"), "a"));
  CHECK_FALSE(IsDigestOf(DigestOf("a"), "b"));
  CHECK_FALSE(IsDigestOf(Digest(), ""));
}
