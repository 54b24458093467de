// Bundles of every form, valid as minted, then broken member by member and byte by byte: none is accepted, and each is refused by the step
// that is there for it.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "base/base64.h"
#include "support/minted_signature.h"
#include "verify/image_verification.h"

namespace hullwright::verify {
namespace {

using nlohmann::json;
using testing::LogForm;
using testing::MintedSigstore;
using testing::SignatureShape;
using Steps = std::set<Step>;

const MintedSigstore& Sigstore() {
  static const MintedSigstore sigstore;
  return sigstore;
}

Authority AuthorityFor(bool by_key) {
  auto root = std::make_shared<const TrustedRoot>(Sigstore().Root());
  if (by_key) return {"acme", "release", KeyAuthority{Sigstore().PublicKey(), TransparencyLogRule::kRequired, root}};
  auto matcher = IdentityMatcher::Make({"https://ci.example/release.yml@refs/heads/main", "", "https://issuer.example", "", {}});
  return {"acme", "ci", KeylessAuthority{{matcher.value()}, root}};
}

Checked<void> Verify(const std::string& bundle, bool by_key) {
  const SignatureMaterial material{MaterialFormat::kSigstoreBundle, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle, {}};
  const ImageUnderTest image{Sigstore().ArtifactDigest(), ImageReference::Parse("registry.example/shop/api").value(), testing::kMintedTime};
  const auto verified = VerifySignature(material, AuthorityFor(by_key), image);
  if (!verified) return std::unexpected(verified.error());
  return {};
}

std::string Names(const Steps& steps) {
  std::string names;
  for (const Step step : steps) names += std::string(ToString(step)) + " ";
  return names;
}

class Breaker {
 public:
  explicit Breaker(SignatureShape shape) : shape_(std::move(shape)), bundle_(Sigstore().Bundle(shape_)) {}

  void RequireBaseline() const {
    const auto result = Verify(bundle_.dump(), shape_.by_key);
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result.has_value());
  }

  void RefusedText(const std::string& what, const std::string& text, const Steps& steps) {
    ++count;
    const auto result = Verify(text, shape_.by_key);
    INFO(what << ": " << (result ? "accepted" : std::string(ToString(result.error().step)) + ": " + result.error().message)
              << "; wanted: " << Names(steps));
    CHECK((!result && steps.contains(result.error().step)));
  }
  void Refused(const std::string& what, const json& broken, const Steps& steps) { RefusedText(what, broken.dump(), steps); }

  void BreakAll() { Walk(json::json_pointer(), bundle_); }
  const json& bundle() const { return bundle_; }

  std::size_t count = 0;

 private:
  void Walk(const json::json_pointer& at, const json& value);
  void Remove(const json::json_pointer& at);
  void BreakText(const json::json_pointer& at, const std::string& text);
  void BreakBytes(const json::json_pointer& at, const std::string& bytes);
  void BreakNumber(const json::json_pointer& at, const std::string& text);
  void Replace(std::string_view how, const json::json_pointer& at, const json& value, const Steps& steps) {
    json broken = bundle_;
    broken[at] = value;
    Refused(fmt::format("{} {}", how, at.to_string()), broken, steps);
  }
  bool IsFirstVersion() const { return shape_.media_type.find("0.1") != std::string::npos; }

