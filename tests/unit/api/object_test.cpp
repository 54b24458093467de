#include "api/object.h"

#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

Result<ObjectKey> KeyOf(std::string_view json) {
  JsonReader reader;
  auto element = reader.Read(json);
  REQUIRE(element.has_value());
  return ReadKey(*element);
}

std::string KeyError(std::string_view json) {
  auto key = KeyOf(json);
  return key ? "" : key.error().message;
}

std::string Rename(std::string_view api_version, std::string_view kind) {
  return Json{{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", "a"}}}}.dump();
}

}  // namespace

TEST_CASE("the example of every kind decodes", "[api]") {
  for (const Kind* kind : AllKinds()) {
    INFO(kind->info.kind);
    CHECK(MessageOf(ExampleOf(kind->info.kind)) == "");
  }
}

TEST_CASE("an object's key is its kind, namespace and name", "[api]") {
  CHECK(KeyOf(ExampleOf("ClusterImageAdmissionPolicy").dump())->ToString() == "ClusterImageAdmissionPolicy/production");
  CHECK(KeyOf(ExampleOf("BreakGlass").dump())->ToString() == "BreakGlass/shop/tonight");
  CHECK(KeyOf(R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})")->ToString() == "Namespace/shop");
}

TEST_CASE("the key of an object can be read although the rest of it is wrong", "[api]") {
  Json object = Changed("ImageAdmissionPolicy", "/spec", "7");
  CHECK(KeyOf(object.dump()).has_value());
  CHECK(MessageOf(object) == "spec: must be of type object, not integer");
}

TEST_CASE("objects of others are told from objects of ours that this version does not know", "[api]") {
  CHECK(KeyOf(Rename("v1", "Pod")).error().code == ErrorCode::kUnsupported);
  CHECK(KeyError(Rename("v1", "Pod")) == R"(apiVersion "v1" and kind "Pod" belong neither to hullwright.dev nor to a v1 Namespace)");
  CHECK(KeyError(Rename("hullwright.devil/v1alpha1", "Pod")).find("belong neither") != std::string::npos);
  CHECK(KeyError(Rename("hullwright.dev/v1", "ImageScan")) ==
        R"(apiVersion: "hullwright.dev/v1" is not known to this version, write hullwright.dev/v1alpha1)");
  CHECK(KeyError(Rename("hullwright.dev/v1alpha1", "ImageAdmisionPolicy")) ==
        R"(kind: "ImageAdmisionPolicy" is no kind of hullwright.dev/v1alpha1 in this version, did you mean ImageAdmissionPolicy?)");
  CHECK(KeyError(Rename("hullwright.dev/v1alpha1", "SwapPolicy")).find("known are ClusterImageAdmissionPolicy, ") != std::string::npos);
  CHECK(KeyOf("[1]").error().code == ErrorCode::kInvalidInput);
  CHECK(KeyError(Rename("hullwrigt.dev/v1alpha1", "ImageScan")) ==
        R"(apiVersion: "hullwrigt.dev/v1alpha1" is not that of ImageScan, write hullwright.dev/v1alpha1)");
  CHECK(KeyError("{}").find("has neither apiVersion nor kind") == 0);
}

TEST_CASE("a name is there and is a DNS name", "[api]") {
  std::string name =
      "metadata.name: must be a name of lower-case letters, digits, \"-\" and \".\", beginning and ending with a letter or digit, ";
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata", "-")) == "metadata: is required: object");
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata", "{}")) == "metadata.name: is required: name");
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata/name", R"("Acme")")) == name + "not \"Acme\"");
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata/name", R"("a/b")")) == name + "not \"a/b\"");
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata/name", R"("a\u001bb")")).find('\x1b') == std::string::npos);
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata/name", "\"" + std::string(253, 'a') + "\"")).empty());
  CHECK_FALSE(MessageOf(Changed("TrustedPublisher", "/metadata/name", "\"" + std::string(254, 'a') + "\"")).empty());
}

TEST_CASE("a wrong name does not hide what else is wrong", "[api]") {
  Json object = Changed("ImageAdmissionPolicy", "/metadata/name", R"("Acme")");
  object["spec"] = 7;
  const std::string told = MessageOf(object);
  CHECK(told.find("metadata.name: must be a name") != std::string::npos);
  CHECK(told.find("spec: must be of type object, not integer") != std::string::npos);
}

TEST_CASE("a kind lives in a namespace or in none", "[api]") {
  CHECK(MessageOf(Changed("TrustedPublisher", "/metadata/namespace", R"("shop")")) ==
        "metadata.namespace: must be left out, a TrustedPublisher lives in no namespace");
  CHECK(MessageOf(Changed("BreakGlass", "/metadata/namespace", "-")) ==
        "metadata.namespace: is required, a BreakGlass lives in a namespace");
}

