// What the client promises, held against real registries and against the fake that the unit tests lie with: one suite for all, so that
// the fake cannot drift away from what registries do.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "registry/content_digest.h"
#include "registry/image_config.h"
#include "registry/oci_registry.h"
#include "registry/referrers.h"
#include "support/lying_registry.h"
#include "support/registry_process.h"

using namespace hullwright;
using namespace hullwright::registry;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::DescriptorJson;
using testing::ImageIndexJson;
using testing::ImageManifestJson;

namespace {

const std::string kManifestType(testing::kManifestType), kIndexType(testing::kIndexType);

// A registry that things can be pushed to.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual std::string host() const = 0;
  virtual bool has_referrers_api() const = 0;
  virtual void PushBlob(const std::string& path, const std::string& bytes) = 0;
  virtual void PushManifest(const std::string& path, const std::string& reference, const std::string& type, const std::string& bytes) = 0;
};

class FakeSubject final : public Subject {
 public:
  explicit FakeSubject(bool has_referrers_api) : registry_(has_referrers_api), has_api_(has_referrers_api) {}
  std::string host() const override { return registry_.host(); }
  bool has_referrers_api() const override { return has_api_; }
  void PushBlob(const std::string& path, const std::string& bytes) override { registry_.PutBlob(path, bytes); }
  void PushManifest(const std::string& path, const std::string& reference, const std::string& type, const std::string& bytes) override {
    registry_.PutManifest(path, reference, type, bytes);
  }

 private:
  testing::LyingRegistry registry_;
  bool has_api_;
};

// Pushes as the specification says, with the client under the registry client.
class RealSubject final : public Subject {
 public:
  RealSubject(bool has_referrers_api, testing::RegistryKind kind) : process_(kind), has_api_(has_referrers_api) {}
  std::string host() const override { return process_.host(); }
  bool has_referrers_api() const override { return has_api_; }

  void PushBlob(const std::string& path, const std::string& bytes) override {
    const auto begun = Send("POST", fmt::format("/v2/{}/blobs/uploads/", path), "", "");
    const http::Url base{*http::ParseOrigin(host(), false), "/"};
    const auto at = http::ResolveUrl(base, http::HeaderValue(begun.headers, "Location"));
    REQUIRE(at);
    const std::string separator = at->target.find('?') == std::string::npos ? "?" : "&";
    Send("PUT", at->target + separator + "digest=" + http::EncodeQuery(DigestOf(bytes).text()), "application/octet-stream", bytes);
  }
  void PushManifest(const std::string& path, const std::string& reference, const std::string& type, const std::string& bytes) override {
    Send("PUT", fmt::format("/v2/{}/manifests/{}", path, reference.empty() ? DigestOf(bytes).text() : reference), type, bytes);
  }

 private:
  http::Response Send(const std::string& method, const std::string& target, const std::string& type, const std::string& body) {
    const auto response =
        client_->Send({.origin = *http::ParseOrigin(host(), false), .method = method, .target = target, .content_type = type, .body = body},
                      {}, steady_clock::now() + 20s, nullptr);
    if (!response) FAIL(response.error().message);
    INFO(method << " " << target << ": " << response->body);
    REQUIRE(response->status / 100 == 2);
    return *response;
  }

  testing::RegistryProcess process_;
  bool has_api_;
  std::unique_ptr<http::BoundedClient> client_ = http::MakeBoundedClient();
};

template <class T>
T Value(Answer<T> answer) {
  if (!answer) FAIL(ToString(answer.error().why) << ": " << answer.error().message);
  return std::move(*answer);
}

template <class T>
Why WhyNot(const Answer<T>& answer) {
  REQUIRE_FALSE(answer);
  UNSCOPED_INFO(answer.error().message);
  return answer.error().why;
}

struct Contract {
  explicit Contract(Subject& subject) : registry(subject) {
    Configuration configuration;
    HostSettings settings;
    settings.host = subject.host();
    settings.plain_http = true;
    configuration.hosts = {settings};
    const auto hosts = Hosts::Make(configuration);
    REQUIRE(hosts);
    oci = std::make_unique<OciRegistry>(*hosts);
  }
  RepositoryName Repository() const { return {registry.host(), "team/app"}; }
  static Call Soon() { return {.deadline = steady_clock::now() + 20s}; }

  // A signature-like artifact that refers to a subject, listed under the fallback tag where there is no API.
  Digest PushReferrer(const std::string& subject_manifest, std::string_view layer, std::vector<std::string>& listed) {
    registry.PushBlob("team/app", std::string(layer));
    const std::string type_member = R"(,"artifactType":"application/x.signature")";
    const std::string manifest =
        ImageManifestJson("{}", layer, type_member + fmt::format(R"(,"subject":{})", DescriptorJson(kManifestType, subject_manifest)));
    registry.PushManifest("team/app", "", kManifestType, manifest);
    listed.push_back(DescriptorJson(kManifestType, manifest, type_member));
    if (!registry.has_referrers_api()) {
      registry.PushManifest("team/app", FallbackTag(DigestOf(subject_manifest)), kIndexType, ImageIndexJson(listed));
    }
    return DigestOf(manifest);
  }