  SignatureShape shape_;
  json bundle_;
};

// What is missed when the member is not there; empty: it may be absent.
Steps WhenRemoved(const std::string& path, bool first_version) {
  static const std::vector<std::string> kOptional = {"/messageDigest", "/hint"};
  for (const std::string& end : kOptional) {
    if (path.ends_with(end)) return {};
  }
  if (first_version && (path.ends_with("/inclusionProof") || path.ends_with("/checkpoint"))) return {};
  if (path.ends_with("/inclusionPromise") && !first_version) return {Step::kTime};
  if (path.find("imestamp") != std::string::npos && !path.ends_with("/signedTimestamp") && !path.ends_with("/signedEntryTimestamp")) {
    return {Step::kTime};
  }
  for (const std::string end : {"/tlogEntries", "/tlogEntries/0", "/logIndex", "/treeSize", "/integratedTime", "/hashes"}) {
    if (path.ends_with(end)) return {Step::kTransparencyLog};
  }
  if (path.find("/hashes/") != std::string::npos) return {Step::kTransparencyLog};
  return {Step::kStructure};
}

void Breaker::Remove(const json::json_pointer& at) {
  const Steps steps = WhenRemoved(at.to_string(), IsFirstVersion());
  if (steps.empty()) return;
  json broken = bundle_;
  json& parent = broken[at.parent_pointer()];
  if (parent.is_array()) {
    parent.erase(std::stoul(at.back()));
  } else {
    parent.erase(at.back());
  }
  Refused("without " + at.to_string(), broken, steps);
}

Steps WhenFlipped(const std::string& path, bool by_key) {
  // The certificate is read first and the log's entry compared with it; any byte may be of either.
  static const Steps kAnyRead = {Step::kParse,    Step::kStructure,      Step::kKey,      Step::kAlgorithm,         Step::kUnsupported,
                                 Step::kLogEntry, Step::kCertificateUse, Step::kIdentity, Step::kCriticalExtension, Step::kLimit};
  if (path.ends_with("/rawBytes")) return kAnyRead;
  if (path.ends_with("/canonicalizedBody")) {
    Steps steps = kAnyRead;
    steps.insert(Step::kTransparencyLog);
    return steps;
  }
  if (path.ends_with("/signedTimestamp")) {
    return {Step::kParse,          Step::kTimestamp, Step::kTime,        Step::kChain,
            Step::kCertificateUse, Step::kAlgorithm, Step::kUnsupported, Step::kLimit};
  }
  if (path.ends_with("/digest")) return {Step::kSubject};
  if (path.ends_with("/sig") || path.ends_with("/signature") || path.ends_with("/payload")) {
    return {by_key ? Step::kSignature : Step::kLogEntry};
  }
  return {Step::kTransparencyLog};
}

void Breaker::BreakBytes(const json::json_pointer& at, const std::string& bytes) {
  const Steps steps = WhenFlipped(at.to_string(), shape_.by_key);
  constexpr std::size_t kPlaces = 8;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    std::string flipped = bytes;
    flipped[i * (bytes.size() - 1) / (kPlaces - 1)] ^= 0x01;
    Replace(fmt::format("a flipped bit at {}/{} of", i, kPlaces), at, EncodeBase64(flipped), steps);
  }
  Steps shorter = steps;
  shorter.insert(Step::kParse);
  Replace("a byte less in", at, EncodeBase64(bytes.substr(0, bytes.size() - 1)), shorter);
  Replace("a byte more in", at, EncodeBase64(bytes + "x"), shorter);
  Replace("nothing in", at, "", shorter);
  Replace("no base64 in", at, "*" + EncodeBase64(bytes), {Step::kParse});
  Replace("white space in", at, EncodeBase64(bytes) + "\n", {Step::kParse});
}

void Breaker::BreakNumber(const json::json_pointer& at, const std::string& text) {
  const long number = std::stol(text);
  Replace("one more in", at, std::to_string(number + 1), {Step::kTransparencyLog});
  Replace("one less in", at, std::to_string(number - 1), {Step::kTransparencyLog});
  Replace("a negative", at, "-" + text, {Step::kStructure, Step::kTransparencyLog});
  Replace("a leading zero in", at, "0" + text, {Step::kStructure});
  Replace("a fraction in", at, text + ".0", {Step::kStructure});
  Replace("more than 64 bits in", at, "18446744073709551616", {Step::kStructure});
}

