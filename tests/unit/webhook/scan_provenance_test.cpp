#include "webhook/scan_provenance.h"

#include <catch2/catch.hpp>

#include "unit/webhook/fixtures.h"
#include "webhook/object_handler.h"

namespace hullwright::webhook {
namespace {

// Answers as told and remembers what it was asked.
struct ImportAuthorizer {
  Result<kube::AccessAnswer> answer = kube::AccessAnswer{true, ""};
  std::vector<kube::AccessQuestion> asked;
  AskAccess AsFunction() {
    return [this](const kube::AccessQuestion& question, Deadline) {
      asked.push_back(question);
      return answer;
    };
  }
};

Json ResultBy(const std::string& scanner, const std::string& imported_by, const std::string& scanned_at = "2026-01-01T00:00:00Z") {
  Json result = {{"scannerRef", {{"name", scanner}}}, {"scannedAt", scanned_at}, {"source", "Import"}, {"outcome", "Complete"}};
  if (!imported_by.empty()) result["importedBy"] = imported_by;
  return result;
}

Json Finding(const std::string& id, const std::string& severity = "Critical") {
  return {{"id", id}, {"package", "openssl"}, {"severity", severity}, {"scanners", {"trivy"}}};
}

Json Scan(const std::vector<Json>& results, const std::vector<Json>& findings = {}) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ImageScan"},
          {"metadata", {{"name", "sha256-" + std::string(64, 'a')}}},
          {"spec", {{"digest", DigestText('a')}}},
          {"status", {{"results", results}, {"findings", findings}}}};
}

// Alice asks, as fixtures.h has it.
Json ScanReview(const Json& object, const Json& old_object = nullptr) {
  Json review = Review(object, old_object);
  review["request"]["name"] = object["metadata"]["name"];
  review["request"]["namespace"] = "";
  return review;
}

Json Deletion(const Json& object) {
  Json review = ScanReview(object);
  review["request"]["operation"] = "DELETE";
  review["request"]["object"] = nullptr;
  review["request"]["oldObject"] = object;
  return review;
}

Verdict ValidateScan(const Json& review, ImportAuthorizer& authorizer) {
  const ParsedReview parsed(review);
  return ObjectHandler(authorizer.AsFunction()).Validate(*parsed, Deadline::max());
}

Verdict ValidateScan(const Json& review) {
  ImportAuthorizer authorizer;
  return ValidateScan(review, authorizer);
}

// The object with what the stamp writes into it.
Json Stamped(const Json& review) {
  const ParsedReview parsed(review);
  const Verdict verdict = ObjectHandler(nullptr).Stamp(*parsed);
  CHECK(verdict.answer.allowed);
  Json object = review["request"]["object"];
  if (!verdict.answer.json_patch.empty()) object = object.patch(Json::parse(verdict.answer.json_patch));
  return object;
}

std::vector<std::string> ImportersOf(const Json& object) {
  std::vector<std::string> importers;
  for (const Json& result : object["status"]["results"]) importers.push_back(result.value("importedBy", ""));
  return importers;
}

const Json kByCi = Scan({ResultBy("trivy", "ci")}, {Finding("CVE-2026-1")});

TEST_CASE("writing and deleting an ImageScan needs the verb import", "[webhook]") {
  const Json by_alice = Scan({ResultBy("trivy", "alice")});
  for (const Json& review : {ScanReview(by_alice), ScanReview(by_alice, kByCi), Deletion(kByCi)}) {
    ImportAuthorizer authorizer;
    const Verdict allowed = ValidateScan(review, authorizer);
    CHECK(allowed.answer.allowed);
    CHECK(allowed.answer.audit_annotations.at("rule") == "may-import");
    REQUIRE(authorizer.asked.size() == 1);
    const kube::AccessQuestion& question = authorizer.asked.front();
    CHECK(question.username == "alice");
    CHECK(question.uid == "7");
    CHECK((question.groups == std::vector<std::string>{"developers", "system:authenticated"}));
    CHECK(question.verb == "import");
    CHECK(question.group == "hullwright.dev");
    CHECK(question.resource == "imagescans");
    CHECK(question.namespace_.empty());
    CHECK(question.name == "sha256-" + std::string(64, 'a'));

    authorizer.answer = kube::AccessAnswer{false, "no RBAC rule"};
    const Verdict denied = ValidateScan(review, authorizer);
    CHECK_FALSE(denied.answer.allowed);
    CHECK(denied.answer.code == 403);
    for (const auto* part : {"ImportDenied", "alice", "\"import\" imagescans.hullwright.dev/sha256-aaaa", "no RBAC rule"}) {
      CHECK_THAT(denied.answer.message, Catch::Contains(part));
    }

    authorizer.answer = Fail(ErrorCode::kUnavailable, "connection refused");
    const Verdict unknown = ValidateScan(review, authorizer);
    CHECK_FALSE(unknown.answer.allowed);
    CHECK(unknown.answer.code == 503);
    CHECK(unknown.outcome == policy::Outcome::kCouldNotTell);
    CHECK_THAT(unknown.answer.message, Catch::Contains("ImportUnknown") && Catch::Contains("connection refused"));
  }
}

