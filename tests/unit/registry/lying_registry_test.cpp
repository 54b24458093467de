// A registry that lies: each lie has its typed answer, and costs bounded bytes and time.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "registry_bench.h"

using namespace hullwright;
using namespace hullwright::registry;
using std::chrono::steady_clock;
using testing::ImageIndexJson;
using testing::ImageManifestJson;

namespace {

bool IsFor(const ScriptedRequest& request, std::string_view what) {
  return request.target.find(what) != std::string::npos;
}

// Everything is answered so.
LyingRegistry::Lie Always(int status, std::string body, http::Headers headers = {}, std::string type = "application/json") {
  return [=](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(status, body, headers, type);
    return true;
  };
}

const std::string kType(testing::kManifestType);

}  // namespace

TEST_CASE("other bytes than those of the digest are no answer", "[registry]") {
  Bench bench;
  const Digest digest = bench.PutImage();
  const std::string other = ImageManifestJson("{}", "another layer");
  bench.registry.Tell(Always(200, other, {}, kType));
  CHECK(WhyNot(bench.oci->Manifest(bench.Repository(), digest, bench.Soon())) == Why::kDigestMismatch);
  bench.registry.Tell(Always(200, "evil"));
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("good"), 4}, bench.Soon())) == Why::kDigestMismatch);
  bench.registry.Tell(Always(200, "goo"));
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("good"), 4}, bench.Soon())) == Why::kDigestMismatch);
  bench.registry.Tell(Always(200, "good and more"));
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("good"), 4}, bench.Soon())) == Why::kTooLarge);
}

TEST_CASE("the digest of a tag is that of the bytes received, whatever the header says", "[registry]") {
  Bench bench;
  const std::string manifest = ImageManifestJson("{}", "layer");
  bench.registry.Tell(Always(200, manifest, {}, kType));
  const auto resolved = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon());
  REQUIRE(Succeeds(resolved));
  CHECK((*resolved)->digest == Sha256(manifest));
  CHECK(*(*resolved)->bytes == manifest);
  bench.registry.Tell(Always(200, manifest, {{"Docker-Content-Digest", Sha256("signed image").text()}}, kType));
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kDigestMismatch);
}

TEST_CASE("a header that tells the digest by another algorithm is compared by that one", "[registry]") {
  Bench bench;
  const std::string manifest = ImageManifestJson("{}", "layer");
  const Digest digest = Sha256(manifest);
  bench.registry.Tell(Always(200, manifest, {{"Docker-Content-Digest", DigestOf(manifest, "sha512").text()}}, kType));
  CHECK(Succeeds(bench.oci->Manifest(bench.Repository(), digest, bench.Soon())));
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
  bench.registry.Tell(Always(200, manifest, {{"Docker-Content-Digest", DigestOf("another", "sha512").text()}}, kType));
  CHECK(WhyNot(bench.oci->Manifest(bench.Repository(), digest, bench.Soon())) == Why::kDigestMismatch);
}

TEST_CASE("another image under the tag the second time is another digest", "[registry]") {
  Bench bench;
  std::atomic<int> asked = 0;
  bench.registry.Tell([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(200, ImageManifestJson("{}", fmt::format("layer {}", asked++)), {}, kType);
    return true;
  });
  const auto first = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon());
  REQUIRE(Succeeds(first));
  CHECK((*bench.oci->Resolve(bench.Repository(), "latest", bench.Soon()))->digest != (*first)->digest);
  // What was resolved is fetched by its digest from then on, so the second answer cannot pass for it.
  CHECK(WhyNot(bench.oci->Manifest(bench.Repository(), (*first)->digest, bench.Soon())) == Why::kDigestMismatch);
}

TEST_CASE("a document that could be taken for another kind is refused", "[registry]") {
  Bench bench;
  const std::string manifest = ImageManifestJson("{}", "layer"), index = ImageIndexJson({});
  const auto why = [&](const std::string& body, std::string type) {
    bench.registry.Tell(Always(200, body, {}, std::move(type)));
    return WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon()));
  };
  CHECK(why(manifest, std::string(testing::kIndexType)) == Why::kMalformed);
  CHECK(why(index, kType) == Why::kMalformed);
  CHECK(why(ImageIndexJson({}, R"(,"layers":[])"), std::string(testing::kIndexType)) == Why::kMalformed);
  CHECK(why(manifest, "application/json") == Why::kUnsupported);
  CHECK(why(manifest, "text/html; x=" + kType) == Why::kUnsupported);
  CHECK(why("<html>login</html>", "text/html") == Why::kUnsupported);
  CHECK(why(R"({"schemaVersion":1})", "application/vnd.docker.distribution.manifest.v1+prettyjws") == Why::kUnsupported);
  CHECK(why("{", kType) == Why::kMalformed);
  bench.registry.Tell(Always(200, manifest, {}, kType + "; charset=utf-8"));
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
}

