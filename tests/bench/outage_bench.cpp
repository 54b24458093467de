// Warm reviews while the registry is really stopped: the webhook's own parts in process, with a clock that is set on ten minutes. The
// registry and the signature are of the real olareg and cosign.
// Prints {"before_max_ms": …, "after_max_ms": …, "before_p50_ms": …, "after_p50_ms": …, "same": …}: medians of five rounds of 1,000
// reviews; same counts the answers of all rounds that were as before.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "base/log.h"
#include "evidence/folder_data.h"
#include "evidence/folder_source.h"
#include "support/registry_process.h"
#include "support/signing_tools.h"
#include "webhook/registry_access.h"
#include "webhook/routes.h"

namespace {

using namespace hullwright;
using nlohmann::json;

constexpr int kRounds = 5;
constexpr int kReviews = 1000;
constexpr auto kOutage = std::chrono::minutes(10);

class MovableClock final : public Clock {
 public:
  Time Now() const override { return system_.Now() + ahead_.load(); }
  void MoveOn(std::chrono::milliseconds by) { ahead_ = ahead_.load() + by; }

 private:
  SystemClock system_;
  std::atomic<std::chrono::milliseconds> ahead_{};
};

std::string Contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

json Object(const std::string& kind, const std::string& name, json spec) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", kind}, {"metadata", {{"name", name}}}, {"spec", std::move(spec)}};
}

// A registry with one image that cosign signed, and the policies that want it so.
struct World {
  World() {
    const testing::KeyPair key = tools.MakeCosignKey("release", "ecdsa-p256");
    image = registry.host() + "/app@" + tools.PushImage(registry.host() + "/app:1");
    const auto done = tools.Cosign({"sign", "--yes", "--allow-http-registry", "--new-bundle-format=false", "--use-signing-config=false",
                                    "--tlog-upload=false", "--key", key.private_key, image});
    if (done.exit != 0) throw std::runtime_error("cosign: " + done.err);
    std::filesystem::create_directory(folder.path() / "policies");
    Write("namespace", {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "bench"}}}});
    Write("registry", Object("Registry", "local", {{"host", registry.host()}, {"plainHTTP", true}}));
    Write(
        "publisher",
        Object("TrustedPublisher", "acme",
               {{"displayName", "Acme"},
                {"repositories", {registry.host() + "/**"}},
                {"verification", "Signature"},
                {"authorities",
                 {{{"name", "release"}, {"type", "Key"}, {"key", {{"transparencyLog", "Ignore"}, {"pem", Contents(key.public_key)}}}}}}}));
    Write("policy", Object("ClusterImageAdmissionPolicy", "signed",
                           {{"enforcement", {{"newImages", "Deny"}}}, {"rules", {{"publishers", {{"refs", {{{"name", "acme"}}}}}}}}}));
  }
  void Write(const std::string& name, const json& object) { folder.Write("policies/" + name + ".json", object.dump()); }
  std::string Policies() const { return (folder.path() / "policies").string(); }

  std::string Review() const {
    const json kind = {{"group", ""}, {"version", "v1"}, {"kind", "Pod"}};
    const json pod = {{"apiVersion", "v1"},
                      {"kind", "Pod"},
                      {"metadata", {{"name", "app"}, {"namespace", "bench"}}},
                      {"spec", {{"containers", {{{"name", "app"}, {"image", image}}}}}}};
    return json{{"apiVersion", "admission.k8s.io/v1"},
                {"kind", "AdmissionReview"},
                {"request",
                 {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
                  {"kind", kind},
                  {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "pods"}}},
                  {"name", "app"},
                  {"namespace", "bench"},
                  {"operation", "CREATE"},
                  {"userInfo", {{"username", "alice"}, {"groups", {"developers"}}}},
                  {"object", pod},
                  {"oldObject", nullptr},
                  {"dryRun", false}}}}
        .dump();
  }

  testing::TemporaryDirectory folder;
  testing::RegistryProcess registry{testing::RegistryKind::kReferrersApi};
  testing::SigningTools tools;
  std::string image;
};

