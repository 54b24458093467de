// Objects by key and by index: what a list-watch tells, and what becomes of objects that nobody can read.
#include "kube/informer.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "kube/work_queue.h"
#include "support/fake_api_server.h"
#include "support/kube_contract.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using std::chrono::seconds;

struct Painted {
  std::string name, color;
};

// What decodes is painted; "unreadable" is a color that does not.
Result<Painted> Paint(JsonElement object) {
  const auto metadata = Member(object, "metadata");
  const auto labels = metadata ? Member(*metadata, "labels") : std::nullopt;
  Painted painted{std::string(TextMember(*metadata, "name")), labels ? std::string(TextMember(*labels, "color")) : ""};
  if (painted.color == "unreadable") return Fail(ErrorCode::kInvalidInput, "metadata.labels.color: is no color");
  return painted;
}

// A cache fed by the test, and what it has told.
class Fed {
 public:
  explicit Fed(std::size_t max_objects = 100)
      : cache({.decode =
                   [this](JsonElement object) {
                     ++decoded;
                     return Paint(object);
                   },
               .indexes = {{"color", [](const Painted& painted) { return std::vector<std::string>{painted.color, painted.color, "any"}; }}},
               .on_change =
                   [this](const ObjectChange<Painted>& change) {
                     const auto color = [](const auto& version) { return version ? version->color : std::string("-"); };
                     told.push_back(fmt::format("{}: {} to {}{}", change.key, color(change.before), color(change.after),
                                                change.problem.empty() ? "" : " (problem)"));
                   },
               .max_objects = max_objects}) {}

  void Upsert(const std::string& name, const std::string& color, int version, const std::string& namespace_ = "shop") {
    cache.Upsert(Read(Text(name, color, version, namespace_)));
  }
  void Remove(const std::string& name, const std::string& namespace_ = "shop") { cache.Remove(Read(Text(name, "", 0, namespace_))); }
  void Raw(const std::string& text) { cache.Upsert(Read(text)); }
  std::vector<std::string> Told() { return std::exchange(told, {}); }

  int decoded = 0;
  std::vector<std::string> told;
  ObjectCache<Painted> cache;

 private:
  static std::string Text(const std::string& name, const std::string& color, int version, const std::string& namespace_) {
    return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"{}","resourceVersion":"{}","labels":{{"color":"{}"}}}}}})", name,
                       namespace_, version, color);
  }
  JsonElement Read(const std::string& text) {
    auto read = reader_.Read(text);
    if (!read) FAIL(read.error().message);
    return *read;
  }
  JsonReader reader_;
};

using Lines = std::vector<std::string>;

TEST_CASE("Keys are namespace and name", "[kube]") {
  CHECK(ObjectKeyOf("shop", "web") == "shop/web");
  CHECK(ObjectKeyOf("", "web") == "web");
  CHECK(SplitObjectKey("shop/web") == std::pair<std::string, std::string>("shop", "web"));
  CHECK(SplitObjectKey("web") == std::pair<std::string, std::string>("", "web"));
}

TEST_CASE("Objects are found by key and by index, and changes are told with both versions", "[kube]") {
  Fed fed;
  CHECK_FALSE(fed.cache.Complete());
  fed.cache.BeginList();
  fed.Upsert("a", "red", 1);
  fed.Upsert("b", "red", 2);
  CHECK_FALSE(fed.cache.Complete());
  fed.cache.EndList();
  CHECK(fed.cache.Complete());
  CHECK(fed.Told() == Lines{"shop/a: - to red", "shop/b: - to red"});
  REQUIRE(fed.cache.Get("shop/a"));
  CHECK(fed.cache.Get("shop/a")->color == "red");
  CHECK(fed.cache.Get("shop/c") == nullptr);
  CHECK(fed.cache.KeysByIndex("color", "red") == Lines{"shop/a", "shop/b"});
  CHECK(fed.cache.ByIndex("color", "any").size() == 2);

  const auto kept = fed.cache.Get("shop/a");
  fed.Upsert("a", "blue", 3);
  fed.Remove("b");
  CHECK(fed.Told() == Lines{"shop/a: red to blue", "shop/b: red to -"});
  CHECK(kept->color == "red");  // a version that somebody holds is not changed under him
  CHECK(fed.cache.KeysByIndex("color", "red").empty());
  CHECK(fed.cache.KeysByIndex("color", "blue") == Lines{"shop/a"});
  CHECK(fed.cache.KeysByIndex("color", "any") == Lines{"shop/a"});
  CHECK(fed.cache.Keys() == Lines{"shop/a"});
  CHECK(fed.cache.List().size() == 1);
  fed.Remove("never");
  CHECK(fed.Told().empty());
}

TEST_CASE("A second list tells of what changed meanwhile and of nothing else", "[kube]") {
  Fed fed;
  fed.cache.BeginList();
  for (const char* name : {"a", "b", "c"}) fed.Upsert(name, "red", 1);
  fed.cache.EndList();
  fed.Told();
  // One that fails half-way removes nothing.
  fed.cache.BeginList();
  fed.Upsert("a", "red", 1);
  fed.cache.BeginList();
  fed.Upsert("a", "red", 1);
  fed.Upsert("b", "blue", 5);
  CHECK(fed.cache.Get("shop/c"));
  fed.cache.EndList();
  CHECK(fed.Told() == Lines{"shop/b: red to blue", "shop/c: red to -"});
  CHECK(fed.decoded == 4);
  CHECK(fed.cache.Get("shop/c") == nullptr);
}

