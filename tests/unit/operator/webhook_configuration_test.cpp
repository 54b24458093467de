#include "operator/webhook_configuration.h"

#include <catch2/catch.hpp>

#include "base/base64.h"

namespace hullwright::controller {
namespace {

using nlohmann::json;

const Names kNames;

json Hook(const std::string& name = "images.hullwright.dev") {
  return {{"name", name},
          {"clientConfig", {{"service", {{"name", "hullwright-webhook"}, {"namespace", "hullwright-system"}, {"path", "/v1/validate"}}}}}};
}

json Configuration(const json& hooks) {
  return {{"apiVersion", "admissionregistration.k8s.io/v1"},
          {"kind", "ValidatingWebhookConfiguration"},
          {"metadata", {{"name", "hullwright"}, {"labels", {{"app.kubernetes.io/name", "hullwright"}}}}},
          {"webhooks", hooks}};
}

json ConfigMapWith(const std::string& text) {
  return {{"metadata", {{"name", kNames.ConfigMap()}}}, {"data", {{"validating.yaml", text}}}};
}

std::string ErrorIn(const std::string& text) {
  const auto wanted = ReadWantedHooks(HookKind::kValidating, ConfigMapWith(text), kNames);
  return wanted ? "" : wanted.error().message;
}

TEST_CASE("Wanted hooks are read from the ConfigMap, without a bundle", "[operator]") {
  json hook = Hook();
  hook["clientConfig"]["caBundle"] = "Cg==";
  const auto wanted = ReadWantedHooks(HookKind::kValidating, ConfigMapWith(Configuration(json::array({hook})).dump()), kNames);
  REQUIRE(wanted.has_value());
  CHECK(wanted->webhooks == json::array({Hook()}));
  const json object = ConfigurationObject(HookKind::kValidating, kNames, *wanted);
  CHECK(object["metadata"]["labels"]["app.kubernetes.io/name"] == "hullwright");
  CHECK(object["kind"] == "ValidatingWebhookConfiguration");
}

TEST_CASE("A ConfigMap that holds rubbish is refused with what would be right", "[operator]") {
  using Catch::Contains;
  CHECK_THAT(ErrorIn(""), Contains("validating.yaml: there is no such entry"));
  CHECK_THAT(ErrorIn("webhooks: ["), Contains("validating.yaml: "));
  CHECK_THAT(ErrorIn("a: 1\n---\nb: 2\n"), Contains("2 documents; expected one"));
  CHECK_THAT(ErrorIn("[]"), Contains("no object"));
  CHECK_THAT(ErrorIn(R"({"kind":"ConfigMap","apiVersion":"v1"})"), Contains("expected admissionregistration.k8s.io/v1"));
  json other = Configuration(json::array({Hook()}));
  other["metadata"]["name"] = "theirs";
  CHECK_THAT(ErrorIn(other.dump()), Contains("expected hullwright"));
  CHECK_THAT(ErrorIn(Configuration(json::array()).dump()), Contains("hullwright.dev/gate=off"));
  CHECK_THAT(ErrorIn(Configuration(json::array({Hook(), Hook()})).dump()), Contains("twice"));
  CHECK_THAT(ErrorIn(Configuration(json::array({"text"})).dump()), Contains("must be an object with a name"));
  const json by_url = {{"name", "a"}, {"clientConfig", {{"url", "https://evil.example"}}}};
  json elsewhere = Hook();
  elsewhere["clientConfig"]["service"]["namespace"] = "default";
  CHECK_THAT(ErrorIn(Configuration(json::array({elsewhere})).dump()),
             Contains("must name the Service hullwright-webhook in hullwright-system"));
  CHECK_THAT(ErrorIn(Configuration(json::array({by_url})).dump()), Contains("no url"));
  CHECK_FALSE(ReadWantedHooks(HookKind::kValidating, json::object(), kNames).has_value());
}

TEST_CASE("A bundle is put into every hook, and read from every hook that has one", "[operator]") {
  const json hooks = WithBundle(json::array({Hook("a"), Hook("b")}), "PEM");
  CHECK(hooks[0]["clientConfig"]["caBundle"] == EncodeBase64("PEM"));
  CHECK(BundlesOf(hooks) == std::vector<std::string>{"PEM", "PEM"});
  CHECK(BundlesOf({Hook(), {{"clientConfig", {{"caBundle", "no base64!"}}}}, "text"}) == std::vector<std::string>{"", "", ""});
  CHECK(HooksOf(json()).empty());
  CHECK(HooksOf({{"webhooks", nullptr}}).empty());
}

TEST_CASE("The gate is off when the annotation says so, in any case of letters", "[operator]") {
  const auto annotated = [](const json& value) { return json{{"metadata", {{"annotations", {{kGateAnnotation, value}}}}}}; };
  CHECK(IsGateOff(annotated("off")));
  CHECK(IsGateOff(annotated("Off")));
  CHECK_FALSE(IsGateOff(annotated("on")));
  CHECK_FALSE(IsGateOff(annotated(nullptr)));
  CHECK_FALSE(IsGateOff(json::object()));
}

}  // namespace
}  // namespace hullwright::controller
