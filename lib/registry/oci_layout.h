// Registry over a folder in the OCI image layout, as crane, skopeo, oras, docker buildx and cosign save write it: for where no registry can
// be reached. Source: OCI image specification v1.1, image-layout.md.
//
// A layout does not say of which registry its images are: it stands for every repository that is asked for. A tag is a name that index.json
// gives to an entry (layout_names.h); a digest is looked for among the blobs. Referrers are the documents whose subject is the one that is
// asked for, reachable from index.json or only lying among the blobs (so cosign save leaves bundles), and what the tag that stands in for
// the referrers API lists.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "registry/registry.h"

namespace hullwright::registry {

inline constexpr std::size_t kMaxLayoutDocuments = 4096;   // manifests and indexes whose subject is looked at …
inline constexpr std::size_t kMaxLayoutBytes = 64u << 20;  // … and their bytes together

// Thread-safe: the index is read when the layout is opened, each blob whenever it is asked for, and proved then. Deadlines do not count:
// nothing here waits.
class OciLayout final : public Registry {
 public:
  // Errors: the folder is no OCI layout, or its index cannot be read.
  static Result<std::unique_ptr<OciLayout>> Open(const std::string& folder);

  Answer<std::shared_ptr<const Document>> Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) override;
  Answer<std::shared_ptr<const Document>> Manifest(const RepositoryName& repository, const Digest& digest, const Call& call) override;
  Answer<std::shared_ptr<const std::string>> Blob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                  std::size_t max_bytes = kDefaultMaxBlobBytes) override;
  Answer<ReferrerList> Referrers(const RepositoryName& repository, const Digest& subject, std::string_view artifact_type,
                                 const Call& call) override;

 private:
  OciLayout(std::string folder, ImageIndex index);

  struct Known {
    Descriptor descriptor;  // as a list of referrers would have it
    std::optional<Digest> subject;
  };

  void Explore();
  void ExploreListed(std::size_t& bytes_left);
  void ExploreUnlisted(const std::string& algorithm, std::size_t& bytes_left);
  // Adds to children what an index lists.
  Answer<void> Look(const Descriptor& listed, std::size_t& bytes_left, std::vector<Descriptor>& children);
  bool IsFull();
  Answer<std::string> ReadBlob(const Digest& digest, std::size_t max_bytes, http::BodyBudget* budget) const;
  Answer<std::shared_ptr<const Document>> ReadDocument(const Digest& digest, std::string_view media_type, http::BodyBudget* budget) const;

  const std::string folder_;
  const ImageIndex index_;
  std::map<Digest, Known> known_;
  std::optional<Problem> unread_;  // why there may be referrers that are not in known_
};

}  // namespace hullwright::registry
