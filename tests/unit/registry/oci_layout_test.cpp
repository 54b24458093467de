#include "registry/oci_layout.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/layout_folder.h"

using namespace hullwright;
using namespace hullwright::registry;
using Catch::Matchers::Contains;
using hullwright::testing::LayoutFolder;
using hullwright::testing::ManifestParts;
using hullwright::testing::RefName;

namespace {

const RepositoryName kName{"registry.example", "shop/api"};
const ManifestParts kImage{.layers = {{"application/x", "layer"}}};
const ManifestParts kOther{.layers = {{"application/x", "another"}}};

Call AnyCall() {
  return {.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)};
}

std::unique_ptr<OciLayout> Open(const LayoutFolder& folder) {
  auto layout = OciLayout::Open(folder.path());
  if (!layout) FAIL(layout.error().message);
  return std::move(*layout);
}

Answer<std::shared_ptr<const Document>> Resolve(const LayoutFolder& folder, std::string_view tag) {
  return Open(folder)->Resolve(kName, tag, AnyCall());
}

std::vector<std::string> ReferrersOf(const LayoutFolder& folder, const Digest& subject, std::string_view type = "") {
  const auto list = Open(folder)->Referrers(kName, subject, type, AnyCall());
  REQUIRE(list);
  CHECK_FALSE(list->incomplete);
  std::vector<std::string> digests;
  for (const Descriptor& entry : list->entries) digests.push_back(entry.digest.text());
  std::ranges::sort(digests);
  return digests;
}

ManifestParts Referring(const Digest& subject, const std::string& type) {
  return {.artifact_type = type, .layers = {{type, "claim of type " + type}}, .subject = {{subject, 1}}};
}

}  // namespace

TEST_CASE("a tag is found by every name that tools give to the entries of a layout", "[registry]") {
  const auto name = GENERATE(as<hullwright::testing::LayoutAnnotations>{}, RefName("1"), RefName("registry.example/shop/api:1"),
                             hullwright::testing::LayoutAnnotations{{"io.containerd.image.name", "registry.example/shop/api:1"}});
  LayoutFolder folder;
  const Digest digest = folder.Push(kImage, name);
  folder.Push(kOther, RefName("2"));
  const auto found = Resolve(folder, "1");
  REQUIRE(found);
  CHECK((*found)->digest == digest);
  CHECK((*found)->media_type == kOciManifest);
  REQUIRE((*found)->manifest() != nullptr);
}

TEST_CASE("a whole reference of another repository is not taken for this one, and what there is is told", "[registry]") {
  LayoutFolder folder;
  folder.Push(kImage, RefName("registry.example/shop/web:1"));
  const auto found = Resolve(folder, "1");
  REQUIRE_FALSE(found);
  CHECK(found.error().why == Why::kAbsent);
  CHECK_THAT(found.error().message, Contains("registry.example/shop/api:1 is not in this layout") &&
                                        Contains("it holds registry.example/shop/web:1") && Contains(folder.path()));
}

TEST_CASE("a name of two digests is refused, one of the whole reference counts before one of the tag alone", "[registry]") {
  LayoutFolder folder;
  folder.Push(kImage, RefName("1"));
  folder.Push(kOther, RefName("1"));
  const auto both = Resolve(folder, "1");
  REQUIRE_FALSE(both);
  CHECK(both.error().why == Why::kMalformed);
  CHECK_THAT(both.error().message, Contains("names both"));
  const Digest meant = folder.Push({.layers = {{"application/x", "a third"}}}, RefName("registry.example/shop/api:1"));
  CHECK((*Resolve(folder, "1"))->digest == meant);
}

TEST_CASE("a manifest is found by digest, listed or not, and its bytes are proved to be the digest's", "[registry]") {
  LayoutFolder folder;
  const Digest listed = folder.Push(kImage), unlisted = folder.PutManifest(kOther);
  const auto layout = Open(folder);
  CHECK((*layout->Manifest(kName, listed, AnyCall()))->digest == listed);
  CHECK((*layout->Manifest(kName, unlisted, AnyCall()))->digest == unlisted);
  const Digest nowhere = *Digest::Parse("sha256:" + std::string(64, 'e'));
  CHECK(layout->Manifest(kName, nowhere, AnyCall()).error().why == Why::kAbsent);
  folder.Write("blobs/sha256/" + std::string(listed.hex()), "{}");
  CHECK(layout->Manifest(kName, listed, AnyCall()).error().why == Why::kDigestMismatch);
}

