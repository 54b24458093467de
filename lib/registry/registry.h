// What the layers above ask of registries. Every answer is bytes whose digest was computed here; nothing more is proved: who made them is
// for lib/verify to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "http/body_budget.h"
#include "registry/answer.h"
#include "registry/manifest.h"
#include "registry/pull_secret.h"

namespace hullwright::registry {

// As image references name it, in canonical form (base/image_reference.h): "docker.io" and "library/nginx". Where the bytes are fetched
// from may differ (mirrors); what they are the bytes of does not.
struct RepositoryName {
  std::string host;
  std::string path;

  std::string ToString() const { return host + "/" + path; }
  bool operator==(const RepositoryName&) const = default;
};

enum class Priority { kAdmission, kBackground };

// What one call, or all calls for one admission, may take. Cheap to copy.
struct Call {
  Deadline deadline;
  // Shared by all calls of one admission; bytes taken are not given back. Null: only the bound of each answer holds.
  std::shared_ptr<http::BodyBudget> budget = {};
  Priority priority = Priority::kAdmission;
  // The pull secrets of the Pod and its ServiceAccount. Null: only what the configuration of the registry has.
  std::shared_ptr<const Keyring> keyring = {};
};

// A manifest or index. The bytes are what the digest is of; content was read from those same bytes.
struct Document {
  Digest digest;
  std::string media_type;
  std::shared_ptr<const std::string> bytes;
  ManifestContent content;

  const ImageManifest* manifest() const { return std::get_if<ImageManifest>(&content); }
  const ImageIndex* index() const { return std::get_if<ImageIndex>(&content); }
};

struct ReferrerList {
  // At most kMaxReferrers, each digest once. Hints: fetch each by Manifest() and look at what it is.
  std::vector<Descriptor> entries;
  bool from_fallback_tag = false;  // this registry has no referrers API
  // Set when there is more than the bounds allow or a source could not be asked: then what is not in entries is "could not tell", not
  // absent.
  std::optional<Problem> incomplete;
};

inline constexpr std::size_t kMaxReferrers = 256;
inline constexpr std::size_t kMaxReferrerPages = 16;
inline constexpr std::size_t kDefaultMaxBlobBytes = 8u << 20;
inline constexpr std::size_t kHardMaxBlobBytes = 32u << 20;

// Thread-safe. Every method blocks until its answer or call.deadline; asking for the same thing at the same time is one fetch.
class Registry {
 public:
  virtual ~Registry() = default;

  // The document that a tag names now; its digest is computed from the bytes received.
  virtual Answer<std::shared_ptr<const Document>> Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) = 0;

  virtual Answer<std::shared_ptr<const Document>> Manifest(const RepositoryName& repository, const Digest& digest, const Call& call) = 0;

  // Exactly the bytes of the descriptor's digest and size; a descriptor that announces more than max_bytes is kTooLarge without asking.
  virtual Answer<std::shared_ptr<const std::string>> Blob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                          std::size_t max_bytes = kDefaultMaxBlobBytes) = 0;

  // What refers to the subject, by the referrers API or its fallback tag. None at all is an empty list, not kAbsent. With an
  // artifact_type, entries that say another one are left out.
  virtual Answer<ReferrerList> Referrers(const RepositoryName& repository, const Digest& subject, std::string_view artifact_type,
                                         const Call& call) = 0;
};

}  // namespace hullwright::registry
