// store, explain of a recorded decision, and rehearse, over a history that is written here.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "api/object.h"
#include "base/yaml.h"
#include "evidence/catalogue.h"
#include "evidence/decision_recorder.h"
#include "evidence/folder_source.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

// A policy that wants a signature, and its publisher.
std::string SignedBy(const std::string& policy) {
  return "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: " + policy + "}\n" +
         R"(spec: {enforcement: {newImages: Deny}, rules: {publishers: {refs: [{name: acme}]}}}
---
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {name: acme}
spec:
  repositories: ["registry.example/**"]
  verification: Signature
  authorities: [{name: ci, type: Keyless, keyless: {issuer: "https://issuer.example", subject: ci@acme.example}}]
)";
}

// The world's policies and scans, and a history of decisions by them.
struct HistoryWorld : World {
  explicit HistoryWorld(int copies = 1) {
    evidence::Catalogue catalogue;
    REQUIRE(evidence::LoadFolders({{Path("policies"), true}, {Path("scans"), false}}, catalogue));
    auto opened = store::DecisionHistory::Open({.path = Path("history.db")}, clock);
    REQUIRE(opened);
    evidence::DecisionRecorder recorder(std::move(*opened));
    for (int i = 0; i < copies; ++i) {
      good = Record(recorder, catalogue, "good", GoodImage());
      bad = Record(recorder, catalogue, "bad", BadImage());
      unscanned = Record(recorder, catalogue, "unscanned", UnscannedImage());
    }
  }

  std::string Record(evidence::DecisionRecorder& recorder, const evidence::Catalogue& catalogue, const std::string& name,
                     const std::string& image, const std::optional<std::vector<std::string>>& platforms = std::nullopt) const {
    evidence::Question question{policy::SubjectKind::kPod, "Pod shop/" + name, "shop", {}};
    question.images.push_back({api::ContainerType::kContainers, "main", "spec.containers[0].image", image});
    evidence::Basis basis;
    const evidence::AdmittedImages admitted;
    const auto decision = evidence::JudgeFromMemory({catalogue, admitted, nullptr, platforms}, question, clock.Now(), {}, &basis);
    REQUIRE(decision);
    store::DecisionRow row;
    row.operation = "CREATE";
    row.kind = "Pod";
    row.namespace_ = "shop";
    row.name = name;
    row.user = "alice\x1b[31m";
    row.allowed = decision->allowed();
    row.outcome = policy::ToString(decision->outcome);
    if (!row.allowed) row.reasons = policy::ToString(decision->images.at(0).reasons.at(0).word);
    return recorder.Record(row, std::move(basis));
  }

  std::string Policy(const std::string& name, const std::string& severities, const std::string& enforcement = "newImages: Deny") const {
    return Write(name + ".yaml", "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: " + name +
                                     "}\nspec: {enforcement: {" + enforcement +
                                     "}, rules: {vulnerabilities: {forbid: [{name: x, severities: [" + severities + "]}]}}}\n");
  }
  std::string File() const { return Path("history.db"); }
  CommandOutput ExplainId(const std::string& id, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"explain", id, "--history", File()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  CommandOutput RehearseBy(const std::string& policy, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"rehearse", "--policy", policy, "--history", File()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }

  StandingClock clock;
  std::string good, bad, unscanned;
};

}  // namespace

TEST_CASE("explain shows a recorded decision as it was explained then", "[cli][history]") {
  const HistoryWorld world;
  std::filesystem::remove_all(world.Path("policies"));
  const auto output = world.ExplainId(world.bad);
  CHECK(output.code == ExitCode::kViolation);
  CHECK(output.err.empty());
  for (const char* text : {"CREATE by alice", "denied", "Pod shop/bad", "VulnerabilityForbidden", "CVE-2026-0001", "vulnerabilities",
                           "2026-03-01T12:00:00Z"}) {
    CAPTURE(text);
    CHECK_THAT(output.out, Contains(text));
  }
  CHECK_THAT(output.out, Contains(world.bad) && !Contains("\x1b") && !Contains("judged again"));
  CHECK(world.ExplainId(world.good).code == ExitCode::kPass);
  CHECK(world.ExplainId(world.unscanned).code == ExitCode::kCouldNotTell);

  const Json json = Json::parse(world.ExplainId(world.bad, {"-o", "json"}).out);
  CHECK(json["schema"] == "hullctl/decision/v1");
  CHECK(json["allowed"] == false);
  CHECK(json["images"][0]["reasons"][0]["reason"] == "VulnerabilityForbidden");
  CHECK_FALSE(json["images"][0]["trace"].empty());
  CHECK_FALSE(json.contains("replay"));
}

