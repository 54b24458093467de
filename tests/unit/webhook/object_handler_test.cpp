#include "webhook/object_handler.h"

#include <catch2/catch.hpp>

#include "support/minted_key.h"
#include "unit/webhook/fixtures.h"

namespace hullwright::webhook {
namespace {

// Answers as told and remembers what it was asked.
struct Authorizer {
  Result<kube::AccessAnswer> answer = kube::AccessAnswer{true, ""};
  std::vector<kube::AccessQuestion> asked;
  AskAccess AsFunction() {
    return [this](const kube::AccessQuestion& question, Deadline) {
      asked.push_back(question);
      return answer;
    };
  }
};

Json RequestedBy(const std::string& name = "alice", const Json& groups = {"developers", "system:authenticated"}) {
  return {{"username", name}, {"groups", groups}};
}

Json Exception() {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "VulnerabilityException"},
          {"metadata", {{"name", "openssl"}, {"namespace", "shop"}}},
          {"spec",
           {{"policyRefs", {{{"name", "production"}}, {{"name", "extra"}, {"kind", "ImageAdmissionPolicy"}}}},
            {"vulnerabilities", {{{"id", "CVE-2024-1"}}}},
            {"images", {"registry.example/shop/**"}},
            {"assessment", "RiskAccepted"},
            {"reason", "the fix comes on Monday"},
            {"owner", "shop-team"},
            {"expiresAt", "2027-01-31T00:00:00Z"},
            {"requestedBy", RequestedBy()}}}};
}

Json BreakGlass() {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "BreakGlass"},
          {"metadata", {{"name", "tonight"}, {"namespace", "shop"}}},
          {"spec",
           {{"policyRefs", {{{"name", "production"}}}},
            {"images", {Image('b')}},
            {"reason", "outage"},
            {"ticket", "INC-1"},
            {"durationSeconds", 3600},
            {"requestedBy", RequestedBy()}}}};
}

Json Policy() {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ClusterImageAdmissionPolicy"},
          {"metadata", {{"name", "production"}}},
          {"spec", {{"enforcement", {{"newImages", "Deny"}}}, {"rules", {{"reference", {{"digest", "FromAuthor"}}}}}}}};
}

Json Without(Json object, const std::string& key) {
  object["spec"].erase(key);
  return object;
}

Json With(Json object, const std::string& key, const Json& value) {
  object["spec"][key] = value;
  return object;
}

Verdict Validate(const Json& review, Authorizer& authorizer) {
  const ParsedReview parsed(review);
  return ObjectHandler(authorizer.AsFunction()).Validate(*parsed, Deadline::max());
}

Verdict Validate(const Json& review) {
  Authorizer authorizer;
  return Validate(review, authorizer);
}

Json Stamp(const Json& review) {
  const ParsedReview parsed(review);
  const Verdict verdict = ObjectHandler(nullptr).Stamp(*parsed);
  CHECK(verdict.answer.allowed);
  return verdict.answer.json_patch.empty() ? Json() : Json::parse(verdict.answer.json_patch);
}

TEST_CASE("an object of ours that decodes is admitted, one that does not is refused with path and remedy", "[webhook]") {
  CHECK(Validate(Review(Policy())).answer.allowed);
  Json wrong = Policy();
  wrong["spec"]["enforcement"]["newImages"] = "Dney";
  wrong["spec"]["surprise"] = 1;
  const Verdict verdict = Validate(Review(wrong));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.answer.code == 422);
  CHECK_THAT(verdict.answer.message, Catch::Contains("spec.enforcement.newImages") && Catch::Contains("spec.surprise"));
}

Json Publisher(const std::string& pem) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "TrustedPublisher"},
          {"metadata", {{"name", "acme"}}},
          {"spec",
           {{"displayName", "Acme"},
            {"repositories", {"registry.example/**"}},
            {"verification", "Signature"},
            {"authorities", {{{"name", "release"}, {"type", "Key"}, {"key", {{"pem", pem}, {"transparencyLog", "Ignore"}}}}}}}}};
}