  Subject& registry;
  std::unique_ptr<OciRegistry> oci;
};

void HoldsForImages(Subject& subject) {
  Contract contract(subject);
  const std::string config = R"({"os":"linux","architecture":"amd64","config":{"User":"1000"},"rootfs":{"type":"layers","diff_ids":[]}})";
  const std::string image = ImageManifestJson(config, "layer"), index = ImageIndexJson({DescriptorJson(kManifestType, image)});
  subject.PushBlob("team/app", config);
  subject.PushBlob("team/app", "layer");
  subject.PushManifest("team/app", "v1", kManifestType, image);
  subject.PushManifest("team/app", "multi", kIndexType, index);

  const auto resolved = Value(contract.oci->Resolve(contract.Repository(), "v1", Contract::Soon()));
  CHECK(resolved->digest == DigestOf(image));
  CHECK(*resolved->bytes == image);
  CHECK(Value(contract.oci->Manifest(contract.Repository(), resolved->digest, Contract::Soon()))->media_type == kManifestType);
  const auto multi = Value(contract.oci->Resolve(contract.Repository(), "multi", Contract::Soon()));
  REQUIRE(multi->index() != nullptr);
  CHECK(multi->index()->Find(DigestOf(image)) != nullptr);
  const auto blob = Value(contract.oci->Blob(contract.Repository(), resolved->manifest()->config, Contract::Soon()));
  CHECK(Value(ParseImageConfig(*blob)).user == "1000");

  CHECK(WhyNot(contract.oci->Resolve(contract.Repository(), "v2", Contract::Soon())) == Why::kAbsent);
  CHECK(WhyNot(contract.oci->Manifest(contract.Repository(), DigestOf("nothing"), Contract::Soon())) == Why::kAbsent);
  CHECK(WhyNot(contract.oci->Resolve({subject.host(), "no/such"}, "v1", Contract::Soon())) == Why::kAbsent);
  CHECK(WhyNot(contract.oci->Blob(contract.Repository(), {"", DigestOf("nothing"), 7}, Contract::Soon())) == Why::kAbsent);
  Descriptor wrong_size = resolved->manifest()->config;
  --wrong_size.size;
  CHECK(WhyNot(contract.oci->Blob(contract.Repository(), wrong_size, Contract::Soon())) == Why::kTooLarge);
}

void HoldsForReferrers(Subject& subject) {
  Contract contract(subject);
  const std::string image = ImageManifestJson("{}", "layer");
  subject.PushBlob("team/app", "{}");
  subject.PushBlob("team/app", "layer");
  subject.PushManifest("team/app", "v1", kManifestType, image);
  const auto ask = [&](std::string_view type) {
    return Value(contract.oci->Referrers(contract.Repository(), DigestOf(image), type, Contract::Soon()));
  };
  CHECK(ask("").entries.empty());
  CHECK(ask("").from_fallback_tag == !subject.has_referrers_api());

  std::vector<std::string> listed;
  std::set<std::string> pushed, found;
  for (int i = 0; i < 3; ++i) pushed.insert(contract.PushReferrer(image, fmt::format("signature {}", i), listed).text());
  const auto list = ask("");
  for (const auto& entry : list.entries) found.insert(entry.digest.text());
  CHECK(found == pushed);
  CHECK_FALSE(list.incomplete);
  CHECK(ask("application/x.signature").entries.size() == 3);
  const auto signature = Value(contract.oci->Manifest(contract.Repository(), list.entries[0].digest, Contract::Soon()));
  REQUIRE(signature->manifest() != nullptr);
  CHECK(signature->manifest()->subject->digest == DigestOf(image));
  CHECK(signature->manifest()->effective_artifact_type() == "application/x.signature");
}

void Holds(Subject& subject) {
  HoldsForImages(subject);
  HoldsForReferrers(subject);
}

}  // namespace

TEST_CASE("the fake registry keeps the contract, with the referrers API and without", "[registry]") {
  FakeSubject with_api(true), without_api(false);
  HoldsForImages(with_api);
  Holds(without_api);
}

TEST_CASE("crane's registry, which has no referrers API, keeps the contract", "[registry]") {
  RealSubject subject(false, testing::RegistryKind::kInMemory);
  Holds(subject);
}

TEST_CASE("olareg, which has the referrers API, keeps the contract", "[registry]") {
  RealSubject subject(true, testing::RegistryKind::kReferrersApi);
  Holds(subject);
}

TEST_CASE("docker-registry 2.8 keeps the contract", "[registry]") {
  RealSubject subject(false, testing::RegistryKind::kFallbackTag);
  Holds(subject);
}