TEST_CASE("a recorded decision is judged again by what was in force, a changed policy, or today's folders", "[cli][history]") {
  const HistoryWorld world;
  const auto same = world.ExplainId(world.bad, {"--replay"});
  CHECK(same.code == ExitCode::kViolation);
  CHECK_THAT(same.out, Contains("judged again") && Contains("no reason is another"));

  const auto milder = world.ExplainId(world.bad, {"--replay", "--policy", world.Policy("production", "Negligible")});
  CHECK(milder.code == ExitCode::kPass);
  CHECK_THAT(milder.out, Contains("- ") && Contains("VulnerabilityForbidden") && Contains("passed"));

  world.Write("policies/production.yaml", "");
  std::filesystem::remove(world.Path("policies/production.yaml"));
  const Json json = Json::parse(world.ExplainId(world.good, {"--replay", "--policies", world.Path("policies"), "-o", "json"}).out);
  CHECK(json["replay"]["change"] == "denied");
  CHECK(json["replay"]["added"][0]["reason"] == "Unmatched");
  CHECK(json["replay"]["removed"].empty());
}

TEST_CASE("explain of a decision tells what is missing or contradicts itself", "[cli][history]") {
  const HistoryWorld world;
  const std::string none = "01ARYZ6S4101ARYZ6S4101ARYZ";
  CHECK(world.ExplainId(none).code == ExitCode::kCouldNotTell);
  CHECK_THAT(world.ExplainId(none).err, Contains(none + ": the history has no decision of that id"));
  CHECK(world.ExplainId("nginx").code == ExitCode::kUsage);
  CHECK(world.ExplainId(world.bad, {"--policies", world.Path("policies")}).code == ExitCode::kUsage);
  CHECK(world.ExplainId(world.bad, {"--replay", "--registry"}).code == ExitCode::kUsage);
  CHECK(world.ExplainId(world.bad, {"--replay", "--now", "soon"}).code == ExitCode::kUsage);
  CHECK(world.Run({"explain", world.bad, "--replay"}).code == ExitCode::kUsage);
  for (const CommandOutput& without :
       {world.Run({"explain", world.bad}), world.Run({"explain", world.bad, "--policies", world.Path("policies")})}) {
    CHECK(without.code == ExitCode::kUsage);
    CHECK_THAT(without.err, Contains(world.bad + " is the id of a recorded decision") && Contains("--history FILE"));
  }
  CHECK(world.Run({"explain", world.bad, "--history", world.Path("nothing.db")}).code == ExitCode::kCouldNotTell);
  CHECK_THAT(world.Run({"explain", "nginx"}).err, Contains("needs --policies"));
  world.Write("garbage.db", std::string(10'000, 'z'));
  CHECK_THAT(world.Run({"explain", world.bad, "--history", world.Path("garbage.db")}).err,
             Contains("is no decision history, but a file of something else"));
}

TEST_CASE("rehearse tells new denials first, and its exit code is for CI", "[cli][history]") {
  const HistoryWorld world(3);
  const auto nothing = world.RehearseBy(world.Policy("second", "Negligible"));
  CHECK(nothing.code == ExitCode::kPass);
  CHECK_THAT(nothing.out, Contains("9 recorded decisions") && Contains("0 newly denied") && Contains("9 the same"));

  const auto output = world.RehearseBy(world.Policy("production", "Negligible"));
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains("let in") && Contains("3 times") && Contains("was denied: VulnerabilityForbidden"));

  const auto stricter = world.RehearseBy(world.Write("strict.yaml", R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: strict}
spec: {enforcement: {newImages: Deny}, rules: {vulnerabilities: {forbid: [{name: x, severities: [Low]}], scan: {maxAgeHours: 1}}}}
)"));
  CHECK(stricter.code == ExitCode::kViolation);
  CHECK_THAT(stricter.out, Contains("NEWLY DENIED") && Contains("ScanStale") && Contains("3 newly denied"));
  CHECK_THAT(stricter.out, !Contains("\x1b"));
}

TEST_CASE("decisions that are judged together are taken down in their order", "[cli][history]") {
  const HistoryWorld world(100);
  const auto output = world.RehearseBy(world.Policy("fresh", "Low"), {"-o", "json"});
  const Json json = Json::parse(output.out);
  CHECK(json["decisions"] == 300);
  CHECK(json["errorCount"] == 0);
  CHECK(json["groups"].empty());
  const Json milder = Json::parse(world.RehearseBy(world.Policy("production", "Negligible"), {"-o", "json"}).out);
  REQUIRE(milder["groups"].size() == 1);
  CHECK(milder["groups"][0]["count"] == 100);
  CHECK(milder["groups"][0]["id"] == world.bad);  // the last of them
}

TEST_CASE("rehearse as JSON groups what changes alike", "[cli][history]") {
  const HistoryWorld world(4);
  const auto output = world.RehearseBy(world.Write("tagless.yaml", R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: fresh}
spec: {enforcement: {newImages: Deny}, rules: {vulnerabilities: {forbid: [{name: x, severities: [Low]}], scan: {maxAgeHours: 1}}}}
)"),
                                       {"-o", "json"});
  const Json json = Json::parse(output.out);
  CHECK(json["schema"] == "hullctl/rehearsal/v1");
  CHECK(json["exitCode"] == 1);
  CHECK(json["decisions"] == 12);
  CHECK(json["counts"]["denied"] == 4);
  CHECK(json["counts"]["same"] == 8);
  REQUIRE(json["groups"].size() == 1);
  const Json& group = json["groups"][0];
  CHECK(group["count"] == 4);
  CHECK(group["id"] == world.good);
  CHECK(group["name"] == "good");
  CHECK(group["reasons"][0]["reason"] == "ScanStale");
}