// The webhook without a server: the route that a server would call.
class House {
 public:
  House(const World& world, const Clock& clock) : clock_(clock) {
    auto source = evidence::FolderSource::Start({{world.Policies(), true}}, catalogue_);
    if (!source) throw std::runtime_error(source.error().message);
    folders_ = std::move(*source);
    auto opened = webhook::RegistryAccess::Open({"", ""}, catalogue_, cluster_, clock_);
    if (!opened) throw std::runtime_error(opened.error().message);
    registries_ = std::move(*opened);
    admission_ = std::make_unique<webhook::AdmissionHandler>(catalogue_, admitted_, workloads_, clock_, policy::EngineOptions{},
                                                             webhook::Origins{&registries_->gatherer(), std::nullopt});
    routes_ = webhook::MakeRoutes({*admission_,
                                   objects_,
                                   metrics_,
                                   readiness_,
                                   {catalogue_, [] { return http::ServerStatistics{}; }, [] { return std::optional<Time>(); },
                                    [] { return std::vector<webhook::WatchState>{}; }, [] { return true; }},
                                   {},
                                   {}});
  }

  http::Response Ask(const std::string& review, bool may_block) const {
    const auto route = std::ranges::find(routes_, "/v1/validate", &http::Route::path);
    http::ServerRequest request;
    request.body = review;
    request.may_block = may_block;
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return route->handler(request);
  }

 private:
  const Clock& clock_;
  evidence::Catalogue catalogue_;
  std::unique_ptr<evidence::FolderSource> folders_;
  evidence::AdmittedImages admitted_{1000};
  evidence::FolderData cluster_{""};
  kube::Workloads workloads_;
  webhook::Metrics metrics_;
  webhook::Readiness readiness_;
  webhook::ObjectHandler objects_{
      [](const kube::AccessQuestion&, Deadline) -> Result<kube::AccessAnswer> { return Fail(ErrorCode::kUnavailable, "nobody to ask"); }};
  std::unique_ptr<webhook::RegistryAccess> registries_;
  std::unique_ptr<webhook::AdmissionHandler> admission_;
  std::vector<http::Route> routes_;
};

struct Figures {
  double max_ms = 0, p50_ms = 0;
  int same = 0;
};

// From memory alone: an answer that had to be waited for is another.
Figures AskMany(const House& house, const std::string& review, const std::string& expected) {
  Figures figures;
  std::vector<double> times;
  for (int i = 0; i < kReviews; ++i) {
    const auto started = std::chrono::steady_clock::now();
    const http::Response response = house.Ask(review, false);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
    if (response.body == expected) ++figures.same;
  }
  std::ranges::sort(times);
  figures.max_ms = times.back();
  figures.p50_ms = times[times.size() / 2];
  return figures;
}

std::pair<Figures, Figures> Round(World& world) {
  MovableClock clock;
  const House house(world, clock);
  const std::string review = world.Review();
  const std::string expected = house.Ask(review, true).body;
  if (!json::parse(expected)["response"]["allowed"].get<bool>()) throw std::runtime_error("not admitted: " + expected);
  const Figures before = AskMany(house, review, expected);
  world.registry.Stop();
  clock.MoveOn(kOutage);
  const Figures after = AskMany(house, review, expected);
  world.registry.Start();
  return {before, after};
}

double Median(std::array<double, kRounds> values) {
  std::ranges::sort(values);
  return values[kRounds / 2];
}

}  // namespace

int main() {
  log::SetLevel(log::Level::kError);
  World world;
  std::array<double, kRounds> before_max{}, after_max{}, before_p50{}, after_p50{};
  int same = 0;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const auto [before, after] = Round(world);
    before_max[i] = before.max_ms;
    after_max[i] = after.max_ms;
    before_p50[i] = before.p50_ms;
    after_p50[i] = after.p50_ms;
    same += after.same;
  }
  fmt::print("{{\"before_max_ms\": {}, \"after_max_ms\": {}, \"before_p50_ms\": {}, \"after_p50_ms\": {}, \"same\": {}}}\n",
             Median(before_max), Median(after_max), Median(before_p50), Median(after_p50), same);
}
