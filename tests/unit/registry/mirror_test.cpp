// Mirrors: the same bytes from elsewhere, under the same name.
#include <fmt/format.h>

#include "registry_bench.h"

using namespace hullwright;
using namespace hullwright::registry;

namespace {

struct MirrorBench : Bench {
  explicit MirrorBench(Mirror mirror = {.host = "", .path = "proxy", .resolves_tags = false}, bool mirrors_only = false) {
    mirror.host = "other.example:" + std::to_string(near.port());
    auto settings = PlainHost(host());
    settings.mirrors = {mirror};
    settings.mirrors_only = mirrors_only;
    Configure(settings, {PlainHost(mirror.host)});
  }
  // Both at the registry and at its mirror.
  Digest PutEverywhere() {
    PutImage("{}", "team/app");
    near.PutBlob("proxy/team/app", "{}");
    return *Digest::Parse(
        near.PutManifest("proxy/team/app", "latest", std::string(testing::kManifestType), testing::ImageManifestJson("{}", "layer")));
  }
  std::string SignatureOf(const Digest& subject, std::string_view layer) const {
    return testing::ImageManifestJson(
        "{}", layer, fmt::format(R"(,"subject":{{"mediaType":"{}","digest":"{}","size":1}})", testing::kManifestType, subject.text()));
  }

  LyingRegistry near;
};

}  // namespace

TEST_CASE("digests are fetched from the mirror, tags from the registry itself", "[registry]") {
  MirrorBench bench;
  const Digest digest = bench.PutEverywhere();
  REQUIRE(Succeeds(bench.oci->Manifest(bench.Repository(), digest, bench.Soon())));
  REQUIRE(Succeeds(bench.oci->Blob(bench.Repository(), {"", Sha256("{}"), 2}, bench.Soon())));
  CHECK(bench.registry.Requests().empty());
  CHECK(bench.near.Requests()[0] == "GET /v2/proxy/team/app/manifests/" + digest.text());
  const std::string moved = testing::ImageManifestJson("{}", "a lie about the tag");
  bench.near.PutManifest("proxy/team/app", "latest", std::string(testing::kManifestType), moved);
  const auto resolved = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon());
  REQUIRE(Succeeds(resolved));
  CHECK((*resolved)->digest == digest);
}

TEST_CASE("a mirror that lies, lacks or fails is passed over", "[registry]") {
  MirrorBench bench;
  const Digest digest = bench.PutEverywhere();
  const auto fetch = [&] { return bench.oci->Manifest(bench.Repository(), digest, bench.Soon()); };
  bench.near.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(200, testing::ImageManifestJson("{}", "evil"), {}, testing::kManifestType);
    return true;
  });
  CHECK(Succeeds(fetch()));
  bench.near.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(503, "");
    return true;
  });
  CHECK(Succeeds(fetch()));
  bench.near.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(404, R"({"errors":[]})");
    return true;
  });
  CHECK(Succeeds(fetch()));
  CHECK(WhyNot(bench.oci->Manifest(bench.Repository(), Sha256("nothing"), bench.Soon())) == Why::kAbsent);
  bench.near.Stop();
  CHECK(Succeeds(fetch()));
  bench.registry.Stop();
  CHECK(WhyNot(fetch()) == Why::kUnavailable);
}

TEST_CASE("signatures are looked for at the mirror and at the registry", "[registry]") {
  MirrorBench bench;
  const Digest subject = bench.PutEverywhere();
  bench.near.PutManifest("proxy/team/app", "", std::string(testing::kManifestType), bench.SignatureOf(subject, "near"));
  bench.registry.PutManifest("team/app", "", std::string(testing::kManifestType), bench.SignatureOf(subject, "near"));
  bench.registry.PutManifest("team/app", "", std::string(testing::kManifestType), bench.SignatureOf(subject, "upstream"));
  const auto list = [&] { return bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon()); };
  const auto both = list();
  REQUIRE(Succeeds(both));
  CHECK(both->entries.size() == 2);
  CHECK_FALSE(both->incomplete);
  bench.registry.Stop();
  const auto near_only = list();
  REQUIRE(Succeeds(near_only));
  CHECK(near_only->entries.size() == 1);
  REQUIRE(near_only->incomplete);
  CHECK(near_only->incomplete->why == Why::kUnavailable);
  bench.near.Stop();
  CHECK(WhyNot(list()) == Why::kUnavailable);
}

TEST_CASE("an empty mirror does not stand for a registry that cannot be asked", "[registry]") {
  MirrorBench bench;
  const Digest subject = bench.PutEverywhere();
  bench.registry.Stop();
  CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon())) == Why::kUnavailable);
}

TEST_CASE("in an air gap the registry itself is never asked", "[registry]") {
  MirrorBench bench({.host = "", .path = "", .resolves_tags = true}, true);
  bench.PutImage();
  const std::string manifest = testing::ImageManifestJson("{}", "layer");
  bench.near.PutManifest("team/app", "latest", std::string(testing::kManifestType), manifest);
  const auto resolved = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon());
  REQUIRE(Succeeds(resolved));
  CHECK((*resolved)->digest == Sha256(manifest));
  CHECK(Succeeds(bench.oci->Referrers(bench.Repository(), Sha256(manifest), "", bench.Soon())));
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "nothing", bench.Soon())) == Why::kAbsent);
  CHECK(bench.registry.Requests().empty());
  MirrorBench without_tags({.host = "", .path = "", .resolves_tags = false}, true);
  CHECK(WhyNot(without_tags.oci->Resolve(without_tags.Repository(), "latest", without_tags.Soon())) == Why::kMisconfigured);
}

TEST_CASE("a mirror gets its own credentials, not those of the registry", "[registry]") {
  MirrorBench bench;
  const Digest digest = bench.PutEverywhere();
  bench.near.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(401, "{}", {{"WWW-Authenticate", "Basic realm=x"}});
    return true;
  });
  CHECK(Succeeds(bench.oci->Manifest(bench.Repository(), digest, bench.As("alice", bench.host()))));
  for (const auto& authorization : bench.near.Authorizations()) CHECK(authorization.empty());
}

TEST_CASE("a configuration that cannot work is an error that names the host", "[registry]") {
  const auto error = [](HostSettings settings) {
    Configuration configuration;
    configuration.hosts = {settings};
    const auto hosts = Hosts::Make(configuration);
    REQUIRE_FALSE(hosts);
    CHECK(hosts.error().message.find("a.example") != std::string::npos);
    return hosts.error().code;
  };
  CHECK(error({.host = "a.example", .tls = {.ca_pem = "nothing"}}) == ErrorCode::kInvalidInput);
  CHECK(error({.host = "a.example", .requests_per_second = 0}) == ErrorCode::kInvalidInput);
  CHECK(error({.host = "a.example", .mirrors_only = true}) == ErrorCode::kInvalidInput);
  CHECK(error({.host = "a.example/path"}) == ErrorCode::kInvalidInput);
  CHECK(error({.host = "a.example", .mirrors = {{.host = "b c", .path = ""}}}) == ErrorCode::kInvalidInput);
  const auto hub = Hosts::Make({});
  REQUIRE(hub);
  CHECK((*(*hub)->Find("docker.io"))->origin.host == "registry-1.docker.io");
}
