#include "webhook/pin_patch.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace hullwright::webhook {
namespace {

using nlohmann::json;

const std::string kHex(64, 'a');

Digest SomeDigest() {
  return *Digest::Parse("sha256:" + kHex);
}

std::string PinOf(const std::string& text) {
  return PinnedReference(text, *ImageReference::Parse(text), SomeDigest());
}

TEST_CASE("a pin keeps what was written, and writes out the tag that was not", "[webhook]") {
  const std::string digest = "@sha256:" + kHex;
  CHECK(PinOf("nginx") == "nginx:latest" + digest);
  CHECK(PinOf("nginx:1.30") == "nginx:1.30" + digest);
  CHECK(PinOf("localhost:5000/team/app") == "localhost:5000/team/app:latest" + digest);
  CHECK(PinOf("Registry.Example/app:v1") == "Registry.Example/app:v1" + digest);
}

TEST_CASE("a pinned reference names the same image, tag and digest to whoever parses it", "[webhook]") {
  for (const char* text : {"nginx", "nginx:1.30", "localhost:5000/team/app", "[::1]:5000/a/b:c", "registry.example:443/app"}) {
    const auto before = ImageReference::Parse(text);
    const auto after = ImageReference::Parse(PinOf(text));
    REQUIRE(before);
    REQUIRE(after);
    CHECK(after->Name() == before->Name());
    CHECK(after->tag == before->tag);
    CHECK(after->digest == SomeDigest());
  }
}

TEST_CASE("the patch applies to a Pod that has only some of the lists, and to names with ~ and /", "[webhook]") {
  json pod = json::parse(R"({"metadata":{"labels":{"a/b~c":"d"}},"spec":{
      "containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}],
      "volumes":[{"name":"v"},{"name":"w","image":{"reference":"z"}}]}})");
  const auto patch = PinPatch({{"spec.containers[1].image", "y@1"}, {"spec.volumes[1].image.reference", "z@1"}});
  json expected = pod;
  expected["spec"]["containers"][1]["image"] = "y@1";
  expected["spec"]["volumes"][1]["image"]["reference"] = "z@1";
  CHECK(pod.patch(json::parse(patch)) == expected);
  CHECK(PinPatch({}).empty());
}

TEST_CASE("field paths become JSON pointers", "[webhook]") {
  CHECK(JsonPointerOf("spec.ephemeralContainers[10].image") == "/spec/ephemeralContainers/10/image");
  CHECK(JsonPointerOf("a~b/c") == "/a~0b~1c");
}

}  // namespace
}  // namespace hullwright::webhook
