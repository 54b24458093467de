#include "attack/real_signatures.h"

#include <map>
#include <stdexcept>

#include "support/registry_content.h"

namespace hullwright::test {

using testing::RegistryContent;
using testing::SignedImages;
using testing::SigningStack;
using testing::StoredSignature;

SignedImages& RealImages(testing::RegistryKind kind) {
  static std::map<testing::RegistryKind, std::unique_ptr<SignedImages>> made;
  auto& images = made[kind];
  if (!images) {
    images = std::make_unique<SignedImages>(kind);
    Gate::Get().Require(RegistryAt(images->registry().host()));
  }
  return *images;
}

testing::Signing ByKey(testing::Format format, bool index, bool in_log) {
  return {.format = format, .who = testing::Who::kKey, .algorithm = "ecdsa-p256", .index = index, .in_log = in_log};
}

testing::Signing Keyless(testing::Who who) {
  return {.format = testing::Format::kBundle, .who = who, .algorithm = "", .index = true, .in_log = true};
}

Wanted::Wanted(SignedImages& images, const std::string& name, const Json& authority, const Json& rules, std::vector<Json> roots)
    : name_(name), everything_({images.registry().host() + "/**"}) {
  roots.push_back(Publisher(name_, everything_, authority));
  roots.push_back(PolicyFor(name_, everything_, rules));
  objects_ = std::make_unique<Installed>(roots);
  const Json probe = Pod(UniqueName("probe"), images.registry().host() + "/nobody@sha256:" + std::string(64, '0'));
  const auto is_named = [&] {
    return Gate::Get().Create(probe, {}, "dryRun=All").message().find("(ClusterImageAdmissionPolicy/" + name_ + ",") != std::string::npos;
  };
  if (!testing::WaitUntil(is_named, std::chrono::seconds(20))) throw std::runtime_error("policy " + name_ + " never came into force");
}

std::string ByDigest(const testing::SignedImage& image) {
  return image.repository + "@" + image.digest;
}

void SignAsPerson(const testing::SignedImage& image, const std::string& email) {
  SigningStack& stack = SigningStack::Shared();
  const auto result =
      RealImages().tools().Cosign({"sign", "--yes", "--allow-http-registry", "--identity-token", stack.PersonToken(email), "--trusted-root",
                                   stack.trusted_root(), "--signing-config", stack.signing_config(), ByDigest(image)});
  if (result.exit != 0) throw std::runtime_error(email + " cannot sign: " + result.err);
}

std::string Forged(const testing::SignedImage& original, const std::string& subject, const std::function<void(Json&)>& edit) {
  const testing::SignedImage copy = RealImages().Prepare(original.signing);
  const RegistryContent from(original.repository), to(copy.repository);
  auto signature = StoredSignature::Read(from, from.Referrer(original.digest));
  Json layer = Json::parse(signature.layer);
  edit(layer);
  signature.layer = layer.dump();
  signature.PutAsReferrer(to, subject);
  return copy.repository + "@" + subject;
}

Json BundleOf(const testing::SignedImage& image) {
  const RegistryContent content(image.repository);
  return Json::parse(StoredSignature::Read(content, content.Referrer(image.digest)).layer);
}

}  // namespace hullwright::test
