// Attacks through signatures and attestations: rows 43 to 49, 70 and 71 of the catalogue (docs/attacks.md). What cosign can make was made
// by it and lies in a real registry; only what no tool writes is minted here. Every refused image has a twin that differs only in the
// attack.
#include <catch2/catch.hpp>

#include "attack/real_signatures.h"
#include "attack/signed_registry.h"
#include "base/base64.h"
#include "base/rfc3339.h"

using namespace hullwright::test;
using hullwright::testing::Format;
using hullwright::testing::SignedImage;
using hullwright::testing::SignedImages;
using hullwright::testing::SigningStack;
using hullwright::testing::Who;

namespace {

constexpr char kProvenance[] = "https://slsa.dev/provenance/v1";
const Json kSchedulable = {{"image", {{"platforms", "Schedulable"}}}};

Json With(Json rules, const Json& further) {
  rules.update(further);
  return rules;
}

std::string OtherByDigest(const SignedImage& image) {
  return image.repository + "@" + image.other_digest;
}

Answer Run(const std::string& image) {
  return Gate::Get().Create(Pod(UniqueName("image"), image));
}

void WaitUntilAdmitted(const std::string& image) {
  Gate::Get().WaitUntil(Pod("probe", image), true);
}
void WaitUntilDenied(const std::string& image) {
  Gate::Get().WaitUntil(Pod("probe", image), false);
}

// Changes the statement that a bundle's envelope holds, and leaves its signature as it was.
void ChangeStatement(Json& bundle, const std::string& pointer, const Json& value) {
  Json& payload = bundle["dsseEnvelope"]["payload"];
  Json statement = Json::parse(hullwright::DecodeBase64(payload.get<std::string>()).value());
  statement[Json::json_pointer(pointer)] = value;
  payload = hullwright::EncodeBase64(statement.dump());
}

std::string Configuration(const std::string& created) {
  return Json{
      {"created", created}, {"os", "linux"}, {"architecture", "amd64"}, {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}}}
      .dump();
}

}  // namespace

TEST_CASE("a signed index vouches for itself, and where platforms are asked for each that a node could run must be signed",
          "[attack][attack-43]") {
  SignedImages& images = RealImages();
  const SignedImage index = images.Of(ByKey(Format::kBundle)), child = images.Of(ByKey(Format::kBundle, false));
  const std::string name = UniqueName("platforms");
  Wanted wanted(RealImages(), name, KeyAuthority(ReadFile(index.key.public_key)), SignedBy(name));
  WaitUntilAdmitted(ByDigest(index));
  RequireAdmitted(Run(ByDigest(child)));
  RequireDenied(Run(OtherByDigest(index)), "SignatureMissing");  // a child, unsigned, for itself
  RequireDenied(Run(OtherByDigest(child)), "SignatureMissing");  // an index of which one child is signed

  wanted.SetRules(With(SignedBy(name), kSchedulable));
  WaitUntilDenied(ByDigest(index));
  const Answer unsigned_child = Run(ByDigest(index));
  RequireDenied(unsigned_child, "SignatureMissing");
  CHECK_THAT(unsigned_child.message(), Catch::Contains("linux/amd64"));
  RequireAdmitted(Run(OtherByDigest(child)));  // nothing runs its unsigned child for linux/arm64
  RequireAdmitted(Run(ByDigest(child)));

  // Another child where the signed one was, and nothing for our nodes at all.
  const auto& tools = images.tools();
  tools.PushImage(child.repository + ":evil", {"evil", "linux/amd64"});
  RequireDenied(Run(child.repository + "@" + tools.PushIndex(child.repository + ":swapped", {child.repository + ":evil"})),
                "SignatureMissing");
  tools.PushImage(child.repository + ":mainframe", {"app", "linux/s390x"});
  RequireDenied(Run(child.repository + "@" + tools.PushIndex(child.repository + ":foreign", {child.repository + ":mainframe"})),
                "PlatformMissing");
}

TEST_CASE("a document that is a manifest to one reader and an index to another is refused, though it is signed", "[attack][attack-44]") {
  SignedRegistry world;
  const auto put = [&](const std::string& tag, std::string_view media_type, const std::string& text) {
    const std::string digest = world.registry.PutManifest("app", tag, std::string(media_type), text);
    world.Sign("app", digest);
    return digest;
  };
  world.registry.PutBlob("app", "{}");
  const std::string both = hullwright::testing::ImageManifestJson(
      "{}", "layer", R"(,"manifests":[)" + hullwright::testing::DescriptorJson(hullwright::testing::kManifestType, "other") + "]");
  const std::string plain = hullwright::testing::ImageManifestJson("{}", "layer");
  const std::string confused = put("both", hullwright::testing::kManifestType, both);
  RequireDenied(Run(world.ByTag("app", "both")), "ImageMalformed");
  RequireDenied(Run(world.ByDigest("app", confused)), "ImageMalformed");
  put("mistyped", hullwright::testing::kIndexType, plain);
  RequireDenied(Run(world.ByTag("app", "mistyped")), "ImageMalformed");
  put("plain", hullwright::testing::kManifestType, plain);
  RequireAdmitted(Run(world.ByTag("app", "plain")));
}