TEST_CASE("rehearse warns, and counts that when strict", "[cli][history]") {
  const HistoryWorld world;
  const std::string policy = world.Write("warn.yaml", R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: warn}
spec: {enforcement: {newImages: Warn}, rules: {vulnerabilities: {forbid: [{name: x, severities: [Low]}], scan: {maxAgeHours: 1}}}}
)");
  CHECK(world.RehearseBy(policy).code == ExitCode::kPass);
  CHECK_THAT(world.RehearseBy(policy).out, Contains("1 warned"));
  CHECK(world.RehearseBy(policy, {"--strict"}).code == ExitCode::kViolation);
}

TEST_CASE("rehearse could not tell what only signatures tell", "[cli][history]") {
  const HistoryWorld world;
  const auto output = world.RehearseBy(world.Write("signed.yaml", SignedBy("signed")));
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK_THAT(output.out, Contains("could not tell") && Contains("OriginUnchecked"));
}

TEST_CASE("rehearse judges manifests without and with the policy", "[cli][history]") {
  const HistoryWorld world;
  const std::string pods = World::Pod("good", World::GoodImage()) + "---\n" + World::Pod("bad", World::BadImage());
  const std::vector<std::string> arguments{"rehearse",          "-f",      "-", "--policies", world.Path("policies"), "--scans",
                                           world.Path("scans"), "--policy"};
  const auto run = [&](const std::string& policy) {
    std::vector<std::string> all = arguments;
    all.push_back(policy);
    std::string input = pods;  // can be read once
    const Environment environment{{},       {}, world.clock,
                                  "tester", "", [&](std::size_t) { return Result<std::string>(std::exchange(input, "")); }};
    return cli::Run(all, environment);
  };
  const auto milder = run(world.Policy("production", "Negligible"));
  CHECK(milder.code == ExitCode::kPass);
  CHECK_THAT(milder.out, Contains("let in") && Contains("Pod shop/bad") && Contains("2 objects of manifests"));
  const auto stricter = run(world.Write("image.yaml", R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: image}
spec: {enforcement: {newImages: Deny}, rules: {vulnerabilities: {forbid: [{name: x, severities: [Low]}], scan: {maxAgeHours: 1}}}}
)"));
  CHECK(stricter.code == ExitCode::kViolation);
  CHECK_THAT(stricter.out, Contains("NEWLY DENIED") && Contains("Pod shop/good") && Contains("<stdin>"));
}