TEST_CASE("a publisher with a key is admitted, one whose key is none is refused with the field and the remedy", "[webhook]") {
  CHECK(Validate(Review(Publisher(testing::MintedKey(testing::MintedKey::kP256).Pem()))).answer.allowed);
  const Json wrong = Publisher("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
  const Verdict verdict = Validate(Review(wrong));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK((verdict.reasons == std::vector<std::string_view>{"ObjectInvalid"}));
  CHECK_THAT(verdict.answer.message,
             Catch::StartsWith("ObjectInvalid: spec.authorities[0].key.pem: ") && Catch::Contains("cosign public-key"));
  // One that was written before this was checked can still be labelled.
  CHECK(Validate(Review(wrong, wrong)).answer.allowed);
}

TEST_CASE("what is not of our group, or has no object, is could-not-tell", "[webhook]") {
  CHECK((Validate(Review(Pod("nginx"))).reasons == std::vector<std::string_view>{"KindUnknown"}));
  Json review = Review(Policy());
  review["request"]["object"] = nullptr;
  CHECK((Validate(review).reasons == std::vector<std::string_view>{"ObjectUnreadable"}));
  review = Review(Policy());
  review["request"]["kind"]["kind"] = "BreakGlass";
  CHECK_FALSE(Validate(review).answer.allowed);
}

TEST_CASE("an object that has become invalid can still be deleted, finalised and given a status", "[webhook]") {
  Json invalid = With(Policy(), "surprise", 1);
  Json finalised = invalid;
  finalised["metadata"]["finalizers"] = Json::array();
  finalised["status"] = {{"conditions", Json::array()}};
  CHECK(Validate(Review(finalised, invalid)).answer.audit_annotations.at("rule") == "spec-unchanged");
  Json review = Review(invalid);
  review["request"]["operation"] = "DELETE";
  review["request"]["object"] = nullptr;
  CHECK(Validate(review).answer.allowed);
}

TEST_CASE("a waiver needs the verb waive on every policy it names", "[webhook]") {
  Authorizer authorizer;
  CHECK(Validate(Review(Exception()), authorizer).answer.allowed);
  REQUIRE(authorizer.asked.size() == 2);
  const auto& first = authorizer.asked[0];
  CHECK(first.username == "alice");
  CHECK(first.uid == "7");
  CHECK((first.groups == std::vector<std::string>{"developers", "system:authenticated"}));
  CHECK(first.verb == "waive");
  CHECK(first.group == "hullwright.dev");
  CHECK(first.resource == "clusterimageadmissionpolicies");
  CHECK(first.name == "production");
  CHECK(first.namespace_.empty());
  CHECK(authorizer.asked[1].resource == "imageadmissionpolicies");
  CHECK(authorizer.asked[1].namespace_ == "shop");

  authorizer.answer = kube::AccessAnswer{false, "no RBAC rule"};
  const Verdict denied = Validate(Review(BreakGlass()), authorizer);
  CHECK_FALSE(denied.answer.allowed);
  CHECK(denied.answer.code == 403);
  for (const auto* part : {"WaiveDenied", "alice", "\"waive\" clusterimageadmissionpolicies.hullwright.dev/production", "no RBAC rule"}) {
    CHECK_THAT(denied.answer.message, Catch::Contains(part));
  }
}

TEST_CASE("when nobody can be asked a waiver is refused as could-not-tell", "[webhook]") {
  Authorizer authorizer;
  authorizer.answer = Fail(ErrorCode::kUnavailable, "connection refused");
  const Verdict verdict = Validate(Review(Exception()), authorizer);
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.outcome == policy::Outcome::kCouldNotTell);
  CHECK_THAT(verdict.answer.message, Catch::Contains("WaiveUnknown") && Catch::Contains("connection refused"));
}

TEST_CASE("requestedBy must be who asks", "[webhook]") {
  for (const Json& waiver :
       {Without(Exception(), "requestedBy"), With(Exception(), "requestedBy", RequestedBy("bob")),
        With(Exception(), "requestedBy", RequestedBy("alice", {"admins"})), With(BreakGlass(), "requestedBy", RequestedBy("bob"))}) {
    const Verdict verdict = Validate(Review(waiver));
    CHECK_FALSE(verdict.answer.allowed);
    CHECK((verdict.reasons == std::vector<std::string_view>{"RequestedByWrong"}));
  }
}

TEST_CASE("a waiver is asked about again when its spec changes, and only then", "[webhook]") {
  Authorizer authorizer;
  Json labelled = Exception();
  labelled["metadata"]["labels"] = {{"a", "b"}};
  CHECK(Validate(Review(labelled, Exception()), authorizer).answer.allowed);
  CHECK(authorizer.asked.empty());
  const Json by_bob = With(Exception(), "requestedBy", RequestedBy("bob"));
  CHECK(Validate(Review(With(Exception(), "reason", "another"), by_bob), authorizer).answer.allowed);
  CHECK(authorizer.asked.size() == 2);
  // requestedBy alone may not change hands.
  CHECK_FALSE(Validate(Review(by_bob, Exception())).answer.allowed);
  CHECK_FALSE(Validate(Review(Without(Exception(), "requestedBy"), Exception())).answer.allowed);
}

