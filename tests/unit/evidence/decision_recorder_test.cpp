#include "evidence/decision_recorder.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "evidence/decision_id.h"
#include "evidence/record_reader.h"
#include "evidence/recorded_decision.h"
#include "evidence/recorded_documents.h"
#include "evidence/recorded_facts.h"
#include "evidence/recorded_objects.h"
#include "support/temporary_directory.h"
#include "unit/evidence/fixtures.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

constexpr Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);

void PutObject(Catalogue& catalogue, const std::string& yaml) {
  const auto documents = ReadYaml(yaml);
  REQUIRE(documents);
  JsonReader reader;
  const auto root = reader.Read(documents->front().json);
  REQUIRE(root);
  catalogue.Put(*api::ReadKey(*root), "test", api::DecodeObject(*root));
  catalogue.Publish();
}

// A catalogue, and a history in a folder of the test.
struct RecorderWorld {
  RecorderWorld() {
    clock.Set(kNow);
    PutObject(catalogue, PolicyText("production"));
    PutObject(catalogue, NamespaceText("shop", "prod"));
    catalogue.Put(ScanKey('a'), "test", Decode(ScanText('a')));
    catalogue.Put(ScanKey('b'), "test", Decode(ScanText('b', "Critical")));
  }

  Basis BasisOf(const std::string& reference, const std::string& namespace_ = "shop") const {
    Question question{policy::SubjectKind::kPod, "Pod shop/app", namespace_, {}};
    question.images.push_back({api::ContainerType::kContainers, "app", "spec.containers[0].image", reference});
    Basis basis;
    REQUIRE(JudgeFromMemory({catalogue, admitted}, question, kNow, {}, &basis));
    return basis;
  }
  static std::string Image(char digit) { return "registry.example/app@" + DigestText(digit); }

  std::unique_ptr<DecisionRecorder> Open(RecorderOptions options = {.gather_time = std::chrono::milliseconds(1)}) {
    auto history = store::DecisionHistory::Open({.path = file}, clock);
    REQUIRE(history);
    return std::make_unique<DecisionRecorder>(std::move(*history), options);
  }
  std::unique_ptr<store::HistoryReader> Read() const {
    auto reader = store::HistoryReader::Open(file);
    if (!reader) FAIL(reader.error().message);
    return std::move(*reader);
  }

  testing::TemporaryDirectory folder;
  std::string file = (folder.path() / "history.db").string();
  testing::SetClock clock;
  Catalogue catalogue;
  AdmittedImages admitted;
};

store::DecisionRow Row(const std::string& name) {
  store::DecisionRow row;
  row.kind = "Pod";
  row.namespace_ = "shop";
  row.name = name;
  row.outcome = "pass";
  row.allowed = true;
  return row;
}

std::string DocumentOf(store::HistoryReader& reader, const std::string& id, store::DocumentRole role) {
  const auto found = reader.Find(id);
  REQUIRE(found);
  const auto document = ReadDocument(reader, *found, role);
  if (!document) FAIL(document.error().message);
  return *document;
}

}  // namespace

TEST_CASE("ids of decisions sort by time, and are never the same", "[evidence][history]") {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewDecisionId(kNow));
  CHECK(ids.size() == 1000);
  CHECK(*ids.rbegin() < NewDecisionId(kNow + std::chrono::milliseconds(1)));
  for (const std::string& id : ids) CHECK(IsDecisionId(id));
  CHECK(NewDecisionId(Time(std::chrono::milliseconds(1'469'918'176'385))).substr(0, 10) == "01ARYZ6S41");
  CHECK_FALSE(IsDecisionId(""));
  CHECK_FALSE(IsDecisionId("01ARYZ6S4101ARYZ6S4101ARY'"));
  CHECK_FALSE(IsDecisionId("01ARYZ6S4101ARYZ6S4101ARYU"));
}

TEST_CASE("an object is described as its request did, with or without a namespace and a name", "[evidence][history]") {
  store::DecisionRow row;
  row.kind = "Pod";
  row.name = "api";
  CHECK(DescriptionOf(row) == "Pod api");
  row.namespace_ = "shop";
  CHECK(DescriptionOf(row) == "Pod shop/api");
  row.name.clear();
  CHECK(DescriptionOf(row) == "Pod shop/(name to be generated)");
}

