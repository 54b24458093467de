// Layers of cosign 1 and 2, valid as minted, then broken annotation by annotation and byte by byte.
#include "verify/cosign_layer.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>

#include "base/base64.h"
#include "support/minted_signature.h"

namespace hullwright::verify {
namespace {

using testing::LogForm;
using testing::MintedSigstore;
using testing::SignatureShape;
using Layer = MintedSigstore::Layer;
using Steps = std::set<Step>;

constexpr std::string_view kSignature = "dev.cosignproject.cosign/signature";
constexpr std::string_view kCertificate = "dev.sigstore.cosign/certificate";
constexpr std::string_view kEntry = "dev.sigstore.cosign/bundle";
constexpr std::string_view kStamp = "dev.sigstore.cosign/rfc3161timestamp";

const MintedSigstore& Sigstore() {
  static const MintedSigstore sigstore;
  return sigstore;
}

Checked<void> Verify(const Layer& minted, bool by_key, EvidenceThresholds thresholds) {
  const auto layer = CosignLayer::Read(minted.media_type, minted.bytes, minted.annotations);
  if (!layer) return std::unexpected(layer.error());
  const TrustedRoot root = Sigstore().Root();
  const std::vector<TrustedKey> keys = by_key ? std::vector{TrustedKey{Sigstore().PublicKey()}} : std::vector<TrustedKey>();
  const auto verified = VerifyLayer(*layer, {keys, root, thresholds});
  if (!verified) return std::unexpected(verified.error());
  const Digest image = Sigstore().ArtifactDigest();
  if (layer->envelope) {
    const auto statement = RequireAttestationClaims(*layer, image);
    return statement ? Checked<void>() : std::unexpected(statement.error());
  }
  const auto reference = ImageReference::Parse("registry.example/shop/api").value();
  const auto claims = RequireSignatureClaims(*layer, image, reference, ReferenceMatch::kRepository);
  return claims ? Checked<void>() : std::unexpected(claims.error());
}

struct Breaker {
  SignatureShape shape;
  Layer layer = Sigstore().CosignLayer(shape);
  EvidenceThresholds thresholds{.certificate_timestamps = shape.by_key ? 0u : 1u};
  std::size_t count = 0;

