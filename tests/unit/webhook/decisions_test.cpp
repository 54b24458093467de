#include <catch2/catch.hpp>

#include "evidence/decision_id.h"
#include "support/temporary_directory.h"
#include "unit/webhook/fixtures.h"
#include "webhook/admission_handler.h"
#include "webhook/decisions_route.h"

namespace hullwright::webhook {
namespace {

// A handler that keeps what it decides in a history of the test.
struct RecordingHouse {
  explicit RecordingHouse(bool of_anybody = false) {
    FillCatalogue(catalogue);
    auto history = store::DecisionHistory::Open({.path = file}, clock);
    REQUIRE(history);
    recorder = std::make_unique<evidence::DecisionRecorder>(std::move(*history),
                                                            evidence::RecorderOptions{.gather_time = std::chrono::milliseconds(1)});
    handler = std::make_unique<AdmissionHandler>(catalogue, admitted, workloads, clock, policy::EngineOptions{}, Origins{},
                                                 Recording{recorder.get(), of_anybody});
  }

  // The id of the decision, "" without one.
  std::string Ask(const Json& review, bool authenticated = true) {
    const ParsedReview parsed(review);
    const Verdict verdict = handler->Handle(*parsed, authenticated, {}).value();
    recorder->Flush();
    const auto id = verdict.answer.audit_annotations.find("decision");
    return id == verdict.answer.audit_annotations.end() ? "" : id->second;
  }

  http::Response Get(std::string_view query, std::optional<std::string> peer = "auditor") const {
    http::ServerRequest request;
    request.query = query;
    request.peer_subject = std::move(peer);
    return DecisionsRoute({file, {"auditor"}}).handler(request);
  }
  Json GetJson(std::string_view query) const {
    const http::Response response = Get(query);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }

  testing::TemporaryDirectory folder;
  std::string file = (folder.path() / "history.db").string();
  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted;
  kube::Workloads workloads;
  FixedClock clock;
  std::unique_ptr<evidence::DecisionRecorder> recorder;
  std::unique_ptr<AdmissionHandler> handler;
};

TEST_CASE("a decision is kept under the id that its audit annotation names", "[webhook][history]") {
  RecordingHouse house;
  const std::string good = house.Ask(Review(Pod(Image('a'))));
  const std::string bad = house.Ask(Review(Pod(Image('b'))));
  REQUIRE(evidence::IsDecisionId(bad));

  const Json decision = house.GetJson("id=" + bad);
  CHECK(decision["id"] == bad);
  CHECK(decision["decidedAt"] == "2026-01-02T00:00:00Z");
  CHECK(decision["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002");
  CHECK(decision["user"] == "alice");
  CHECK(decision["operation"] == "CREATE");
  CHECK(decision["allowed"] == false);
  CHECK(decision["outcome"] == "violation");
  CHECK(decision["reasons"] == Json::array({"VulnerabilityForbidden"}));
  CHECK_THAT(decision["message"].get<std::string>(), Catch::Contains("CVE-2024-1"));
  const Json& image = decision["explanation"]["images"][0];
  CHECK(image["reasons"][0]["findings"][0]["id"] == "CVE-2024-1");
  CHECK_FALSE(image["trace"].empty());
  CHECK(house.GetJson("id=" + good)["allowed"] == true);
}

TEST_CASE("nothing of the Pod is kept but where it names images and the users they run as", "[webhook][history]") {
  RecordingHouse house;
  Json pod = Pod(Image('b'));
  pod["metadata"]["annotations"] = {{"note", "SECRET-1"}};
  pod["metadata"]["labels"] = {{"label", "SECRET-2"}};
  pod["spec"]["containers"][0]["env"] = {{{"name", "TOKEN"}, {"value", "SECRET-3"}}};
  pod["spec"]["containers"][0]["args"] = {"SECRET-4"};
  pod["spec"]["containers"][0]["securityContext"] = {{"runAsUser", 4711}};
  pod["spec"]["imagePullSecrets"] = {{{"name", "SECRET-5"}}};
  const std::string id = house.Ask(Review(pod));
  auto reader = store::HistoryReader::Open(house.file);
  REQUIRE(reader);
  const auto found = (*reader)->Find(id);
  REQUIRE(found);
  std::string all = house.GetJson("id=" + id).dump();
  for (const store::DocumentLink& link : found->documents) all += (*reader)->Document(link.document)->bytes;
  CHECK_THAT(all, !Catch::Contains("SECRET") && !Catch::Contains("TOKEN") && Catch::Contains("4711"));
}

TEST_CASE("what a peer asks that did not prove to be an API server is answered and not kept, unless nobody can", "[webhook][history]") {
  RecordingHouse house;
  CHECK(house.Ask(Review(Pod(Image('b'))), false).empty());
  CHECK(house.GetJson("")["decisions"].empty());
  RecordingHouse trial(true);
  CHECK_FALSE(trial.Ask(Review(Pod(Image('b'))), false).empty());
}

TEST_CASE("dry runs and what asks of no image are not kept", "[webhook][history]") {
  RecordingHouse house;
  Json dry = Review(Pod(Image('b')));
  dry["request"]["dryRun"] = true;
  CHECK(house.Ask(dry).empty());
  Json review = Review(Pod(Image('b')));
  review["request"]["operation"] = "DELETE";
  CHECK(house.Ask(review).empty());
  CHECK(house.Ask(Review(Pod(Image('b')), Pod(Image('b')))).empty());  // nothing changed
  CHECK(house.GetJson("")["decisions"].empty());
}

TEST_CASE("a mirror Pod that is let in whatever was decided says so in the history", "[webhook][history]") {
  RecordingHouse house;
  Json pod = Pod(Image('b'));
  pod["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "hash"}};
  pod["spec"]["nodeName"] = "n1";
  Json review = Review(pod);
  review["request"]["userInfo"] = {{"username", "system:node:n1"}, {"groups", {"system:nodes"}}};
  const Json decision = house.GetJson("id=" + house.Ask(review));
  CHECK(decision["allowed"] == true);
  CHECK(decision["rule"] == "mirror-pod");
  CHECK(decision["outcome"] == "violation");
}

TEST_CASE("decisions are read page by page, newest first, by namespace and by answer", "[webhook][history]") {
  RecordingHouse house;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    house.clock.now += std::chrono::seconds(1);
    ids.push_back(house.Ask(Review(Pod(Image(i % 2 == 0 ? 'a' : 'b')))));
  }
  const Json first = house.GetJson("limit=2");
  REQUIRE(first["decisions"].size() == 2);
  CHECK(first["decisions"][0]["id"] == ids[4]);
  CHECK(first["next"] == ids[3]);
  const Json last = house.GetJson("limit=4&before=" + ids[3]);
  CHECK(last["decisions"].size() == 3);
  CHECK_FALSE(last.contains("next"));
  CHECK(house.GetJson("allowed=false&namespace=shop")["decisions"].size() == 2);
  CHECK(house.GetJson("namespace=bank")["decisions"].empty());
}

TEST_CASE("only the readers that are named may read decisions", "[webhook][history]") {
  RecordingHouse house;
  house.Ask(Review(Pod(Image('b'))));
  CHECK(house.Get("").status == 200);
  CHECK(house.Get("", "kube-apiserver").status == 403);
  CHECK(house.Get("", std::nullopt).status == 403);
  CHECK(house.Get("", "").status == 403);
  CHECK_THAT(house.Get("", std::nullopt).body, Catch::Contains("--history-reader") && !Catch::Contains("alice"));
  http::ServerRequest anybody;
  CHECK(DecisionsRoute({house.file, {}, true}).handler(anybody).status == 200);
  CHECK(DecisionsRoute({house.file, {}}).blocking);
}

TEST_CASE("a query that cannot be understood is refused with what would be right", "[webhook][history]") {
  const RecordingHouse house;
  for (const char* query : {"limit=0", "limit=501", "limit=x", "limit=", "limit=1x", "before=x", "id='", "namespace=", "namespace=A",
                            "namespace=a%2Fb", "allowed=yes", "surprise=1", "allowed", "&", "id=01ARYZ6S4101ARYZ6S4101ARYZ&limit=1"}) {
    INFO(query);
    const http::Response response = house.Get(query);
    CHECK(response.status == 400);
    CHECK(Json::parse(response.body)["error"].get<std::string>().size() > 10);
  }
  CHECK(house.Get("id=01ARYZ6S4101ARYZ6S4101ARYZ").status == 404);
}

}  // namespace
}  // namespace hullwright::webhook
