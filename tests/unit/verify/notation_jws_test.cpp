#include <catch2/catch.hpp>

#include "base/base64.h"
#include "support/minted_notation.h"
#include "verify/notation.h"

using namespace hullwright;
using namespace hullwright::verify;
using namespace hullwright::testing;
using nlohmann::json;

namespace {

const MintedChain& Chain() {
  static const MintedChain chain(MintedKey::kP256);
  return chain;
}

NotationPolicy Policy(const MintedChain& chain) {
  return {.stores = {.ca = {Certificate::FromDer(chain.root).value()},
                     .signing_authority = {Certificate::FromDer(chain.root).value()},
                     .tsa = {}},
          .identities = TrustedIdentities::Parse(std::vector<std::string>{"x509.subject:C=US,ST=WA,O=Acme"}).value(),
          .revocation = {}};
}

Checked<NotationVerdict> Verify(const std::string& envelope, const MintedChain& chain = Chain(),
                                std::string_view media_type = "application/jose+json") {
  const NotationTarget target{.digest = std::string(kNotationDigest), .media_type = {}, .size = 528, .user_metadata = {}};
  return VerifyNotation(Policy(chain),
                        {.media_type = media_type, .envelope = envelope, .target = target, .revocation = {}, .now = kNotationNow});
}

JwsParts Parts(bool signing_authority = false) {
  return {Chain().leaf_key, Chain().chain(), signing_authority};
}

Step StepOf(const Checked<NotationVerdict>& verdict) {
  REQUIRE_FALSE(verdict.has_value());
  INFO(verdict.error().message);
  return verdict.error().step;
}

std::string Url(std::string_view bytes) {
  return EncodeBase64(bytes, Base64Form::kUrlUnpadded);
}

}  // namespace