TEST_CASE("labels of an ImageScan need no verb of ours, even of one that has become invalid; its status does", "[webhook]") {
  ImportAuthorizer authorizer;
  authorizer.answer = kube::AccessAnswer{false, ""};
  Json labelled = kByCi;
  labelled["metadata"]["labels"] = {{"a", "b"}};
  const Verdict verdict = ValidateScan(ScanReview(labelled, kByCi), authorizer);
  CHECK(verdict.answer.allowed);
  CHECK(verdict.answer.audit_annotations.at("rule") == "unchanged");
  Json invalid = kByCi;
  invalid["status"]["surprise"] = 1;
  CHECK(ValidateScan(ScanReview(invalid, invalid), authorizer).answer.allowed);
  CHECK(authorizer.asked.empty());
  for (const Json& status : {Json("text"), Json::array(), Json(nullptr)}) {
    Json without = kByCi;
    without["status"] = status;
    CHECK_FALSE(ValidateScan(ScanReview(without, kByCi), authorizer).answer.allowed);
  }
}

TEST_CASE("an ImageScan without status, as the API server creates it, needs the verb too", "[webhook]") {
  Json bare = kByCi;
  bare.erase("status");
  ImportAuthorizer authorizer;
  CHECK(ValidateScan(ScanReview(bare), authorizer).answer.allowed);
  CHECK(authorizer.asked.size() == 1);
}

TEST_CASE("importedBy of a new or changed result must be who asks", "[webhook]") {
  const std::vector<Json> forged = {
      Scan({ResultBy("trivy", "ci")}),                                                     // new
      Scan({ResultBy("trivy", "")}),                                                       // not stamped
      Scan({ResultBy("trivy", "ci", "2026-02-01T00:00:00Z")}, {Finding("CVE-2026-1")}),    // made fresh
      Scan({ResultBy("trivy", "bob")}, {Finding("CVE-2026-1")}),                           // in somebody else's name
      Scan({ResultBy("trivy", "ci"), ResultBy("grype", "bob")}, {Finding("CVE-2026-1")}),  // a result more
  };
  CHECK((ValidateScan(ScanReview(forged[0])).reasons == std::vector<std::string_view>{"ImportedByWrong"}));
  CHECK((ValidateScan(ScanReview(forged[1])).reasons == std::vector<std::string_view>{"ImportedByWrong"}));
  for (const Json& object : forged) {
    if (object == forged[0]) continue;  // with kByCi before it, that is a finding taken away: below
    INFO(object.dump());
    const Verdict verdict = ValidateScan(ScanReview(object, kByCi));
    CHECK_FALSE(verdict.answer.allowed);
    CHECK((verdict.reasons == std::vector<std::string_view>{"ImportedByWrong"}));
    CHECK_THAT(verdict.answer.message, Catch::Contains("\"alice\"") && Catch::Contains("/v1/stamp"));
  }
  CHECK(
      ValidateScan(ScanReview(Scan({ResultBy("trivy", "ci"), ResultBy("grype", "alice")}, {Finding("CVE-2026-1")}), kByCi)).answer.allowed);
}

TEST_CASE("who changes findings stands by a result", "[webhook]") {
  const Json emptied = Scan({ResultBy("trivy", "ci")});
  CHECK((ValidateScan(ScanReview(emptied, kByCi)).reasons == std::vector<std::string_view>{"ImportedByWrong"}));
  CHECK(ValidateScan(ScanReview(Scan({ResultBy("trivy", "alice")}), kByCi)).answer.allowed);
  // Whoever takes all results away leaves no scan that could be believed.
  CHECK(ValidateScan(ScanReview(Scan({}), kByCi)).answer.allowed);
}

