#include "evidence/discovery.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "evidence/words.h"

namespace hullwright::evidence {
namespace {

using registry::Descriptor;
using registry::Document;
using registry::ImageManifest;

constexpr std::string_view kBundlePrefix = "application/vnd.dev.sigstore.bundle";
constexpr std::string_view kCosignReferrer = "application/vnd.dev.cosign.artifact.sig.v1+json";
constexpr std::string_view kSimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view kDsse = "application/vnd.dsse.envelope.v1+json";
constexpr std::string_view kNotation = "application/vnd.cncf.notary.signature";
constexpr std::string_view kJws = "application/jose+json";
constexpr std::string_view kCose = "application/cose";

// Types that say nothing: cosign 3 writes the first into the fallback index for its bundles (research section 2.2).
constexpr std::array<std::string_view, 3> kSilentTypes = {"", "application/vnd.oci.empty.v1+json",
                                                          "application/vnd.oci.image.config.v1+json"};

class Search {
 public:
  Search(registry::Registry& registry, const registry::RepositoryName& repository, const Digest& subject, const Formats& formats,
         const registry::Call& call)
      : registry_(registry), repository_(repository), subject_(subject), formats_(formats), call_(call) {}

  Discovery Run() {
    if (formats_.any()) SearchReferrers();
    if (formats_.cosign) SearchTag(".sig");
    if (formats_.cosign && formats_.attestations) SearchTag(".att");
    return std::move(found_);
  }

 private:
  // The descriptor is a hint of the registry: it can hide a signature, which denies, and never make one.
  bool IsWorthFetching(const Descriptor& entry) const {
    for (const std::string_view silent : kSilentTypes)
      if (entry.artifact_type == silent) return true;
    if (formats_.notation && entry.artifact_type == kNotation) return true;
    return formats_.cosign && (entry.artifact_type.starts_with(kBundlePrefix) || entry.artifact_type == kCosignReferrer);
  }

  void SearchReferrers() {
    const auto listing = registry_.Referrers(repository_, subject_, "", call_);
    if (!listing) {
      AddProblem(listing.error());
      return;
    }
    if (listing->incomplete) AddProblem(*listing->incomplete);
    std::size_t fetched = 0;
    for (const Descriptor& entry : listing->entries) {
      if (!IsWorthFetching(entry)) continue;
      if (++fetched > kMaxClaims) {
        AddDoubt(policy::ReasonWord::kTooManySignatures,
                 fmt::format("{}@{} has more than {} referrers that may be signatures: those beyond were not looked at",
                             repository_.ToString(), subject_.text(), kMaxClaims));
        return;
      }
      SearchReferrer(entry);
    }
  }

  void SearchReferrer(const Descriptor& entry) {
    const auto document = registry_.Manifest(repository_, entry.digest, call_);
    if (!document) {
      AddProblem(document.error());
      return;
    }
    const ImageManifest* manifest = (*document)->manifest();
    // Of another subject or kind it is no claim about this one, whatever listed it.
    if (manifest == nullptr || !manifest->subject || manifest->subject->digest != subject_) return;
    for (const Descriptor& layer : manifest->layers) {
      if (const auto format = FormatOf(*manifest, layer)) AddLayer(**document, layer, *format);
    }
  }

  std::optional<ClaimFormat> FormatOf(const ImageManifest& manifest, const Descriptor& layer) const {
    if (formats_.notation && manifest.effective_artifact_type() == kNotation) {
      if (layer.media_type == kJws) return ClaimFormat::kNotationJws;
      if (layer.media_type == kCose) return ClaimFormat::kNotationCose;
      return std::nullopt;
    }
    if (!formats_.cosign) return std::nullopt;
    if (layer.media_type.starts_with(kBundlePrefix)) return ClaimFormat::kSigstoreBundle;
    return FormatOfCosign(layer);
  }

  static std::optional<ClaimFormat> FormatOfCosign(const Descriptor& layer) {
    if (layer.media_type == kSimpleSigning) return ClaimFormat::kCosignSignature;
    if (layer.media_type == kDsse) return ClaimFormat::kCosignAttestation;
    return std::nullopt;
  }

  // cosign's layout: the tag names a manifest with one layer for each signature.
  void SearchTag(std::string_view suffix) {
    const std::string tag = fmt::format("{}-{}{}", subject_.algorithm(), subject_.hex(), suffix);
    const auto document = registry_.Resolve(repository_, tag, call_);
    if (!document) {
      if (document.error().outcome() != registry::Outcome::kAbsent) AddProblem(document.error());
      return;
    }
    const ImageManifest* manifest = (*document)->manifest();
    if (manifest == nullptr) {
      AddDoubt(policy::ReasonWord::kSignatureMalformed,
               fmt::format("{}:{} is an index, and no list of signatures", repository_.ToString(), tag));
      return;
    }
    for (const Descriptor& layer : manifest->layers) {
      if (const auto format = FormatOfCosign(layer)) AddLayer(**document, layer, *format);
    }
  }

  void AddLayer(const Document& document, const Descriptor& layer, ClaimFormat format) {
    if (found_.claims.size() >= kMaxClaims) {
      AddDoubt(policy::ReasonWord::kTooManySignatures, fmt::format("{}@{} has more than {} signatures: those beyond were not looked at",
                                                                   repository_.ToString(), subject_.text(), kMaxClaims));
      return;
    }
    auto bytes = registry_.Blob(repository_, layer, call_, kMaxClaimBytes);
    if (!bytes) {
      AddProblem(bytes.error());
      return;
    }
    found_.claims.push_back({format, fmt::format("{}@{}", repository_.ToString(), document.digest.text()), layer.media_type,
                             std::move(*bytes), layer.annotations});
  }

  void AddProblem(const registry::Problem& problem) {
    found_.unreachable = found_.unreachable || problem.outcome() == registry::Outcome::kUnreachable;
    const auto [word, message] = DoubtOf(problem, Sought::kSignature);
    AddDoubt(word, message);
  }

  // One of each word is enough to tell what was not looked at.
  void AddDoubt(policy::ReasonWord word, std::string message) {
    for (const policy::Doubt& doubt : found_.doubts)
      if (doubt.word == word) return;
    found_.doubts.push_back({word, std::move(message)});
  }

  registry::Registry& registry_;
  const registry::RepositoryName& repository_;
  const Digest& subject_;
  const Formats formats_;
  const registry::Call& call_;
  Discovery found_;
};

}  // namespace

Discovery Discover(registry::Registry& registry, const registry::RepositoryName& repository, const Digest& subject, const Formats& formats,
                   const registry::Call& call) {
  return Search(registry, repository, subject, formats, call).Run();
}

}  // namespace hullwright::evidence
