#include "verify/simple_signing.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace hullwright::verify {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string Payload(std::string_view reference, std::string_view optional = "null") {
  return fmt::format(
      R"({{"critical":{{"identity":{{"docker-reference":"{}"}},"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}},"optional":{}}})",
      reference, kDigest, optional);
}

Checked<void> Match(std::string_view reference, std::string_view image, ReferenceMatch match) {
  return RequireReference(SimpleSigningPayload::Parse(Payload(reference)).value(), ImageReference::Parse(image).value(), match);
}

}  // namespace

TEST_CASE("A payload tells what it signs, and its text annotations", "[verify]") {
  const auto payload = SimpleSigningPayload::Parse(Payload("registry.example/app", R"({"team":"core","timestamp":3,"nested":{"a":"b"}})"));
  REQUIRE(payload.has_value());
  CHECK(payload->annotations == decltype(payload->annotations){{"team", "core"}});
  CHECK(RequireDigest(*payload, Digest::Parse(kDigest).value()).has_value());
  CHECK(RequireDigest(*payload, Digest::Parse("sha256:" + std::string(64, 'b')).value()).error().step == Step::kSubject);
}

TEST_CASE("A payload with any other member or type is refused", "[verify]") {
  const std::string good = Payload("a/b");
  REQUIRE(SimpleSigningPayload::Parse(good).has_value());
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"optional\":null", "\"optional\":null,\"x\":1"},
                                                        {"\"optional\":null", "\"optional\":[]"},
                                                        {"\"optional\":null", "\"optional\":{\"creator\":1}"},
                                                        {"\"optional\":null", "\"optional\":{\"timestamp\":1.5}"},
                                                        {"\"optional\":null", "\"optional\":null,\"optional\":null"},
                                                        {",\"optional\":null", ""},
                                                        {"cosign container image signature", "atomic container signature"},
                                                        {"\"type\":", "\"Type\":"},
                                                        {"sha256:", "sha256:../"},
                                                        {"\"identity\":{", "\"identity\":{\"x\":1,"},
                                                        {"\"image\":{", "\"image\":{\"x\":1,"},
                                                        {"\"critical\":{", "\"critical\":{\"x\":1,"}}) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    INFO(text);
    CHECK_FALSE(SimpleSigningPayload::Parse(text).has_value());
  }
  CHECK_FALSE(SimpleSigningPayload::Parse(good + " {}").has_value());
}

TEST_CASE("The signed name must be the image's repository, or wholly the same, as the policy asks", "[verify]") {
  using enum ReferenceMatch;
  CHECK(Match("registry.example/app", "registry.example/app:1", kRepository).has_value());
  CHECK(Match("nginx", "docker.io/library/nginx:1", kRepository).has_value());
  CHECK(Match("registry.example/app", "registry.example/other:1", kRepository).error().step == Step::kSubject);
  CHECK(Match("registry.example/app", "other.example/app:1", kRepository).error().step == Step::kSubject);
  CHECK(Match("registry.example/app:1", "registry.example/app:1", kExact).has_value());
  CHECK_FALSE(Match("registry.example/app:2", "registry.example/app:1", kExact).has_value());
  CHECK_FALSE(Match("registry.example/app", "registry.example/app:1", kExact).has_value());
  CHECK_FALSE(Match("", "registry.example/app:1", kRepository).has_value());
  CHECK(Match("", "registry.example/app:1", kRepositoryUnlessEmpty).has_value());
  CHECK_FALSE(Match("registry.example/x", "registry.example/app:1", kRepositoryUnlessEmpty).has_value());
  CHECK(Match("reference#@!", "registry.example/app:1", kIgnore).has_value());
  CHECK_FALSE(Match("reference#@!", "registry.example/app:1", kRepositoryUnlessEmpty).has_value());
}

TEST_CASE("Where the image's name is an alias, the signed name may be what it names", "[verify]") {
  const auto payload = SimpleSigningPayload::Parse(Payload("registry.example/acme/app")).value();
  const ImageReference image = ImageReference::Parse("mirror.example/acme/app:1").value();
  const std::vector<ImagePattern> ours{ImagePattern::Parse("registry.example/acme/**").value()},
      others{ImagePattern::Parse("registry.example/other/**").value()};
  CHECK(RequireReference(payload, image, ReferenceMatch::kRepository, ours).has_value());
  CHECK(RequireReference(payload, image, ReferenceMatch::kRepository, others).error().step == Step::kSubject);
  CHECK(RequireReference(payload, image, ReferenceMatch::kExact, ours).error().step == Step::kSubject);
}

}  // namespace hullwright::verify
