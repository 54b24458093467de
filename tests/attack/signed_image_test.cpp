// What the gate is for: a policy that asks for a signature, the real API server, kubectl, real registries, and signatures by the real
// cosign and notation. A signed image is admitted by tag and by digest and stored with its digest; every broken one is refused, and the
// answer tells a team what to mend.
#include <catch2/catch.hpp>

#include "attack/real_signatures.h"
#include "base/base64.h"
#include "support/api_server.h"
#include "support/registry_content.h"

using namespace hullwright::test;
using hullwright::testing::ApiServer;
using hullwright::testing::Format;
using hullwright::testing::RegistryContent;
using hullwright::testing::RegistryKind;
using hullwright::testing::SignedImage;
using hullwright::testing::SignedImages;
using hullwright::testing::Signing;
using hullwright::testing::SigningStack;
using hullwright::testing::StoredSignature;
using hullwright::testing::Who;

namespace {

// One broken image, and what the answer must say beside the image, the policy and the rule.
struct Broken {
  std::string what, image, word;
  std::vector<std::string> says;
};

// Without tag and digest.
std::string NameOf(const std::string& image) {
  return image.substr(0, image.find_first_of(":@", image.rfind('/')));
}

// The policy of one test: everything in one registry must be signed by one publisher.
class Shop {
 public:
  Shop(SignedImages& images, const Json& authority, const std::vector<Json>& roots = {})
      : wanted_(images, name_, authority, SignedBy(name_), roots) {}

  // The tag names the index, which is what was signed.
  void Admits(const SignedImage& image) {
    const std::string by_digest = ByDigest(image), by_tag = image.repository + ":1";
    INFO(ToString(image.signing) << " " << by_digest);
    Gate::Get().WaitUntil(Pod("probe", by_digest), true);
    CHECK(Stored(by_digest) == by_digest);
    CHECK(Stored(by_tag) == by_tag + "@" + image.digest);
  }

  void Refuses(const Broken& broken) {
    const std::string name = UniqueName("refused");
    const auto created = Create(name, broken.image);
    INFO(broken.what << "\n" << created.err);
    CHECK(created.exit != 0);
    CHECK_THAT(created.err, Catch::Contains("admission webhook \"images.hullwright.dev\" denied the request"));
    CHECK_THAT(created.err, Catch::Contains(NameOf(broken.image) + "@sha256:") && Catch::Contains("(spec.containers[0].image)"));
    CHECK_THAT(created.err, Catch::Contains("(ClusterImageAdmissionPolicy/" + name_ + ", rule publishers)"));
    CHECK_THAT(created.err, Catch::Contains(broken.word + ": ") && Catch::Contains("Sign ") && !Catch::Contains(" more reasons"));
    for (const std::string& words : broken.says) CHECK_THAT(created.err, Catch::Contains(words));
    CHECK(Gate::Get().Read(Pod(name, broken.image)).status == 404);
  }

 private:
  static hullwright::testing::ProcessResult Create(const std::string& name, const std::string& image) {
    return ApiServer::Shared().Kubectl({"create", "--validate=false", "-f", "-"}, Pod(name, image).dump());
  }
  static std::string Stored(const std::string& image) {
    const std::string name = UniqueName("signed");
    const auto created = Create(name, image);
    INFO(created.err);
    CHECK(created.exit == 0);
    return ApiServer::Shared().Kubectl({"get", "pod", name, "-o", "jsonpath={.spec.containers[0].image}"}).out;
  }

