// Attacks through the spelling of an image reference: rows 34 to 42 of the catalogue (docs/attacks.md). The API server refuses some of them
// by itself; what matters is that none is stored, so each is also put to the webhook directly, where the reason is asserted.
#include <catch2/catch.hpp>

#include "attack/gate.h"

using namespace hullwright::test;

namespace {

std::string DigestOf(const std::string& image) {
  return image.substr(image.find('@') + 1);
}

// Denied through the API server, and by the webhook itself for that reason.
void RequireRefused(Gate& gate, const std::string& image, const std::string& reason_word) {
  INFO("image: " << image);
  const Answer answer = gate.Create(Pod(UniqueName("ref"), image));
  CHECK_FALSE(answer.ok());
  const Answer direct = gate.PostToWebhook("/v1/validate", Review(Pod("ref", image)).dump());
  REQUIRE(direct.status == 200);
  CHECK(direct.body["response"]["allowed"] == false);
  CHECK_THAT(direct.body["response"]["status"]["message"].get<std::string>(), Catch::Contains(reason_word));
}

void RequireTaken(Gate& gate, const std::string& image) {
  INFO("image: " << image);
  RequireAdmitted(gate.Create(Pod(UniqueName("ref"), image)));
}

}  // namespace

TEST_CASE("the digest decides, and a good tag beside it is decoration", "[attack][attack-34]") {
  Gate& gate = Gate::Get();
  RequireRefused(gate, "registry.example/ok/app:good@" + DigestOf(gate.bad()), "VulnerabilityForbidden");
  RequireTaken(gate, "registry.example/ok/app:bad@" + DigestOf(gate.good()));
}

TEST_CASE("malformed digests are denied", "[attack][attack-35]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  std::string upper = digest;
  for (std::size_t i = 7; i < upper.size(); ++i) upper[i] = static_cast<char>(std::toupper(upper[i]));
  for (const std::string& broken :
       {digest.substr(0, digest.size() - 1), digest + "0", upper, "sha512:" + digest.substr(7), "md5:" + digest.substr(7, 32),
        "sha256+b64:" + digest.substr(7), std::string("sha256:"), digest + "@" + digest}) {
    RequireRefused(gate, "registry.example/ok/app@" + broken, "ReferenceInvalid");
  }
  RequireTaken(gate, "registry.example/ok/app@" + digest);
}

TEST_CASE("names that only begin like an allowed one are denied", "[attack][attack-36]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  for (const std::string name : {"registry.example.evil/ok/x", "registry.example/okay/x", "registry.example/ok-x", "registry.example/ok",
                                 "evil/registry.example/ok/x", "registry.example:5000/ok/x"}) {
    RequireRefused(gate, name + "@" + digest, "Unmatched");
  }
  RequireTaken(gate, "registry.example/ok/x@" + digest);
  RequireTaken(gate, "registry.example/ok/deep/er/x@" + digest);
}

TEST_CASE("user info does not smuggle another host in", "[attack][attack-37]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  for (const std::string name :
       {"registry.example@evil/ok/x", "registry.example:443@evil/ok/x", "user:secret@registry.example/ok/x", "@registry.example/ok/x"}) {
    RequireRefused(gate, name + "@" + digest, "ReferenceInvalid");
    RequireRefused(gate, name, "ReferenceInvalid");
  }
  RequireTaken(gate, "registry.example:443/ok/x@" + digest);
}

TEST_CASE("every spelling of a hub image is one image", "[attack][attack-38]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  const std::vector<std::string> spellings = {"alpine",
                                              "library/alpine",
                                              "docker.io/alpine",
                                              "docker.io/library/alpine",
                                              "index.docker.io/library/alpine",
                                              "docker.io:443/library/alpine",
                                              "index.docker.io:443/library/alpine",
                                              "registry-1.docker.io/library/alpine"};
  for (const std::string& name : spellings) RequireRefused(gate, name + "@" + digest, "docker.io/library/alpine@" + digest);
  gate.Require({{"apiVersion", "hullwright.dev/v1alpha1"},
                {"kind", "ClusterImageAdmissionPolicy"},
                {"metadata", {{"name", "hub"}}},
                {"spec",
                 {{"match", {{"images", {"alpine"}}}},
                  {"enforcement", {{"newImages", "Deny"}}},
                  {"rules", {{"reference", {{"digest", "FromAuthor"}}}}}}}});
  gate.WaitUntil(Pod("hub", "alpine@" + digest), true);
  for (const std::string& name : spellings) {
    INFO(name);
    RequireAdmitted(gate.Create(Pod(UniqueName("hub"), name + "@" + digest)));
  }
}

TEST_CASE("a host in other clothes is never another host's image", "[attack][attack-39]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  RequireTaken(gate, "REGISTRY.Example/ok/x@" + digest);
  for (const std::string name : {"registry.example./ok/x", "regi\u0455try.example/ok/x", "registry\u3002example/ok/x"}) {
    RequireRefused(gate, name + "@" + digest, "ReferenceInvalid");
  }
  for (const std::string name : {"[::1]:5000/ok/x", "2130706433/ok/x", "127.0.0.1/ok/x", "0x7f000001/ok/x"}) {
    RequireRefused(gate, name + "@" + digest, "Unmatched");
  }
}

TEST_CASE("white space, control characters and endless names are denied with a message that is safe to log", "[attack][attack-40]") {
  Gate& gate = Gate::Get();
  const std::string digest = DigestOf(gate.good());
  for (const std::string& image :
       {" registry.example/ok/x@" + digest, "registry.example/ok/x@" + digest + " ", "registry.example/ok/x\n@" + digest,
        std::string("registry.example/ok/x\0@", 23) + digest, "registry.example/ok/\x1b[31mx@" + digest,
        "registry.example/ok/" + std::string(8192, 'x') + "@" + digest}) {
    RequireRefused(gate, image, "ReferenceInvalid");
    const Answer direct = gate.PostToWebhook("/v1/validate", Review(Pod("ref", image)).dump());
    for (const char c : direct.body["response"]["status"]["message"].get<std::string>()) {
      CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
    }
  }
  const Json deployment = Workload("Deployment", UniqueName("ref"), "registry.example/ok/" + std::string(8192, 'x') + "@" + digest);
  CHECK_FALSE(gate.Create(deployment).ok());
  RequireTaken(gate, "registry.example/ok/x@" + digest);
}

TEST_CASE("an absent image is denied", "[attack][attack-41]") {
  Gate& gate = Gate::Get();
  RequireRefused(gate, "", "ReferenceInvalid");
  CHECK_FALSE(gate.Create(Workload("Deployment", UniqueName("empty"), "")).ok());
  RequireAdmitted(gate.Create(Workload("Deployment", UniqueName("empty"), gate.good())));
}

TEST_CASE("a local image id is no reference", "[attack][attack-42]") {
  Gate& gate = Gate::Get();
  const std::string hex = DigestOf(gate.good()).substr(7);
  RequireRefused(gate, hex, "ReferenceInvalid");
  RequireRefused(gate, "sha256:" + hex, "ReferenceInvalid");
  RequireTaken(gate, "registry.example/ok/app@sha256:" + hex);
}
