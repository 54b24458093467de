// Signatures whose parts are all genuine, put together by somebody who should not: each is well signed, and each is refused.
#include <catch2/catch.hpp>

#include "base/base64.h"
#include "support/minted_signature.h"
#include "verify/image_verification.h"

namespace hullwright::verify {
namespace {

using nlohmann::json;
using std::chrono::hours;
using testing::LogForm;
using testing::MintedSigstore;
using testing::SignatureShape;

const MintedSigstore& Sigstore() {
  static const MintedSigstore sigstore;
  return sigstore;
}

// What a case may change before it verifies.
struct Setting {
  TrustedRoot root = Sigstore().Root();
  std::string subject = "https://ci.example/release.yml@refs/heads/main";
  std::string issuer = "https://issuer.example";
  bool by_key = false;
  TransparencyLogRule log_rule = TransparencyLogRule::kRequired;
  Digest digest = Sigstore().ArtifactDigest();
  std::string reference = "registry.example/shop/api";

  Authority MakeAuthority() const {
    auto shared = std::make_shared<const TrustedRoot>(root);
    if (by_key) return {"acme", "release", KeyAuthority{Sigstore().PublicKey(), log_rule, shared}};
    return {"acme", "ci", KeylessAuthority{{IdentityMatcher::Make({subject, "", issuer, "", {}}).value()}, shared, true, log_rule}};
  }
  ImageUnderTest MakeImage() const { return {digest, ImageReference::Parse(reference).value(), testing::kMintedTime}; }
};

SignatureMaterial Material(const json& bundle) {
  return {MaterialFormat::kSigstoreBundle, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle.dump(), {}};
}

SignatureMaterial Material(const MintedSigstore::Layer& layer) {
  return {MaterialFormat::kCosignLayer, layer.media_type, layer.bytes, layer.annotations};
}

template <class T>
std::string StepOf(const Checked<T>& result) {
  return result ? "accepted" : std::string(ToString(result.error().step));
}

std::string SignatureStep(const SignatureMaterial& material, const Setting& setting = {}) {
  return StepOf(VerifySignature(material, setting.MakeAuthority(), setting.MakeImage()));
}

std::string AttestationStep(const SignatureMaterial& material, const Setting& setting = {}) {
  return StepOf(VerifyAttestation(material, setting.MakeAuthority(), setting.MakeImage()));
}

std::string Name(Step step) {
  return std::string(ToString(step));
}

json& Entries(json& bundle) {
  return bundle["verificationMaterial"]["tlogEntries"];
}

const SignatureShape kProvenance = {.predicate_type = "https://example.test/anything/v1", .predicate = R"({"a":1})"};

}  // namespace

TEST_CASE("A genuine signature says whose it is, and when it was made", "[verify]") {
  const Setting setting;
  const auto verified = VerifySignature(Material(Sigstore().Bundle({})), setting.MakeAuthority(), setting.MakeImage());
  REQUIRE(verified.has_value());
  CHECK((*verified)->publisher == "acme");
  CHECK((*verified)->format == "sigstore-bundle");
  CHECK((*verified)->subject == Sigstore().ArtifactDigest());
  CHECK((*verified)->signer.authority == "ci");
  CHECK((*verified)->signer.identity == setting.subject);
  CHECK((*verified)->signer.issuer == setting.issuer);
  CHECK((*verified)->signer.times == std::vector<Time>{testing::kMintedTime});
}

TEST_CASE("An attestation by the right signer is no signature, and a signature no attestation", "[verify]") {
  for (const LogForm log : {LogForm::kRekor1, LogForm::kRekor2}) {
    SignatureShape provenance = kProvenance;
    provenance.log = log;
    const auto attestation = Material(Sigstore().Bundle(provenance));
    CHECK(AttestationStep(attestation) == "accepted");
    CHECK(SignatureStep(attestation) == Name(Step::kPredicate));
    const auto signature = Material(Sigstore().Bundle({.log = log}));
    CHECK(SignatureStep(signature) == "accepted");
    CHECK(AttestationStep(signature) == Name(Step::kPredicate));
    CHECK(AttestationStep(Material(Sigstore().Bundle({.statement = false, .log = log}))) == Name(Step::kPredicate));
  }
  const auto layer = Material(Sigstore().CosignLayer(kProvenance));
  CHECK(AttestationStep(layer) == "accepted");
  CHECK(SignatureStep(layer) == Name(Step::kSubject));
  const auto plain = Material(Sigstore().CosignLayer({.statement = false}));
  CHECK(SignatureStep(plain) == "accepted");
  CHECK(AttestationStep(plain) == Name(Step::kSubject));
}

TEST_CASE("A predicate that lacks what its type promises is no attestation", "[verify]") {
  const auto broken = Material(Sigstore().Bundle({.predicate_type = "https://slsa.dev/provenance/v1", .predicate = R"({"a":1})"}));
  CHECK(AttestationStep(broken) == Name(Step::kPredicate));
}

TEST_CASE("Neither another image nor another name of it is vouched for", "[verify]") {
  Setting other;
  other.digest = Digest::Parse("sha256:" + std::string(64, '0')).value();
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), other) == Name(Step::kSubject));
  CHECK(SignatureStep(Material(Sigstore().Bundle({.statement = false})), other) == Name(Step::kSubject));
  CHECK(SignatureStep(Material(Sigstore().CosignLayer({.statement = false})), other) == Name(Step::kSubject));
  CHECK(AttestationStep(Material(Sigstore().CosignLayer(kProvenance)), other) == Name(Step::kSubject));
  Setting elsewhere;
  elsewhere.reference = "registry.example/shop/web";
  CHECK(SignatureStep(Material(Sigstore().CosignLayer({.statement = false})), elsewhere) == Name(Step::kSubject));
}

