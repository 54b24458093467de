// Every case under tests/cases/ against the engine. A case is data: see tests/cases/README.md.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "api/object.h"
#include "base/rfc3339.h"
#include "base/yaml.h"
#include "evidence/decision_recorder.h"
#include "evidence/recorded_decision.h"
#include "evidence/recorded_facts.h"
#include "evidence/recorded_objects.h"
#include "evidence/replay.h"
#include "kube/pod_spec.h"
#include "policy/engine.h"
#include "scan/epss.h"
#include "scan/kev.h"
#include "support/case_file.h"
#include "support/minted_trust.h"
#include "support/paths.h"
#include "support/temporary_directory.h"

namespace hullwright {
namespace {

using policy::Decision;
using policy::Reason;
using policy::Waived;

const std::string kFolder = testing::SourcePath("tests/cases");
const Time kDefaultNow = *ParseRfc3339("2026-03-01T12:00:00Z");

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// ---- What is in force

struct World {
  policy::PolicySetParts parts;
  std::map<std::string, std::map<std::string, std::string>> namespaces;
  std::vector<std::shared_ptr<const policy::ScanRecord>> scans;
  std::vector<std::string> broken_scan_names;
};

struct AddObject {
  World& world;
  void operator()(api::ImageAdmissionPolicy object) { world.parts.policies.push_back(std::move(object)); }
  void operator()(api::TrustedPublisher object) { world.parts.publishers.push_back(std::move(object)); }
  void operator()(const api::TrustRoot&) {}  // what rests on these is in the facts already
  void operator()(const api::Registry&) {}
  void operator()(api::VulnerabilityException object) { world.parts.exceptions.push_back(std::move(object)); }
  void operator()(api::BreakGlass object) { world.parts.break_glasses.push_back(std::move(object)); }
  void operator()(const api::ImageScan& object) { world.scans.push_back(std::make_shared<policy::ScanRecord>(object)); }
  void operator()(const api::Namespace& object) { world.namespaces[object.metadata.name] = object.metadata.labels; }
};

void AddJson(World& world, const std::string& json) {
  JsonReader reader;
  try {
    std::visit(AddObject{world}, Must(api::DecodeObject(Must(reader.Read(json)))));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{} in {}", error.what(), json));
  }
}

// An object that does not decode stands in force as what it covers, as lib/evidence does it.
void AddBroken(World& world, const std::string& yaml) {
  for (const YamlDocument& document : Must(ReadYaml(yaml))) {
    JsonReader reader;
    const JsonElement element = Must(reader.Read(document.json));
    const api::ObjectKey key = Must(api::ReadKey(element));
    const Result<api::Object> object = api::DecodeObject(element);
    REQUIRE_FALSE(object);
    if (key.kind == "TrustedPublisher") world.parts.broken_publishers.push_back(key.name);
    if (key.kind == "ImageScan") world.broken_scan_names.push_back(key.name);
    if (!key.kind.ends_with("ImageAdmissionPolicy")) continue;
    const Result<api::PolicyMatch> match = api::DecodePolicyMatch(element);
    world.parts.broken_policies.push_back(
        {key.ToString(), key.namespace_, match ? std::optional(*match) : std::nullopt, object.error().message});
  }
}

World Build(const tests::MaterialisedCase& given) {
  World world;
  for (const std::string& json : given.namespaces) AddJson(world, json);
  for (const std::string& json : given.objects) AddJson(world, json);
  for (const std::string& json : given.scans) AddJson(world, json);
  for (const std::string& yaml : given.broken) AddBroken(world, yaml);
  return world;
}

// ---- What is asked

policy::ImageFacts FactsOf(const api::ImageUse& use, const World& world, const tests::MaterialisedCase& given,
                           const tests::TrustScene& scene) {
  policy::ImageFacts facts{
      .use = use, .reference = ImageReference::Parse(use.reference), .scans = {}, .broken_scans = {}, .admitted_since = {}};
  scene.AddTo(facts);
  if (policy::DigestOf(facts) == nullptr) return facts;
  const Digest digest = *policy::DigestOf(facts);
  for (const auto& scan : world.scans)
    if (scan->digest() == digest || std::ranges::find(scan->index_digests(), digest) != scan->index_digests().end())
      facts.scans.push_back(scan);
  for (const std::string& name : world.broken_scan_names)
    if (name == fmt::format("{}-{}", digest.algorithm(), digest.hex())) facts.broken_scans.push_back({"the ImageScan is broken"});
  for (const tests::AdmittedBefore& admitted : given.admitted) {
    const ImageReference ran = Must(ImageReference::Parse(admitted.image));
    if (admitted.namespace_ == given.review.namespace_ && ran.Name() == facts.reference->Name() && ran.digest == digest)
      facts.admitted_since[admitted.policy] = admitted.since;
  }
  return facts;
}

std::pair<std::string, std::string> GroupAndKind(JsonElement object) {
  const std::string version(TextMember(object, "apiVersion"));
  const std::size_t slash = version.find('/');
  return {slash == std::string::npos ? "" : version.substr(0, slash), std::string(TextMember(object, "kind"))};
}

std::shared_ptr<const policy::Exploitation> ExploitationOf(const tests::MaterialisedCase& given) {
  auto exploitation = std::make_shared<policy::Exploitation>();
  if (given.epss) exploitation->epss = std::make_shared<const policy::EpssScores>(Must(scan::DecodeEpss(*given.epss)));
  if (given.kev) exploitation->known = std::make_shared<const policy::KnownExploits>(Must(scan::DecodeKev(*given.kev)));
  return exploitation;
}

evidence::Basis BasisOf(const tests::Case& given) {
  const tests::MaterialisedCase made = given.Materialise(kDefaultNow);
  World world = Build(made);
  JsonReader reader, old_reader;
  const JsonElement object = Must(reader.Read(made.review.object));
  std::optional<JsonElement> old_object;
  if (made.review.old_object) old_object = Must(old_reader.Read(*made.review.old_object));

  const kube::Workloads workloads;
  const auto [group, kind] = GroupAndKind(object);
  const kube::Workload* workload = workloads.Find(group, kind);
  if (workload == nullptr) throw std::runtime_error("no workload kind: " + kind);
  const kube::ReviewedImages images = Must(kube::ReviewImages(*workload, object, old_object));

  policy::Subject subject{.kind = workload->is_pod ? policy::SubjectKind::kPod : policy::SubjectKind::kTemplate,
                          .description = kind,
                          .namespace_ = made.review.namespace_,
                          .namespace_labels = std::nullopt};
  const tests::TrustScene scene = made.trust ? tests::MintTrust(*made.trust, made.now) : tests::TrustScene();
  subject.node_platforms = scene.node_platforms;
  subject.tags_are_pinned = scene.tags_are_pinned;
  if (const auto labels = world.namespaces.find(subject.namespace_); labels != world.namespaces.end())
    subject.namespace_labels = labels->second;
  std::vector<policy::ImageFacts> facts;
  for (const api::ImageUse& use : images.changed) facts.push_back(FactsOf(use, world, made, scene));
  const auto exploitation = ExploitationOf(made);
  for (policy::ImageFacts& each : facts) each.exploitation = exploitation;

  policy::EngineOptions options;
  options.unmatched = given.unmatched == "Allow"  ? policy::Unmatched::kAllow
                      : given.unmatched == "Warn" ? policy::Unmatched::kWarn
                                                  : policy::Unmatched::kDeny;
  options.trace = true;
  return {std::make_shared<const policy::PolicySet>(std::move(world.parts)), std::move(subject), std::move(facts), made.now, options};
}

Decision Decide(const evidence::Basis& basis) {
  return policy::Decide(*basis.policies, basis.subject, basis.images, basis.now, basis.options);
}

Decision Judge(const tests::Case& given) {
  return Decide(BasisOf(given));
}

// ---- The same from the documents of the history

std::map<std::string, std::string> DocumentsOf(const store::NewDecision& decision, store::DocumentRole role) {
  std::map<std::string, std::string> documents;
  for (const store::NewDocument& document : decision.documents)
    if (document.role == role) documents.emplace(document.digest, document.bytes());
  return documents;
}

// What the history would give back of it.
evidence::Basis Recorded(const evidence::Basis& basis) {
  evidence::SharedDocuments shared;
  const auto decision = evidence::ToDecision({}, std::make_shared<const evidence::Basis>(basis), shared);
  policy::PolicySetParts parts;
  for (const auto role : {store::DocumentRole::kClusterObjects, store::DocumentRole::kNamespaceObjects})
    for (const auto& [digest, text] : DocumentsOf(decision, role)) {
      if (auto read = evidence::DecodeObjects(text, parts); !read) throw std::runtime_error(read.error().message + " in " + text);
    }
  evidence::RecordedFacts facts = Must(evidence::DecodeFacts(DocumentsOf(decision, store::DocumentRole::kFacts).begin()->second));
  const auto scans = DocumentsOf(decision, store::DocumentRole::kScan);
  evidence::Basis again{std::make_shared<const policy::PolicySet>(std::move(parts)), facts.subject, {}, basis.now, basis.options};
  again.subject.description = basis.subject.description;
  again.options.unmatched = facts.unmatched;
  for (evidence::RecordedImage& image : facts.images) {
    for (const std::string& digest : image.scans) image.facts.scans.push_back(Must(evidence::DecodeScan(scans.at(digest))));
    again.images.push_back(std::move(image.facts));
  }
  return again;
}

// Reasons that rest on no signature.
std::vector<std::string> UnsignedReasons(const Decision& decision) {
  std::vector<std::string> reasons;
  for (const policy::ImageDecision& image : decision.images)
    for (const Reason& reason : image.reasons)
      if (reason.rule.starts_with("reference") || reason.rule.starts_with("image."))
        reasons.push_back(fmt::format("{} {} {} {}", image.field_path, reason.policy, ToString(reason.word), reason.message));
  return reasons;
}

// ---- What was expected

struct SeenReason {
  Reason reason;
  std::string image, field_path;
};

bool IsIdOrName(const std::string& id, const std::string& wanted) {
  return id == wanted || id.ends_with("/" + wanted);
}

bool Fits(const tests::ExpectedReason& wanted, const SeenReason& seen) {
  return wanted.word == policy::ToString(seen.reason.word) && (!wanted.policy || IsIdOrName(seen.reason.policy, *wanted.policy)) &&
         (!wanted.rule || *wanted.rule == seen.reason.rule) &&
         (!wanted.enforcement || *wanted.enforcement == api::ToString(seen.reason.enforcement)) &&
         (!wanted.image || *wanted.image == seen.image);
}

bool Fits(const tests::ExpectedWaived& wanted, const Waived& seen) {
  return (!wanted.waiver || IsIdOrName(seen.waiver, *wanted.waiver)) && (!wanted.rule || *wanted.rule == seen.rule) &&
         (!wanted.what || seen.what.find(*wanted.what) != std::string::npos);
}

// Whether every wanted element can be paired with one seen, and none is left over.
template <class Wanted, class Seen>
bool IsSameMultiset(const std::vector<Wanted>& wanted, std::vector<Seen> seen) {
  if (wanted.size() != seen.size()) return false;
  for (const Wanted& each : wanted) {
    const auto found = std::ranges::find_if(seen, [&](const Seen& one) { return Fits(each, one); });
    if (found == seen.end()) return false;
    seen.erase(found);
  }
  return true;
}

std::string Show(const Decision& decision) {
  std::string text = fmt::format("{}, {}\n", ToString(decision.outcome), decision.allowed() ? "allowed" : "refused");
  for (const policy::ImageDecision& image : decision.images) {
    text += fmt::format("  {} {}\n", image.field_path, image.image);
    for (const Reason& reason : image.reasons)
      text += fmt::format("    {} policy={} rule={} enforcement={}: {}\n", ToString(reason.word), reason.policy, reason.rule,
                          api::ToString(reason.enforcement), reason.message);
    for (const policy::Notice& notice : image.notices)
      text += fmt::format("    notice {} of {}: {}\n", notice.word, notice.policy, notice.message);
    for (const Waived& waived : image.waived) text += fmt::format("    waived by {}: {} ({})\n", waived.waiver, waived.what, waived.rule);
    for (const policy::RuleTrace& trace : image.trace)
      text += fmt::format("    trace {} {}: {}: {}\n", trace.policy, trace.rule, ToString(trace.outcome), trace.saw);
  }
  return text;
}

void Compare(const tests::Expectation& expect, const Decision& decision, Time now) {
  std::vector<SeenReason> reasons;
  std::vector<Waived> waived;
  std::vector<std::string> notices, notice_messages;
  for (const policy::ImageDecision& image : decision.images) {
    for (const policy::Notice& notice : image.notices) {
      notices.emplace_back(notice.word);
      notice_messages.push_back(notice.message);
    }
    for (const Reason& reason : image.reasons) reasons.push_back({reason, image.image, image.field_path});
    waived.insert(waived.end(), image.waived.begin(), image.waived.end());
  }
  CHECK(std::string(ToString(decision.outcome)) == expect.outcome);
  CHECK(decision.allowed() == expect.allowed);
  if (expect.unmatched) CHECK(decision.unmatched == *expect.unmatched);
  CHECK(IsSameMultiset(expect.reasons, reasons));
  CHECK(IsSameMultiset(expect.waived, waived));
  CHECK_THAT(notices, Catch::Matchers::UnorderedEquals(expect.notices));
  for (const std::string& word : expect.absent)
    CHECK(std::ranges::none_of(reasons, [&](const SeenReason& seen) { return ToString(seen.reason.word) == word; }));
  for (const std::string& text : expect.mentions) {
    INFO("mentions: " << text);
    const std::string wanted = tests::WithTimes(text, now);
    CHECK(std::ranges::any_of(reasons, [&](const SeenReason& seen) { return seen.reason.message.find(wanted) != std::string::npos; }));
  }
  for (const std::string& text : expect.notice_mentions) {
    INFO("notice mentions: " << text);
    const std::string wanted = tests::WithTimes(text, now);
    CHECK(std::ranges::any_of(notice_messages, [&](const std::string& message) { return message.find(wanted) != std::string::npos; }));
  }
}

TEST_CASE("the engine decides every case file as expected", "[policy][cases]") {
  static const std::vector<tests::Case> cases = tests::LoadCases(kFolder);  // once: this runs anew for each section
  REQUIRE(cases.size() >= 120);
  for (const tests::Case& each : cases) {
    DYNAMIC_SECTION(each.file << ": " << each.name) {
      const Decision decision = Judge(each);
      INFO("case: " << each.file << ": " << each.name << "\ngot: " << Show(decision));
      Compare(each.expect, decision, each.now.value_or(kDefaultNow));
    }
  }
}

TEST_CASE("what the history keeps of a decision gives the same decision again", "[policy][cases][history]") {
  int with_trust = 0, without = 0;
  for (const tests::Case& each : tests::LoadCases(kFolder)) {
    INFO("case: " << each.file << ": " << each.name);
    const evidence::Basis basis = BasisOf(each);
    const Decision first = Decide(basis), again = Decide(Recorded(basis));
    const bool has_trust = std::ranges::any_of(basis.images, [](const auto& image) { return image.trust != nullptr; });
    ++(has_trust ? with_trust : without);
    INFO("first: " << Show(first) << "again: " << Show(again));
    // What was signed is not taken from a file: rules about it are judged anew with a registry.
    if (has_trust)
      CHECK(UnsignedReasons(again) == UnsignedReasons(first));
    else
      CHECK(evidence::EncodeDecision(again) == evidence::EncodeDecision(first));
    const auto read = Must(evidence::DecodeDecision(evidence::EncodeDecision(first)));
    CHECK(evidence::EncodeDecision(read.decision) == evidence::EncodeDecision(first));
    CHECK(read.decision.allowed() == first.allowed());
  }
  CHECK(with_trust > 20);
  CHECK(without > 100);
}

// In whatever order: what was recorded of signatures is put behind what was judged again.
std::multiset<std::string> Parts(const Decision& decision) {
  std::multiset<std::string> parts;
  for (const policy::ImageDecision& image : decision.images) {
    for (const Reason& reason : image.reasons)
      parts.insert(fmt::format("{} {} {} {} {} {}", image.field_path, reason.policy, reason.rule, ToString(reason.word),
                               api::ToString(reason.enforcement), reason.message));
    for (const Waived& waived : image.waived)
      parts.insert(fmt::format("{} {} {} waived {} {}", image.field_path, waived.policy, waived.rule, waived.waiver, waived.what));
    for (const policy::Notice& notice : image.notices)
      parts.insert(fmt::format("{} {} {} {}", image.field_path, notice.policy, notice.word, notice.message));
  }
  return parts;
}

TEST_CASE("a recorded decision that is judged again by what was in force is the same, also where it rests on signatures",
          "[policy][cases][history]") {
  struct StandingClock final : Clock {
    Time Now() const override { return kDefaultNow; }
  };
  const StandingClock clock;
  const testing::TemporaryDirectory folder;
  const std::string file = (folder.path() / "history.db").string();
  std::map<std::string, std::pair<std::string, Decision>> decided;  // by id: name of the case
  {
    evidence::DecisionRecorder recorder(
        Must(store::DecisionHistory::Open({.path = file, .max_age = std::chrono::hours(24 * 365 * 100)}, clock)));
    for (const tests::Case& each : tests::LoadCases(kFolder)) {
      evidence::Basis basis = BasisOf(each);
      const Decision decision = Decide(basis);
      store::DecisionRow row;
      row.allowed = decision.allowed();
      decided.emplace(recorder.Record(row, std::move(basis)), std::pair(each.file + ": " + each.name, decision));
    }
  }
  const auto history = Must(store::HistoryReader::Open(file));
  evidence::RecordReader reader(*history);
  evidence::Replayer replayer(reader, {});
  REQUIRE(decided.size() > 120);
  for (const auto& [id, expected] : decided) {
    INFO("case: " << expected.first << "\nthen: " << Show(expected.second));
    const evidence::Replayed again = Must(replayer.Replay(Must(reader.Read(Must(history->Find(id))))));
    INFO("again: " << Show(again.decision));
    CHECK(Parts(again.decision) == Parts(expected.second));
    CHECK(again.decision.outcome == expected.second.outcome);
    CHECK(again.decision.enforcement == expected.second.enforcement);
    CHECK(again.change == evidence::Change::kSame);
    CHECK(again.unsure.empty());
  }
}

// In each of the named cases the trace of the rule holds the text.
void CheckTraces(std::string_view rule, std::map<std::string, std::string> told) {
  for (const tests::Case& each : tests::LoadCases(kFolder)) {
    const auto text = told.extract(each.name);
    if (text.empty()) continue;
    const Decision decision = Judge(each);
    INFO(each.name << "\n" << Show(decision));
    const auto& trace = decision.images.at(0).trace;
    const auto found = std::ranges::find(trace, rule, &policy::RuleTrace::rule);
    REQUIRE(found != trace.end());
    CHECK_THAT(found->saw, Catch::Contains(text.mapped()));
  }
  CHECK(told.empty());
}

TEST_CASE("what there is of signed VEX statements, and why they take nothing away, is told to who asks for the trace", "[policy][cases]") {
  CheckTraces("vulnerabilities.vex",
              {
                  {"a signed not_affected of a named publisher takes the finding away, and is shown", "1 statements of acme (OpenVEX)"},
                  {"without a statement the finding counts, and that there is none is no reason", "there are no statements"},
                  {"not_affected without a justification takes nothing away", "statements[0] says not_affected without a justification"},
                  {"a publisher by name says nothing", "named is trusted by name only"},
                  {"where nobody asked the registry statements take nothing away, and that is no reason", "no statements are known"},
                  {"a document that cannot be verified takes nothing away, and is no reason", "an attestation of acme does not count"},
              });
}

TEST_CASE("how far the proved base image reaches is told to who asks for the trace", "[policy][cases]") {
  CheckTraces(
      "vulnerabilities.layers",
      {
          {"a finding in the layers of a proved base passes an entry for the application", "are the first 2 of 3 layers"},
          {"of several allowed bases that the image begins with the one with the most layers counts", "are the first 2 of 3 layers"},
          {"positions of a scan that lists other layers than the image has say nothing", "no base image is proved"},
          {"without image.baseImages no base is proved", "no base image is proved"},
      });
}

TEST_CASE("every reason word except the bound on images has a case in which it appears and one in which it does not", "[policy][cases]") {
  std::map<std::string, int> appears, absent;
  for (const tests::Case& each : tests::LoadCases(kFolder)) {
    std::set<std::string> words;
    for (const tests::ExpectedReason& reason : each.expect.reasons) words.insert(reason.word);
    for (const policy::ReasonWord word : policy::AllReasonWords())
      ++(words.contains(std::string(ToString(word))) ? appears : absent)[std::string(ToString(word))];
  }
  for (const policy::ReasonWord word : policy::AllReasonWords()) {
    if (word == policy::ReasonWord::kTooManyImages) continue;  // its case would be hundreds of lines; see engine_test.cpp
    INFO(ToString(word));
    CHECK(appears[std::string(ToString(word))] > 0);
    CHECK(absent[std::string(ToString(word))] > 0);
  }
}

TEST_CASE("names of cases are unique in their file", "[policy][cases]") {
  std::set<std::string> names;
  for (const tests::Case& each : tests::LoadCases(kFolder)) {
    INFO(each.file << ": " << each.name);
    CHECK(names.insert(each.file + ": " + each.name).second);
  }
}

}  // namespace
}  // namespace hullwright
