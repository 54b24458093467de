// One question, two programs: every decision case is put to `hullctl check` and, over TLS, to hullwright-webhook, and they must agree on
// verdict and reasons, and with what the case expects.
#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/rfc3339.h"
#include "support/case_file.h"
#include "support/certificates.h"
#include "support/free_port.h"
#include "support/https_exchange.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace {

using namespace hullwright;
using Json = nlohmann::json;
using testing::Process;
using testing::TemporaryDirectory;
using tests::Case;
using tests::MaterialisedCase;

constexpr std::chrono::seconds kPatience{30};

// What both programs say, in the form in which they can be compared.
struct Verdict {
  bool allowed = false;
  std::string outcome;
  std::set<std::string> reasons, policies;

  bool operator==(const Verdict&) const = default;
};

std::string Text(const Verdict& verdict) {
  std::string text = fmt::format("{} {}:", verdict.allowed ? "allowed" : "denied", verdict.outcome);
  for (const auto& reason : verdict.reasons) text += " " + reason;
  for (const auto& policy : verdict.policies) text += " " + policy;
  return text;
}

void WriteAll(const TemporaryDirectory& folder, const std::string& sub, const std::string& stem, const std::vector<std::string>& texts) {
  std::filesystem::create_directories(folder.path() / sub);
  for (std::size_t i = 0; i < texts.size(); ++i) folder.Write(fmt::format("{}/{}-{}.yaml", sub, stem, i), texts[i]);
}

// The case as files: policies/ (with the Namespaces), scans/, admitted.yaml, object.json, old.json.
void WriteCase(const TemporaryDirectory& folder, const MaterialisedCase& materialised) {
  WriteAll(folder, "policies", "object", materialised.objects);
  WriteAll(folder, "policies", "namespace", materialised.namespaces);
  WriteAll(folder, "policies", "broken", materialised.broken);
  WriteAll(folder, "scans", "scan", materialised.scans);
  Json admitted = Json::array();
  for (const auto& entry : materialised.admitted) {
    admitted.push_back(
        {{"namespace", entry.namespace_}, {"image", entry.image}, {"policy", entry.policy}, {"since", FormatRfc3339(entry.since)}});
  }
  folder.Write("admitted.yaml", admitted.dump());
  std::filesystem::create_directories(folder.path() / "exploitation");
  if (materialised.epss) folder.Write("exploitation/epss_scores.csv", *materialised.epss);
  if (materialised.kev) folder.Write("exploitation/known_exploited_vulnerabilities.json", *materialised.kev);
  folder.Write("object.json", materialised.review.object);
  if (materialised.review.old_object) folder.Write("old.json", *materialised.review.old_object);
}

std::string In(const TemporaryDirectory& folder, const char* name) {
  return (folder.path() / name).string();
}

Verdict AskHullctl(const Case& item, const TemporaryDirectory& folder, const MaterialisedCase& materialised) {
  std::vector<std::string> arguments = {"check",
                                        "-f",
                                        In(folder, "object.json"),
                                        "--policies",
                                        In(folder, "policies"),
                                        "--scans",
                                        In(folder, "scans"),
                                        "--admitted",
                                        In(folder, "admitted.yaml"),
                                        "--exploitation",
                                        In(folder, "exploitation"),
                                        "--unmatched",
                                        item.unmatched,
                                        "--namespace",
                                        materialised.review.namespace_,
                                        "--now",
                                        FormatRfc3339(materialised.now),
                                        "-o",
                                        "json"};
  if (materialised.review.old_object) arguments.insert(arguments.end(), {"--old", In(folder, "old.json")});
  const auto result = testing::Run(testing::ProgramPath("hullctl"), arguments);
  const Json output = Json::parse(result.out, nullptr, false);
  INFO(result.out << result.err);
  REQUIRE(output.is_object());
  REQUIRE(output["objects"].size() == 1);
  const Json& object = output["objects"][0];
  Verdict verdict{object["allowed"], object["outcome"], {}, {}};
  for (const Json& image : object["images"]) {
    for (const Json& reason : image["reasons"]) verdict.reasons.insert(reason["reason"].get<std::string>());
    for (const Json& policy : image["policies"]) verdict.policies.insert(policy.get<std::string>());
  }
  const int expected_exit = verdict.allowed ? 0 : verdict.outcome == "violation" ? 1 : 2;
  // A broken policy file is an input that could not be read, which no verdict hides.
  CHECK((result.exit == expected_exit || (!materialised.broken.empty() && result.exit == 2)));
  return verdict;
}