  const std::string name_ = UniqueName("shop");
  const Wanted wanted_;
};

std::string Hex(const std::string& digest) {
  return digest.substr(digest.find(':') + 1);
}

// The text that was signed says another digest, and the signature is what it was.
void Rewrite(Json& base64, const std::string& from, const std::string& to) {
  std::string text = hullwright::DecodeBase64(base64.get<std::string>()).value();
  const auto at = text.find(Hex(from));
  REQUIRE(at != std::string::npos);
  base64 = hullwright::EncodeBase64(text.replace(at, Hex(to).size(), Hex(to)));
}

Broken Unsigned(SignedImages& images, const Signing& signing) {
  const SignedImage image = images.Prepare(signing);
  return {"unsigned", ByDigest(image), "SignatureMissing", {image.digest, "has no signature of shop"}};
}
Broken UnsignedByTag(SignedImages& images, const Signing& signing) {
  const SignedImage image = images.Prepare(signing);
  return {"unsigned, by tag", image.repository + ":1", "SignatureMissing", {ByDigest(image), "has no signature of shop"}};
}
Broken OfAnother(const SignedImage& original) {
  return {"the signature of another image",
          Forged(original, original.other_digest, [](Json&) {}),
          "SubjectMismatch",
          {original.digest, original.other_digest}};
}
Broken WithTamperedStatement(const SignedImage& original, const std::string& word) {
  const auto rewrite = [&](Json& bundle) { Rewrite(bundle["dsseEnvelope"]["payload"], original.digest, original.other_digest); };
  return {"a tampered payload", Forged(original, original.other_digest, rewrite), word, {"signature"}};
}

// The tag sha256-….sig of another repository, for the other digest; the payload may say that digest.
std::string UnderItsTag(SignedImages& images, const SignedImage& original, bool tampered) {
  const SignedImage copy = images.Prepare(original.signing);
  const RegistryContent from(original.repository), to(copy.repository);
  auto signature = StoredSignature::Read(from, hullwright::testing::SignatureTag(original.digest));
  const auto at = signature.layer.find(Hex(original.digest));
  if (tampered) signature.layer.replace(at, Hex(original.digest).size(), Hex(original.other_digest));
  signature.PutAsTag(to, original.other_digest);
  return copy.repository + "@" + original.other_digest;
}

Json StackRoot() {
  return SigstoreRoot("stack", ReadFile(SigningStack::Shared().trusted_root()));
}

}  // namespace

TEST_CASE("images signed by a key: what cosign signed runs, and a broken one is told what to mend", "[attack][signed]") {
  SignedImages& images = RealImages();
  const Signing signing = ByKey(Format::kBundle);
  const SignedImage good = images.Of(signing);
  Signing by_other = signing;
  by_other.algorithm = "ecdsa-p384";
  Shop shop(images, KeyAuthority(ReadFile(good.key.public_key)));
  shop.Admits(good);
  shop.Refuses(Unsigned(images, signing));
  shop.Refuses(UnsignedByTag(images, signing));
  shop.Refuses({"another key", ByDigest(images.Of(by_other)), "SignatureInvalid", {"shop", "key"}});
  shop.Refuses(OfAnother(good));
  shop.Refuses(WithTamperedStatement(good, "SignatureInvalid"));
}

TEST_CASE("images signed by a key that must stand in a log: what does not is told so", "[attack][signed]") {
  SignedImages& images = RealImages();
  const SignedImage logged = images.Of(ByKey(Format::kBundle, true, true)), not_logged = images.Of(ByKey(Format::kBundle));
  Shop shop(images, LoggedKeyAuthority(ReadFile(logged.key.public_key), "stack"), {StackRoot()});
  shop.Admits(logged);
  shop.Refuses({"not in the log", ByDigest(not_logged), "TransparencyLogUnproved", {"transparency log"}});
}

TEST_CASE("images signed in cosign's older layout, in a registry without referrers", "[attack][signed]") {
  SignedImages& images = RealImages(RegistryKind::kFallbackTag);
  const Signing signing = ByKey(Format::kLegacy);
  const SignedImage good = images.Of(signing);
  Signing by_other = signing;
  by_other.algorithm = "ecdsa-p384";
  Shop shop(images, KeyAuthority(ReadFile(good.key.public_key)));
  shop.Admits(good);
  shop.Admits(images.Of(ByKey(Format::kBundle)));
  shop.Refuses(Unsigned(images, signing));
  shop.Refuses(UnsignedByTag(images, signing));
  shop.Refuses({"another key", ByDigest(images.Of(by_other)), "SignatureInvalid", {"shop", "key"}});
  shop.Refuses({"the signature of another image", UnderItsTag(images, good, false), "SubjectMismatch", {good.digest, good.other_digest}});
  shop.Refuses({"a tampered payload", UnderItsTag(images, good, true), "SignatureInvalid", {"signature"}});
}