TEST_CASE("a blob is exactly the bytes of its descriptor, within the bound", "[registry]") {
  LayoutFolder folder;
  const Digest digest = folder.PutBlob("twelve bytes");
  const auto layout = Open(folder);
  const auto ask = [&](std::uint64_t size, std::size_t most = 100) { return layout->Blob(kName, {"x", digest, size}, AnyCall(), most); };
  CHECK(**ask(12) == "twelve bytes");
  CHECK(ask(11).error().why == Why::kDigestMismatch);
  CHECK(ask(13).error().why == Why::kDigestMismatch);
  CHECK(ask(12, 11).error().why == Why::kTooLarge);
  folder.Write("blobs/sha256/" + std::string(digest.hex()), "twelve bytez");
  CHECK(ask(12).error().why == Why::kDigestMismatch);
  std::filesystem::remove(folder.BlobPath(digest));
  CHECK(ask(12).error().why == Why::kAbsent);
}

TEST_CASE("what is no regular file is not waited for, and a link to one is followed", "[registry]") {
  LayoutFolder folder;
  const Digest digest = folder.PutBlob("bytes");
  const auto layout = Open(folder);
  std::filesystem::rename(folder.BlobPath(digest), folder.path() + "/elsewhere");
  std::filesystem::create_symlink(folder.path() + "/elsewhere", folder.BlobPath(digest));
  CHECK(layout->Blob(kName, {"x", digest, 5}, AnyCall()));
  std::filesystem::remove(folder.BlobPath(digest));
  REQUIRE(mkfifo(folder.BlobPath(digest).c_str(), 0600) == 0);
  CHECK(layout->Blob(kName, {"x", digest, 5}, AnyCall()).error().why == Why::kMalformed);
}

TEST_CASE("the bytes read for one admission count against its budget", "[registry]") {
  LayoutFolder folder;
  const Digest digest = folder.PutBlob("twelve bytes");
  Call call = AnyCall();
  call.budget = std::make_shared<http::BodyBudget>(20);
  const auto layout = Open(folder);
  CHECK(layout->Blob(kName, {"x", digest, 12}, call));
  CHECK(layout->Blob(kName, {"x", digest, 12}, call).error().why == Why::kBudget);
}

TEST_CASE("referrers are what has the subject, listed in index.json or by the tag that stands in for the API", "[registry]") {
  LayoutFolder folder;
  const Digest image = folder.Push(kImage, RefName("1"));
  CHECK(ReferrersOf(folder, image).empty());
  const Digest listed = folder.Push(Referring(image, "application/vnd.a"));
  const Digest by_tag = folder.PutManifest(Referring(image, "application/vnd.b"));
  folder.List(folder.PutIndex({by_tag}), kOciIndex, RefName(fmt::format("sha256-{}", image.hex())));
  folder.Push(Referring(listed, "application/vnd.a"));  // of something else
  std::vector<std::string> both{listed.text(), by_tag.text()};
  std::ranges::sort(both);
  CHECK(ReferrersOf(folder, image) == both);
  CHECK(ReferrersOf(folder, image, "application/vnd.a") == std::vector<std::string>{listed.text()});
}

TEST_CASE("a referrer that lies among the blobs and is listed nowhere is found, other blobs are not taken for one", "[registry]") {
  LayoutFolder folder;
  const Digest image = folder.Push(kImage, RefName("1"));
  const Digest bundle = folder.PutManifest(Referring(image, "application/vnd.dev.sigstore.bundle.v0.3+json"));
  folder.PutBlob("{no JSON");
  folder.PutBlob(R"({"subject": {"digest": ")" + image.text() + R"("}})");
  folder.Write("blobs/sha256/" + std::string(64, 'f'), "{}");
  folder.Write("blobs/sha256/README", "{}");
  CHECK(ReferrersOf(folder, image) == std::vector<std::string>{bundle.text()});
}

