#include "verify/statement.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "verify/predicate.h"

namespace hullwright::verify {
namespace {

const std::string kHex(64, 'a');
const Digest kImage = Digest::Parse("sha256:" + kHex).value();

std::string Text(std::string_view subjects, std::string_view type = "https://in-toto.io/Statement/v1",
                 std::string_view predicate_type = "https://example.com/x", std::string_view predicate = "{}") {
  return fmt::format(R"({{"_type":"{}","subject":{},"predicateType":"{}","predicate":{}}})", type, subjects, predicate_type, predicate);
}

std::string Subject(std::string_view digests) {
  return fmt::format(R"({{"name":"app","digest":{{{}}}}})", digests);
}

const std::string kGood = "[" + Subject("\"sha256\":\"" + kHex + "\"") + "]";

Step StepOf(const std::string& text) {
  const auto statement = Statement::Parse(text);
  REQUIRE_FALSE(statement.has_value());
  return statement.error().step;
}

Checked<PredicateKind> Predicate(std::string_view type, std::string_view predicate) {
  return CheckPredicate(Statement::Parse(Text(kGood, "https://in-toto.io/Statement/v1", type, predicate)).value());
}

}  // namespace

TEST_CASE("A statement of either version tells its subjects and predicate", "[verify]") {
  for (const std::string type : {"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"}) {
    const auto statement = Statement::Parse(Text(kGood, type, "https://example.com/x", R"({"a": [1, "b"]})"));
    REQUIRE(statement.has_value());
    CHECK(RequireSubject(*statement, kImage).has_value());
    CHECK(statement->predicate == R"({"a":[1,"b"]})");
  }
  CHECK(StepOf(Text(kGood, "https://in-toto.io/Statement/v2")) == Step::kUnsupported);
  CHECK(StepOf(Text(kGood, "https://in-toto.io/Provenance/v0.1")) == Step::kUnsupported);
}

TEST_CASE("A subject is matched by algorithm and digest, in any of the subjects, never by name", "[verify]") {
  const std::string other(64, 'b');
  const auto about = [&](const std::string& subjects) { return RequireSubject(Statement::Parse(Text(subjects)).value(), kImage); };
  CHECK(about("[" + Subject("\"sha256\":\"" + other + "\"") + "," + Subject("\"sha256\":\"" + kHex + "\"") + "]").has_value());
  CHECK(about("[" + Subject("\"sha1\":\"aa\",\"sha256\":\"" + kHex + "\"") + "]").has_value());
  CHECK(about("[" + Subject("\"sha256\":\"" + other + "\"") + "]").error().step == Step::kSubject);
  CHECK(about("[" + Subject("\"gitCommit\":\"" + kHex + "\"") + "]").error().step == Step::kSubject);
}

TEST_CASE("A statement without subject, digest or type, or with a digest in another form, is refused", "[verify]") {
  CHECK(StepOf(Text("[]")) == Step::kStructure);
  CHECK(StepOf(Text("{}")) == Step::kStructure);
  CHECK(StepOf(Text(R"([{"name":"app"}])")) == Step::kStructure);
  CHECK(StepOf(Text("[" + Subject("") + "]")) == Step::kStructure);
  CHECK(StepOf(Text("[" + Subject("\"sha256\":1") + "]")) == Step::kStructure);
  CHECK(StepOf(Text("[" + Subject("\"sha256\":\"" + std::string(64, 'A') + "\"") + "]")) == Step::kStructure);
  CHECK(StepOf(Text("[" + Subject("\"sha256\":\"" + std::string(63, 'a') + "\"") + "]")) == Step::kStructure);
  CHECK(StepOf(Text(kGood, "https://in-toto.io/Statement/v1", "")) == Step::kStructure);
  CHECK(StepOf(R"({"_type":"https://in-toto.io/Statement/v1","subject":)" + kGood + "}") == Step::kStructure);
  CHECK(StepOf("") == Step::kParse);
  CHECK(StepOf(Text(kGood) + "x") == Step::kParse);
  CHECK(StepOf(R"({"_type":"https://in-toto.io/Statement/v1","_type":"x"})") == Step::kParse);
}

TEST_CASE("Too many subjects or digests are a limit, not a look at some of them", "[verify]") {
  std::string subjects = Subject("\"sha256\":\"" + kHex + "\"");
  for (int i = 0; i < 1024; ++i) subjects += "," + Subject("\"sha256\":\"" + kHex + "\"");
  CHECK(StepOf(Text("[" + subjects + "]")) == Step::kLimit);
  std::string digests = "\"sha256\":\"" + kHex + "\"";
  for (int i = 0; i < 32; ++i) digests += fmt::format(",\"x{}\":\"aa\"", i);
  CHECK(StepOf(Text("[" + Subject(digests) + "]")) == Step::kLimit);
}

TEST_CASE("A predicate of a known type must have what its type promises", "[verify]") {
  struct Case {
    std::string type, good;
    std::vector<std::string> bad;
    PredicateKind kind;
  };
  const std::string vex = R"({"author":"a","statements":[{"vulnerability":{"name":"CVE-1"},"status":"fixed"}]})";
  for (
      const Case& c : std::vector<Case>{
          {"https://slsa.dev/provenance/v0.2",
           R"({"builder":{"id":"b"},"buildType":"t","metadata":{"buildStartedOn":"2026-01-01T00:00:00Z"}})",
           {"{}", "[]", "null", R"({"builder":{},"buildType":"t"})", R"({"builder":{"id":""},"buildType":"t"})",
            R"({"builder":{"id":"b"}})", R"({"builder":{"id":"b"},"buildType":"t","metadata":{"buildStartedOn":"yesterday"}})"},
           PredicateKind::kSlsaProvenance02},
          {"https://slsa.dev/provenance/v1",
           R"({"buildDefinition":{"buildType":"t","externalParameters":{}},"runDetails":{"builder":{"id":"b"}}})",
           {"{}", R"({"buildDefinition":{"buildType":"t","externalParameters":{}}})",
            R"({"buildDefinition":{"buildType":"t"},"runDetails":{"builder":{"id":"b"}}})"},
           PredicateKind::kSlsaProvenance1},
          {"https://cosign.sigstore.dev/attestation/vuln/v1",
           R"({"scanner":{"uri":"u","result":{}},"metadata":{"scanFinishedOn":"2026-01-01T00:00:00Z"}})",
           {"{}", R"({"scanner":{"uri":"u","result":{}},"metadata":{}})",
            R"({"scanner":{"uri":"u"},"metadata":{"scanFinishedOn":"2026-01-01T00:00:00Z"}})"},
           PredicateKind::kCosignVulnerabilities},
          {"https://in-toto.io/attestation/vulns/v0.2",
           R"({"scanner":{"uri":"u","result":[]},"metadata":{"scanFinishedOn":"2026-01-01T00:00:00Z"}})",
           {R"({"scanner":{"uri":"u","result":{}},"metadata":{"scanFinishedOn":"2026-01-01T00:00:00Z"}})"},
           PredicateKind::kInTotoVulnerabilities},
          {"https://openvex.dev/ns/v0.2.0",
           vex,
           {"{}", R"({"author":"a","statements":[]})", R"({"author":"a","statements":[{"status":"fixed"}]})",
            R"({"author":"a","statements":[{"vulnerability":{"name":"CVE-1"},"status":"harmless"}]})"},
           PredicateKind::kOpenVex},
          {"https://spdx.dev/Document",
           R"({"spdxVersion":"SPDX-2.3","creationInfo":{},"packages":[]})",
           {"{}", R"({"spdxVersion":"SPDX-9","creationInfo":{}})", R"({"spdxVersion":"SPDX-2.3","creationInfo":{},"packages":{}})"},
           PredicateKind::kSpdx},
          {"https://cyclonedx.org/bom/v1.6",
           R"({"bomFormat":"CycloneDX","specVersion":"1.6","components":[]})",
           {"{}", R"({"bomFormat":"SPDX","specVersion":"1.6"})", R"({"bomFormat":"CycloneDX","specVersion":"1.6","components":{}})"},
           PredicateKind::kCycloneDx},
          {"https://slsa.dev/verification_summary/v1",
           R"({"verifier":{"id":"v"},"resourceUri":"r","policy":{},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]})",
           {"{}", R"({"verifier":{"id":"v"},"resourceUri":"r","policy":{},"verificationResult":"passed","verifiedLevels":[]})",
            R"({"verifier":{"id":"v"},"resourceUri":"r","policy":{},"verificationResult":"PASSED"})"},
           PredicateKind::kVerificationSummary}}) {
    INFO(c.type);
    CHECK(Predicate(c.type, c.good).value() == c.kind);
    for (const std::string& bad : c.bad) {
      INFO(bad);
      CHECK(Predicate(c.type, bad).error().step == Step::kPredicate);
    }
  }
}

TEST_CASE("An image signature needs no predicate; a type nobody knows here is told as unknown", "[verify]") {
  CHECK(Predicate(kCosignSignaturePredicate, "null").value() == PredicateKind::kCosignSignature);
  CHECK(Predicate("https://example.com/own/v1", "[1]").value() == PredicateKind::kUnknown);
  CHECK(KindOfPredicate("https://slsa.dev/provenance/v1.0") == PredicateKind::kUnknown);
}

}  // namespace hullwright::verify