TEST_CASE("Every kind of key signs both formats under both schemes, with its own algorithm and no other", "[verify]") {
  const auto type =
      GENERATE(MintedKey::kP256, MintedKey::kP384, MintedKey::kP521, MintedKey::kRsa2048, MintedKey::kRsa3072, MintedKey::kRsa4096);
  const MintedChain chain(type);
  for (const bool authority : {false, true}) {
    const JwsParts jws(chain.leaf_key, chain.chain(), authority);
    const auto of_jws = Verify(jws.Sign(chain.leaf_key), chain);
    REQUIRE(of_jws.has_value());
    CHECK(of_jws->authentic);
    CHECK(of_jws->format == NotationFormat::kJws);
    const CoseParts cose(chain.leaf_key, chain.chain(), authority);
    CHECK(Verify(cose.Sign(chain.leaf_key).Encode(), chain, "application/cose").has_value());
    CHECK(StepOf(Verify(cose.Sign(chain.root_key).Encode(), chain, "application/cose")) == Step::kSignature);
  }
  for (const char* name : {"PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}) {
    JwsParts other(chain.leaf_key, chain.chain());
    if (other.protected_header["alg"] == name) continue;
    other.protected_header["alg"] = name;
    CHECK(StepOf(Verify(other.Sign(chain.leaf_key), chain)) == Step::kKey);
  }
}

TEST_CASE("Keys that Notary Project does not know sign nothing", "[verify]") {
  const MintedChain chain(MintedKey::kEd25519);
  JwsParts parts(Chain().leaf_key, chain.chain());
  CHECK(StepOf(Verify(parts.Sign(Chain().leaf_key), chain)) == Step::kAlgorithm);
  for (const auto type : {MintedKey::kRsa1024, MintedKey::kP224, MintedKey::kSecp256k1}) {
    const MintedChain weak(type);
    CHECK(StepOf(Verify(JwsParts(Chain().leaf_key, weak.chain()).Sign(Chain().leaf_key), Chain())) == Step::kAlgorithm);
  }
}

TEST_CASE("Signed JWS headers that are not as the specification wants them are refused", "[verify]") {
  struct Case {
    const char* what;
    const char* patch;  // RFC 7396: null removes
    Step step;
  };
  const auto one = GENERATE(values<Case>({
      {"no alg", R"({"alg":null})", Step::kAlgorithm},
      {"alg none", R"({"alg":"none"})", Step::kAlgorithm},
      {"an HMAC", R"({"alg":"HS256"})", Step::kAlgorithm},
      {"PKCS#1 v1.5", R"({"alg":"RS256"})", Step::kAlgorithm},
      {"alg in another case", R"({"alg":"es256"})", Step::kAlgorithm},
      {"alg as a number", R"({"alg":7})", Step::kStructure},
      {"no cty", R"({"cty":null})", Step::kUnsupported},
      {"another cty", R"({"cty":"application/json"})", Step::kUnsupported},
      {"cty as a list", R"({"cty":[]})", Step::kStructure},
      {"no crit", R"({"crit":null})", Step::kStructure},
      {"an empty crit", R"({"crit":[]})", Step::kStructure},
      {"crit as text", R"({"crit":"io.cncf.notary.signingScheme"})", Step::kStructure},
      {"crit with a number", R"({"crit":["io.cncf.notary.signingScheme",1]})", Step::kStructure},
      {"crit without the scheme", R"({"crit":["io.cncf.notary.signingTime"]})", Step::kStructure},
      {"an unknown critical name", R"({"crit":["io.cncf.notary.signingScheme","SomeKey"],"SomeKey":"x"})", Step::kCriticalExtension},
      {"alg as critical", R"({"crit":["io.cncf.notary.signingScheme","alg"]})", Step::kCriticalExtension},
      {"b64 as critical", R"({"crit":["io.cncf.notary.signingScheme","b64"],"b64":false})", Step::kCriticalExtension},
      {"a critical name twice", R"({"crit":["io.cncf.notary.signingScheme","io.cncf.notary.signingScheme"]})", Step::kStructure},
      {"an absent critical name", R"({"crit":["io.cncf.notary.signingScheme","io.cncf.notary.expiry"]})", Step::kStructure},
      {"no scheme", R"({"io.cncf.notary.signingScheme":null})", Step::kStructure},
      {"an unknown scheme", R"({"io.cncf.notary.signingScheme":"notary.x510"})", Step::kUnsupported},
      {"the other scheme", R"({"io.cncf.notary.signingScheme":"notary.x509.signingAuthority"})", Step::kStructure},
      {"no time", R"({"io.cncf.notary.signingTime":null})", Step::kStructure},
      {"a time that is none", R"({"io.cncf.notary.signingTime":"yesterday"})", Step::kParse},
      {"a time as a number", R"({"io.cncf.notary.signingTime":1777593600})", Step::kStructure},
      {"both times", R"({"io.cncf.notary.authenticSigningTime":"2026-05-01T00:00:00Z"})", Step::kStructure},
      {"an expiry not critical", R"({"io.cncf.notary.expiry":"2030-05-01T00:00:00Z"})", Step::kStructure},
      {"an expiry before the signing",
       R"({"io.cncf.notary.expiry":"2026-04-01T00:00:00Z","crit":["io.cncf.notary.signingScheme","io.cncf.notary.expiry"]})",
       Step::kStructure},
      {"an expiry that has passed",
       R"({"io.cncf.notary.expiry":"2026-06-01T00:00:00Z","crit":["io.cncf.notary.signingScheme","io.cncf.notary.expiry"]})",
       Step::kExpired},
      {"a plugin", R"({"io.cncf.notary.verificationPlugin":"p"})", Step::kCriticalExtension},
      {"a plugin's version", R"({"io.cncf.notary.verificationPluginMinVersion":"1.0.0"})", Step::kCriticalExtension},
      {"a critical plugin",
       R"({"crit":["io.cncf.notary.signingScheme","io.cncf.notary.verificationPlugin"],"io.cncf.notary.verificationPlugin":"p"})",
       Step::kCriticalExtension},
  }));
  INFO(one.what);
  JwsParts parts = Parts();
  const json patch = json::parse(one.patch);
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      parts.protected_header.erase(name);
    } else {
      parts.protected_header[name] = value;
    }
  }
  CHECK(StepOf(Verify(parts.Sign(Chain().leaf_key))) == one.step);
}

