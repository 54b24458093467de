#include "webhook/routes.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "unit/webhook/fixtures.h"

namespace hullwright::webhook {
namespace {

class FailingClock final : public Clock {
 public:
  Time Now() const override {
    if (fails == 1) throw std::runtime_error("secret of the house");
    if (fails == 2) throw 42;
    return std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
  }
  int fails = 0;
};

// The routes without a server.
struct House {
  House() { FillCatalogue(catalogue); }

  RouteTargets Targets() {
    return {admission,
            objects,
            metrics,
            readiness,
            {catalogue, [] { return http::ServerStatistics{.requests = 7}; }, [] { return std::optional<Time>(); },
             [] { return std::vector<WatchState>{{"imagescans", true, false, 1, 3, 4}}; }, [this] { return readiness.IsReady(); }},
            peers,
            cluster};
  }

  http::Response Call(std::string_view method, std::string_view path, std::string_view body = "", std::string_view query = "",
                      std::optional<std::string> peer = std::nullopt, bool may_block = false) {
    for (const http::Route& route : MakeRoutes(Targets())) {
      if (route.method != method || route.path != path) continue;
      http::ServerRequest request;
      request.body = body;
      request.query = query;
      request.peer_subject = std::move(peer);
      request.may_block = may_block || route.blocking;
      return route.handler(request);
    }
    FAIL("no such route");
    return {};
  }
  Json Review(const Json& review, std::string_view path = "/v1/validate") { return Json::parse(Call("POST", path, review.dump()).body); }
  std::string MetricsText() { return Call("GET", "/metrics").body; }

  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted;
  kube::Workloads workloads;
  FailingClock clock;
  Metrics metrics;
  Readiness readiness;
  AdmissionHandler admission{catalogue, admitted, workloads, clock, {}};
  ObjectHandler objects{[](const kube::AccessQuestion&, Deadline) -> Result<kube::AccessAnswer> { throw std::runtime_error("lost"); }};
  PeerRules peers;
  ClusterHooks cluster;
};

TEST_CASE("a review is answered with its uid, and counted", "[webhook]") {
  House house;
  const Json answer = house.Review(Review(Pod(Image('a'))));
  CHECK(answer["response"]["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002");
  CHECK(answer["response"]["allowed"] == true);
  CHECK(house.Review(Review(Pod(Image('b'))))["response"]["allowed"] == false);
  const std::string text = house.MetricsText();
  for (const auto* line :
       {R"(hullwright_decisions_total{allowed="true",kind="Pod",operation="CREATE",outcome="pass",path="validate"} 1)",
        R"(hullwright_decision_reasons_total{reason="VulnerabilityForbidden"} 1)",
        R"(hullwright_decision_duration_seconds_count{path="validate"} 2)", R"(hullwright_objects{kind="ImageScan"} 2)",
        "hullwright_http_requests_total 7", R"(hullwright_watch_connected{resource="imagescans"} 0)", "hullwright_ready 1"}) {
    CHECK_THAT(text, Catch::Contains(line));
  }
}

TEST_CASE("an exception denies that request and only that one", "[webhook][attack-66]") {
  House house;
  for (const int fails : {1, 2}) {
    house.clock.fails = fails;
    const Json answer = house.Review(Review(Pod(Image('a'))))["response"];
    CHECK(answer["allowed"] == false);
    CHECK(answer["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002");
    CHECK(answer["status"]["code"] == 500);
    CHECK(answer.dump().find("secret") == std::string::npos);
  }
  house.clock.fails = 0;
  CHECK(house.Review(Review(Pod(Image('a'))))["response"]["allowed"] == true);
  CHECK_THAT(house.MetricsText(), Catch::Contains(R"(hullwright_internal_errors_total{path="validate"} 2)"));

  Json waiver = {{"apiVersion", "hullwright.dev/v1alpha1"},
                 {"kind", "BreakGlass"},
                 {"metadata", {{"name", "x"}, {"namespace", "shop"}}},
                 {"spec",
                  {{"policyRefs", {{{"name", "production"}}}},
                   {"images", {Image('b')}},
                   {"reason", "outage"},
                   {"ticket", "INC-1"},
                   {"requestedBy", {{"username", "alice"}, {"groups", {"developers", "system:authenticated"}}}}}}};
  CHECK((house.Review(Review(waiver), "/v1/validate-objects")["response"]["status"]["reason"] == "InternalError"));
}

TEST_CASE("an unreadable review is refused: as a review when its uid is known, else plainly", "[webhook]") {
  House house;
  Json review = Review(Pod(Image('a')));
  review["apiVersion"] = "admission.k8s.io/v1beta1";
  const Json answer = house.Review(review)["response"];
  CHECK(answer["allowed"] == false);
  CHECK(answer["uid"] == review["request"]["uid"]);
  CHECK(answer["status"]["code"] == 400);
  for (const auto* path : {"/v1/validate", "/v1/validate-objects", "/v1/stamp"}) {
    CHECK(house.Call("POST", path, "{").status == 400);
    CHECK(house.Call("POST", path, "").status == 400);
  }
  CHECK_THAT(house.MetricsText(), Catch::Contains(R"(hullwright_reviews_unreadable_total{path="validate"} 3)"));
}

TEST_CASE("with allowed names only clients whose certificate has one may post reviews", "[webhook]") {
  House house;
  house.peers.allowed_common_names = {"kube-apiserver"};
  const std::string review = Review(Pod(Image('a'))).dump();
  CHECK(house.Call("POST", "/v1/validate", review).status == 403);
  CHECK(house.Call("POST", "/v1/validate", review, "", "somebody").status == 403);
  CHECK(house.Call("POST", "/v1/validate", review, "", "kube-apiserver").status == 200);
  CHECK(house.Call("GET", "/healthz").status == 200);
}

TEST_CASE("before the first sync nothing is judged, not even what no policy covers", "[webhook]") {
  House house;
  house.cluster.missing = [] { return std::optional<std::string>("imagescans not listed yet"); };
  const Json answer = house.Review(Review(Pod(Image('a'))))["response"];
  CHECK(answer["allowed"] == false);
  CHECK(answer["status"]["code"] == 503);
  CHECK_THAT(answer["status"]["message"].get<std::string>(), Catch::Contains("NotSynced"));
}

TEST_CASE("a namespace that is not known yet is asked for where that may block, then judged", "[webhook]") {
  House house;
  std::vector<std::string> fetched;
  house.cluster.missing = [] { return std::nullopt; };
  house.cluster.fetch_namespace = [&](std::string_view name, Deadline) { fetched.emplace_back(name); };
  CHECK(house.Review(Review(Pod(Image('a'))))["response"]["allowed"] == true);
  CHECK(fetched.empty());
  Json review = Review(Pod(Image('a')));
  review["request"]["namespace"] = "new";
  CHECK(house.Call("POST", "/v1/validate", review.dump()).status == http::kCallAgainBlocking);
  CHECK(fetched.empty());
  CHECK(house.Call("POST", "/v1/validate", review.dump(), "", std::nullopt, true).status == 200);
  CHECK(fetched == std::vector<std::string>{"new"});
}

TEST_CASE("a kind that anybody could make up is no label of a metric", "[webhook]") {
  House house;
  Json review = Review(Pod(Image('a')));
  review["request"]["kind"]["kind"] = "Sandwich\"\n";
  house.Review(review);
  CHECK_THAT(house.MetricsText(), Catch::Contains(R"(kind="other")") && !Catch::Contains("Sandwich"));
}

TEST_CASE("readiness lists its checks and the problems of the catalogue", "[webhook]") {
  House house;
  std::optional<std::string> failure;
  house.readiness.Add("cluster", [&] { return failure; });
  house.catalogue.Put({"BreakGlass", "shop", "x"}, "policies/x.yaml", Fail(ErrorCode::kInvalidInput, "spec.reason: is missing"));
  house.catalogue.Publish();
  CHECK(house.Call("GET", "/readyz").status == 200);
  const auto verbose = house.Call("GET", "/readyz", "", "verbose");
  CHECK(verbose.status == 200);
  CHECK_THAT(verbose.body,
             Catch::Contains("[+]cluster ok") && Catch::Contains("policies/x.yaml: BreakGlass/shop/x: spec.reason: is missing"));
  CHECK_THAT(house.Call("GET", "/readyz", "", "a=b&verbose").body, Catch::Contains("[+]cluster ok"));
  CHECK_THAT(house.Call("GET", "/readyz", "", "a=b&verbosely").body, !Catch::Contains("[+]cluster ok"));
  failure = "namespaces not listed yet";
  const auto unready = house.Call("GET", "/readyz");
  CHECK(unready.status == 503);
  CHECK_THAT(unready.body, Catch::Contains("[-]cluster failed: namespaces not listed yet"));
  failure.reset();
  house.readiness.BeginDraining();
  CHECK(house.Call("GET", "/readyz").status == 503);
  CHECK(house.Call("GET", "/healthz").status == 200);
}

TEST_CASE("an ended certificate makes the webhook unready", "[webhook]") {
  FixedClock clock;
  std::optional<Time> expiry;
  const auto check = CertificateCheck([&] { return expiry; }, clock);
  CHECK_FALSE(check());
  expiry = clock.now + std::chrono::seconds(1);
  CHECK_FALSE(check());
  expiry = clock.now;
  REQUIRE(check());
  CHECK_THAT(*check(), Catch::Contains("--tls-cert"));
}

}  // namespace
}  // namespace hullwright::webhook