TEST_CASE("the stamp names who asks as the importer of what is new or changed, and leaves the rest", "[webhook]") {
  using Names = std::vector<std::string>;
  const std::vector<Json> findings = {Finding("CVE-2026-1")};
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "")})))) == Names{"alice"}));
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "ci")})))) == Names{"alice"}));
  // Another scanner's result beside one that is as it was.
  const Json two = Stamped(ScanReview(Scan({ResultBy("grype", "ci"), ResultBy("trivy", "ci")}, findings), kByCi));
  CHECK((ImportersOf(two) == Names{"alice", "ci"}));
  // What an import notes in the results of others where it cuts findings is no new word of theirs.
  Json counted = ResultBy("trivy", "ci");
  counted["counts"] = {{{"severity", "Critical"}, {"fix", "None"}, {"layer", "Unknown"}, {"count", 1}}};
  const Json cut = Scan({ResultBy("grype", "alice"), counted}, findings);
  CHECK((ImportersOf(Stamped(ScanReview(cut, kByCi))) == Names{"alice", "ci"}));
  CHECK(ValidateScan(ScanReview(cut, kByCi)).answer.allowed);
  // The same report brought again, by whatever name.
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "alice")}, findings), kByCi))) == Names{"ci"}));
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "")}, findings), kByCi))) == Names{"ci"}));
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "bob", "2026-02-01T00:00:00Z")}, findings), kByCi))) == Names{"alice"}));
  // Findings that changed without a result are everybody's.
  CHECK((ImportersOf(Stamped(ScanReview(Scan({ResultBy("trivy", "ci")}), kByCi))) == Names{"alice"}));
  // A result that never named anybody stays so while nothing of it changes.
  const Json nameless = Scan({ResultBy("trivy", "")}, findings);
  CHECK((ImportersOf(Stamped(ScanReview(nameless, nameless))) == Names{""}));
}

TEST_CASE("what the stamp writes is what the check wants, and a second stamp changes nothing", "[webhook]") {
  const std::vector<Json> written = {Scan({ResultBy("trivy", "bob")}), Scan({ResultBy("trivy", "ci"), ResultBy("grype", "")}),
                                     Scan({ResultBy("grype", "x")}, {Finding("CVE-2026-2")}), Scan({}), kByCi};
  for (const Json& old_object : {Json(nullptr), kByCi}) {
    for (const Json& object : written) {
      const Json stamped = Stamped(ScanReview(object, old_object));
      INFO(stamped.dump());
      CHECK(ValidateScan(ScanReview(stamped, old_object)).answer.allowed);
      CHECK(Stamped(ScanReview(stamped, old_object)) == stamped);
    }
  }
}

TEST_CASE("a user name that the field cannot hold is escaped in it and cut", "[webhook]") {
  Json review = ScanReview(Scan({ResultBy("trivy", "")}));
  review["request"]["userInfo"]["username"] = "a\tb" + std::string(2000, 'x');
  const Json stamped = Stamped(review);
  CHECK(ImportersOf(stamped).at(0).starts_with("a\\x09bxxx"));
  CHECK(ImportersOf(stamped).at(0).size() <= 1024);
  review["request"]["object"] = stamped;
  CHECK(ValidateScan(review).answer.allowed);
}

TEST_CASE("on a scan of whatever shape the stamp is a patch that applies, or none", "[webhook][attack-65]") {
  Json many = Json::array();
  for (int i = 0; i < 17; ++i) many.push_back(ResultBy(fmt::format("s{}", i), ""));
  const std::vector<Json> odd = {many, Json::array({1}), Json::array({Json::array()}), Json("text"), Json(7), Json(nullptr)};
  for (const Json& results : odd) {
    Json object = Scan({});
    object["status"]["results"] = results;
    CHECK(Stamped(ScanReview(object)) == object);
    // What it cannot stamp the check refuses by itself, whatever the CRD's schema would say.
    if (!results.is_null()) CHECK((ValidateScan(ScanReview(object)).reasons == std::vector<std::string_view>{"ObjectInvalid"}));
  }
  for (const Json& status : {Json(nullptr), Json::array(), Json("text")}) {
    Json object = kByCi;
    object["status"] = status;
    CHECK(Stamped(ScanReview(object)) == object);
    CHECK(Stamped(ScanReview(object, kByCi)) == object);
  }
  Json wrong_type = Scan({ResultBy("trivy", "")});
  wrong_type["status"]["results"][0]["importedBy"] = 7;
  CHECK((ImportersOf(Stamped(ScanReview(wrong_type))) == std::vector<std::string>{"alice"}));
  CHECK(Stamped(Deletion(kByCi)).is_null());
}

}  // namespace
}  // namespace hullwright::webhook