TEST_CASE("The identity must be that of the policy, in every form of signature", "[verify]") {
  for (const auto& material : {Material(Sigstore().Bundle({})), Material(Sigstore().CosignLayer({.statement = false}))}) {
    Setting subject;
    subject.subject = "https://ci.example/release.yml@refs/heads/mai";
    CHECK(SignatureStep(material, subject) == Name(Step::kIdentity));
    Setting issuer;
    issuer.issuer = "https://issuer.example.evil";
    CHECK(SignatureStep(material, issuer) == Name(Step::kIdentity));
  }
  const Authority nobody{"acme", "ci", KeylessAuthority{{}, std::make_shared<const TrustedRoot>(Sigstore().Root())}};
  CHECK(StepOf(VerifySignature(Material(Sigstore().Bundle({})), nobody, Setting().MakeImage())) == Name(Step::kIdentity));
}

TEST_CASE("A key does not pass for a certificate nor a certificate for a key", "[verify]") {
  Setting by_key;
  by_key.by_key = true;
  CHECK(SignatureStep(Material(Sigstore().Bundle({.by_key = true})), by_key) == "accepted");
  CHECK(SignatureStep(Material(Sigstore().Bundle({.by_key = true}))) == Name(Step::kKey));
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), by_key) == Name(Step::kKey));
  CHECK(SignatureStep(Material(Sigstore().CosignLayer({.by_key = true, .statement = false}))) == Name(Step::kKey));
  CHECK(SignatureStep(Material(Sigstore().CosignLayer({.statement = false})), by_key) == Name(Step::kKey));
}

TEST_CASE("A log is demanded unless the policy ignores it", "[verify]") {
  Setting required;
  required.by_key = true;
  Setting ignored = required;
  ignored.log_rule = TransparencyLogRule::kIgnored;
  for (const bool statement : {false, true}) {
    const SignatureShape unlogged = {.by_key = true, .statement = statement, .log = LogForm::kNone};
    CHECK(SignatureStep(Material(Sigstore().Bundle(unlogged)), required) == Name(Step::kTransparencyLog));
    CHECK(SignatureStep(Material(Sigstore().Bundle(unlogged)), ignored) == "accepted");
  }
  const auto layer = Material(Sigstore().CosignLayer({.by_key = true, .statement = false, .log = LogForm::kNone}));
  CHECK(SignatureStep(layer, required) == Name(Step::kTransparencyLog));
  CHECK(SignatureStep(layer, ignored) == "accepted");
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kNone}))) == Name(Step::kTransparencyLog));
}

