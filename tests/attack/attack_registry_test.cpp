// Attacks by a registry: rows 50 to 54 of the catalogue (docs/attacks.md). Each registry is one that lies to the gate as no real one would;
// before it does, an image of it was admitted, and where that makes sense another one is while it does.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "attack/signed_registry.h"
#include "base/base64.h"
#include "support/scripted_server.h"

using namespace hullwright::test;
using hullwright::testing::DescriptorJson;
using hullwright::testing::ScriptedAnswer;
using hullwright::testing::ScriptedRequest;
using hullwright::testing::ScriptedServer;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

// What the API server waits for both of our hooks (docs/install/webhooks.yaml), and a little for itself.
constexpr seconds kBothHooks{12};
constexpr std::size_t kMebibyte = 1 << 20;

Answer Run(const std::string& image, const std::string& name_space = "default") {
  return Gate::Get().Create(Pod(UniqueName("image"), image, name_space));
}

bool Names(const ScriptedRequest& request, const std::string& part) {
  return request.target.find(part) != std::string::npos;
}

std::string SignatureTag(const std::string& digest) {
  return "/manifests/sha256-" + digest.substr(digest.find(':') + 1) + ".sig";
}

// An index of this many bundles that nobody pushed.
std::string ReferrersOf(int count, int first = 0) {
  std::vector<std::string> entries;
  for (int i = 0; i < count; ++i) {
    entries.push_back(DescriptorJson(hullwright::testing::kManifestType, "referrer " + std::to_string(first + i),
                                     R"(,"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json")"));
  }
  return hullwright::testing::ImageIndexJson(entries);
}

std::string PullSecretFor(const std::string& host) {
  return Json{{"auths", {{host, {{"username", "robot"}, {"password", "s3cret"}}}}}}.dump();
}

// A Secret of that name and a namespace for it, or not.
std::string NamespaceWithPullSecret(const std::string& docker_config) {
  Gate& gate = Gate::Get();
  const std::string name = gate.MakeNamespace(UniqueName("team"));
  if (docker_config.empty()) return name;
  gate.Require({{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", {{"name", "pull"}, {"namespace", name}}},
                {"type", "kubernetes.io/dockerconfigjson"},
                {"data", {{".dockerconfigjson", hullwright::EncodeBase64(docker_config)}}}});
  return name;
}

Answer RunWithSecret(const std::string& image, const std::string& name_space, const std::string& secret = "pull") {
  Json pod = Pod(UniqueName("private"), image, name_space);
  pod["spec"]["imagePullSecrets"] = Json::array({{{"name", secret}}});
  return Gate::Get().Create(pod);
}

const std::string kBasic = "Basic " + hullwright::EncodeBase64("robot:s3cret");

// The registry answers nobody without the password.
void AskForPassword(SignedRegistry& world) {
  world.registry.Tell([](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (request.authorization == kBasic) return false;
    answer.Whole(401, R"({"errors":[{"code":"UNAUTHORIZED"}]})", {{"WWW-Authenticate", R"(Basic realm="registry")"}});
    return true;
  });
}

bool WasToldThePassword(const SignedRegistry& world) {
  for (const std::string& authorization : world.registry.Authorizations())
    if (!authorization.empty()) return true;
  return false;
}

// Somebody who must never be asked: remembers who did.
struct Victim {
  std::atomic<int> requests = 0;
  std::atomic<bool> told = false;
  ScriptedServer server{[this](const ScriptedRequest& request, ScriptedAnswer& answer) {
    ++requests;
    if (!request.authorization.empty() || Names(request, "robot") || request.body.find("s3cret") != std::string::npos) told = true;
    answer.Whole(200, R"({"token":"from-the-victim"})");
  }};
};

}  // namespace

