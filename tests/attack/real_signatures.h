// Images in a real registry that the real tools signed, made once for the test program; and signatures beside them that
// those tools would never write.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attack/trust_objects.h"
#include "signers/signed_images.h"

namespace hullwright::test {

// kReferrersApi (olareg) or kFallbackTag (docker-registry).
testing::SignedImages& RealImages(testing::RegistryKind kind = testing::RegistryKind::kReferrersApi);

// Signed with the one ECDSA P-256 key of these images. index: the index; otherwise its linux/amd64 manifest.
testing::Signing ByKey(testing::Format format, bool index = true, bool in_log = false);
testing::Signing Keyless(testing::Who who);

// The gate asks for this of everything in the registry of these images, for the life of the object. name: of publisher and policy, and of
// no other. Returns when the policy is in force, and those of before are not; what the publisher rests on may still be on its way.
class Wanted {
 public:
  Wanted(testing::SignedImages& images, const std::string& name, const Json& authority, const Json& rules, std::vector<Json> roots = {});
  void SetRules(const Json& rules) { objects_->Change(PolicyFor(name_, everything_, rules)); }

 private:
  const std::string name_;
  const std::vector<std::string> everything_;
  std::unique_ptr<Installed> objects_;
};

std::string ByDigest(const testing::SignedImage& image);

// An identity of the private Sigstore's Fulcio signs the image with cosign.
void SignAsPerson(const testing::SignedImage& image, const std::string& email);

// The same two images in a repository of their own, and beside `subject` the signature of `original`, with its layer (a Sigstore bundle or
// a JWS, as JSON) as the edit leaves it. Returns "repository@subject".
std::string Forged(const testing::SignedImage& original, const std::string& subject, const std::function<void(Json&)>& edit);
// The Sigstore bundle of an image, as cosign wrote it.
Json BundleOf(const testing::SignedImage& image);

}  // namespace hullwright::test