Json Review(const MaterialisedCase& materialised) {
  const Json object = Json::parse(materialised.review.object);
  const std::string version = object["apiVersion"];
  const std::size_t slash = version.find('/');
  const Json kind = {{"group", slash == std::string::npos ? "" : version.substr(0, slash)},
                     {"version", slash == std::string::npos ? version : version.substr(slash + 1)},
                     {"kind", object["kind"]}};
  return {{"apiVersion", "admission.k8s.io/v1"},
          {"kind", "AdmissionReview"},
          {"request",
           {{"uid", "0d4b1f3e"},
            {"kind", kind},
            {"resource", {{"group", kind["group"]}, {"version", kind["version"]}, {"resource", "any"}}},
            {"namespace", materialised.review.namespace_},
            {"name", "case"},
            {"operation", materialised.review.operation},
            {"userInfo", {{"username", "alice"}}},
            {"object", object},
            {"oldObject", materialised.review.old_object ? Json::parse(*materialised.review.old_object) : Json()}}}};
}

std::set<std::string> Split(const std::string& text) {
  std::set<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Verdict AskWebhook(const Case& item, const TemporaryDirectory& folder, const MaterialisedCase& materialised) {
  static const TemporaryDirectory certificates;
  static testing::CertificateAuthority authority(certificates.path(), "differential");
  static const auto certificate = authority.MintServer("webhook");
  const testing::HttpsTarget target{testing::FreePort(), authority.ca_file()};
  Process webhook(
      testing::ProgramPath("hullwright-webhook"),
      {"--policies", In(folder, "policies"), "--scans", In(folder, "scans"), "--admitted", In(folder, "admitted.yaml"), "--exploitation",
       In(folder, "exploitation"), "--no-registry", "--unmatched", item.unmatched, "--listen", fmt::format("127.0.0.1:{}", target.port),
       "--tls-cert", certificate.certificate_file, "--tls-key", certificate.key_file, "--shutdown-delay", "0"});
  http::Response response;
  const bool answered = testing::WaitUntil(
      [&] {
        try {
          response = testing::Exchange(target, "POST", "/v1/validate", {{"Content-Type", "application/json"}}, Review(materialised).dump());
          return true;
        } catch (const std::runtime_error&) {
          return !webhook.IsRunning();
        }
      },
      kPatience);
  INFO(webhook.Errors());
  REQUIRE(answered);
  REQUIRE(webhook.IsRunning());
  const Json answer = Json::parse(response.body)["response"];
  REQUIRE(answer["uid"] == "0d4b1f3e");
  const Json annotations = answer.value("auditAnnotations", Json::object());
  return {answer["allowed"], annotations.value("outcome", ""), Split(annotations.value("reasons", "")),
          Split(annotations.value("policies", ""))};
}

Verdict Expected(const Case& item) {
  Verdict verdict{item.expect.allowed, item.expect.outcome, {}, {}};
  for (const auto& reason : item.expect.reasons) verdict.reasons.insert(reason.word);
  return verdict;
}

}  // namespace

TEST_CASE("hullctl and the webhook give every case the same verdict for the same reasons", "[differential][cases]") {
  const auto cases = tests::LoadCases(testing::SourcePath("tests/cases"));
  REQUIRE(cases.size() >= 120);
  std::size_t compared = 0, engine_only = 0;
  for (const Case& item : cases) {
    if (item.engine_only) {
      ++engine_only;
      continue;
    }
    INFO(item.file << ": " << item.name);
    const TemporaryDirectory folder;
    const MaterialisedCase materialised = item.Materialise(SystemClock().Now());
    WriteCase(folder, materialised);
    Verdict from_hullctl = AskHullctl(item, folder, materialised);
    if (!item.now) {  // the webhook judges by its own clock; a case bound to a moment is hullctl's alone
      const Verdict from_webhook = AskWebhook(item, folder, materialised);
      CHECK(Text(from_hullctl) == Text(from_webhook));
      ++compared;
    }
    from_hullctl.policies.clear();
    CHECK(Text(from_hullctl) == Text(Expected(item)));
  }
  CHECK(compared >= 120);
  if (engine_only > 0) fmt::print("absent: {} cases with trust facts were asked of the engine alone\n", engine_only);
}