TEST_CASE("a manifest that is denied, and perhaps would not be any more, is not told as the same", "[cli][history]") {
  const HistoryWorld world;
  world.Write("pods.yaml", World::Pod("bad", World::BadImage()));
  const auto counts = [&](const std::string& policy) {
    const auto output = world.Run({"rehearse", "-f", world.Path("pods.yaml"), "--policies", world.Path("policies"), "--scans",
                                   world.Path("scans"), "--policy", policy, "-o", "json"});
    return Json::parse(output.out)["counts"];
  };
  CHECK(counts(world.Policy("second", "Negligible"))["same"] == 1);
  const std::string is_signed = world.Write("signed.yaml", SignedBy("production"));
  CHECK(counts(is_signed)["could-not-tell"] == 1);
  // What was asked for before and is asked for after, alike, and otherwise.
  world.Write("policies/production.yaml", SignedBy("production"));
  CHECK(counts(world.Policy("second", "Negligible"))["same"] == 1);
  CHECK(counts(is_signed)["could-not-tell"] == 1);
}

TEST_CASE("rehearse says of manifests what it says of a history, where nobody asked who signed", "[cli][history]") {
  const HistoryWorld world;
  std::string lenient = SignedBy("signed");
  lenient.insert(lenient.find("newImages: Deny") + std::string_view("newImages: Deny").size(), ", noData: Warn");
  const std::string policy = world.Write("signed.yaml", lenient);
  world.Write("pods.yaml", World::Pod("good", World::GoodImage()));
  const auto rehearse_manifests = [&](const std::string& by) {
    return world.Run(
        {"rehearse", "-f", world.Path("pods.yaml"), "--policies", world.Path("policies"), "--scans", world.Path("scans"), "--policy", by});
  };
  CHECK(world.RehearseBy(policy).code == ExitCode::kCouldNotTell);
  CHECK(rehearse_manifests(policy).code == ExitCode::kCouldNotTell);
  CHECK_THAT(rehearse_manifests(policy).out, Contains("could not tell") && Contains("OriginUnchecked"));
  // What nobody asked without the change is as it was.
  world.Write("policies/signed.yaml", lenient);
  CHECK(rehearse_manifests(world.Policy("second", "Negligible")).code == ExitCode::kPass);
}