TEST_CASE("a flood of signatures is refused within its time and in bounded memory", "[attack][attack-50]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string many = world.Push("app", "many"), endless = world.Push("app", "endless"), huge = world.PushSigned("app", "huge"),
                    lying = world.PushSigned("app", "lying"), good = world.PushSigned("app", "good");
  const Json huge_layer = {{"mediaType", "application/vnd.dev.cosign.simplesigning.v1+json"},
                           {"digest", "sha256:" + std::string(64, '5')},
                           {"size", 5'368'709'120},
                           {"annotations", {{"dev.cosignproject.cosign/signature", "c2ln"}}}};
  std::atomic<int> pages = 0;
  const std::string ten_thousand = ReferrersOf(10'000);
  world.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    const auto send_index = [&](const std::string& index, const hullwright::http::Headers& headers) {
      answer.Whole(200, index, headers, hullwright::testing::kIndexType);
      return true;
    };
    if (Names(request, "/referrers/" + many)) return send_index(ten_thousand, {});
    if (Names(request, "/referrers/" + endless)) {
      const int page = ++pages;
      return send_index(ReferrersOf(1, page),
                        {{"Link", "</v2/app/referrers/" + endless + "?last=" + std::to_string(page) + ">; rel=\"next\""}});
    }
    if (Names(request, SignatureTag(huge))) {
      Json manifest = Json::parse(hullwright::testing::ImageManifestJson("{}", "layer"));
      manifest["layers"] = Json::array({huge_layer});
      answer.Whole(200, manifest.dump(), {}, hullwright::testing::kManifestType);
      return true;
    }
    return false;
  });
  const std::size_t before = gate.WebhookResidentBytes();
  const auto refused_in_time = [&](const std::string& digest, std::string_view word) {
    INFO(digest << " " << word);
    const auto begin = steady_clock::now();
    RequireDenied(Run(world.ByDigest("app", digest)), word);
    CHECK(steady_clock::now() - begin < kBothHooks);
  };
  refused_in_time(many, "SignatureTooLarge");
  refused_in_time(endless, "SignatureTooLarge");
  CHECK(pages <= 20);
  refused_in_time(huge, "SignatureTooLarge");
  CHECK(world.Asked("/blobs/sha256:" + std::string(64, '5')) == 0);
  RequireAdmitted(Run(world.ByDigest("app", good)));

  // A signature that goes on and on, whatever its size was said to be.
  world.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (!Names(request, "/blobs/")) return false;
    const std::string piece(kMebibyte, 'x');
    if (answer.BeginStream())
      while (answer.Chunk(piece)) continue;
    return true;
  });
  refused_in_time(lying, "SignatureTooLarge");
  CHECK(gate.WebhookResidentBytes() < before + 96 * kMebibyte);
}

TEST_CASE("a registry that sends a byte a second is given up in time, and nobody else waits for it", "[attack][attack-51]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  const std::string slow = world.PushSigned("app", "slow"), good = world.PushSigned("app", "good");
  world.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (!Names(request, SignatureTag(slow))) return false;
    if (!answer.BeginStream()) return true;
    const auto gone = [&] { return !answer.IsOpen(); };
    while (answer.Chunk("x") && !hullwright::testing::WaitUntil(gone, seconds(1))) continue;
    return true;
  });
  Answer refused;
  const auto begin = steady_clock::now();
  steady_clock::duration took{};
  {
    std::jthread waiting([&] {
      refused = Run(world.ByDigest("app", slow));
      took = steady_clock::now() - begin;
    });
    REQUIRE(hullwright::testing::WaitUntil([&] { return world.Asked(SignatureTag(slow)) > 0; }, seconds(10)));
    // Meanwhile: other images, of that registry too, known and unknown.
    RequireAdmitted(gate.Create(Pod(UniqueName("meanwhile"), gate.good())));
    RequireAdmitted(Run(world.ByDigest("app", good)));
    RequireDenied(gate.Create(Pod(UniqueName("meanwhile"), gate.bad())), "VulnerabilityForbidden");
    CHECK(steady_clock::now() - begin < seconds(4));
  }
  RequireDenied(refused, "RegistryUnreachable");
  CHECK(took < kBothHooks);
}

