#include "evidence/image_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <expected>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"
#include "evidence/together.h"
#include "evidence/words.h"
#include "policy/platform.h"
#include "registry/image_config.h"

namespace hullwright::evidence {
namespace {

using policy::Doubt;
using policy::ImageConfiguration;
using policy::PlatformManifest;
using policy::ReasonWord;
using registry::Document;
using registry::ImageManifest;
using registry::RepositoryName;

constexpr std::string_view kBaseName = "org.opencontainers.image.base.name";
constexpr std::string_view kBaseDigest = "org.opencontainers.image.base.digest";
// More than this stays this: policies ask for less than 2^53.
constexpr std::uint64_t kLargestSize = registry::kMaxSize;

// Thread-safe.
class Reader {
 public:
  Reader(registry::Registry& registry, const registry::Call& call) : registry_(registry), call_(call) {}

  bool unreachable() const { return unreachable_; }

  std::expected<ImageConfiguration, Doubt> Configuration(const RepositoryName& repository, const ImageManifest& manifest,
                                                         std::string& platform) {
    if (!registry::IsImageConfig(manifest.config.media_type)) {
      return std::unexpected(Doubt{ReasonWord::kImageMalformed, fmt::format("a configuration of type {} is none of an image",
                                                                            Printable(manifest.config.media_type, 128))});
    }
    const auto bytes = registry_.Blob(repository, manifest.config, call_, registry::kMaxConfigBytes);
    if (!bytes) return Told(bytes.error());
    auto config = registry::ParseImageConfig(**bytes);
    if (!config) return Told(config.error());
    if (platform.empty()) platform = config->platform.ToString();
    return Combine(manifest, std::move(*config));
  }

  // Of one manifest that an index lists.
  std::expected<ImageConfiguration, Doubt> ConfigurationOf(const RepositoryName& repository, const Digest& digest, std::string& platform) {
    const auto document = registry_.Manifest(repository, digest, call_);
    if (!document) return Told(document.error());
    if (const ImageManifest* manifest = (*document)->manifest()) return Configuration(repository, *manifest, platform);
    return std::unexpected(Doubt{ReasonWord::kImageMalformed, fmt::format("{}: an index inside an index", digest.text())});
  }

  // The image that a configuration says it is built on, of the same platform.
  std::expected<policy::BaseImage, Doubt> BaseImage(const ImageConfiguration& configuration, const std::string& platform) {
    const auto reference = ImageReference::Parse(configuration.base_name);
    if (!reference) return std::unexpected(Doubt{ReasonWord::kImageMalformed, "base image: " + reference.error().message});
    const RepositoryName repository{reference->host, reference->repository};
    auto document = registry_.Manifest(repository, *configuration.base_digest, call_);
    if (document && (*document)->index() != nullptr) {
      const auto child = ChildFor(*(*document)->index(), platform);
      if (!child)
        return std::unexpected(
            Doubt{ReasonWord::kImageMalformed, fmt::format("base image {} has nothing for {}", reference->Name(), Printable(platform))});
      document = registry_.Manifest(repository, *child, call_);
    }
    if (!document) return Told(document.error());
    std::string same = platform;
    auto base = (*document)->manifest() != nullptr
                    ? Configuration(repository, *(*document)->manifest(), same)
                    : std::unexpected(Doubt{ReasonWord::kImageMalformed, "base image: an index inside an index"});
    if (!base) return std::unexpected(base.error());
    return policy::BaseImage{reference->Name(), (*document)->digest, std::move(base->diff_ids)};
  }

 private:
  std::unexpected<Doubt> Told(const registry::Problem& problem) {
    if (problem.outcome() == registry::Outcome::kUnreachable) unreachable_ = true;
    return std::unexpected(DoubtOf(problem, Sought::kImage));
  }

  static std::optional<Digest> ChildFor(const registry::ImageIndex& index, const std::string& platform) {
    for (const registry::Descriptor& child : index.manifests)
      if (child.platform && child.platform->ToString() == platform) return child.digest;
    return std::nullopt;
  }