TEST_CASE("Every member of a JWS is needed, and every byte of its text counts", "[verify]") {
  const std::string good = Parts().Sign(Chain().leaf_key);
  REQUIRE(Verify(good).has_value());
  for (const char* member : {"payload", "protected", "signature", "header"}) {
    json envelope = json::parse(good);
    envelope.erase(member);
    CHECK(StepOf(Verify(envelope.dump())) == Step::kStructure);
    for (const json& value : {json(nullptr), json(7), json::array(), json("")}) {
      envelope[member] = value;
      INFO(member << " " << value);
      const Step step = StepOf(Verify(envelope.dump()));
      CHECK((step == Step::kStructure || step == Step::kParse || step == Step::kSignature));
    }
    if (std::string(member) == "header") continue;
    for (const char* tail : {"=", "A", "\n", " ", "."}) {
      json longer = json::parse(good);
      longer[member] = longer[member].get<std::string>() + tail;
      const Step step = StepOf(Verify(longer.dump()));
      INFO(member << " with " << tail);
      CHECK((step == Step::kParse || step == Step::kSignature));
    }
  }
}

TEST_CASE("No byte of a signed JWS text can be changed", "[verify]") {
  const std::string good = Parts().Sign(Chain().leaf_key);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string broken = good;
    broken[i] = broken[i] == 'A' ? 'B' : 'A';
    const auto verdict = Verify(broken);
    INFO("byte " << i << " of " << good.size());
    CHECK_FALSE(verdict.has_value());
    refused += verdict ? 0 : 1;
  }
  CHECK(refused == good.size());
  for (std::size_t size = 0; size < good.size(); size += 7) CHECK(StepOf(Verify(good.substr(0, size))) == Step::kParse);
}

TEST_CASE("The JWS forms that are not allowed are refused", "[verify]") {
  const json good = json::parse(Parts().Sign(Chain().leaf_key));
  json general = {{"payload", good["payload"]}};
  general["signatures"] = json::array({{{"protected", good["protected"]}, {"header", good["header"]}, {"signature", good["signature"]}}});
  CHECK(StepOf(Verify(general.dump())) == Step::kStructure);
  json both = good;
  both["signatures"] = general["signatures"];
  CHECK(StepOf(Verify(both.dump())) == Step::kStructure);
  json extra = good;
  extra["note"] = "x";
  CHECK(StepOf(Verify(extra.dump())) == Step::kStructure);
  const auto text = [&](const char* name) { return good[name].get<std::string>(); };
  CHECK(StepOf(Verify(text("protected") + "." + text("payload") + "." + text("signature"))) == Step::kParse);  // compact
  CHECK(StepOf(Verify(good.dump() + good.dump())) == Step::kParse);
  CHECK(StepOf(Verify(good.dump() + " x")) == Step::kParse);
  CHECK(StepOf(Verify("[" + good.dump() + "]")) == Step::kStructure);
  const std::string twice = "{\"payload\":\"e30\"," + good.dump().substr(1);
  CHECK(StepOf(Verify(twice)) == Step::kParse);
  CHECK(StepOf(Verify(std::string(9u << 20, ' '))) == Step::kLimit);
  CHECK(StepOf(Verify(good.dump(), Chain(), "application/unsupported+json")) == Step::kUnsupported);
  CHECK(StepOf(Verify(good.dump(), Chain(), "application/cose")) == Step::kParse);
}

TEST_CASE("A protected header with a name twice or of another type is refused", "[verify]") {
  const JwsParts parts = Parts();
  const auto with = [&](const std::string& header) {
    json envelope = json::parse(parts.Sign(Chain().leaf_key));
    envelope["protected"] = Url(header);
    envelope["signature"] = Url(SignForNotation(Chain().leaf_key, Url(header) + "." + Url(parts.payload)));
    return StepOf(Verify(envelope.dump()));
  };
  const std::string good = parts.protected_header.dump();
  CHECK(with("{\"alg\":\"none\"," + good.substr(1)) == Step::kParse);
  CHECK(with("[]") == Step::kStructure);
  CHECK(with("") == Step::kParse);
  CHECK(with(good + "x") == Step::kParse);
}

