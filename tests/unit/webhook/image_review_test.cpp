#include "webhook/image_review.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace hullwright::webhook {
namespace {

using nlohmann::json;

json Review() {
  return json::parse(R"({"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","spec":{
      "containers":[{"image":"nginx"},{"image":"registry.example/app:1"}],
      "annotations":{"x.image-policy.k8s.io/break-glass":"yes"},"namespace":"shop"}})");
}

Result<ImageReviewRequest> Decode(const json& review) {
  JsonReader reader;
  return DecodeImageReview(reader, review.dump());
}

TEST_CASE("an ImageReview is read: its images and its namespace", "[webhook]") {
  const auto request = Decode(Review());
  REQUIRE(request);
  CHECK(request->namespace_ == "shop");
  CHECK(request->images == std::vector<std::string>{"nginx", "registry.example/app:1"});
}

TEST_CASE("what is no ImageReview is refused with what would be right", "[webhook]") {
  const auto broken = [](auto&& change) {
    json review = Review();
    change(review);
    return Decode(review);
  };
  CHECK_FALSE(broken([](json& r) { r["kind"] = "AdmissionReview"; }));
  CHECK_FALSE(broken([](json& r) { r["apiVersion"] = "imagepolicy.k8s.io/v1"; }));
  CHECK_FALSE(broken([](json& r) { r.erase("spec"); }));
  CHECK_FALSE(broken([](json& r) { r["spec"].erase("namespace"); }));
  CHECK_FALSE(broken([](json& r) { r["spec"]["namespace"] = 1; }));
  CHECK_FALSE(broken([](json& r) { r["spec"]["containers"] = "nginx"; }));
  CHECK_FALSE(broken([](json& r) { r["spec"]["containers"][0].erase("image"); }));
  const auto error = broken([](json& r) { r["spec"]["containers"][1]["image"] = json::array(); });
  REQUIRE_FALSE(error);
  CHECK(error.error().message == "spec.containers[1].image: must be a text");
}

TEST_CASE("the answer is the same object with a status", "[webhook]") {
  const json allowed = json::parse(EncodeImageReview({true, "", {}}));
  CHECK(allowed["kind"] == "ImageReview");
  CHECK(allowed["apiVersion"] == "imagepolicy.k8s.io/v1alpha1");
  CHECK(allowed["status"] == json{{"allowed", true}});
  const json denied = json::parse(EncodeImageReview({false, "no \"signature\"\n", {{"outcome", "violation"}, {"reasons", "X"}}}));
  CHECK(denied["status"]["allowed"] == false);
  CHECK(denied["status"]["reason"] == "no \"signature\"\n");
  CHECK(denied["status"]["auditAnnotations"] == json{{"outcome", "violation"}, {"reasons", "X"}});
}

}  // namespace
}  // namespace hullwright::webhook