TEST_CASE("Where the policy asks for no log, a certificate counts at the time that a trusted time-stamp authority says", "[verify]") {
  Setting ignored;
  ignored.log_rule = TransparencyLogRule::kIgnored;
  for (const bool statement : {false, true}) {
    const SignatureShape stamped{.statement = statement, .log = LogForm::kTimeStamp};
    CHECK(SignatureStep(Material(Sigstore().Bundle(stamped)), ignored) == "accepted");
    CHECK(SignatureStep(Material(Sigstore().Bundle(stamped))) == Name(Step::kTransparencyLog));
  }
  // A log's own word on the time is not asked for, and then is none.
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kNone})), ignored) == Name(Step::kTimestamp));
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kRekor1})), ignored) == Name(Step::kTimestamp));
  json bundle = Sigstore().Bundle({.log = LogForm::kTimeStamp});
  const json other = Sigstore().Bundle({.log = LogForm::kTimeStamp});
  bundle["verificationMaterial"]["timestampVerificationData"] = other["verificationMaterial"]["timestampVerificationData"];
  CHECK(SignatureStep(Material(bundle), ignored) == Name(Step::kTimestamp));
  const SignatureShape late{.log = LogForm::kTimeStamp, .time = testing::kMintedTime + std::chrono::hours(24 * 365)};
  CHECK(SignatureStep(Material(Sigstore().Bundle(late)), ignored) != "accepted");
  ignored.root.timestamp_authorities.clear();
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kTimeStamp})), ignored) == Name(Step::kTimestamp));
}

TEST_CASE("A log entry of another signature proves nothing, however genuine", "[verify]") {
  for (const SignatureShape& shape : {SignatureShape{}, SignatureShape{.statement = false}, SignatureShape{.log = LogForm::kRekor2}}) {
    json bundle = Sigstore().Bundle(shape);
    json other = Sigstore().Bundle(shape);  // another key of the same identity
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"];
    CHECK(SignatureStep(Material(bundle)) == Name(Step::kLogEntry));
  }
  auto layer = Sigstore().CosignLayer({.statement = false});
  const auto other = Sigstore().CosignLayer({.statement = false});
  layer.annotations["dev.sigstore.cosign/bundle"] = other.annotations.at("dev.sigstore.cosign/bundle");
  CHECK(SignatureStep(Material(layer)) == Name(Step::kLogEntry));
}

TEST_CASE("Entries of logs that nobody trusts are passed over and do not count", "[verify]") {
  Setting setting;
  setting.root.logs = {testing::MintedRekor(testing::MintedRekor::Generation::kFirst).Description()};
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), setting) == Name(Step::kTransparencyLog));
  json bundle = Sigstore().Bundle({});
  json foreign = Entries(bundle)[0];
  foreign["logId"]["keyId"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  Entries(bundle).push_back(foreign);
  CHECK(SignatureStep(Material(bundle)) == "accepted");
  Entries(bundle).push_back(Entries(bundle)[0]);
  CHECK(SignatureStep(Material(bundle)) == Name(Step::kTransparencyLog));  // the same twice
}

TEST_CASE("A second entry of the log that does not hold is no trifle", "[verify]") {
  json bundle = Sigstore().Bundle({});
  json second = Entries(bundle)[0];
  second["logIndex"] = "77";
  Entries(bundle).push_back(second);
  CHECK(SignatureStep(Material(bundle)) == Name(Step::kTransparencyLog));
}

