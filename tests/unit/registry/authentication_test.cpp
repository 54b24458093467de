// Who gets which credential: challenges, token services, caches.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "base/base64.h"
#include "registry_bench.h"

using namespace hullwright;
using namespace hullwright::registry;

namespace {

// A registry behind a token service of its own; tokens are "token-<user>-<n>".
struct TokenBench : Bench {
  TokenBench() {
    realm = "http://" + host() + "/token";
    Guard();
  }

  void Guard() {
    registry.Tell([this](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (request.target.starts_with("/token")) return GiveToken(request, answer);
      if (request.authorization.starts_with("Bearer token-") && !refuse_tokens) return false;
      answer.Whole(401, "{}", {{"WWW-Authenticate", fmt::format(R"(Bearer realm="{}",service="reg",scope="{}")", realm, scope)}});
      return true;
    });
  }
  bool GiveToken(const ScriptedRequest& request, ScriptedAnswer& answer) {
    token_authorizations.push_back(request.authorization);
    token_targets.push_back(request.method + " " + request.target);
    token_bodies.push_back(request.body);
    answer.Whole(token_status, fmt::format(R"({{"token":"token-{}","expires_in":{}}})", ++given, expires_in));
    return true;
  }

  std::string realm, scope = "repository:team/app:pull";
  int token_status = 200, expires_in = 300;
  std::atomic<bool> refuse_tokens = false;
  std::atomic<int> given = 0;
  std::vector<std::string> token_authorizations, token_targets, token_bodies;
};

std::string Basic(std::string_view user) {
  return "Basic " + EncodeBase64(std::string(user) + ":secret");
}

}  // namespace

TEST_CASE("an anonymous token is fetched once and used until it expires", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  const auto resolve = [&] { return bench.oci->Resolve(bench.Repository(), "latest", bench.Soon()); };
  REQUIRE(Succeeds(resolve()));
  CHECK(bench.RequestCount() == 3);  // 401, token, manifest
  CHECK(bench.token_targets == std::vector<std::string>{"GET /token?service=reg&scope=repository%3Ateam%2Fapp%3Apull"});
  CHECK(bench.token_authorizations == std::vector<std::string>{""});
  REQUIRE(Succeeds(resolve()));
  CHECK(bench.RequestCount() == 4);
  bench.timer->Pass(301s);
  REQUIRE(Succeeds(resolve()));
  CHECK(bench.given == 2);
  CHECK(bench.RequestCount() == 6);  // the token is fetched without asking for a challenge again
}

TEST_CASE("a token is neither used for another repository nor told to another credential", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  bench.PutImage("{}", "team/other");
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice"))));
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("bob"))));
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository("team/other"), "latest", bench.As("alice"))));
  CHECK(bench.token_authorizations == std::vector<std::string>{Basic("alice"), Basic("bob"), "", Basic("alice")});
  CHECK(bench.token_targets[3].ends_with("scope=repository%3Ateam%2Fother%3Apull"));
}

TEST_CASE("the scope of a token is ours to say", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  bench.scope = "repository:victim/private:pull,push";
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice"))));
  CHECK(bench.token_targets[0].ends_with("scope=repository%3Ateam%2Fapp%3Apull"));
}

TEST_CASE("a refresh token is posted, and never sent as a header", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  auto keyring = std::make_shared<Keyring>();
  keyring->Add(*CredentialScope::Parse(bench.host()), {"", "", "refresh&me"});
  Call call = bench.Soon();
  call.keyring = keyring;
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", call)));
  CHECK(bench.token_targets == std::vector<std::string>{"POST /token"});
  CHECK(bench.token_bodies[0].find("grant_type=refresh_token") != std::string::npos);
  CHECK(bench.token_bodies[0].find("refresh_token=refresh%26me") != std::string::npos);
  CHECK(bench.token_authorizations[0].empty());
}

TEST_CASE("401 after a fresh token is the last word", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  bench.refuse_tokens = true;
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice"))) == Why::kDenied);
  CHECK(bench.RequestCount() == 3);
}

TEST_CASE("a token that was withdrawn is replaced once", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  REQUIRE(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
  bench.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (request.target.starts_with("/token")) return bench.GiveToken(request, answer);
    if (request.authorization == "Bearer token-2") return false;
    answer.Whole(401, "{}", {{"WWW-Authenticate", fmt::format(R"(Bearer realm="{}")", bench.realm)}});
    return true;
  });
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
  CHECK(bench.given == 2);
}

TEST_CASE("a token service elsewhere gets no credentials and is not asked at forbidden addresses", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  LyingRegistry evil;
  const auto why = [&](std::string realm, const Call& call) {
    bench.realm = std::move(realm);
    return WhyNot(bench.oci->Resolve(bench.Repository(), "latest", call));
  };
  CHECK(why("https://public.example/token", bench.As("alice")) == Why::kDenied);
  CHECK(why("https://registry.example.evil/token", bench.As("alice")) == Why::kDenied);
  CHECK(why(fmt::format("http://other.example:{}/token", evil.port()), bench.As("alice")) == Why::kDenied);
  CHECK(why(fmt::format("http://other.example:{}/token", evil.port()), bench.Soon()) == Why::kForbiddenAddress);
  CHECK(why("https://metadata.example/token", bench.Soon()) == Why::kForbiddenAddress);
  CHECK(why("https://169.254.169.254/token", bench.Soon()) == Why::kForbiddenAddress);
  CHECK(why("https://internal.example/token", bench.Soon()) == Why::kForbiddenAddress);
  CHECK(why("https://127.0.0.1:6443/token", bench.Soon()) == Why::kForbiddenAddress);
  CHECK(why("https://user@public.example/token", bench.Soon()) == Why::kMalformed);
  CHECK(why("/token", bench.Soon()) == Why::kMalformed);
  CHECK(evil.Requests().empty());
  CHECK(bench.token_authorizations.empty());
}