  void Refused(const std::string& what, const Layer& broken, const Steps& steps) {
    ++count;
    const auto result = Verify(broken, shape.by_key, thresholds);
    INFO(what << ": " << (result ? "accepted" : std::string(ToString(result.error().step)) + ": " + result.error().message));
    CHECK((!result && steps.contains(result.error().step)));
  }
  void RefusedWith(const std::string& what, std::string_view annotation, std::string value, const Steps& steps) {
    Layer broken = layer;
    broken.annotations[std::string(annotation)] = std::move(value);
    Refused(fmt::format("{} {}", what, annotation), broken, steps);
  }
  // A bit flipped at many places of a text or of bytes.
  void FlipAnnotation(std::string_view annotation, int places, const Steps& steps) {
    const std::string text = layer.annotations.at(std::string(annotation));
    for (int i = 0; i < places; ++i) {
      std::string flipped = text;
      flipped[static_cast<std::size_t>(i) * (text.size() - 1) / static_cast<std::size_t>(places - 1)] ^= 0x01;
      RefusedWith(fmt::format("a flipped bit {}/{} of", i, places), annotation, flipped, steps);
    }
  }
  void FlipBytes(int places, const Steps& steps) {
    for (int i = 0; i < places; ++i) {
      Layer broken = layer;
      broken.bytes[static_cast<std::size_t>(i) * (broken.bytes.size() - 1) / static_cast<std::size_t>(places - 1)] ^= 0x01;
      Refused(fmt::format("a flipped bit {}/{} of the bytes", i, places), broken, steps);
    }
  }
};

const Steps kEntryBroken = {Step::kParse,       Step::kStructure, Step::kLogEntry, Step::kTransparencyLog,
                            Step::kUnsupported, Step::kKey,       Step::kAlgorithm};

std::vector<SignatureShape> Shapes() {
  return {
      {.by_key = true, .statement = false},
      {.by_key = false, .statement = false},
      {.by_key = false, .statement = false, .entry_kind = "rekord"},
      {.by_key = true, .statement = true},
      {.by_key = false, .statement = true},
      {.by_key = false, .statement = true, .entry_kind = "intoto"},
      {.by_key = false, .statement = true, .entry_kind = "intoto1"},
  };
}

void BreakSignature(Breaker& breaker) {
  if (breaker.shape.statement) {
    breaker.RefusedWith("a signature outside the envelope in", kSignature, "AAAA", {Step::kStructure});
    return;
  }
  breaker.FlipAnnotation(kSignature, 24, {Step::kParse, breaker.shape.by_key ? Step::kSignature : Step::kLogEntry});
  breaker.RefusedWith("nothing in", kSignature, "", {Step::kStructure});
  breaker.RefusedWith("spaces in", kSignature, " " + breaker.layer.annotations.at(std::string(kSignature)), {Step::kParse});
}

void BreakCertificate(Breaker& breaker) {
  if (breaker.shape.by_key) return;
  Steps steps = {Step::kParse,    Step::kStructure, Step::kKey,      Step::kAlgorithm,        Step::kUnsupported,
                 Step::kLogEntry, Step::kLimit,     Step::kIdentity, Step::kCriticalExtension};
  breaker.FlipAnnotation(kCertificate, 40, steps);
  breaker.RefusedWith("nothing in", kCertificate, "", {Step::kKey});
  const std::string pem = breaker.layer.annotations.at(std::string(kCertificate));
  breaker.RefusedWith("two certificates in", kCertificate, pem + pem, {Step::kParse, Step::kStructure});
  breaker.RefusedWith("no PEM in", "dev.sigstore.cosign/chain", "x", {Step::kParse, Step::kStructure});
}

void BreakEntry(Breaker& breaker) {
  breaker.FlipAnnotation(kEntry, 48, kEntryBroken);
  breaker.RefusedWith("nothing in", kEntry, "", {Step::kTransparencyLog});
  const std::string text = breaker.layer.annotations.at(std::string(kEntry));
  breaker.RefusedWith("an unknown member in", kEntry, "{\"x\":1," + text.substr(1), {Step::kStructure});
  breaker.RefusedWith("a duplicate member in", kEntry, "{\"Payload\":{}," + text.substr(1), {Step::kParse});
  breaker.RefusedWith("trailing bytes in", kEntry, text + "x", {Step::kParse});
  auto entry = nlohmann::json::parse(text);
  entry["Payload"]["integratedTime"] = entry["Payload"]["integratedTime"].get<long>() + 1;
  breaker.RefusedWith("another time in", kEntry, entry.dump(), {Step::kTransparencyLog});
  for (const std::string member : {"body", "integratedTime", "logIndex", "logID"}) {
    auto missing = nlohmann::json::parse(text);
    missing["Payload"].erase(member);
    breaker.RefusedWith("without " + member, kEntry, missing.dump(), {Step::kStructure});
  }
}

}  // namespace

TEST_CASE("A layer that is broken anywhere is refused by the step that is there for it", "[verify]") {
  std::size_t count = 0;
  for (const SignatureShape& shape : Shapes()) {
    Breaker breaker{shape};
    INFO("by key " << shape.by_key << ", statement " << shape.statement << ", " << shape.entry_kind);
    const auto baseline = Verify(breaker.layer, shape.by_key, breaker.thresholds);
    INFO((baseline ? std::string() : baseline.error().message));
    REQUIRE(baseline.has_value());
    BreakSignature(breaker);
    BreakCertificate(breaker);
    BreakEntry(breaker);
    breaker.FlipBytes(48, {Step::kParse, Step::kStructure, Step::kSignature, Step::kLogEntry, Step::kUnsupported});
    Layer other = breaker.layer;
    other.media_type = "application/octet-stream";
    breaker.Refused("another media type", other, {Step::kUnsupported});
    count += breaker.count;
  }
  CHECK(count >= 700);
}

TEST_CASE("A time-stamp token in the annotation proves the time where no log does", "[verify]") {
  Breaker breaker{{.statement = false, .log = LogForm::kNone}};
  breaker.thresholds = {.logs = 0, .signed_timestamps = 1};
  const auto annotation = [&](std::string_view message, Time time) {
    return fmt::format(R"({{"SignedRFC3161Timestamp":"{}"}})", EncodeBase64(Sigstore().authority.Response(message, time)));
  };
  const std::string signature = DecodeBase64(breaker.layer.annotations.at(std::string(kSignature))).value();
  breaker.Refused("no token", breaker.layer, {Step::kTimestamp});
  breaker.RefusedWith("a token over other bytes in", kStamp, annotation("other", testing::kMintedTime), {Step::kTimestamp});
  breaker.RefusedWith("a late token in", kStamp, annotation(signature, testing::kMintedTime + std::chrono::hours(1)), {Step::kTime});
  breaker.RefusedWith("no JSON in", kStamp, "x", {Step::kParse});
  breaker.RefusedWith("an unknown member in", kStamp, R"({"x":1})", {Step::kStructure});
  breaker.layer.annotations[std::string(kStamp)] = annotation(signature, testing::kMintedTime);
  CHECK(Verify(breaker.layer, false, breaker.thresholds).has_value());
}

TEST_CASE("A signature in lines, as openssl writes base64, is read like any other", "[verify]") {
  Breaker breaker{{.by_key = true, .statement = false}};
  breaker.layer.annotations.at(std::string(kSignature)).insert(20, "\n") += "\n";
  CHECK(Verify(breaker.layer, true, breaker.thresholds).has_value());
}

TEST_CASE("A key that is trusted for a time vouches inside it alone", "[verify]") {
  const auto minted = Sigstore().CosignLayer({.by_key = true, .statement = false});
  const auto layer = CosignLayer::Read(minted.media_type, minted.bytes, minted.annotations).value();
  const TrustedRoot root = Sigstore().Root();
  const auto verify = [&](ValidityWindow window, std::size_t logs) {
    const auto verified = VerifyLayer(
        layer, {{TrustedKey{Sigstore().PublicKey(), window}}, root, {.logs = logs, .certificate_timestamps = 0, .times = logs}});
    return verified ? std::string("accepted") : std::string(ToString(verified.error().step));
  };
  const auto hour = std::chrono::hours(1);
  CHECK(verify({testing::kMintedTime - hour, testing::kMintedTime + hour}, 1) == "accepted");
  CHECK(verify({testing::kMintedTime, testing::kMintedTime}, 1) == "accepted");
  CHECK(verify({testing::kMintedTime + hour, std::nullopt}, 1) == ToString(Step::kTime));
  CHECK(verify({testing::kMintedTime - hour, testing::kMintedTime - std::chrono::minutes(30)}, 1) == ToString(Step::kTime));
  CHECK(verify({testing::kMintedTime - hour, std::nullopt}, 0) == ToString(Step::kTime));
}

}  // namespace hullwright::verify
