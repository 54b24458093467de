#include "webhook/admission_review.h"

#include <catch2/catch.hpp>

#include "unit/webhook/fixtures.h"

namespace hullwright::webhook {
namespace {

std::expected<AdmissionRequest, UnreadableReview> Decode(JsonReader& reader, const Json& review) {
  return DecodeReview(reader, review.dump());
}

Json With(Json review, const std::string& pointer, const Json& value) {
  review[Json::json_pointer(pointer)] = value;
  return review;
}

Json AnswerOf(const AdmissionAnswer& answer, std::string_view uid = "u") {
  return Json::parse(EncodeReview(uid, answer))["response"];
}

TEST_CASE("a review becomes a typed request", "[webhook]") {
  JsonReader reader;
  Json review = Review(Pod("nginx"), Pod("old"));
  review["request"]["subResource"] = "ephemeralcontainers";
  review["request"]["dryRun"] = true;
  review["request"]["userInfo"]["extra"] = {{"scopes", {"a", "b"}}};
  const auto request = Decode(reader, review);
  REQUIRE(request);
  CHECK(request->uid == "705ab4f5-6393-11e8-b7cc-42010a800002");
  CHECK(request->operation == Operation::kUpdate);
  CHECK(request->kind == "Pod");
  CHECK(request->sub_resource == "ephemeralcontainers");
  CHECK(request->namespace_ == "shop");
  CHECK(request->user.username == "alice");
  CHECK((request->user.groups == std::vector<std::string_view>{"developers", "system:authenticated"}));
  CHECK((request->user.extra.at("scopes") == std::vector<std::string>{"a", "b"}));
  CHECK(request->object);
  CHECK(request->old_object);
  CHECK(request->dry_run);
  CHECK(request->Describe() == "Pod shop/app");
}

TEST_CASE("a generated name is found in the object", "[webhook]") {
  JsonReader reader;
  const auto request = Decode(reader, With(Review(Pod("nginx")), "/request/name", ""));
  REQUIRE(request);
  CHECK(request->name == "app");
}

TEST_CASE("members that later versions may add do not disturb", "[webhook]") {
  JsonReader reader;
  CHECK(Decode(reader, With(With(Review(Pod("nginx")), "/request/new", 1), "/response", nullptr)));
}

TEST_CASE("what is no AdmissionReview v1 is an error, which echoes the uid when that can be read", "[webhook]") {
  const Json good = Review(Pod("nginx"));
  const std::string uid = good["request"]["uid"];
  const auto [pointer, value, echoed] = GENERATE_COPY(table<std::string, Json, std::string>({
      {"/apiVersion", "admission.k8s.io/v1beta1", uid},
      {"/kind", "ImageReview", uid},
      {"/request", nullptr, ""},
      {"/request", Json::array(), ""},
      {"/request/uid", "", ""},
      {"/request/uid", 7, ""},
      {"/request/uid", std::string(129, 'x'), ""},
      {"/request/operation", "DESTROY", uid},
      {"/request/operation", nullptr, uid},
      {"/request/kind", "Pod", uid},
      {"/request/kind", nullptr, uid},
      {"/request/kind/kind", "", uid},
      {"/request/kind/group", 1, uid},
      {"/request/name", 1, uid},
      {"/request/namespace", Json::array(), uid},
      {"/request/object", "text", uid},
      {"/request/object", Json::array(), uid},
      {"/request/oldObject", 1, uid},
      {"/request/dryRun", "yes", uid},
      {"/request/userInfo", "alice", uid},
      {"/request/userInfo/username", 1, uid},
      {"/request/userInfo/groups", "developers", uid},
      {"/request/userInfo/groups", Json::array({1}), uid},
      {"/request/userInfo/extra", Json({{"a", "b"}}), uid},
  }));
  INFO(pointer << " = " << value.dump().substr(0, 80));
  JsonReader reader;
  const auto request = Decode(reader, With(good, pointer, value));
  REQUIRE_FALSE(request);
  CHECK(request.error().uid == echoed);
  CHECK_FALSE(request.error().error.message.empty());
}

TEST_CASE("text that is no strict JSON is an error", "[webhook]") {
  const std::string good = Review(Pod("nginx")).dump();
  const std::string open = good.substr(0, good.size() - 1);
  JsonReader reader;
  CHECK_FALSE(DecodeReview(reader, ""));
  CHECK_FALSE(DecodeReview(reader, "null"));
  CHECK_FALSE(DecodeReview(reader, "[" + good + "]"));
  CHECK_FALSE(DecodeReview(reader, good + good));
  CHECK_FALSE(DecodeReview(reader, open));
  CHECK_FALSE(DecodeReview(reader, open + ",\"kind\":\"AdmissionReview\"}"));
  CHECK_FALSE(DecodeReview(reader, open + ",\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
  CHECK_FALSE(DecodeReview(reader, open + ",\"x\":\"\xff\"}"));
  CHECK(DecodeReview(reader, good));
}

TEST_CASE("an allowed answer carries uid, warnings and annotations, and no status", "[webhook]") {
  AdmissionAnswer answer;
  answer.allowed = true;
  answer.warnings = {"careful"};
  answer.audit_annotations = {{"outcome", "pass"}};
  const Json review = Json::parse(EncodeReview("the-uid", answer));
  CHECK(review["apiVersion"] == "admission.k8s.io/v1");
  CHECK(review["kind"] == "AdmissionReview");
  CHECK((review["response"] ==
         Json{{"uid", "the-uid"}, {"allowed", true}, {"warnings", {"careful"}}, {"auditAnnotations", {{"outcome", "pass"}}}}));
}

TEST_CASE("a denial carries code, reason and message", "[webhook]") {
  AdmissionAnswer answer;
  answer.message = "no";
  const Json response = AnswerOf(answer);
  CHECK(response["allowed"] == false);
  CHECK(response["status"]["code"] == 403);
  CHECK(response["status"]["reason"] == "Forbidden");
  CHECK(response["status"]["message"] == "no");
  CHECK_FALSE(response.contains("patch"));
}

TEST_CASE("a patch is base64 as RFC 4648 pads it", "[webhook]") {
  AdmissionAnswer answer;
  answer.allowed = true;
  for (const auto& [text, encoded] :
       {std::pair("f", "Zg=="), std::pair("fo", "Zm8="), std::pair("foo", "Zm9v"), std::pair("foob", "Zm9vYg==")}) {
    answer.json_patch = text;
    CHECK(AnswerOf(answer)["patch"] == encoded);
    CHECK(AnswerOf(answer)["patchType"] == "JSONPatch");
  }
}

}  // namespace
}  // namespace hullwright::webhook