TEST_CASE("a decision is written with what it was decided by, and with what every rule saw", "[evidence][history]") {
  RecorderWorld world;
  auto recorder = world.Open();
  const std::string id = recorder->Record(Row("app"), world.BasisOf(RecorderWorld::Image('b')));
  CHECK(IsDecisionId(id));
  recorder->Flush();
  CHECK(recorder->Statistics().history.written == 1);

  const auto reader = world.Read();
  const auto found = reader->Find(id);
  REQUIRE(found);
  CHECK(found->row.decided_at == kNow);
  CHECK(found->row.name == "app");
  const auto explanation = DecodeDecision(DocumentOf(*reader, id, store::DocumentRole::kExplanation));
  REQUIRE(explanation);
  CHECK_FALSE(explanation->is_cut);
  CHECK(WordsOf(explanation->decision) == Words{policy::ReasonWord::kVulnerabilityForbidden});
  CHECK_FALSE(explanation->decision.images.at(0).trace.empty());
  const auto facts = DecodeFacts(DocumentOf(*reader, id, store::DocumentRole::kFacts));
  REQUIRE(facts);
  CHECK(facts->subject.namespace_labels->at("env") == "prod");
  CHECK(facts->images.at(0).facts.use.reference == RecorderWorld::Image('b'));
  REQUIRE(facts->images.at(0).scans.size() == 1);
  const auto scan = DecodeScan(DocumentOf(*reader, id, store::DocumentRole::kScan));
  REQUIRE(scan);
  CHECK((*scan)->digest().text() == DigestText('b'));
  policy::PolicySetParts parts;
  REQUIRE(DecodeObjects(DocumentOf(*reader, id, store::DocumentRole::kClusterObjects), parts));
  REQUIRE(parts.policies.size() == 1);
  CHECK(parts.policies[0].metadata.name == "production");
}

TEST_CASE("Pods of one Deployment share all documents, a changed policy makes one more", "[evidence][history]") {
  RecorderWorld world;
  auto recorder = world.Open();
  for (int i = 0; i < 10; ++i) recorder->Record(Row("app-" + std::to_string(i)), world.BasisOf(RecorderWorld::Image('a')));
  recorder->Flush();
  // Facts, explanation, scan, the cluster's objects, the namespace's.
  CHECK(world.Read()->Summary()->documents == 5);
  PutObject(world.catalogue, PolicyText("second", "High"));
  recorder->Record(Row("app"), world.BasisOf(RecorderWorld::Image('a')));
  recorder->Flush();
  CHECK(world.Read()->Summary()->documents == 7);  // the objects, and an explanation by two policies
  CHECK(world.Read()->Summary()->decisions == 11);
}

TEST_CASE("status and what else Kubernetes changes in an object makes no other document", "[evidence][history]") {
  api::ImageAdmissionPolicy policy = std::get<api::ImageAdmissionPolicy>(*Decode(ReadYaml(PolicyText("production"))->front().json));
  policy::PolicySetParts first, second;
  first.policies = {policy};
  policy.metadata.resource_version = "77";
  policy.metadata.generation = 3;
  policy.metadata.labels = {{"a", "b"}};
  policy.status.summary = api::PolicySummary{.images = 5};
  second.policies = {policy};
  CHECK(EncodeObjects(policy::PolicySet(std::move(first)), "") == EncodeObjects(policy::PolicySet(std::move(second)), ""));
}

TEST_CASE("what is broken stands in force in the history as well", "[evidence][history]") {
  policy::PolicySetParts parts;
  api::PolicyMatch match;
  match.container_types = {api::ContainerType::kInitContainers};
  parts.broken_policies = {{"ClusterImageAdmissionPolicy/broken", "", match, "spec.rules: \"is\" missing"},
                           {"policies/x.yaml", "", std::nullopt, "no YAML"},
                           {"ImageAdmissionPolicy/shop/mine", "shop", std::nullopt, "worse"}};
  parts.broken_publishers = {"acme"};
  const policy::PolicySet set(std::move(parts));
  policy::PolicySetParts read;
  REQUIRE(DecodeObjects(EncodeObjects(set, ""), read));
  REQUIRE(DecodeObjects(EncodeObjects(set, "shop"), read));
  REQUIRE(read.broken_policies.size() == 3);
  CHECK(read.broken_policies[0].id == "ClusterImageAdmissionPolicy/broken");
  CHECK(read.broken_policies[0].error == "spec.rules: \"is\" missing");
  REQUIRE(read.broken_policies[0].match);
  CHECK(read.broken_policies[0].match->container_types == match.container_types);
  CHECK_FALSE(read.broken_policies[1].match);
  CHECK(read.broken_policies[2].namespace_ == "shop");
  CHECK(read.broken_publishers == std::vector<std::string>{"acme"});
}