TEST_CASE("rehearse tells what is wrong with what it was given", "[cli][history]") {
  const HistoryWorld world;
  const std::string policy = world.Policy("second", "Low");
  CHECK(world.Run({"rehearse", "--policy", policy}).code == ExitCode::kUsage);
  CHECK(world.Run({"rehearse", "--policy", policy, "-f", "x"}).code == ExitCode::kUsage);
  CHECK(world.Run({"rehearse", "--history", world.File()}).code == ExitCode::kUsage);
  CHECK(world.RehearseBy(world.Path("none.yaml")).code == ExitCode::kCouldNotTell);
  CHECK_THAT(world.RehearseBy(world.Write("pod.yaml", World::Pod("x", "nginx"))).err, Contains("--policy: "));
  CHECK_THAT(world.RehearseBy(world.Write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n")).err,
             Contains("holds no policy"));
}

TEST_CASE("store list shows the newest decisions with the ids that explain takes", "[cli][history]") {
  const HistoryWorld world(2);
  const auto all = world.Run({"store", "list", world.File()});
  CHECK(all.code == ExitCode::kPass);
  CHECK(all.err.empty());
  CHECK(std::ranges::count(all.out, '\n') == 6);
  CHECK(all.out.starts_with("2026-03-01T12:00:00"));
  CHECK_THAT(all.out, Contains("denied   " + world.bad + "  Pod shop/bad  VulnerabilityForbidden\n") &&
                          Contains("allowed  " + world.good + "  Pod shop/good\n"));

  const auto newest = world.Run({"store", "list", world.File(), "--limit", "1"});
  CHECK(std::ranges::count(newest.out, '\n') == 1);
  CHECK_THAT(newest.err, Contains("the newest 1"));
  const auto denied = world.Run({"store", "list", world.File(), "--denied"});
  CHECK(std::ranges::count(denied.out, '\n') == 4);
  CHECK_THAT(denied.out, !Contains("allowed"));
  const auto elsewhere = world.Run({"store", "list", world.File(), "-n", "bank"});
  CHECK(elsewhere.out.empty());
  CHECK_THAT(elsewhere.err, Contains("no such decision"));

  const Json json = Json::parse(world.Run({"store", "list", world.File(), "-o", "json", "--denied"}).out);
  CHECK(json["schema"] == "hullctl/decisions/v1");
  REQUIRE(json["decisions"].size() == 4);
  CHECK(json["decisions"][0]["namespace"] == "shop");
  CHECK(json["decisions"][0]["allowed"] == false);
  CHECK(world.Run({"store", "list", world.File(), "--limit", "0"}).code == ExitCode::kUsage);
  CHECK(world.Run({"store", "list", world.Path("none.db")}).code == ExitCode::kCouldNotTell);
}

TEST_CASE("store check, prune and export look after a history", "[cli][history]") {
  const HistoryWorld world;
  const auto sound = world.Run({"store", "check", world.File()});
  CHECK(sound.code == ExitCode::kPass);
  CHECK_THAT(sound.out, Contains("3 decisions") && Contains("can be read and judged again"));

  const auto exported = world.Run({"store", "export", world.File()});
  CHECK(exported.code == ExitCode::kPass);
  std::set<std::string> known;
  int decisions = 0;
  std::istringstream lines(exported.out);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    if (json.contains("document")) {
      known.insert(json["document"].get<std::string>());
      continue;
    }
    ++decisions;
    CHECK_FALSE(json["decision"]["objects"].empty());
    for (const Json& digest : json["decision"]["objects"]) CHECK(known.contains(digest.get<std::string>()));
    for (const Json& digest : json["decision"]["scans"]) CHECK(known.contains(digest.get<std::string>()));
    CHECK(json["decision"]["facts"]["images"].size() == 1);
    CHECK(json["decision"]["explanation"]["images"].size() == 1);
  }
  CHECK(decisions == 3);
  CHECK(known.size() > 2);  // the objects in force, and the scans of two images
  CHECK(world.Run({"store", "export", world.File(), "--since", "2026-03-02T00:00:00Z"}).out.empty());
  CHECK(world.Run({"store", "export", world.File(), "-n", "bank"}).out.empty());
  CHECK(world.Run({"store", "export", world.File(), "--until", "soon"}).code == ExitCode::kUsage);

  CHECK(world.Run({"store", "prune", world.File()}).code == ExitCode::kUsage);
  CHECK_THAT(world.Run({"store", "prune", world.File(), "--older-than", "1"}).out, Contains("0 decisions went"));
  CHECK(world.Run({"store", "check", world.Path("none.db")}).code == ExitCode::kCouldNotTell);
}