TEST_CASE("an attestation of another type, or a signature, is not the attestation that is asked for", "[attack][attack-45]") {
  SignedImages& images = RealImages();
  const SignedImage attested = images.Of(ByKey(Format::kBundleAttestation)), only_signed = images.Of(ByKey(Format::kBundle));
  const std::string name = UniqueName("type");
  Wanted wanted(RealImages(), name, KeyAuthority(ReadFile(attested.key.public_key)), AttestedBy(name, kProvenance));
  WaitUntilAdmitted(ByDigest(attested));
  RequireDenied(Run(ByDigest(only_signed)), "AttestationMissing");

  wanted.SetRules(AttestedBy(name, "https://cyclonedx.org/bom"));
  WaitUntilDenied(ByDigest(attested));
  const Answer other_type = Run(ByDigest(attested));
  RequireDenied(other_type, "AttestationMissing");
  CHECK_THAT(other_type.message(), Catch::Contains("https://cyclonedx.org/bom"));

  // Nor is an attestation a signature.
  wanted.SetRules(SignedBy(name));
  WaitUntilAdmitted(ByDigest(only_signed));
  RequireDenied(Run(ByDigest(attested)), "SignatureMissing");
}

TEST_CASE("a referrer that anybody can push attests nothing unless its envelope is signed", "[attack][attack-46]") {
  const SignedImage attested = RealImages().Of(ByKey(Format::kBundleAttestation));
  const std::string name = UniqueName("forged");
  const Wanted wanted(RealImages(), name, KeyAuthority(ReadFile(attested.key.public_key)), AttestedBy(name, kProvenance));
  const std::string& subject = attested.digest;
  WaitUntilAdmitted(Forged(attested, subject, [](Json&) {}));
  RequireDenied(Run(Forged(attested, subject,
                           [](Json& bundle) { ChangeStatement(bundle, "/predicate/runDetails/builder/id", "https://evil.example"); })),
                "SignatureInvalid");
  RequireDenied(Run(Forged(attested, subject, [](Json& bundle) { bundle["dsseEnvelope"]["signatures"] = Json::array(); })),
                "SignatureMalformed");
  const auto by_another_key = [](Json& bundle) {
    Json& signature = bundle["dsseEnvelope"]["signatures"][0]["sig"];
    const SignedImage other = RealImages().Of(ByKey(Format::kBundleAttestation, false));
    signature = BundleOf(other)["dsseEnvelope"]["signatures"][0]["sig"];
  };
  RequireDenied(Run(Forged(attested, subject, by_another_key)), "SignatureInvalid");
}

TEST_CASE("an attestation of one image is none of another, wherever it is put", "[attack][attack-47]") {
  const SignedImage attested = RealImages().Of(ByKey(Format::kBundleAttestation));
  const std::string name = UniqueName("moved");
  const Wanted wanted(RealImages(), name, KeyAuthority(ReadFile(attested.key.public_key)), AttestedBy(name, kProvenance));
  WaitUntilAdmitted(Forged(attested, attested.digest, [](Json&) {}));
  RequireDenied(Run(Forged(attested, attested.other_digest, [](Json&) {})), "SubjectMismatch");
  const auto renamed = [&](Json& bundle) {
    ChangeStatement(bundle, "/subject/0/digest/sha256", attested.other_digest.substr(attested.other_digest.find(':') + 1));
  };
  RequireDenied(Run(Forged(attested, attested.other_digest, renamed)), "SignatureInvalid");
}