TEST_CASE("An object that does not decode keeps its last good version, and is a problem until it decodes or goes", "[kube]") {
  Fed fed;
  fed.cache.BeginList();
  fed.Upsert("a", "red", 1);
  fed.Upsert("new", "unreadable", 2);
  fed.cache.EndList();
  CHECK(fed.cache.Complete());
  CHECK(fed.Told() == Lines{"shop/a: - to red", "shop/new: - to - (problem)"});
  fed.Upsert("a", "unreadable", 3);
  CHECK(fed.Told() == Lines{"shop/a: red to red (problem)"});
  REQUIRE(fed.cache.Get("shop/a"));
  CHECK(fed.cache.Get("shop/a")->color == "red");
  CHECK(fed.cache.KeysByIndex("color", "red") == Lines{"shop/a"});
  CHECK(fed.cache.Problem("shop/a") == "metadata.labels.color: is no color");
  CHECK(fed.cache.Get("shop/new") == nullptr);
  CHECK(fed.cache.Problem("shop/new").has_value());
  CHECK(fed.cache.Keys() == Lines{"shop/a", "shop/new"});
  CHECK(fed.cache.List().size() == 1);
  auto status = fed.cache.status();
  CHECK(status.objects == 1);
  CHECK(status.problems == 2);
  REQUIRE(status.first_problems.size() == 2);
  CHECK(status.first_problems[0].first == "shop/a");

  // It stays over a list in which nothing has changed.
  fed.cache.BeginList();
  fed.Upsert("a", "unreadable", 3);
  fed.Upsert("new", "unreadable", 2);
  fed.cache.EndList();
  CHECK(fed.Told().empty());
  CHECK(fed.cache.status().problems == 2);
  fed.Upsert("a", "blue", 4);
  fed.Remove("new");
  CHECK(fed.Told() == Lines{"shop/a: red to blue", "shop/new: - to -"});
  CHECK(fed.cache.status().problems == 0);
  CHECK(fed.cache.Problem("shop/a") == std::nullopt);
}

TEST_CASE("A cache without room for everything does not say that the rest is absent", "[kube]") {
  Fed fed(2);
  fed.cache.BeginList();
  for (const char* name : {"a", "b", "c"}) fed.Upsert(name, "red", 1);
  fed.cache.EndList();
  CHECK_FALSE(fed.cache.Complete());
  CHECK_FALSE(fed.cache.status().complete);
  CHECK(fed.cache.List().size() == 2);
  fed.Upsert("a", "blue", 2);  // known ones go on
  CHECK(fed.cache.Get("shop/a")->color == "blue");
  fed.Remove("a");
  CHECK_FALSE(fed.cache.Complete());  // c is still not here
  fed.cache.BeginList();
  for (const char* name : {"b", "c"}) fed.Upsert(name, "red", 1);
  fed.cache.EndList();
  CHECK(fed.cache.Complete());
  fed.Upsert("d", "red", 9);
  CHECK_FALSE(fed.cache.Complete());
}

TEST_CASE("Cluster-scoped objects and objects without a name have their place", "[kube]") {
  Fed fed;
  fed.cache.BeginList();
  fed.Raw(R"({"metadata":{"name":"a","resourceVersion":"1","labels":{"color":"red"}}})");
  fed.Raw(R"({"metadata":{"resourceVersion":"1"}})");
  fed.Raw(R"({})");
  fed.cache.EndList();
  CHECK(fed.cache.Keys() == Lines{"a"});
  CHECK(fed.cache.status().nameless == 2);
}

TEST_CASE("An informer feeds a queue through an outage and a forgotten history", "[kube]") {
  FakeApiServer server;
  server.Put("a", "red");
  server.Put("b", "red");
  ClusterAccess access;
  access.server = server.url();
  access.token = "token-1";
  const auto client = ConnectOrFail(access);
  WorkQueue queue;
  std::atomic<int> runs = 0;
  Guarded<std::map<std::string, std::string>> world;
  Informer<Painted> informer(*client, NamespaceWatch(),
                             {.decode = Paint,
                              .indexes = {{"color", [](const Painted& painted) { return std::vector<std::string>{painted.color}; }}},
                              .on_change = [&](const auto& change) { queue.Add(change.key); }});
  // Makes the world what the cache says, from whatever it was.
  const Workers workers("test", queue, [&](const std::string& key, const std::stop_token&) -> Result<Reconciled> {
    const auto wanted = informer.cache().Get(key);
    world.With([&](auto& state) { wanted ? void(state[key] = wanted->color) : void(state.erase(key)); });
    ++runs;
    return Reconciled::Done();
  });
  const auto is = [&](std::map<std::string, std::string> expected) {
    return WaitUntil([&] { return world.With([&](const auto& state) { return state == expected; }); }, kPatience);
  };
  CHECK(is({{"a", "red"}, {"b", "red"}}));
  CHECK(informer.synced());

  server.Close();
  server.Delete("a");
  server.Put("c", "blue");
  server.ForgetHistory();
  CHECK(WaitUntil([&] { return !informer.status().watch.connected; }, kPatience));
  CHECK(informer.synced());
  CHECK(informer.cache().Get("a"));
  server.Open();
  CHECK(is({{"b", "red"}, {"c", "blue"}}));
  CHECK(informer.status().watch.expired == 1);
  CHECK(informer.cache().KeysByIndex("color", "blue") == Lines{"c"});

  const int before = runs;
  server.Put("c", "unreadable");
  CHECK(WaitUntil([&] { return runs > before; }, kPatience));
  CHECK(is({{"b", "red"}, {"c", "blue"}}));
  CHECK(informer.status().cache.problems == 1);
}

}  // namespace
}  // namespace hullwright::kube