TEST_CASE("what Kubernetes keeps in metadata is left alone", "[api]") {
  Json object = ExampleOf("BreakGlass");
  object["metadata"].merge_patch({{"annotations", {{"a", "b"}}},
                                  {"managedFields", Json::array()},
                                  {"labels", {{"team", "shop"}}},
                                  {"generation", 3},
                                  {"resourceVersion", "17"},
                                  {"uid", "u-1"},
                                  {"creationTimestamp", "2026-11-20T06:00:00Z"}});
  auto decoded = Decode(object);
  REQUIRE(decoded.has_value());
  const ObjectMeta& metadata = std::get<BreakGlass>(*decoded).metadata;
  CHECK(metadata.labels.at("team") == "shop");
  CHECK(metadata.generation == 3);
  CHECK(metadata.resource_version == "17");
  CHECK(metadata.uid == "u-1");
  CHECK(metadata.creation_timestamp.has_value());
  object["metadata"]["creationTimestamp"] = nullptr;  // as `kubectl create --dry-run=client -o yaml` writes it
  CHECK(MessageOf(object) == "");
}

TEST_CASE("of a Namespace only its labels are read", "[api]") {
  auto decoded = Decode(FromYaml(R"(
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {env: prod}}
spec: {finalizers: [kubernetes]}
status: {phase: Active}
)"));
  REQUIRE(decoded.has_value());
  CHECK(std::get<Namespace>(*decoded).metadata.labels.at("env") == "prod");
}

TEST_CASE("all mistakes are told at once, at most twenty", "[api]") {
  Json object = ExampleOf("ClusterImageAdmissionPolicy");
  object["spec"]["enforcement"]["newImages"] = "deny";
  object["spec"]["rules"]["reference"]["digests"] = "Pinned";
  object["spec"]["rules"]["image"]["licenses"] = true;
  auto decoded = Decode(object);
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().code == ErrorCode::kInvalidInput);
  CHECK(decoded.error().message ==
        "spec.enforcement.newImages: must be one of Audit, Warn, Deny, not \"deny\"; "
        "spec.rules.image.licenses: must be of type object, not boolean; "
        "spec.rules.reference.digests: unknown field, did you mean digest?");

  for (int i = 0; i < 30; ++i) object["spec"]["match"]["images"].push_back("a b");
  std::string message = MessageOf(object);
  CHECK(message.ends_with("; and 13 more"));
}

TEST_CASE("an unknown field brings the nearest known one to mind", "[api]") {
  auto unknown = [](std::string_view pointer) { return MessageOf(Changed("ClusterImageAdmissionPolicy", pointer, "1")); };
  CHECK(unknown("/spec/matches") == "spec.matches: unknown field, did you mean match?");
  CHECK(unknown("/spec/enforcement/newimages") == "spec.enforcement.newimages: unknown field, did you mean newImages?");
  CHECK(unknown("/spec/rules/vulnerabilities/forbid/0/severity") ==
        "spec.rules.vulnerabilities.forbid[0].severity: unknown field, did you mean severities?");
  CHECK(unknown("/spec/podSelector") == "spec.podSelector: unknown field, known here are match, enforcement, rules");
  CHECK(unknown("/data") == "data: unknown field, known here are apiVersion, kind, metadata, spec, status");
}

TEST_CASE("a member given twice is refused even by a reader that lets it through", "[api]") {
  simdjson::dom::parser parser;
  simdjson::padded_string text(
      std::string_view(R"({"apiVersion": "hullwright.dev/v1alpha1", "kind": "TrustedPublisher", "metadata": {"name": "a"},
      "spec": {"repositories": ["nginx"], "verification": "NameOnly", "repositories": ["**"]}})"));
  auto decoded = DecodeObject(parser.parse(text).value());
  REQUIRE_FALSE(decoded.has_value());
  CHECK(decoded.error().message == "spec.repositories: is given twice");
}

TEST_CASE("a match can be read from a policy whose other parts are wrong", "[api]") {
  auto match_of = [](const Json& object) {
    JsonReader reader;
    return DecodePolicyMatch(*reader.Read(object.dump()));
  };
  Json object = ExampleOf("ClusterImageAdmissionPolicy");
  object["spec"]["rules"] = 7;
  auto match = match_of(object);
  REQUIRE(match.has_value());
  CHECK(match->images.front().text() == "registry.example/**");
  CHECK(match->namespace_selector.has_value());

  object["spec"].erase("match");
  REQUIRE(match_of(object).has_value());
  CHECK(match_of(object)->images.empty());
  CHECK(match_of(object)->container_types.size() == 4);

  // When the match itself is wrong, the policy may cover anything, so it must not be guessed at.
  for (std::string_view wrong : {R"({"image": ["a"]})", R"({"images": ["a b"]})", "null", "[]", R"({"images": []})"}) {
    INFO(wrong);
    object["spec"]["match"] = Json::parse(wrong);
    CHECK_FALSE(match_of(object).has_value());
  }
  object.erase("spec");
  CHECK_FALSE(match_of(object).has_value());
  CHECK_FALSE(match_of(ExampleOf("BreakGlass")).has_value());
}