TEST_CASE("A time outside the certificate, its authority, the log's key or the stamp's authority is no time", "[verify]") {
  for (const auto shift : {hours(-1), hours(1)}) {
    CHECK(SignatureStep(Material(Sigstore().Bundle({.time = testing::kMintedTime + shift}))) == Name(Step::kTime));
    CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kRekor2, .time = testing::kMintedTime + shift}))) == Name(Step::kTime));
    CHECK(SignatureStep(Material(Sigstore().CosignLayer({.statement = false, .time = testing::kMintedTime + shift}))) == Name(Step::kTime));
  }
  const ValidityWindow before{testing::kMintedTime - hours(48), testing::kMintedTime - hours(24)};
  Setting authority;
  authority.root.certificate_authorities[0].window = before;
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), authority) == Name(Step::kChain));
  Setting log;
  for (auto& known : log.root.logs) known.window = before;
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), log) == Name(Step::kTransparencyLog));
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kRekor2})), log) == Name(Step::kTransparencyLog));
  Setting stamp;
  stamp.root.timestamp_authorities[0].window = before;
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kRekor2})), stamp) == Name(Step::kTimestamp));
}

TEST_CASE("Every root of trust is needed for what it vouches for", "[verify]") {
  const Setting other = [] {
    Setting setting;
    const MintedSigstore stranger;
    setting.root = stranger.Root();
    setting.root.logs = Sigstore().Root().logs;
    return setting;
  }();
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), other) == Name(Step::kChain));
  CHECK(SignatureStep(Material(Sigstore().CosignLayer({.statement = false})), other) == Name(Step::kChain));
  Setting no_certificate_log;
  no_certificate_log.root.certificate_logs.clear();
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), no_certificate_log) == Name(Step::kCertificateLog));
  CHECK(SignatureStep(Material(Sigstore().Bundle({.promised_certificate = false}))) == Name(Step::kCertificateLog));
  Setting no_authority;
  no_authority.root.timestamp_authorities.clear();
  CHECK(SignatureStep(Material(Sigstore().Bundle({.log = LogForm::kRekor2})), no_authority) == Name(Step::kTimestamp));
  Setting nothing;
  nothing.root = {};
  CHECK(SignatureStep(Material(Sigstore().Bundle({})), nothing) == Name(Step::kTransparencyLog));
}

TEST_CASE("A root certificate in a bundle is refused even where it is the trusted one", "[verify]") {
  json bundle = Sigstore().Bundle({.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.2"});
  json& chain = bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
  const auto add = [&](const Certificate& certificate) { chain.push_back({{"rawBytes", EncodeBase64(certificate.der())}}); };
  add(Sigstore().fulcio.intermediate());
  CHECK(SignatureStep(Material(bundle)) == "accepted");
  add(Sigstore().fulcio.root());
  CHECK(SignatureStep(Material(bundle)) == Name(Step::kStructure));
}

TEST_CASE("An envelope of another type or with another number of signatures is no signature", "[verify]") {
  CHECK(SignatureStep(Material(Sigstore().Bundle({.payload_type = "text/plain"}))) == Name(Step::kUnsupported));
  json bundle = Sigstore().Bundle({});
  json& signatures = bundle["dsseEnvelope"]["signatures"];
  signatures.push_back(signatures[0]);
  CHECK(SignatureStep(Material(bundle)) == Name(Step::kStructure));
}

TEST_CASE("More entries or tokens than anybody needs are refused before any is looked at", "[verify]") {
  json bundle = Sigstore().Bundle({.log = LogForm::kRekor2});
  json entries = bundle;
  for (int i = 0; i < 32; ++i) Entries(entries).push_back(Entries(entries)[0]);
  CHECK(SignatureStep(Material(entries)) == Name(Step::kLimit));
  json& tokens = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"];
  json twice = bundle;
  twice["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"].push_back(tokens[0]);
  CHECK(SignatureStep(Material(twice)) == Name(Step::kTimestamp));
  for (int i = 0; i < 32; ++i) tokens.push_back(tokens[0]);
  CHECK(SignatureStep(Material(bundle)) == Name(Step::kLimit));
}

}  // namespace hullwright::verify