TEST_CASE("The chain of a JWS is complete, in order and in strict base64", "[verify]") {
  const auto with = [](const json& x5c) {
    JwsParts parts = Parts();
    parts.header["x5c"] = x5c;
    return StepOf(Verify(parts.Sign(Chain().leaf_key)));
  };
  const std::string leaf = EncodeBase64(Chain().leaf);
  const std::string root = EncodeBase64(Chain().root);
  const MintedChain other(MintedKey::kP256);
  CHECK(with(json::array()) == Step::kChain);
  CHECK(with(nullptr) == Step::kChain);
  CHECK(with("x") == Step::kStructure);
  CHECK(with({leaf}) == Step::kChain);
  CHECK(with({root, leaf}) == Step::kChain);
  CHECK(with({leaf, root, root}) == Step::kChain);
  CHECK(with({leaf, EncodeBase64(other.root)}) == Step::kChain);
  CHECK(with({EncodeBase64(other.leaf), EncodeBase64(other.root)}) == Step::kSignature);
  CHECK(with({leaf, 7}) == Step::kStructure);
  CHECK(with({leaf + "\n", root}) == Step::kParse);
  CHECK(with({EncodeBase64(Chain().leaf, Base64Form::kUrlUnpadded), root}) == Step::kParse);
  CHECK(with({EncodeBase64(Chain().leaf + "x"), root}) == Step::kParse);
  CHECK(with(std::vector(11, leaf)) == Step::kLimit);
}

TEST_CASE("The payload is about this artifact and says nothing besides", "[verify]") {
  struct Case {
    const char* what;
    const char* patch;  // RFC 7396 on the payload
    Step step;
  };
  const auto one = GENERATE(values<Case>({
      {"another digest", R"({"targetArtifact":{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}})",
       Step::kSubject},
      {"the digest in upper case",
       R"({"targetArtifact":{"digest":"SHA256:60043cf45eaebc4c0867fea485a039b598f52fd09fd5b07b0b2d2f88fad9d74e"}})", Step::kSubject},
      {"another size", R"({"targetArtifact":{"size":529}})", Step::kSubject},
      {"a negative size", R"({"targetArtifact":{"size":-1}})", Step::kStructure},
      {"a size with a fraction", R"({"targetArtifact":{"size":528.0}})", Step::kStructure},
      {"a size as text", R"({"targetArtifact":{"size":"528"}})", Step::kStructure},
      {"no size", R"({"targetArtifact":{"size":null}})", Step::kStructure},
      {"no digest", R"({"targetArtifact":{"digest":null}})", Step::kStructure},
      {"an empty digest", R"({"targetArtifact":{"digest":""}})", Step::kStructure},
      {"no media type", R"({"targetArtifact":{"mediaType":null}})", Step::kStructure},
      {"annotations as a list", R"({"targetArtifact":{"annotations":["x"]}})", Step::kStructure},
      {"a numeric annotation", R"({"targetArtifact":{"annotations":{"build":7}}})", Step::kStructure},
      {"no artifact", R"({"targetArtifact":null})", Step::kStructure},
      {"an artifact as a list", R"({"targetArtifact":[]})", Step::kStructure},
      {"a second artifact", R"({"otherArtifact":{}})", Step::kStructure},
  }));
  INFO(one.what);
  json payload = NotationPayloadJson();
  payload.merge_patch(json::parse(one.patch));
  JwsParts parts = Parts();
  parts.payload = payload.dump();
  CHECK(StepOf(Verify(parts.Sign(Chain().leaf_key))) == one.step);
}

TEST_CASE("A payload that is not one JSON document is refused", "[verify]") {
  const std::string good = NotationPayloadJson().dump();
  for (const std::string& payload : {std::string(), good + "x", "{\"targetArtifact\":{}," + good.substr(1), std::string("\xff")}) {
    JwsParts parts = Parts();
    parts.payload = payload;
    CHECK(StepOf(Verify(parts.Sign(Chain().leaf_key))) == Step::kParse);
  }
}
