// Attacks on the webhook itself: rows 55, 56 and 61 to 65 of the catalogue (docs/attacks.md). Row 66 is in tests/unit/webhook: a real
// program does not throw on demand.
#include <catch2/catch.hpp>

#include "attack/gate.h"

using namespace hullwright::test;

namespace {

bool Allowed(const Answer& answer) {
  return answer.body.is_object() && answer.body.contains("response") && answer.body["response"].value("allowed", false);
}

// The webhook said no, in whatever form, and still answers the next request.
void RequireRefusedAndAlive(Gate& gate, const std::string& body) {
  const Answer answer = gate.PostToWebhook("/v1/validate", body);
  CHECK_FALSE(Allowed(answer));
  CHECK(Allowed(gate.PostToWebhook("/v1/validate", Review(Pod("alive", gate.good())).dump())));
}

std::string Nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("a namespace we do not know is could-not-tell, never no match", "[attack][attack-55]") {
  Gate& gate = Gate::Get();
  const std::string image = "registry.example/selected/app" + gate.good().substr(gate.good().find('@'));
  const std::string production = gate.MakeNamespace(UniqueName("production"), {{"env", "prod"}});
  gate.WaitUntil(Pod("app", image, production), true);
  RequireAdmitted(gate.Create(Pod(UniqueName("selected"), image, production)));

  Answer answer = gate.PostToWebhook("/v1/validate", Review(Pod("app", image, "nobody-knows-it")).dump());
  CHECK_FALSE(Allowed(answer));
  CHECK_THAT(answer.body["response"]["status"]["message"].get<std::string>(), Catch::Contains("NamespaceUnknown"));

  const PausedApiServer paused(gate);
  answer = gate.PostToWebhook("/v1/validate?timeout=3s", Review(Pod("app", image, "asked-while-away")).dump());
  CHECK_FALSE(Allowed(answer));
  // What is known needs no API server.
  CHECK(Allowed(gate.PostToWebhook("/v1/validate", Review(Pod("app", image, production)).dump())));
}

TEST_CASE("before its first sync the webhook is not ready and admits nothing; afterwards it keeps what it knows", "[attack][attack-56]") {
  Gate& gate = Gate::Get();
  const std::string review = Review(Pod("app", gate.good())).dump();
  std::unique_ptr<WebhookProcess> second;
  {
    const PausedApiServer paused(gate);
    second = gate.StartWebhook();
    CHECK(second->Get("/readyz").status == 503);
    CHECK_FALSE(Allowed(second->Post("/v1/validate", review)));
    // The first one keeps judging from what it had.
    CHECK(Allowed(gate.PostToWebhook("/v1/validate", review)));
    CHECK_FALSE(Allowed(gate.PostToWebhook("/v1/validate", Review(Pod("app", gate.bad())).dump())));
  }
  second->WaitReady();
  CHECK(Allowed(second->Post("/v1/validate", review)));
}

TEST_CASE("five thousand containers are refused by a cap", "[attack][attack-61]") {
  Gate& gate = Gate::Get();
  const auto with_containers = [&](int count) {
    Json pod = Pod("many", gate.good());
    Json containers = Json::array();
    for (int i = 0; i < count; ++i) containers.push_back(Container("c" + std::to_string(i), gate.good()));
    pod["spec"]["containers"] = containers;
    return pod;
  };
  const Answer answer = gate.PostToWebhook("/v1/validate", Review(with_containers(5000)).dump());
  CHECK_FALSE(Allowed(answer));
  CHECK_THAT(answer.body["response"]["status"]["message"].get<std::string>(), Catch::Contains("TooManyImages"));
  Json pod = with_containers(5000);
  pod["metadata"]["name"] = UniqueName("many");
  CHECK_FALSE(gate.Create(pod).ok());
  pod = with_containers(50);
  pod["metadata"]["name"] = UniqueName("many");
  RequireAdmitted(gate.Create(pod));
}

TEST_CASE("documents made to break a parser are refused", "[attack][attack-62]") {
  Gate& gate = Gate::Get();
  const std::string review = Review(Pod("hostile", gate.good())).dump();
  const auto with = [&](const std::string& member) { return review.substr(0, review.size() - 1) + "," + member + "}"; };
  RequireRefusedAndAlive(gate, with("\"x\":" + Nested(100'000)));
  RequireRefusedAndAlive(gate, with("\"kind\":\"AdmissionReview\""));
  RequireRefusedAndAlive(gate, with("\"\\u006bind\":\"AdmissionReview\""));
  RequireRefusedAndAlive(gate, with("\"x\":1e999"));
  RequireRefusedAndAlive(gate, with("\"x\":99999999999999999999999"));
  RequireRefusedAndAlive(gate, with("\"x\":\"\xff\xfe\""));
  RequireRefusedAndAlive(gate, review + review);
  RequireRefusedAndAlive(gate, review.substr(0, review.size() / 2));

  // The same key twice in the Pod: whichever a parser takes, the other must not be what runs.
  std::string twice = review;
  const std::string image = "\"image\":\"" + gate.good() + "\"";
  twice.replace(twice.find(image), image.size(), "\"image\":\"" + gate.bad() + "\"," + image);
  RequireRefusedAndAlive(gate, twice);
}

TEST_CASE("what no API server sends is refused without work", "[attack][attack-63]") {
  Gate& gate = Gate::Get();
  const std::string review = Review(Pod("hostile", gate.good())).dump();
  CHECK(gate.PostToWebhook("/v1/unknown", review).status == 404);
  CHECK(gate.PostToWebhook("/v1/validate/../validate", review).status / 100 == 4);
  CHECK(gate.PostToWebhook("/v1/validate", "").status / 100 == 4);
  CHECK(gate.Curl({"-X", "GET"}, "/v1/validate", "").status == 405);
  CHECK(gate.Curl({"-H", "Transfer-Encoding: chunked"}, "/v1/validate", review).status / 100 == 4);
  CHECK(gate.Curl({"-H", "Transfer-Encoding: chunked", "-H", "Content-Length: 10"}, "/v1/validate", review).status / 100 == 4);
  CHECK(gate.Curl({"-H", "Content-Length: 1073741824"}, "/v1/validate", review).status == 413);
  CHECK(gate.Curl({"-H", "Content-Type: text/plain"}, "/v1/validate", review).status == 415);
  CHECK(gate.Curl({"-H", "X-Long: " + std::string(64 * 1024, 'x')}, "/v1/validate", review).status / 100 == 4);
  CHECK(Allowed(gate.PostToWebhook("/v1/validate", review)));
}

TEST_CASE("what is no AdmissionReview of version 1 is never allowed", "[attack][attack-64]") {
  Gate& gate = Gate::Get();
  const Json review = Review(Pod("hostile", gate.good()));
  const auto changed = [&](const std::string& pointer, const Json& value) {
    Json copy = review;
    copy[Json::json_pointer(pointer)] = value;
    return copy;
  };
  for (const Json& hostile :
       {changed("/kind", "ImageReview"), changed("/apiVersion", "admission.k8s.io/v1beta1"), changed("/request/uid", ""),
        changed("/request/uid", 7), changed("/request", nullptr), changed("/request", Json::array()),
        changed("/request/operation", "DESTROY"), changed("/request/object", nullptr), changed("/request/object", "text"),
        changed("/request/kind/kind", "Sandwich"), Json::array({review}), Json("AdmissionReview"), Json(nullptr)}) {
    INFO(hostile.dump().substr(0, 120));
    CHECK_FALSE(Allowed(gate.PostToWebhook("/v1/validate", hostile.dump())));
  }
  const Answer answer = gate.PostToWebhook("/v1/validate", changed("/request/operation", "DESTROY").dump());
  CHECK(answer.body["response"]["uid"] == review["request"]["uid"]);
  CHECK(Allowed(gate.PostToWebhook("/v1/validate", review.dump())));
}

TEST_CASE("a stamp can always be applied, whatever the object looks like", "[attack][attack-65]") {
  Gate& gate = Gate::Get();
  const std::string name_space = gate.MakeNamespace(UniqueName("stamp"));
  Json odd = {{"apiVersion", "hullwright.dev/v1alpha1"},
              {"kind", "BreakGlass"},
              {"metadata", {{"name", "odd"}, {"namespace", name_space}, {"annotations", {{"example.com/a_b", "~1/~0"}}}}},
              {"spec", {{"a~1b/c", "x"}, {"requestedBy~", "x"}}}};
  Answer answer = gate.Create(odd);
  CHECK(answer.status / 100 == 4);
  odd.erase("spec");
  answer = gate.Create(odd);
  CHECK(answer.status / 100 == 4);
  odd["spec"] = {{"policyRefs", {{{"name", "ok"}}}},
                 {"images", {gate.bad()}},
                 {"reason", "odd keys in annotations"},
                 {"ticket", "INC-65"},
                 {"durationSeconds", 60}};
  answer = gate.Create(odd);
  RequireAdmitted(answer);
  CHECK(answer.body["spec"]["requestedBy"]["username"].get<std::string>() != "");
}