TEST_CASE("a document that index.json lists and nobody can read may be a referrer; a platform that was left out is none", "[registry]") {
  LayoutFolder folder;
  const Digest image = folder.PutManifest(kImage), absent = *Digest::Parse("sha256:" + std::string(64, 'a'));
  folder.List(folder.PutIndex({image, absent}), kOciIndex, RefName("1"));
  CHECK(ReferrersOf(folder, image).empty());
  folder.List(absent, kOciManifest);
  const auto list = Open(folder)->Referrers(kName, image, "", AnyCall());
  REQUIRE(list);
  REQUIRE(list->incomplete);
  CHECK_THAT(list->incomplete->message, Contains(absent.text()) && Contains("is not in this layout"));
}

TEST_CASE("what cosign save marks as signatures of an image is found by cosign's tag, that of another image is not", "[registry]") {
  LayoutFolder folder;
  const auto marked = [](const std::string& kind, const std::string& name) {
    auto annotations = name.empty() ? hullwright::testing::LayoutAnnotations{} : RefName(name);
    annotations["kind"] = "dev.cosignproject.cosign/" + kind;
    return annotations;
  };
  const std::string name = GENERATE("", "registry.example/shop/api:1");
  const Digest image = folder.Push(kImage, marked("image", name));
  const Digest signatures =
      folder.Push({.layers = {{"application/vnd.dev.cosign.simplesigning.v1+json", "payload"}}}, marked("sigs", name));
  const Digest attestations = folder.Push({.layers = {{"application/vnd.dsse.envelope.v1+json", "envelope"}}}, marked("atts", name));
  const Digest other = folder.Push(kOther, marked("image", "registry.example/shop/web:1"));
  const auto tag = [](const Digest& digest, std::string_view suffix) { return fmt::format("sha256-{}{}", digest.hex(), suffix); };
  CHECK((*Resolve(folder, tag(image, ".sig")))->digest == signatures);
  CHECK((*Resolve(folder, tag(image, ".att")))->digest == attestations);
  CHECK(Resolve(folder, tag(other, ".sig")).error().why == Why::kAbsent);
  if (!name.empty()) CHECK((*Resolve(folder, "1"))->digest == image);
}

TEST_CASE("the only image of a layout may go without a name; its tags of signatures and referrers are still names", "[registry]") {
  LayoutFolder folder;
  const Digest image = folder.Push(kImage, {{"kind", "dev.cosignproject.cosign/image"}});
  folder.Push({.layers = {{"application/x", "payload"}}}, {{"kind", "dev.cosignproject.cosign/sigs"}});
  CHECK((*Resolve(folder, "1"))->digest == image);
  CHECK(Resolve(folder, fmt::format("sha256-{}", image.hex())).error().why == Why::kAbsent);
  CHECK(Resolve(folder, fmt::format("sha256-{}.att", image.hex())).error().why == Why::kAbsent);
  folder.Push(kOther);
  CHECK(Resolve(folder, "1").error().why == Why::kAbsent);
}

TEST_CASE("a folder that is no layout is refused with what would be one", "[registry]") {
  const auto why = [](const LayoutFolder& folder) {
    const auto layout = OciLayout::Open(folder.path());
    REQUIRE_FALSE(layout);
    CHECK_THAT(layout.error().message, Catch::StartsWith(folder.path() + ": "));
    return layout.error().message;
  };
  LayoutFolder folder;
  folder.Write("oci-layout", R"({"imageLayoutVersion": "2.0.0"})");
  CHECK_THAT(why(folder), Contains("version \"2.0.0\""));
  folder.Write("oci-layout", "no JSON");
  CHECK_THAT(why(folder), Contains("oci-layout: "));
  folder.Write("oci-layout", R"({"imageLayoutVersion": "1.0.0"})");
  folder.Write("index.json", R"({"schemaVersion": 2, "manifests": {}})");
  CHECK_THAT(why(folder), Contains("index.json: manifest: manifests is no array"));
  std::filesystem::remove(folder.path() + "/index.json");
  CHECK_THAT(why(folder), Contains("index.json: there is no such file"));
  std::filesystem::remove(folder.path() + "/oci-layout");
  CHECK_THAT(why(folder), Contains("this is no OCI layout"));
}