TEST_CASE("a compressed answer is not inflated", "[registry]") {
  Bench bench;
  bench.registry.Tell(Always(200, "\x1f\x8b", {{"Content-Encoding", "gzip"}}, kType));
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kUnsupported);
}

TEST_CASE("a blob of 5 GB costs nothing when it is announced, and its bound when it is not", "[registry]") {
  Bench bench;
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("x"), 5'000'000'000}, bench.Soon())) == Why::kTooLarge);
  CHECK(bench.RequestCount() == 0);
  bench.registry.Tell(
      [](const ScriptedRequest&, ScriptedAnswer& answer) { return answer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"); });
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("x"), 1000}, bench.Soon())) == Why::kTooLarge);
  CHECK(bench.budget->used() == 0);
  bench.registry.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.BeginStream();
    while (answer.Chunk(std::string(1u << 16, 'x'))) {
    }
    return true;
  });
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("x"), 100'000}, bench.Soon())) == Why::kTooLarge);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kTooLarge);
  CHECK(bench.budget->used() <= 100'000 + kMaxManifestBytes);
}

TEST_CASE("all calls of an admission share one budget of bytes", "[registry]") {
  Bench bench;
  bench.budget = std::make_shared<http::BodyBudget>(2500);
  const std::string blob(1000, 'x');
  bench.registry.PutBlob("team/app", blob);
  const auto fetch = [&] { return bench.oci->Blob(bench.Repository(), {"", Sha256(blob), 1000}, bench.Soon()); };
  CHECK(Succeeds(fetch()));
  CHECK(Succeeds(fetch()));
  const auto third = fetch();
  CHECK(WhyNot(third) == Why::kBudget);
  CHECK(third.error().outcome() == Outcome::kRefused);
}

TEST_CASE("one byte a second ends at the deadline", "[registry]") {
  Bench bench;
  bench.registry.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Send("HTTP/1.1 200 OK\r\nContent-Type: " + kType + "\r\nContent-Length: 1000\r\n\r\n");
    while (answer.IsOpen() && answer.Send("x")) std::this_thread::sleep_for(5ms);
    return true;
  });
  const auto begin = steady_clock::now();
  const auto answer = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon(150ms));
  CHECK(WhyNot(answer) == Why::kDeadline);
  CHECK(answer.error().outcome() == Outcome::kUnreachable);
  CHECK(steady_clock::now() - begin < 4s);
}

TEST_CASE("a storm of 429 is asked three times, then not again before the time it named", "[registry]") {
  Bench bench;
  bench.registry.Tell(Always(429, "{}", {{"Retry-After", "2"}}));
  const auto begin = bench.timer->Now();
  const auto answer = bench.oci->Resolve(bench.Repository(), "latest", bench.Soon());
  CHECK(WhyNot(answer) == Why::kRateLimited);
  CHECK(answer.error().retry_after == 2s);
  CHECK(bench.RequestCount() == 3);
  CHECK(bench.timer->Now() - begin >= 4s);
  bench.registry.Tell(Always(429, "{}", {{"Retry-After", "3600"}}));
  bench.timer->Pass(10s);
  for (int i = 0; i < 100; ++i) {
    Call call = bench.Soon();
    call.deadline = bench.timer->Now() + 10s;
    CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), fmt::format("v{}", i), call)) == Why::kRateLimited);
  }
  CHECK(bench.RequestCount() == 4);
}

TEST_CASE("a 429 that passes within the deadline is waited for", "[registry]") {
  Bench bench;
  bench.PutImage();
  std::atomic<int> asked = 0;
  bench.registry.Tell([&](const ScriptedRequest&, ScriptedAnswer& answer) {
    if (asked++ > 0) return false;
    answer.Whole(429, "{}", {{"Retry-After", "1"}});
    return true;
  });
  CHECK(Succeeds(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())));
}