TEST_CASE("documents that were damaged or changed are told as such, each by what is wrong with it", "[evidence][history]") {
  policy::PolicySetParts parts;
  for (const char* document : {"", "[]x", "{\"objects\":7}", "{\"objects\":[{\"kind\":\"Pod\"}]}", "{\"brokenPolicies\":[{}]}",
                               "{\"objects\":[],\"brokenPublishers\":[1]}"}) {
    INFO(document);
    const auto read = DecodeObjects(document, parts);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with("the objects in force: "));
  }
  CHECK(parts.policies.empty());
  for (const char* document :
       {"{}", "{\"kind\":\"Pod\"}", "{\"kind\":\"Job\",\"namespace\":\"a\",\"tagsArePinned\":false,\"unmatched\":\"Deny\"}",
        "{\"kind\":\"Pod\",\"tagsArePinned\":false,\"unmatched\":\"Deny\",\"images\":[{\"type\":\"Containers\"}]}"}) {
    INFO(document);
    CHECK_FALSE(DecodeFacts(document));
  }
  CHECK_FALSE(DecodeDecision("{\"outcome\":\"perhaps\",\"unmatched\":false}"));
  CHECK(ReadJson("{\"b\": 1, \"a\": [true]}")->dump() == "{\"b\":1,\"a\":[true]}");
  CHECK_FALSE(ReadJson("{\"a\":"));
  CHECK_FALSE(ReadJson(std::string(1'000'000, '[') + std::string(1'000'000, ']')));
  CHECK_FALSE(DecodeScan("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"x\"}}"));
}