TEST_CASE("images signed by identities: the workflow that is named runs, anybody else is told who signed and who should have",
          "[attack][signed]") {
  SignedImages& images = RealImages();
  const Signing signing = Keyless(Who::kWorkflow);
  const SignedImage good = images.Of(signing), by_person = images.Of(Keyless(Who::kPerson));
  Shop shop(images, KeylessAuthority({{"issuer", good.issuer}, {"subject", good.subject}}, "stack"), {StackRoot()});
  shop.Admits(good);
  shop.Refuses(Unsigned(images, signing));
  shop.Refuses({"another identity", ByDigest(by_person), "IdentityMismatch", {by_person.subject, by_person.issuer, good.subject}});
  shop.Refuses({"a key and no identity", ByDigest(images.Of(ByKey(Format::kBundle))), "SignatureInvalid", {"certificate is wanted"}});
  shop.Refuses(OfAnother(good));
  shop.Refuses(WithTamperedStatement(good, "TransparencyLogUnproved"));  // the log entry is of what was signed
  const auto without = [&](const std::string& member) {
    return Forged(good, good.digest, [&](Json& bundle) { bundle["verificationMaterial"].erase(member); });
  };
  shop.Refuses({"not in the log", without("tlogEntries"), "TransparencyLogUnproved", {"log"}});
  shop.Refuses({"no time", without("timestampVerificationData"), "SigningTimeUnproved", {"time"}});
}

TEST_CASE("images signed with notation: the certificate and identity that are named run, others are told what is missing",
          "[attack][signed]") {
  SignedImages& images = RealImages();
  Signing signing{.format = Format::kNotationJws, .who = Who::kCertificate, .algorithm = "ecdsa-p256", .index = true, .in_log = true};
  const SignedImage jws = images.Of(signing);
  signing.format = Format::kNotationCose;
  const SignedImage cose = images.Of(signing);
  signing.algorithm = "ecdsa-p384";
  const SignedImage by_other = images.Of(signing);
  const SigningStack& stack = SigningStack::Shared();
  const Json root = NotationRoot("notary", ReadFile(jws.authority), ReadFile(stack.tsa_root()));
  {
    Shop shop(images, NotationAuthority(jws.subject, "notary"), {root});
    shop.Admits(jws);
    shop.Admits(cose);
    shop.Refuses(Unsigned(images, jws.signing));
    shop.Refuses({"another authority", ByDigest(by_other), "CertificateUntrusted", {"trust store", "notation-ecdsa-p384"}});
    shop.Refuses(OfAnother(jws));
    const auto rewrite = [&](Json& envelope) {
      Json& payload = envelope["payload"];
      std::string text = hullwright::DecodeBase64(payload.get<std::string>(), hullwright::Base64Form::kUrlUnpadded).value();
      const auto at = text.find(Hex(jws.digest));
      REQUIRE(at != std::string::npos);
      payload =
          hullwright::EncodeBase64(text.replace(at, Hex(jws.digest).size(), Hex(jws.other_digest)), hullwright::Base64Form::kUrlUnpadded);
    };
    shop.Refuses({"a tampered payload", Forged(jws, jws.other_digest, rewrite), "SignatureInvalid", {"signature"}});
  }
  const Json both = NotationRoot("both", ReadFile(jws.authority) + ReadFile(by_other.authority), ReadFile(stack.tsa_root()));
  Shop shop(images, NotationAuthority(by_other.subject, "both"), {both});
  shop.Admits(by_other);
  shop.Refuses({"another identity", ByDigest(jws), "IdentityMismatch", {"CN=notation-ecdsa-p256", "CN=notation-ecdsa-p384"}});
}

TEST_CASE("a tag that was moved after its image was admitted changes nothing that runs, and is judged anew",
          "[attack][attack-28][signed]") {
  SignedImages& images = RealImages();
  const SignedImage good = images.Of(ByKey(Format::kBundle));
  const std::string moving = good.repository + ":moving";
  images.tools().Copy(good.repository + ":1", moving);
  Shop shop(images, KeyAuthority(ReadFile(good.key.public_key)));
  shop.Admits(good);
  Gate& gate = Gate::Get();
  const Json pod = Pod(UniqueName("moving"), moving);
  RequireAdmitted(gate.Create(pod));
  const std::string evil = images.tools().PushImage(moving, {"evil", "linux/amd64"});
  CHECK(gate.Read(pod).body["spec"]["containers"][0]["image"] == moving + "@" + good.digest);
  shop.Refuses({"what the tag names now", moving + "@" + evil, "SignatureMissing", {evil}});
}