TEST_CASE("endless pagination ends, and what was not read is not absent", "[registry]") {
  Bench bench;
  const Digest subject = bench.PutImage();
  std::atomic<int> page = 0;
  bench.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (!IsFor(request, "/referrers/")) return false;
    const int number = page++;
    answer.Whole(200, ImageIndexJson({testing::DescriptorJson(kType, fmt::format("signature {}", number))}),
                 {{"Link", fmt::format(R"(<?page={}>; rel="next")", number + 1)}}, testing::kIndexType);
    return true;
  });
  const auto list = bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon());
  REQUIRE(Succeeds(list));
  CHECK(list->entries.size() == kMaxReferrerPages);
  REQUIRE(list->incomplete);
  CHECK(list->incomplete->why == Why::kTooLarge);
  CHECK(bench.RequestCount() == kMaxReferrerPages);
}

TEST_CASE("of ten thousand referrers the first are taken, and it is said that there are more", "[registry]") {
  Bench bench;
  const Digest subject = bench.PutImage();
  const auto flood = [&](std::size_t count) {
    std::vector<std::string> descriptors;
    for (std::size_t i = 0; i < count; ++i) descriptors.push_back(testing::DescriptorJson(kType, fmt::format("signature {}", i)));
    bench.registry.Tell(Always(200, ImageIndexJson(descriptors), {}, std::string(testing::kIndexType)));
  };
  flood(kMaxIndexEntries);
  const auto list = bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon());
  REQUIRE(Succeeds(list));
  CHECK(list->entries.size() == kMaxReferrers);
  CHECK(list->incomplete);
  flood(10'000);
  CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon())) == Why::kTooLarge);
}

TEST_CASE("pages that run in a circle or leave the list are refused", "[registry]") {
  Bench bench;
  const Digest subject = bench.PutImage();
  const auto why = [&](const std::string& link) {
    bench.registry.Tell(Always(200, ImageIndexJson({}), {{"Link", "<" + link + ">; rel=\"next\""}}, std::string(testing::kIndexType)));
    const auto before = bench.RequestCount();
    const auto answer = bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon());
    CHECK(bench.RequestCount() - before <= 2);
    return WhyNot(answer);
  };
  CHECK(why("/v2/team/app/referrers/" + subject.text()) == Why::kMalformed);
  CHECK(why("?a=b") == Why::kMalformed);
  CHECK(why(fmt::format("http://other.example:{}/v2/team/app/referrers/{}", bench.registry.port(), subject.text())) == Why::kMalformed);
  CHECK(why(fmt::format("http://registry.example:1/v2/team/app/referrers/{}", subject.text())) == Why::kMalformed);
  CHECK(why("https://" + bench.host() + "/v2/team/app/referrers/" + subject.text()) == Why::kMalformed);
  CHECK(why("/v2/victim/app/referrers/" + subject.text() + "?a=b") == Why::kMalformed);
  CHECK(why("//169.254.169.254/latest") == Why::kMalformed);
  CHECK(why("../../../x") == Why::kMalformed);
}

TEST_CASE("a failing registry is never an empty one", "[registry]") {
  Bench bench;
  const Digest digest = bench.PutImage();
  for (const int status : {500, 502, 503, 504, 408}) {
    bench.registry.Tell(Always(status, ""));
    CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), digest, "", bench.Soon())) == Why::kUnavailable);
    CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kUnavailable);
  }
  for (const int status : {401, 403}) {
    bench.registry.Tell(Always(status, ""));
    CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), digest, "", bench.Soon())) == Why::kDenied);
  }
  // An ingress with nothing behind it says 404 too.
  bench.registry.Tell(Always(404, "default backend - 404", {}, "text/plain"));
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kUnavailable);
  CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), digest, "", bench.Soon())) == Why::kUnavailable);
  bench.registry.Tell({});
  const auto absent = bench.oci->Resolve(bench.Repository(), "nothing", bench.Soon());
  CHECK(WhyNot(absent) == Why::kAbsent);
  CHECK(absent.error().outcome() == Outcome::kAbsent);
  bench.registry.Stop();
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "latest", bench.Soon())) == Why::kUnavailable);
  CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), digest, "", bench.Soon())) == Why::kUnavailable);
}

TEST_CASE("an error of the fallback tag is not an empty list", "[registry]") {
  Bench bench(false);
  const Digest subject = bench.PutImage();
  const auto none = bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon());
  REQUIRE(Succeeds(none));
  CHECK(none->entries.empty());
  CHECK(none->from_fallback_tag);
  bench.registry.Tell([](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (IsFor(request, "/referrers/")) return false;
    answer.Whole(503, "");
    return true;
  });
  CHECK(WhyNot(bench.oci->Referrers(bench.Repository(), subject, "", bench.Soon())) == Why::kUnavailable);
}

