#include "support/case_file.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/yaml.h"
#include "support/paths.h"

namespace hullwright::tests {

using Json = nlohmann::json;

struct Case::Body {
  Json namespaces = Json::array(), objects = Json::array(), scans = Json::array(), admitted = Json::array(), broken = Json::array();
  Json review, trust, epss, kev;
};

namespace {

[[noreturn]] void Refuse(const std::string& what) {
  throw std::runtime_error(what);
}

void AllowOnly(const Json& object, const std::set<std::string>& keys, const std::string& where) {
  if (!object.is_object()) Refuse(where + " must be a mapping");
  for (const auto& [key, value] : object.items())
    if (!keys.contains(key)) Refuse(fmt::format("{} has no field \"{}\"", where, key));
}

std::string TextOr(const Json& object, const char* key, const std::string& fallback) {
  return object.contains(key) ? object.at(key).get<std::string>() : fallback;
}

// ---- Short forms of values

std::chrono::seconds Span(std::string_view text) {
  static const RE2 part("([0-9]+)([smhd])");
  std::chrono::seconds total{0};
  re2::StringPiece rest(text);
  long count = 0;
  char unit = 0;
  while (RE2::Consume(&rest, part, &count, &unit))
    total += std::chrono::seconds(count * (unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 86'400));
  return total;
}

std::string WithTime(const std::string& text, Time now) {
  static const RE2 relative("now(?:([+-])((?:[0-9]+[smhd])+))?");
  std::string sign, span;
  if (!RE2::FullMatch(text, relative, &sign, &span)) return text;
  return FormatRfc3339(sign == "-" ? now - Span(span) : now + Span(span));
}

std::string WithDigest(const std::string& text) {
  static const RE2 short_digest("((?s:.*)@)?d([0-9]{1,2})");
  std::string name;
  int number = 0;
  if (!RE2::FullMatch(text, short_digest, &name, &number)) return text;
  std::string hex;
  while (hex.size() < 64) hex += fmt::format("{:02d}", number);
  return name + "sha256:" + hex;
}

Json Expanded(const Json& value, Time now) {
  if (value.is_string()) return WithDigest(WithTime(value.get<std::string>(), now));
  if (!value.is_structured()) return value;
  Json expanded = value;
  for (Json& element : expanded) element = Expanded(element, now);
  return expanded;
}

Time ParseTime(const std::string& text) {
  const Result<Time> time = ParseRfc3339(text);
  if (!time) Refuse("no time: " + text);
  return *time;
}

// ---- Short forms of objects

// {kind, name, namespace, created, …}: what is no part of an object's frame belongs to its spec.
Json WholeObject(const Json& given) {
  Json object = {{"apiVersion", TextOr(given, "apiVersion", "hullwright.dev/v1alpha1")}, {"kind", given.at("kind")}};
  object["metadata"] = given.value("metadata", Json::object());
  object["spec"] = given.value("spec", Json::object());
  const std::string kind = given.at("kind");
  for (const auto& [key, value] : given.items()) {
    if (key == "name" || key == "namespace")
      object["metadata"][key] = value;
    else if (key == "created")
      object["metadata"]["creationTimestamp"] = value;
    else if (key == "status")
      object["status"] = value;
    else if (key != "apiVersion" && key != "kind" && key != "metadata" && key != "spec")
      object["spec"][key] = value;
  }
  const std::set<std::string> namespaced = {"ImageAdmissionPolicy", "VulnerabilityException", "BreakGlass"};
  if (namespaced.contains(kind) && !object["metadata"].contains("namespace")) object["metadata"]["namespace"] = "shop";
  return object;
}

Json WholeNamespace(const Json& given) {
  AllowOnly(given, {"name", "labels"}, "namespace");
  return {{"apiVersion", "v1"},
          {"kind", "Namespace"},
          {"metadata", {{"name", given.at("name")}, {"labels", given.value("labels", Json::object())}}}};
}

void SetUnlessNull(Json& object, const char* key, const Json& given, const char* given_key, const Json& fallback) {
  const Json value = given.contains(given_key) ? given.at(given_key) : fallback;
  if (!value.is_null()) object[key] = value;
}

Json WholeResult(const Json& given) {
  Json result = {{"scannerRef", {{"name", TextOr(given, "scanner", "trivy")}}},
                 {"version", "1.0"},
                 {"source", "Import"},
                 {"outcome", TextOr(given, "outcome", "Complete")}};
  SetUnlessNull(result, "scannedAt", given, "scannedAt", "now-1h");
  SetUnlessNull(result, "databaseUpdatedAt", given, "databaseUpdatedAt", "now-2h");
  SetUnlessNull(result, "reason", given, "reason", nullptr);
  SetUnlessNull(result, "truncatedLicenses", given, "truncatedLicenses", nullptr);
  const Json licenses = given.value("licenses", Json::object());
  for (const auto& [license, packages] : licenses.items()) {
    const Json use = {{"license", license}, {"count", packages.size()}, {"packages", packages}};
    result["licenses"].push_back(use);
  }
  return result;
}

Json WholeFinding(const Json& given, const Json& results) {
  Json finding = given;
  const auto fill_in = [&finding](const char* key, const Json& value) {
    if (!finding.contains(key)) finding[key] = value;
  };
  fill_in("package", "pkg:deb/debian/openssl@3.0.11-1");
  fill_in("version", "3.0.11-1");
  fill_in("severity", "Unknown");
  fill_in("fix", "Unknown");
  if (finding["fix"] == "Available") fill_in("fixedIn", "3.0.13-1");
  Json scanners = Json::array();
  for (const Json& result : results) scanners.push_back(result["scannerRef"]["name"]);
  fill_in("scanners", scanners);
  return finding;
}

Json PlatformOf(const std::string& text) {
  const std::size_t slash = text.find('/');
  return {{"os", text.substr(0, slash)}, {"architecture", text.substr(slash + 1)}};
}

Json WholeScan(const Json& given) {
  if (given.contains("spec")) return WholeObject(given);
  AllowOnly(given,
            {"digest", "platform", "repositories", "indexDigests", "scanner", "scannedAt", "databaseUpdatedAt", "outcome", "reason",
             "results", "findings", "counts", "truncatedFindings", "diffIds", "licenses", "truncatedLicenses"},
            "scan");
  Json results = Json::array();
  if (given.contains("results"))
    for (const Json& result : given.at("results")) results.push_back(WholeResult(result));
  else
    results.push_back(WholeResult(given));

  Json status = {{"results", results}, {"findings", Json::array()}};
  for (const Json& finding : given.value("findings", Json::array())) status["findings"].push_back(WholeFinding(finding, results));
  for (const char* key : {"repositories", "indexDigests", "truncatedFindings"}) SetUnlessNull(status, key, given, key, nullptr);
  if (!given.contains("repositories")) status["repositories"] = {"registry.example/ok/app", "registry.example/acme/app"};
  if (given.contains("diffIds")) status["image"] = {{"diffIDs", given.at("diffIds")}};

  for (Json count : given.value("counts", Json::array())) {
    if (!count.contains("layer")) count["layer"] = "Unknown";
    status["counts"].push_back(count);
  }

  const std::string digest = WithDigest(given.at("digest").get<std::string>());
  std::string name = digest;
  std::ranges::replace(name, ':', '-');
  Json scan = {{"apiVersion", "hullwright.dev/v1alpha1"},
               {"kind", "ImageScan"},
               {"metadata", {{"name", name}}},
               {"spec", {{"digest", digest}}},
               {"status", status}};
  if (given.contains("platform")) scan["spec"]["platform"] = PlatformOf(given.at("platform"));
  return scan;
}

// ---- The review

Json PodSpecOf(const Json& review, const char* images_key) {
  Json spec = {{"containers", Json::array()}};
  const auto fill = [&](const char* from, const char* list) {
    int number = 0;
    for (const Json& image : review.value(from, Json::array()))
      spec[list].push_back({{"name", fmt::format("{}{}", from == std::string("initImages") ? "init" : "c", number++)}, {"image", image}});
  };
  fill(images_key, "containers");
  fill("initImages", "initContainers");
  int number = 0;
  for (const Json& image : review.value("volumeImages", Json::array()))
    spec["volumes"].push_back({{"name", fmt::format("v{}", number++)}, {"image", {{"reference", image}}}});
  return spec;
}

Json WholeReviewed(const Json& review, const char* images_key) {
  const std::string kind = TextOr(review, "kind", "Pod");
  const Json pod_spec = PodSpecOf(review, images_key);
  Json object = {{"kind", kind}, {"metadata", {{"name", "web"}, {"namespace", TextOr(review, "namespace", "shop")}}}};
  if (kind == "Pod") {
    object["apiVersion"] = "v1";
    object["spec"] = pod_spec;
  } else {
    object["apiVersion"] = "apps/v1";
    object["spec"] = {{"selector", {{"matchLabels", {{"app", "web"}}}}},
                      {"template", {{"metadata", {{"labels", {{"app", "web"}}}}}, {"spec", pod_spec}}}};
  }
  return object;
}

ReviewedObject MakeReview(const Json& given, Time now) {
  const Json review = Expanded(given, now);
  AllowOnly(review, {"operation", "object", "oldObject", "namespace", "kind", "images", "initImages", "volumeImages", "oldImages"},
            "review");
  Json object = review.contains("object") ? review.at("object") : WholeReviewed(review, "images");
  std::optional<Json> old_object;
  if (review.contains("oldObject")) old_object = review.at("oldObject");
  if (review.contains("oldImages")) old_object = WholeReviewed(review, "oldImages");
  ReviewedObject made;
  made.operation = TextOr(review, "operation", old_object ? "UPDATE" : "CREATE");
  made.namespace_ = TextOr(review, "namespace", object["metadata"].value("namespace", "shop"));
  for (Json* each : {&object, old_object ? &*old_object : nullptr})
    if (each != nullptr && !each->at("metadata").contains("namespace")) (*each)["metadata"]["namespace"] = made.namespace_;
  made.object = object.dump();
  if (old_object) made.old_object = old_object->dump();
  return made;
}

// ---- Exploitation

// {date, model, scores: {CVE: probability}}, as FIRST's file.
std::string EpssCsv(const Json& given, Time now) {
  AllowOnly(given, {"date", "model", "scores"}, "epss");
  std::string csv = fmt::format("#model_version:{},score_date:{}\ncve,epss,percentile\n", TextOr(given, "model", "v2025.03.14"),
                                WithTime(TextOr(given, "date", "now-12h"), now));
  for (const auto& [cve, score] : given.at("scores").items()) csv += fmt::format("{},{},0.5\n", cve, score.get<std::string>());
  return csv;
}

// {released, vulnerabilities: [{cve, due, ransomware}]}, as CISA's file.
std::string KevJson(const Json& given, Time now) {
  AllowOnly(given, {"released", "vulnerabilities"}, "kev");
  Json list = Json::array();
  for (const Json& each : given.at("vulnerabilities")) {
    AllowOnly(each, {"cve", "due", "ransomware"}, "kev.vulnerabilities");
    Json entry = {{"cveID", each.at("cve")}, {"knownRansomwareCampaignUse", each.value("ransomware", false) ? "Known" : "Unknown"}};
    if (each.contains("due")) entry["dueDate"] = each.at("due");
    list.push_back(entry);
  }
  return Json{{"catalogVersion", "1"},
              {"dateReleased", WithTime(TextOr(given, "released", "now-12h"), now)},
              {"count", list.size()},
              {"vulnerabilities", list}}
      .dump();
}

// ---- Reading files

ExpectedReason ReadReason(const Json& given) {
  AllowOnly(given, {"word", "policy", "rule", "enforcement", "image"}, "expect.reasons");
  ExpectedReason reason{.word = given.at("word"), .policy = {}, .rule = {}, .enforcement = {}, .image = {}};
  const auto read = [&given](const char* key, std::optional<std::string>& into) {
    if (given.contains(key)) into = WithDigest(given.at(key).get<std::string>());
  };
  read("policy", reason.policy);
  read("rule", reason.rule);
  read("enforcement", reason.enforcement);
  read("image", reason.image);
  return reason;
}

ExpectedWaived ReadWaived(const Json& given) {
  AllowOnly(given, {"waiver", "what", "rule"}, "expect.waived");
  ExpectedWaived waived;
  if (given.contains("waiver")) waived.waiver = given.at("waiver");
  if (given.contains("what")) waived.what = given.at("what");
  if (given.contains("rule")) waived.rule = given.at("rule");
  return waived;
}

Expectation ReadExpectation(const Json& given) {
  AllowOnly(given, {"outcome", "allowed", "unmatched", "reasons", "waived", "absent", "mentions", "notices", "noticeMentions"}, "expect");
  Expectation expect;
  expect.outcome = given.at("outcome");
  expect.allowed = given.at("allowed");
  if (given.contains("unmatched")) expect.unmatched = given.at("unmatched").get<bool>();
  for (const Json& reason : given.value("reasons", Json::array())) expect.reasons.push_back(ReadReason(reason));
  for (const Json& waived : given.value("waived", Json::array())) expect.waived.push_back(ReadWaived(waived));
  expect.absent = given.value("absent", std::vector<std::string>());
  expect.mentions = given.value("mentions", std::vector<std::string>());
  expect.notices = given.value("notices", std::vector<std::string>());
  expect.notice_mentions = given.value("noticeMentions", std::vector<std::string>());
  return expect;
}

Json Joined(const Json& shared, const Json& given, const char* key) {
  Json list = shared.value(key, Json::array());
  for (const Json& element : given.value(key, Json::array())) list.push_back(element);
  return list;
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Objects of a shipped sample, by their names and as they stand there.
void AddSample(const Json& given, Json& objects) {
  AllowOnly(given, {"file", "names"}, "sample");
  const std::string file = given.at("file");
  std::set<std::string> missing = given.at("names").get<std::set<std::string>>();
  const auto documents = ReadYaml(ReadText(testing::SourcePath("charts/hullwright/samples/" + file)));
  if (!documents) Refuse(fmt::format("{}: {}", file, documents.error().message));
  for (const YamlDocument& document : *documents) {
    const Json object = Json::parse(document.json);
    if (missing.erase(object.at("metadata").at("name").get<std::string>()) > 0) objects.push_back(object);
  }
  if (!missing.empty()) Refuse(fmt::format("{} has no {}", file, *missing.begin()));
}

Case ReadCase(const std::string& file, const Json& given, const Json& shared_lists) {
  AllowOnly(given,
            {"name", "now", "unmatched", "shared", "namespaces", "objects", "scans", "admitted", "broken", "trust", "epss", "kev", "review",
             "expect", "sample"},
            "case");
  const Json shared = given.value("shared", true) ? shared_lists : Json::object();
  auto body = std::make_shared<Case::Body>();
  body->namespaces = Joined(shared, given, "namespaces");
  body->objects = Joined(shared, given, "objects");
  if (given.contains("sample")) AddSample(given.at("sample"), body->objects);
  body->scans = Joined(shared, given, "scans");
  body->admitted = given.value("admitted", Json::array());
  body->broken = given.value("broken", Json::array());
  body->trust = given.value("trust", Json());
  body->epss = given.value("epss", Json());
  body->kev = given.value("kev", Json());
  body->review = given.at("review");
  Case read{.file = file,
            .name = given.at("name"),
            .unmatched = TextOr(given, "unmatched", "Deny"),
            .now = std::nullopt,
            .expect = ReadExpectation(given.at("expect")),
            .engine_only = !body->trust.is_null(),
            .body = std::move(body)};
  if (given.contains("now")) read.now = ParseTime(given.at("now"));
  return read;
}

void ReadFile(const std::filesystem::path& path, const std::string& file, std::vector<Case>& cases) {
  const auto documents = ReadYaml(ReadText(path));
  if (!documents) Refuse(file + ": " + documents.error().message);
  if (documents->size() != 1) Refuse(file + " must hold one document");
  const Json content = Json::parse(documents->front().json);
  AllowOnly(content, {"shared", "cases"}, file);
  const Json shared = content.value("shared", Json::object());
  AllowOnly(shared, {"namespaces", "objects", "scans"}, file + ": shared");
  for (const Json& given : content.at("cases")) {
    const std::string name = given.is_object() ? TextOr(given, "name", "a case without a name") : "a case that is no mapping";
    try {
      cases.push_back(ReadCase(file, given, shared));
      cases.back().Materialise(Time{});  // a mistake in a short form is found while loading
    } catch (const std::exception& error) {
      Refuse(fmt::format("{}: {}: {}", file, name, error.what()));
    }
  }
}

}  // namespace

std::string WithTimes(std::string text, Time now) {
  static const RE2 braced("\\{(now[^}]*)\\}");
  for (std::string word; RE2::PartialMatch(text, braced, &word);)
    text.replace(text.find("{" + word + "}"), word.size() + 2, WithTime(word, now));
  return text;
}

MaterialisedCase Case::Materialise(Time at) const {
  MaterialisedCase made;
  made.now = now.value_or(at);
  for (const Json& object : body->objects) made.objects.push_back(Expanded(WholeObject(object), made.now).dump());
  for (const Json& object : body->namespaces) made.namespaces.push_back(WholeNamespace(object).dump());
  for (const Json& scan : body->scans) made.scans.push_back(Expanded(WholeScan(scan), made.now).dump());
  for (const Json& text : body->broken) made.broken.push_back(text);
  for (const Json& given : body->admitted) {
    const Json each = Expanded(given, made.now);
    made.admitted.push_back({TextOr(each, "namespace", "shop"), each.at("image"), each.at("policy"), ParseTime(each.at("since"))});
  }
  if (!body->trust.is_null()) made.trust = Expanded(body->trust, made.now).dump();
  if (!body->epss.is_null()) made.epss = EpssCsv(body->epss, made.now);
  if (!body->kev.is_null()) made.kev = KevJson(body->kev, made.now);
  made.review = MakeReview(body->review, made.now);
  return made;
}

std::vector<Case> LoadCases(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Case> cases;
  for (const auto& file : files) ReadFile(file, std::filesystem::relative(file, folder).string(), cases);
  return cases;
}

}  // namespace hullwright::tests