TEST_CASE("store check tells damage in plain words, with its own exit code", "[cli][history]") {
  const HistoryWorld world(30);
  const auto whole = std::filesystem::file_size(world.File());
  std::filesystem::copy_file(world.File(), world.Path("cut.db"));
  std::filesystem::resize_file(world.Path("cut.db"), whole / 2);
  std::filesystem::copy_file(world.File(), world.Path("holes.db"));
  {
    std::fstream file(world.Path("holes.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(whole / 2));
    file << std::string(whole / 4, '\x7F');
  }
  for (const char* name : {"cut.db", "holes.db"}) {
    const auto output = world.Run({"store", "check", world.Path(name)});
    CAPTURE(output.out, output.err);
    CHECK(output.code == ExitCode::kViolation);
    CHECK_THAT(output.out + output.err, Contains(name) && Contains("damaged") && Contains("put a copy from before in its place"));
    CHECK_THAT(output.out + output.err, !Contains("malformed") && !Contains("btree") && !Contains("Tree "));
  }
  world.Write("text.db", "no history\n");
  CHECK(world.Run({"store", "check", world.Path("text.db")}).code == ExitCode::kCouldNotTell);
}

TEST_CASE("a decision whose facts were too large to be kept is explained, and not judged again", "[cli][history]") {
  const HistoryWorld world;
  std::string id;
  {
    evidence::Catalogue catalogue;
    REQUIRE(evidence::LoadFolders({{world.Path("policies"), true}, {world.Path("scans"), false}}, catalogue));
    auto opened = store::DecisionHistory::Open({.path = world.File(), .max_document_bytes = 100'000}, world.clock);
    REQUIRE(opened);
    evidence::DecisionRecorder recorder(std::move(*opened));
    id = world.Record(recorder, catalogue, "large", World::BadImage(), std::vector<std::string>(20'000, "linux/amd64"));
  }
  CHECK(world.ExplainId(id).code == ExitCode::kViolation);
  CHECK_THAT(world.ExplainId(id).out, Contains("VulnerabilityForbidden"));
  const auto replayed = world.ExplainId(id, {"--replay"});
  CHECK(replayed.code == ExitCode::kCouldNotTell);
  CHECK_THAT(replayed.err, Contains("facts: not kept, since it was too large"));

  const auto rehearsed = world.RehearseBy(world.Policy("second", "Negligible"));
  CHECK(rehearsed.code == ExitCode::kCouldNotTell);
  CHECK_THAT(rehearsed.out, Contains(id + ": facts: not kept") && Contains("3 the same"));

  const auto checked = world.Run({"store", "check", world.File()});
  CHECK(checked.code == ExitCode::kCouldNotTell);
  CHECK_THAT(checked.out, Contains("4 decisions") && Contains("1 decision cannot be judged again") && !Contains("wrong"));

  const auto exported = world.Run({"store", "export", world.File()});
  CHECK(exported.code == ExitCode::kPass);
  CHECK_THAT(exported.out, Contains("\"notKept\":[\"facts\"]"));
}

TEST_CASE("what somebody has written into the file does not reach the terminal as it is", "[cli][history]") {
  const HistoryWorld world;
  {
    auto history = store::DecisionHistory::Open({.path = world.File()}, world.clock);
    REQUIRE(history);
    store::NewDecision decision;
    decision.row.id = "\x1b[31mred\xc2\x9b";
    decision.row.decided_at = world.clock.Now();
    decision.documents = {{store::DocumentRole::kFacts, DigestOf('a'), [] { return std::string("{}"); }}};
    (*history)->Append({&decision, 1});
  }
  const auto checked = world.Run({"store", "check", world.File()});
  CHECK(checked.code == ExitCode::kViolation);
  CHECK_THAT(checked.out, Contains("wrong: \\x1b[31mred\\xc2\\x9b: "));
  for (const CommandOutput& output :
       {checked, world.RehearseBy(world.Policy("second", "Negligible")), world.Run({"store", "export", world.File()})}) {
    CHECK(output.code != ExitCode::kPass);
    CHECK_THAT(output.out + output.err, !Contains("\x1b") && !Contains("\x9b"));
  }
  const auto listed = world.Run({"store", "list", world.File()});
  CHECK(listed.code == ExitCode::kPass);
  CHECK_THAT(listed.out, !Contains("\x1b") && !Contains("\x9b"));
}

}  // namespace hullwright::cli::testing