TEST_CASE("the log entry of another signature proves nothing of this one", "[attack][attack-48]") {
  SignedImages& images = RealImages();
  const SignedImage logged = images.Of(ByKey(Format::kBundle, true, true)), other = images.Of(ByKey(Format::kBundle, false, true));
  const std::string name = UniqueName("logged");
  const Wanted wanted(RealImages(), name, LoggedKeyAuthority(ReadFile(logged.key.public_key), name), SignedBy(name),
                      {SigstoreRoot(name, ReadFile(SigningStack::Shared().trusted_root()))});
  const Json spliced = BundleOf(other)["verificationMaterial"];
  WaitUntilAdmitted(Forged(logged, logged.digest, [](Json&) {}));
  RequireDenied(
      Run(Forged(logged, logged.digest, [&](Json& bundle) { bundle["verificationMaterial"]["tlogEntries"] = spliced["tlogEntries"]; })),
      "TransparencyLogUnproved");
  RequireDenied(Run(Forged(logged, logged.digest, [&](Json& bundle) { bundle["verificationMaterial"].erase("tlogEntries"); })),
                "TransparencyLogUnproved");
  // The other way round: the signature of the other image under the log entry of this one.
  RequireDenied(Run(Forged(other, other.digest,
                           [&](Json& bundle) {
                             bundle["verificationMaterial"]["tlogEntries"] = BundleOf(logged)["verificationMaterial"]["tlogEntries"];
                           })),
                "TransparencyLogUnproved");
}

TEST_CASE("a pattern for signers matches the whole identity, and one that claims to be anchored is not taken", "[attack][attack-49]") {
  SignedImages& images = RealImages();
  SigningStack& stack = SigningStack::Shared();
  const SignedImage alice = images.Of(Keyless(Who::kPerson));
  const std::string name = UniqueName("identity"), pattern = "[a-z]+@example\\.com";
  const Json root = SigstoreRoot(name, ReadFile(stack.trusted_root()));
  const auto authority = [&](const std::string& subject_pattern) {
    return KeylessAuthority({{"issuer", stack.person_issuer()}, {"subjectRegExp", subject_pattern}}, name);
  };
  const Wanted wanted(RealImages(), name, authority(pattern), SignedBy(name), {root});
  WaitUntilAdmitted(ByDigest(alice));
  for (const std::string email : {"evil-alice@example.com", "alice@example.com.evil.org", "evil.alice@example.com"}) {
    const SignedImage image = images.Prepare(Keyless(Who::kPerson));
    SignAsPerson(image, email);
    const Answer refused = Run(ByDigest(image));
    RequireDenied(refused, "IdentityMismatch");
    CHECK_THAT(refused.message(), Catch::Contains(email) && Catch::Contains("matching \"[a-z]+@example"));
  }
  for (const std::string anchored : {"^alice@example\\.com", "alice@example\\.com$", "^alice@example\\.com$"}) {
    const Json publisher = Publisher(UniqueName("anchored"), {"registry.example/**"}, authority(anchored));
    const Answer refused = Gate::Get().Create(publisher, {}, "dryRun=All");
    INFO(refused.body.dump());
    CHECK(refused.status == 422);
    CHECK_THAT(refused.message(), Catch::Contains("subjectRegExp"));
  }
  RequireAdmitted(Gate::Get().Create(Publisher(UniqueName("whole"), {"registry.example/**"}, authority(pattern)), {}, "dryRun=All"));
}

TEST_CASE("what was admitted before is refused as soon as its key is withdrawn or the policy asks for more", "[attack][attack-70]") {
  SignedRegistry world;
  const std::string image = world.ByDigest("app", world.PushSigned("app", "good"));
  RequireAdmitted(Run(image));
  const int asked = world.Asked("/v2/");
  RequireAdmitted(Run(image));
  CHECK(world.Asked("/v2/") == asked);  // from memory

  world.Trust(hullwright::testing::MintedKey(hullwright::testing::MintedKey::kP256));
  WaitUntilDenied(image);
  RequireDenied(Run(image), "SignatureInvalid");
  world.Trust(world.key);
  WaitUntilAdmitted(image);

  world.SetRules(AttestedBy(world.name(), kProvenance));
  WaitUntilDenied(image);
  RequireDenied(Run(image), "AttestationMissing");
  world.SetRules(Json::object());
  WaitUntilAdmitted(image);
}

TEST_CASE("an old image that is still validly signed is refused where age is asked for", "[attack][attack-71]") {
  SignedRegistry world;
  const std::string old_image = world.ByDigest("app", world.PushSigned("app", "old", "", Configuration("2024-01-01T00:00:00Z")));
  const std::string today = hullwright::FormatRfc3339(hullwright::SystemClock().Now());
  const std::string new_image = world.ByDigest("app", world.PushSigned("app", "new", "", Configuration(today)));
  RequireAdmitted(Run(old_image));
  world.SetRules({{"image", {{"maxAgeDays", 30}}}});
  WaitUntilDenied(old_image);
  const Answer refused = Run(old_image);
  RequireDenied(refused, "ImageTooOld");
  CHECK_THAT(refused.message(), Catch::Contains("2024-01-01T00:00:00Z") && Catch::Contains("30"));
  RequireAdmitted(Run(new_image));
}