TEST_CASE("the spec of a BreakGlass and of an ImageScan may not change", "[webhook]") {
  const Verdict longer = Validate(Review(With(BreakGlass(), "durationSeconds", 7200), BreakGlass()));
  CHECK_FALSE(longer.answer.allowed);
  CHECK((longer.reasons == std::vector<std::string_view>{"Immutable"}));
  CHECK_FALSE(Validate(Review(With(BreakGlass(), "requestedBy", RequestedBy("bob")), BreakGlass())).answer.allowed);
  const auto scan = [](char digit) {
    const auto documents = ReadYaml(ScanYaml('a', "Low"));
    Json object = Json::parse(documents->front().json);
    object["spec"]["digest"] = DigestText(digit);
    return object;
  };
  CHECK((Validate(Review(scan('b'), scan('a'))).reasons == std::vector<std::string_view>{"Immutable"}));
  Json broken = scan('a');
  broken["status"]["results"] = 7;
  CHECK((Validate(Review(broken, scan('a'))).reasons == std::vector<std::string_view>{"ObjectInvalid"}));
  CHECK(Validate(Review(scan('a'), scan('a'))).answer.allowed);
}

TEST_CASE("the stamp writes who asks, and a second stamp changes nothing", "[webhook]") {
  const Json patch = Stamp(Review(Without(Exception(), "requestedBy")));
  REQUIRE(patch.size() == 1);
  CHECK((patch[0] == Json{{"op", "add"}, {"path", "/spec/requestedBy"}, {"value", RequestedBy()}}));
  CHECK(Stamp(Review(Exception())).is_null());
  CHECK(Stamp(Review(With(Exception(), "requestedBy", RequestedBy("bob"))))[0]["value"] == RequestedBy());
  CHECK(Stamp(Review(With(Exception(), "requestedBy", nullptr)))[0]["value"] == RequestedBy());
  CHECK(Stamp(Review(BreakGlass().patch(Json::array({{{"op", "remove"}, {"path", "/spec/requestedBy"}}}))))[0]["value"] == RequestedBy());
}

TEST_CASE("an update is stamped when it changes the spec; one that loses the stamp gets the old one back", "[webhook]") {
  const Json by_bob = With(Exception(), "requestedBy", RequestedBy("bob"));
  CHECK(Stamp(Review(With(by_bob, "reason", "another"), by_bob))[0]["value"] == RequestedBy());
  CHECK(Stamp(Review(by_bob, by_bob)).is_null());
  CHECK(Stamp(Review(Without(by_bob, "requestedBy"), by_bob))[0]["value"] == RequestedBy("bob"));
  CHECK(Stamp(Review(Exception(), by_bob)).is_null());  // left for Validate to refuse
}

TEST_CASE("whatever else it is shown, the stamp leaves it alone", "[webhook][attack-65]") {
  CHECK(Stamp(Review(Policy())).is_null());
  CHECK(Stamp(Review(Pod("nginx"))).is_null());
  Json odd = Exception();
  for (const Json& spec : {Json(nullptr), Json::array(), Json("text"), Json(1)}) {
    odd["spec"] = spec;
    CHECK(Stamp(Review(odd)).is_null());
  }
  odd.erase("spec");
  CHECK(Stamp(Review(odd)).is_null());
  odd["spec"] = {{"a~1b/c", "x"}, {"requestedBy~", 1}};
  CHECK(Stamp(Review(odd))[0]["path"] == "/spec/requestedBy");
  Json deleted = Review(Exception());
  deleted["request"]["operation"] = "DELETE";
  CHECK(Stamp(deleted).is_null());
}

TEST_CASE("groups beyond what the field holds are left out of the stamp and of the comparison alike", "[webhook]") {
  Json groups = Json::array();
  for (int i = 0; i < 300; ++i) groups.push_back(fmt::format("g{}", i));
  Json review = Review(Without(Exception(), "requestedBy"));
  review["request"]["userInfo"]["groups"] = groups;
  const Json patch = Stamp(review);
  REQUIRE(patch[0]["value"]["groups"].size() == 256);
  review["request"]["object"]["spec"]["requestedBy"] = patch[0]["value"];
  CHECK(Stamp(review).is_null());
  CHECK(Validate(review).answer.allowed);
}

}  // namespace
}  // namespace hullwright::webhook
