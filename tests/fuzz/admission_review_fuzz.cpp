// AdmissionReviews through every path of the webhook: whatever the bytes, the answer is well-formed JSON, echoes the uid, and nothing that
// does not decode is ever allowed.
#include <fmt/format.h>

#include <string_view>

#include "base/json.h"
#include "base/log.h"
#include "base/yaml.h"
#include "fuzz/fuzzing.h"
#include "webhook/routes.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;

class FixedClock final : public Clock {
 public:
  Time Now() const override { return std::chrono::sys_days(std::chrono::year(2026) / 1 / 2); }
};

constexpr std::string_view kPolicy = R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny}
  rules: {vulnerabilities: {forbid: [{name: critical, severities: [Critical]}]}}
)";

void Put(evidence::Catalogue& catalogue, const std::string& json) {
  JsonReader reader;
  const auto root = reader.Read(json);
  Require(root.has_value());
  auto object = api::DecodeObject(*root);
  Require(object.has_value());
  catalogue.Put(*api::ReadKey(*root), "seed", std::move(object));
}

// One policy; the scan of sha256:aaa… is clean.
void Fill(evidence::Catalogue& catalogue) {
  const std::string hex(64, 'a');
  Put(catalogue, ReadYaml(kPolicy)->front().json);
  Put(catalogue, fmt::format(R"({{"apiVersion":"hullwright.dev/v1alpha1","kind":"ImageScan","metadata":{{"name":"sha256-{0}"}},
"spec":{{"digest":"sha256:{0}"}},"status":{{"results":[{{"scannerRef":{{"name":"trivy"}},"scannedAt":"2026-01-01T00:00:00Z","source":"Import",
"outcome":"Complete"}}]}}}})",
                             hex));
  catalogue.Publish();
}

// A webhook without a server.
struct House {
  House() {
    log::SetLevel(log::Level::kError);
    Fill(catalogue);
  }
  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted{1000};
  kube::Workloads workloads;
  FixedClock clock;
  webhook::Metrics metrics;
  webhook::Readiness readiness;
  webhook::AdmissionHandler admission{catalogue, admitted, workloads, clock, {}};
  webhook::ObjectHandler objects{
      [](const kube::AccessQuestion&, Deadline) -> Result<kube::AccessAnswer> { return Fail(ErrorCode::kUnavailable, "nobody to ask"); }};
  std::vector<http::Route> routes =
      webhook::MakeRoutes({admission,
                           objects,
                           metrics,
                           readiness,
                           {catalogue, [] { return http::ServerStatistics{}; }, [] { return std::optional<Time>(); },
                            [] { return std::vector<webhook::WatchState>{}; }, [] { return true; }},
                           {},
                           {}});
};

// Whether the answer allows; aborts when it is malformed.
bool Allows(const http::Response& response, const std::expected<webhook::AdmissionRequest, webhook::UnreadableReview>& request) {
  static JsonReader reader;
  const auto answer = reader.Read(response.body);
  Require(answer.has_value());
  const auto review = Member(*answer, "response");
  const std::string& uid = request ? request->uid : request.error().uid;
  if (!review) {
    Require(uid.empty() && response.status >= 400);
    return false;
  }
  Require(!uid.empty() && TextMember(*review, "uid") == uid);
  bool allowed = false;
  Require((*review)["allowed"].get(allowed) == simdjson::SUCCESS);
  if (const auto status = Member(*review, "status")) Require(TextMember(*status, "message").size() < 8192);
  return allowed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static House house;
  static JsonReader reader;
  const std::string_view body = Text(data, size);
  const auto request = webhook::DecodeReview(reader, body);
  for (const http::Route& route : house.routes) {
    if (route.method != "POST") continue;
    http::ServerRequest http;
    http.body = body;
    http.may_block = route.blocking;
    http.peer_subject = "fuzzer";
    const bool allowed = Allows(route.handler(http), request);
    Require(request || !allowed);
    if (!request || !allowed || route.path != "/v1/validate") continue;
    const bool judged = request->operation == webhook::Operation::kCreate || request->operation == webhook::Operation::kUpdate;
    Require(!judged || !request->sub_resource.empty() || house.workloads.Find(request->group, request->kind) != nullptr);
  }
  return 0;
}