TEST_CASE("a token service that is allow-listed gets the credentials", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  LyingRegistry service;
  service.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(200, R"({"access_token":"token-x"})");
    return true;
  });
  // Plain HTTP is for configured hosts alone, so this one is configured as well; https would need no more than its name.
  const std::string service_host = "other.example:" + std::to_string(service.port());
  auto settings = PlainHost(bench.host());
  settings.token_hosts = {service_host};
  bench.Configure(settings, {PlainHost(service_host)});
  bench.realm = "http://" + service_host + "/token";
  // Without TLS even an allow-listed service is given nothing.
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice"))) == Why::kDenied);
  CHECK(service.Requests().empty());
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
}

TEST_CASE("a token service that lies or fails gives its own answer", "[registry]") {
  TokenBench bench;
  bench.PutImage();
  const auto why = [&](int status, std::string body, http::Headers headers = {}) {
    bench.registry.Tell([=, &bench](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (request.target.starts_with("/token")) {
        answer.Whole(status, body, headers);
      } else {
        answer.Whole(401, "{}", {{"WWW-Authenticate", fmt::format(R"(Bearer realm="{}")", bench.realm)}});
      }
      return true;
    });
    return WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon()));
  };
  CHECK(why(401, "{}") == Why::kDenied);
  CHECK(why(503, "{}") == Why::kUnavailable);
  CHECK(why(200, "{}") == Why::kMalformed);
  CHECK(why(200, "no JSON") == Why::kMalformed);
  CHECK(why(200, R"({"token":"a\r\nX: y"})") == Why::kMalformed);
  CHECK(why(200, R"({"token":"a","token":"b"})") == Why::kMalformed);
  CHECK(why(302, "", {{"Location", "https://169.254.169.254/"}}) == Why::kMalformed);
  CHECK(why(200, std::string(1u << 20, ' ')) == Why::kTooLarge);
}

TEST_CASE("Basic goes to the registry that its key names, and to no other", "[registry]") {
  Bench bench;
  bench.PutImage();
  bench.registry.Tell([](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (request.authorization == Basic("alice")) return false;
    answer.Whole(401, "{}", {{"WWW-Authenticate", "Negotiate, Basic realm=\"x\""}});
    return true;
  });
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice"))));
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice", bench.host() + "/team"))));
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.As("bob"))) == Why::kDenied);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kDenied);
  const auto before = bench.registry.Authorizations().size();
  for (const auto& scope :
       {bench.host() + "/tea", bench.host() + "/other", std::string("registry.example"), std::string("a.registry.example")}) {
    CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.As("alice", scope))) == Why::kDenied);
  }
  const auto seen = bench.registry.Authorizations();
  for (auto i = before; i < seen.size(); ++i) CHECK(seen[i].empty());
}

TEST_CASE("a credential of a.example is not given to a.example.evil", "[registry]") {
  Bench bench;
  LyingRegistry evil;
  const std::string evil_host = "registry.example.evil:" + std::to_string(evil.port());
  bench.Configure(PlainHost(bench.host()), {PlainHost(evil_host)});
  evil.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(401, "{}", {{"WWW-Authenticate", "Basic realm=x"}});
    return true;
  });
  for (const auto* scope : {"registry.example", "*.example"}) {
    CHECK(WhyNot(bench.oci->Resolve({evil_host, "team/app"}, "latest", bench.As("alice", fmt::format("{}:{}", scope, evil.port())))) ==
          Why::kDenied);
  }
  for (const auto& authorization : evil.Authorizations()) CHECK(authorization.empty());
}

TEST_CASE("several credentials are tried in order", "[registry]") {
  Bench bench;
  bench.PutImage();
  bench.registry.Tell([](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (request.authorization == Basic("second")) return false;
    answer.Whole(request.authorization.empty() ? 401 : 403, "{}", {{"WWW-Authenticate", "Basic realm=x"}});
    return true;
  });
  auto keyring = std::make_shared<Keyring>();
  keyring->Add(*CredentialScope::Parse(bench.host() + "/team"), {"first", "secret", ""});
  keyring->Add(*CredentialScope::Parse(bench.host()), {"second", "secret", ""});
  Call call = bench.Soon();
  call.keyring = keyring;
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", call)));
  // The registry's own pull secret comes after the Pod's.
  auto settings = PlainHost(bench.host());
  settings.keyring = keyring;
  bench.Configure(settings);
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.As("third"))));
}

TEST_CASE("a hundred Pods with one cold image are one fetch, for each credential", "[registry]") {
  Bench bench;
  const Digest digest = bench.PutImage();
  bench.registry.Tell([](const ScriptedRequest&, ScriptedAnswer&) {
    std::this_thread::sleep_for(300ms);  // so that all are there
    return false;
  });
  std::atomic<int> found = 0;
  const Call call = bench.Soon(), alice = bench.As("alice");
  std::vector<std::jthread> pods;
  for (int i = 0; i < 100; ++i) {
    pods.emplace_back([&, i] {
      const auto document = bench.oci->Resolve(bench.Repository(), "latest", i < 50 ? call : alice);
      if (document && (*document)->digest == digest) ++found;
    });
  }
  pods.clear();
  CHECK(found == 100);
  CHECK(bench.RequestCount() == 2);
}