TEST_CASE("neither a token realm nor a redirect leads the gate to an inner address, and no credential goes there", "[attack][attack-52]") {
  Gate& gate = Gate::Get();
  SignedRegistry world;
  Victim victim;
  const std::string team = NamespaceWithPullSecret(PullSecretFor(world.registry.host()));
  // Under another name than the registry's: other ports of a configured registry's own host may be its token service.
  const std::string api_server = "https://localhost:" + std::to_string(gate.ApiServerPort());
  int next = 0;
  const auto run_new = [&] { return RunWithSecret(world.ByDigest("app", world.PushSigned("app", std::to_string(next++))), team); };
  const auto with_realm = [&](const std::string& realm) {
    world.registry.Tell([=](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (request.target.starts_with("/token")) {
        answer.Whole(200, R"({"token":"good"})");
        return true;
      }
      if (request.authorization == "Bearer good") return false;
      answer.Whole(401, R"({"errors":[{"code":"UNAUTHORIZED"}]})",
                   {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"registry\""}});
      return true;
    });
  };
  const auto redirected_to = [&](const std::string& url) {
    world.registry.Tell([=](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (!Names(request, "/blobs/")) return false;
      answer.Whole(307, "", {{"Location", url}});
      return true;
    });
  };
  const std::vector<std::string> forbidden = {victim.server.url() + "/token",
                                              "http://169.254.169.254/latest/meta-data",
                                              "https://[fe80::1]/token",
                                              api_server + "/api/v1/namespaces/kube-system/secrets",
                                              "http://localhost:" + std::to_string(victim.server.port()) + "/token",
                                              "file:///etc/passwd"};
  for (const std::string& url : forbidden) {
    INFO(url);
    // What is no URL of a registry at all is malformed.
    with_realm(url);
    const Answer by_realm = run_new();
    CHECK(by_realm.status == 403);
    CHECK_THAT(by_realm.message(), Catch::Contains("RegistryRefused") || Catch::Contains("Malformed"));
    redirected_to(url);
    const Answer by_redirect = run_new();
    CHECK(by_redirect.status == 403);
    CHECK_THAT(by_redirect.message(), Catch::Contains("RegistryRefused") || Catch::Contains("Malformed"));
  }
  CHECK(victim.requests == 0);
  CHECK_FALSE(victim.told);
  // Its own token service may have the credential, and then the image is read.
  with_realm("http://" + world.registry.host() + "/token");
  RequireAdmitted(run_new());
  const auto told = world.registry.Authorizations();
  CHECK(std::ranges::find(told, kBasic) != told.end());
}

TEST_CASE("a pull secret for one registry is shown to no other", "[attack][attack-53]") {
  SignedRegistry mine, evil;
  const std::string own = mine.PushSigned("app", "own"), theirs = evil.PushSigned("app", "theirs");
  AskForPassword(mine);
  AskForPassword(evil);
  const std::string team = NamespaceWithPullSecret(PullSecretFor(mine.registry.host()));
  RequireAdmitted(RunWithSecret(mine.ByDigest("app", own), team));
  CHECK(WasToldThePassword(mine));
  RequireDenied(RunWithSecret(evil.ByDigest("app", theirs), team), "RegistryRefused");
  CHECK_FALSE(WasToldThePassword(evil));
  // One path of a registry is not another.
  const std::string narrow = NamespaceWithPullSecret(PullSecretFor(evil.registry.host() + "/team"));
  const std::string in_team = evil.PushSigned("team/app", "in team");
  RequireDenied(RunWithSecret(evil.ByDigest("app", theirs), narrow), "RegistryRefused");
  RequireDenied(RunWithSecret(evil.ByDigest("team-evil/app", evil.PushSigned("team-evil/app", "beside")), narrow), "RegistryRefused");
  CHECK_FALSE(WasToldThePassword(evil));
  RequireAdmitted(RunWithSecret(evil.ByDigest("team/app", in_team), narrow));
}

TEST_CASE("a pull secret of another namespace is not read, and what it showed there is not known here", "[attack][attack-54]") {
  SignedRegistry world;
  const std::string image = world.ByDigest("app", world.PushSigned("app", "private"));
  AskForPassword(world);
  const std::string theirs = NamespaceWithPullSecret(PullSecretFor(world.registry.host())), mine = NamespaceWithPullSecret("");
  RequireAdmitted(RunWithSecret(image, theirs));
  const std::size_t before = world.registry.Authorizations().size();
  RequireDenied(RunWithSecret(image, mine), "RegistryRefused");
  RequireDenied(Run(image, mine), "RegistryRefused");
  RequireDenied(Run(image, theirs), "RegistryRefused");  // a Pod that does not name it
  for (const std::string& name : {theirs + "/pull", "../" + theirs + "/pull", "../../" + theirs + "/secrets/pull"}) {
    INFO(name);
    CHECK_FALSE(RunWithSecret(image, mine, name).ok());
  }
  const auto told = world.registry.Authorizations();
  CHECK(std::all_of(told.begin() + static_cast<std::ptrdiff_t>(before), told.end(), [](const auto& each) { return each.empty(); }));
  RequireAdmitted(RunWithSecret(image, theirs));
}