TEST_CASE("the items of a list are objects of their own", "[api]") {
  JsonReader reader;
  auto list = reader.Read(R"({"apiVersion": "v1", "kind": "List", "items": [{"kind": "a"}, {"kind": "b"}]})");
  CHECK(Items(*list).size() == 2);
  auto single = reader.Read(R"({"apiVersion": "v1", "kind": "Namespace", "items": []})");
  CHECK(Items(*single).size() == 1);
  auto broken = reader.Read(R"({"apiVersion": "v1", "kind": "List", "items": 7})");
  REQUIRE(Items(*broken).size() == 1);
  CHECK(ReadKey(Items(*broken).front()).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("a written ImageScan reads back as the same", "[api]") {
  auto first = Decode(FullObject("ImageScan"));
  REQUIRE(first.has_value());
  std::string text = EncodeJson(std::get<ImageScan>(*first));
  CHECK(Json::parse(text) == FullObject("ImageScan"));
  auto second = Decode(Json::parse(text));
  REQUIRE(second.has_value());
  CHECK(EncodeJson(std::get<ImageScan>(*second)) == text);
}

TEST_CASE("an ImageScan leaves out what is not known", "[api]") {
  ImageScan scan;
  scan.metadata.name = "sha256-" + std::string(kHex);
  scan.spec.digest = *Digest::Parse("sha256:" + std::string(kHex));
  CHECK(Json::parse(EncodeJson(scan)) == Json{{"apiVersion", "hullwright.dev/v1alpha1"},
                                              {"kind", "ImageScan"},
                                              {"metadata", {{"name", scan.metadata.name}}},
                                              {"spec", {{"digest", scan.spec.digest.text()}}}});
}

TEST_CASE("kinds are listed in a fixed order with their plurals", "[api]") {
  std::vector<std::string> plurals;
  for (const KindInfo& kind : Kinds()) plurals.push_back(kind.plural);
  CHECK(plurals == std::vector<std::string>{"clusterimageadmissionpolicies", "imageadmissionpolicies", "trustedpublishers", "trustroots",
                                            "registries", "vulnerabilityexceptions", "clustervulnerabilityexceptions", "breakglasses",
                                            "imagescans"});
}

namespace {

// Decoded, encoded and decoded again, as one line.
std::string EncodedTwice(const Json& object) {
  auto first = Decode(object);
  INFO(object.dump());
  REQUIRE(first.has_value());
  const std::string line = EncodeLine(*first);
  auto second = Decode(Json::parse(line));
  INFO(line << (second ? "" : " " + second.error().message));
  REQUIRE(second.has_value());
  CHECK(EncodeLine(*second) == line);
  CHECK(line.find('\n') == std::string::npos);
  return line;
}

}  // namespace

TEST_CASE("every object is read back from what it is encoded as, with every field that was written", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Json& object : FullObjects(kind->info.kind)) {
      const Json encoded = Json::parse(EncodedTwice(object));
      CHECK(encoded["kind"] == kind->info.kind);
      for (const auto& [name, value] : object["spec"].items()) {
        INFO(kind->info.kind << " " << name << " " << encoded.dump());
        CHECK((encoded["spec"].contains(name) || !value.is_structured()));
      }
    }
  }
}

TEST_CASE("a rule in which only a default is written is read back", "[api]") {
  for (const char* rules :
       {R"({"reference": {"digest": "Pinned"}})", R"({"image": {"platforms": "Index"}})", R"({"image": {"nonRoot": "NotRequired"}})",
        R"({"vulnerabilities": {"forbid": [{"name": "a", "severities": ["Unknown"], "fix": "Any", "moreThan": 0}]}})"}) {
    Json policy = {{"apiVersion", kApiVersion},
                   {"kind", "ClusterImageAdmissionPolicy"},
                   {"metadata", {{"name", "p"}, {"creationTimestamp", "2026-01-02T03:04:05Z"}}},
                   {"spec", {{"enforcement", {{"newImages", "Warn"}}}, {"rules", Json::parse(rules)}}}};
    const std::string line = EncodedTwice(policy);
    CHECK(line.find("2026-01-02T03:04:05Z") != std::string::npos);
  }
}

TEST_CASE("the match of a policy is read back without the rest", "[api]") {
  const auto policy = Decode(FullObject("ClusterImageAdmissionPolicy"));
  REQUIRE(policy.has_value());
  const PolicyMatch& match = std::get<ImageAdmissionPolicy>(*policy).spec.match;
  const std::string line = EncodeMatchLine(match, true);
  JsonReader reader;
  const auto read = DecodePolicyMatch(*reader.Read(line));
  REQUIRE(read.has_value());
  CHECK(EncodeMatchLine(*read, true) == line);
  REQUIRE(read->namespace_selector.has_value());
}

}  // namespace hullwright::api