  static std::expected<ImageConfiguration, Doubt> Combine(const ImageManifest& manifest, registry::ImageConfig config) {
    ImageConfiguration configuration;
    configuration.created = config.created;
    configuration.user = std::move(config.user);
    configuration.diff_ids = std::move(config.diff_ids);
    configuration.layers = manifest.layers.size();
    for (const registry::Descriptor& layer : manifest.layers)
      configuration.size_bytes += std::min(layer.size, kLargestSize - configuration.size_bytes);
    if (const std::string* name = registry::FindAnnotation(manifest.annotations, kBaseName)) {
      if (name->size() > kMaxBaseNameBytes) {
        return std::unexpected(Doubt{ReasonWord::kImageMalformed, fmt::format("the annotation {} has {} bytes, more than {}", kBaseName,
                                                                              name->size(), kMaxBaseNameBytes)});
      }
      configuration.base_name = *name;
    }
    if (const std::string* text = registry::FindAnnotation(manifest.annotations, kBaseDigest)) {
      if (const auto digest = Digest::Parse(*text)) configuration.base_digest = *digest;
    }
    return configuration;
  }

  registry::Registry& registry_;
  const registry::Call& call_;
  std::atomic<bool> unreachable_ = false;
};

void ListPlatforms(const Document& document, policy::TrustFacts& facts) {
  const registry::ImageIndex* index = document.index();
  facts.is_index = index != nullptr;
  if (index == nullptr) {
    facts.platforms.push_back({document.digest, "", std::nullopt});
    return;
  }
  for (const registry::Descriptor& child : index->manifests)
    facts.platforms.push_back({child.digest, child.platform ? child.platform->ToString() : "", std::nullopt});
}

void ReadConfigurations(Reader& reader, const RepositoryName& repository, const Document& document, const registry::Call& call,
                        WorkPool& pool, policy::TrustFacts& facts) {
  std::vector<PlatformManifest*> to_read;
  for (PlatformManifest& platform : facts.platforms) {
    if (!policy::RunsSomewhere(platform.platform)) continue;
    if (to_read.size() < kMaxPlatforms) {
      to_read.push_back(&platform);
      continue;
    }
    platform.configuration =
        std::unexpected(Doubt{ReasonWord::kImageMalformed,
                              fmt::format("the index lists more than {} platforms: those beyond were not looked at", kMaxPlatforms)});
  }
  ForEachTogether(pool, UrgencyOf(call), to_read.size(), [&](std::size_t i) {
    PlatformManifest& platform = *to_read[i];
    platform.configuration = document.manifest() != nullptr ? reader.Configuration(repository, *document.manifest(), platform.platform)
                                                            : reader.ConfigurationOf(repository, platform.digest, platform.platform);
  });
}

void ReadBaseImages(Reader& reader, policy::TrustFacts& facts) {
  std::set<std::tuple<std::string, Digest, std::string>> seen;
  for (const PlatformManifest& platform : facts.platforms) {
    if (!platform.configuration || !*platform.configuration) continue;
    const ImageConfiguration& configuration = **platform.configuration;
    if (configuration.base_name.empty() || !configuration.base_digest) continue;
    if (!seen.insert(std::tuple(configuration.base_name, *configuration.base_digest, platform.platform)).second) continue;
    auto base = reader.BaseImage(configuration, platform.platform);
    if (base)
      facts.base_images.push_back(std::move(*base));
    else
      facts.base_doubt = std::move(base.error());
  }
}

}  // namespace

bool ReadContent(registry::Registry& registry, const RepositoryName& repository, const Document& document, const ContentWanted& wanted,
                 const registry::Call& call, WorkPool& pool, policy::TrustFacts& facts) {
  Reader reader(registry, call);
  ListPlatforms(document, facts);
  if (wanted.configurations) ReadConfigurations(reader, repository, document, call, pool, facts);
  if (wanted.configurations && wanted.base_images) ReadBaseImages(reader, facts);
  return reader.unreachable();
}

}  // namespace hullwright::evidence