TEST_CASE("redirects to forbidden places are not followed", "[registry]") {
  Bench bench;
  const auto why = [&](const std::string& location) {
    bench.registry.Tell(Always(307, "", {{"Location", location}}));
    const auto answer = bench.oci->Blob(bench.Repository(), {"", Sha256("x"), 1}, bench.Soon());
    CHECK(answer.error().outcome() == Outcome::kRefused);
    return WhyNot(answer);
  };
  CHECK(why("https://metadata.example/latest/meta-data") == Why::kForbiddenAddress);
  CHECK(why("https://169.254.169.254/latest/meta-data") == Why::kForbiddenAddress);
  CHECK(why("https://[::ffff:169.254.169.254]/") == Why::kForbiddenAddress);
  CHECK(why("https://internal.example/") == Why::kForbiddenAddress);
  CHECK(why("https://127.0.0.1:6443/") == Why::kForbiddenAddress);
  CHECK(why("http://public.example/") == Why::kForbiddenAddress);
  CHECK(why(fmt::format("http://other.example:{}/", bench.registry.port())) == Why::kForbiddenAddress);
  CHECK(why("file:///etc/passwd") == Why::kMalformed);
  CHECK(why("https://user:password@public.example/") == Why::kMalformed);
  CHECK(why("") == Why::kMalformed);
  CHECK(why("/v2/again") == Why::kMalformed);
}

TEST_CASE("a redirect to a store carries no credentials, and its 404 is not the registry's", "[registry]") {
  Bench bench;
  LyingRegistry store;
  const std::string blob = "blob";
  store.PutBlob("bucket", blob);
  auto store_settings = PlainHost("other.example:" + std::to_string(store.port()));
  bench.Configure(PlainHost(bench.host()), {store_settings});
  std::string at = fmt::format("http://{}/v2/bucket/blobs/{}", store_settings.host, Sha256(blob).text());
  bench.registry.Tell([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    if (request.authorization.empty()) {
      answer.Whole(401, "{}", {{"WWW-Authenticate", "Basic realm=x"}});
    } else {
      answer.Whole(307, "", {{"Location", at}});
    }
    return true;
  });
  const auto call = bench.As("user");
  CHECK(Succeeds(bench.oci->Blob(bench.Repository(), {"", Sha256(blob), blob.size()}, call)));
  REQUIRE(store.Requests().size() == 1);
  CHECK(store.Authorizations()[0].empty());
  at = fmt::format("http://{}/v2/bucket/blobs/{}", store_settings.host, Sha256("gone").text());
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("gone"), 4}, call)) == Why::kUnavailable);
  // Neither is a challenge of the store answered.
  store.Tell(Always(401, "{}", {{"WWW-Authenticate", "Basic realm=x"}}));
  CHECK(WhyNot(bench.oci->Blob(bench.Repository(), {"", Sha256("gone"), 4}, call)) == Why::kUnavailable);
  for (const auto& authorization : store.Authorizations()) CHECK(authorization.empty());
}

TEST_CASE("nothing that is asked for can become another path", "[registry]") {
  Bench bench;
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "../../etc", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "a?b", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository(), "", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository("../a"), "latest", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Resolve(bench.Repository("a//b"), "latest", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Resolve({"user@registry.example", "a"}, "latest", bench.Soon())) == Why::kMisconfigured);
  CHECK(WhyNot(bench.oci->Manifest(bench.Repository(), Digest(), bench.Soon())) == Why::kMisconfigured);
  CHECK(bench.RequestCount() == 0);
}

TEST_CASE("a registry that nobody configured is not asked at an internal address", "[registry]") {
  Bench bench;
  for (const auto* host :
       {"internal.example", "metadata.example", "127.0.0.1", "10.0.0.1:5000", "169.254.169.254", "[::1]:5000", "localhost:5000"}) {
    INFO(host);
    const auto answer = bench.oci->Resolve({host, "team/app"}, "latest", bench.Soon());
    REQUIRE_FALSE(answer);
    const bool unknown = std::string_view(host).starts_with("localhost");
    CHECK(answer.error().why == (unknown ? Why::kUnavailable : Why::kForbiddenAddress));
  }
}