TEST_CASE("a queue that is full drops decisions and says so; nobody waits", "[evidence][history]") {
  RecorderWorld world;
  auto recorder = world.Open({.max_queued = 0, .max_queued_bytes = 1u << 20, .gather_time = std::chrono::milliseconds(1)});
  CHECK(recorder->Record(Row("app"), world.BasisOf(RecorderWorld::Image('a'))).empty());
  CHECK(recorder->Statistics().lost == 1);
  auto small = world.Open({.max_queued = 10, .max_queued_bytes = 80'000, .gather_time = std::chrono::milliseconds(1)});
  CHECK(small->Record(Row("app"), world.BasisOf(std::string(100'000, 'x'))).empty());
  CHECK_FALSE(small->Record(Row("app"), world.BasisOf(RecorderWorld::Image('a'))).empty());
  // Of images with as many layers as may be, a document would have megabytes each.
  policy::ImageConfiguration configuration;
  configuration.diff_ids = std::vector(1024, *Digest::Parse(DigestText('c')));
  auto facts = std::make_shared<policy::TrustFacts>();
  facts->platforms.push_back({*Digest::Parse(DigestText('a')), "linux/amd64", std::move(configuration)});
  Basis basis = world.BasisOf(RecorderWorld::Image('a'));
  basis.images.at(0).trust = std::move(facts);
  CHECK(small->Record(Row("app"), std::move(basis)).empty());
  CHECK(small->Statistics().lost == 2);
}

TEST_CASE("a queue that one namespace fills has room for the decisions of others", "[evidence][history]") {
  RecorderWorld world;
  auto recorder = world.Open({.max_queued = 100, .max_queued_bytes = 64u << 20, .gather_time = std::chrono::seconds(30)});
  const auto is_kept = [&](const std::string& namespace_, const std::string& reference) {
    store::DecisionRow row = Row("app");
    row.namespace_ = namespace_;
    return !recorder->Record(std::move(row), world.BasisOf(reference, namespace_)).empty();
  };
  int kept = 0;
  for (int i = 0; i < 400; ++i) kept += is_kept("a", std::string(8'000, 'X')) ? 1 : 0;
  CHECK(kept == 25);
  CHECK(is_kept("b", RecorderWorld::Image('a')));
  CHECK_FALSE(is_kept("a", RecorderWorld::Image('a')));
}

TEST_CASE("what waits is written when the recorder ends", "[evidence][history]") {
  RecorderWorld world;
  std::vector<std::string> ids;
  {
    auto recorder = world.Open({.gather_time = std::chrono::seconds(30)});
    for (int i = 0; i < 100; ++i) ids.push_back(recorder->Record(Row("app"), world.BasisOf(RecorderWorld::Image('a'))));
  }
  const auto reader = world.Read();
  for (const std::string& id : ids) CHECK(reader->Find(id));
}

TEST_CASE("a reference of megabytes and an object of too many images leave a small record that says the same", "[evidence][history]") {
  RecorderWorld world;
  auto recorder = world.Open();
  const std::string long_id = recorder->Record(Row("long"), world.BasisOf(std::string(3'000'000, 'a')));
  Question question{policy::SubjectKind::kPod, "Pod shop/app", "shop", {}};
  for (int i = 0; i < 3000; ++i) question.images.push_back({api::ContainerType::kContainers, "c", "spec", "nginx"});
  Basis basis;
  REQUIRE(JudgeFromMemory({world.catalogue, world.admitted}, question, kNow, {}, &basis));
  const std::string many_id = recorder->Record(Row("many"), std::move(basis));
  recorder->Flush();
  const auto reader = world.Read();
  const std::string long_facts = DocumentOf(*reader, long_id, store::DocumentRole::kFacts);
  CHECK(long_facts.size() < 2'000);
  CHECK_FALSE(DecodeFacts(long_facts)->images.at(0).facts.reference);
  const std::string many_facts = DocumentOf(*reader, many_id, store::DocumentRole::kFacts);
  CHECK(many_facts.size() < 1'000);
  CHECK(DecodeFacts(many_facts)->images.size() == 257);
}

TEST_CASE("a reference that does not parse is kept as far as it is shown, and does not parse when it is read again",
          "[evidence][history]") {
  RecorderWorld world;
  // What is kept of it would be a reference.
  const std::string almost = "registry.example/" + std::string(231, 'a') + ":" + std::string(128, 't') + "@sha512:" + std::string(129, 'a');
  for (const std::string& reference : {almost, std::string(8'000, 'X'), std::string("registry.example/A")}) {
    const Basis basis = world.BasisOf(reference);
    REQUIRE_FALSE(basis.images.at(0).reference);
    const std::string document = EncodeFacts(basis, {{}});
    CHECK(document.size() < 2'000);
    const auto facts = DecodeFacts(document);
    REQUIRE(facts);
    const policy::ImageFacts& image = facts->images.at(0).facts;
    REQUIRE_FALSE(image.reference);
    CHECK(Printable(image.reference.error().message, 512) == Printable(basis.images.at(0).reference.error().message, 512));
    CHECK(image.use.reference == reference.substr(0, 513));
  }
}

TEST_CASE("facts that are too large to be kept leave the decision and its explanation", "[evidence][history]") {
  RecorderWorld world;
  auto history = store::DecisionHistory::Open({.path = world.file, .max_document_bytes = 100'000}, world.clock);
  REQUIRE(history);
  DecisionRecorder recorder(std::move(*history), {.gather_time = std::chrono::milliseconds(1)});
  Basis basis = world.BasisOf(RecorderWorld::Image('b'));
  basis.subject.node_platforms = std::vector<std::string>(20'000, "linux/amd64");
  const std::string id = recorder.Record(Row("app"), std::move(basis));
  recorder.Flush();
  CHECK(recorder.Statistics().history.dropped == 0);
  const auto reader = world.Read();
  RecordReader records(*reader);
  const auto found = reader->Find(id);
  REQUIRE(found);
  const auto decision = records.ReadDecision(*found);
  REQUIRE(decision);
  CHECK(WordsOf((*decision)->decision) == Words{policy::ReasonWord::kVulnerabilityForbidden});
  const auto record = records.Read(*found);
  REQUIRE_FALSE(record);
  CHECK(record.error().code == ErrorCode::kTooLarge);
  CHECK_THAT(record.error().message, Catch::Contains("facts: not kept"));
}

TEST_CASE("an explanation that would be too large is cut, and says so", "[evidence][history]") {
  policy::Decision decision;
  for (int i = 0; i < 100; ++i) {
    policy::ImageDecision& image = decision.images.emplace_back();
    image.reasons.resize(200);
    for (policy::Reason& reason : image.reasons) reason.message = std::string(100, 'x');
    image.trace.resize(10);
  }
  const std::string text = EncodeDecision(decision);
  const auto read = DecodeDecision(text);
  REQUIRE(read);
  CHECK(read->is_cut);
  CHECK(text.size() < 1u << 20);
  CHECK(read->decision.images.size() == 100);
  CHECK(read->decision.images[0].reasons.size() == 8);
}

TEST_CASE("a document that is not what its digest says is not believed", "[evidence][history]") {
  RecorderWorld world;
  auto history = store::DecisionHistory::Open({.path = world.file}, world.clock);
  REQUIRE(history);
  store::NewDecision decision{Row("app"), {}};
  decision.row.id = "x";
  decision.documents = {{store::DocumentRole::kFacts, DigestText('a'), [] { return std::string("{}"); }}};
  (*history)->Append({&decision, 1});
  const auto reader = world.Read();
  const auto found = reader->Find("x");
  REQUIRE(found);
  CHECK_THAT(ReadDocument(*reader, *found, store::DocumentRole::kFacts).error().message, Catch::Contains("not what its digest"));
  CHECK(ReadDocument(*reader, *found, store::DocumentRole::kScan).error().code == ErrorCode::kNotFound);
}

}  // namespace hullwright::evidence