void Breaker::BreakText(const json::json_pointer& at, const std::string& text) {
  const std::string path = at.to_string();
  if (path.ends_with("/hint")) return;
  if (path.ends_with("/logIndex") || path.ends_with("/treeSize") || path.ends_with("/integratedTime")) return BreakNumber(at, text);
  if (path == "/mediaType") return Replace("another", at, text + "x", {Step::kUnsupported});
  if (path.ends_with("/algorithm")) return Replace("another", at, text + "x", {Step::kAlgorithm});
  if (path.ends_with("/kind") || path.ends_with("/version")) {
    return Replace("another", at, text + "x", {Step::kLogEntry, Step::kUnsupported});
  }
  if (path.ends_with("/payloadType")) return Replace("another", at, "text/plain", {Step::kUnsupported, Step::kLogEntry});
  if (path.ends_with("/envelope")) {
    for (std::size_t i = 0; i < 16; ++i) {
      std::string flipped = text;
      char& c = flipped[i * (text.size() - 1) / 15];
      c = c == 'A' ? 'B' : 'A';
      Replace(fmt::format("a changed character {}/16 of", i), at, flipped, {Step::kTransparencyLog, Step::kParse});
    }
    return;
  }
  const auto bytes = DecodeBase64(text);
  INFO(path);
  REQUIRE(bytes.has_value());
  BreakBytes(at, *bytes);
}

void Breaker::Walk(const json::json_pointer& at, const json& value) {
  if (!at.empty()) {
    Remove(at);
    Replace("another type of", at, value.is_structured() ? json("x") : json({{"x", 1}}), {Step::kStructure});
  }
  if (value.is_object()) {
    json extended = value;
    extended["unknown"] = 1;
    json broken = bundle_;
    broken[at] = extended;
    Refused("an unknown member in " + at.to_string(), broken, {Step::kStructure});
  }
  if (value.is_string()) return BreakText(at, value.get<std::string>());
  for (const auto& [key, member] : value.items())
    Walk(at / (value.is_array() ? json::json_pointer("/" + key) : json::json_pointer("/" + key)), member);
}

std::vector<SignatureShape> Shapes() {
  const std::string kV01 = "application/vnd.dev.sigstore.bundle+json;version=0.1";
  const std::string kV02 = "application/vnd.dev.sigstore.bundle+json;version=0.2";
  return {
      {.statement = false},
      {.statement = true},
      {.statement = true, .media_type = kV02, .entry_kind = "intoto"},
      {.statement = false, .media_type = kV01},
      {.statement = false, .log = LogForm::kRekor2},
      {.statement = true, .log = LogForm::kRekor2},
      {.by_key = true, .statement = false},
      {.by_key = true, .statement = true},
      {.by_key = true, .statement = true, .log = LogForm::kRekor2},
  };
}

}  // namespace

TEST_CASE("A bundle that is broken anywhere is refused by the step that is there for it", "[verify]") {
  std::size_t count = 0;
  for (const SignatureShape& shape : Shapes()) {
    INFO("by key " << shape.by_key << ", statement " << shape.statement << ", log " << static_cast<int>(shape.log) << ", "
                   << shape.media_type);
    Breaker breaker(shape);
    breaker.RequireBaseline();
    breaker.BreakAll();
    count += breaker.count;
  }
  CHECK(count >= 1000);
}

TEST_CASE("Text that is not exactly one bundle is refused", "[verify]") {
  Breaker breaker({.statement = true});
  const std::string text = breaker.bundle().dump();
  for (std::size_t i = 0; i < 32; ++i) breaker.RefusedText("cut", text.substr(0, i * text.size() / 32), {Step::kParse});
  breaker.RefusedText("trailing bytes", text + "x", {Step::kParse});
  breaker.RefusedText("two documents", text + text, {Step::kParse});
  breaker.RefusedText("a duplicate member", "{\"mediaType\":\"x\"," + text.substr(1), {Step::kParse});
  breaker.RefusedText("invalid UTF-8", "{\"\xff\":1," + text.substr(1), {Step::kParse});
  breaker.RefusedText("too deep", std::string(100, '[') + std::string(100, ']'), {Step::kLimit});
  breaker.RefusedText("a list", "[" + text + "]", {Step::kStructure});
  breaker.RefusedText("too large", text + std::string(9u << 20, ' '), {Step::kLimit});
}

}  // namespace hullwright::verify
