#include "evidence/discovery.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "evidence/together.h"
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

using DocumentAnswer = registry::Answer<std::shared_ptr<const Document>>;
using BlobAnswer = registry::Answer<std::shared_ptr<const std::string>>;

class Search {
 public:
  Search(registry::Registry& registry, const registry::RepositoryName& repository, const Digest& subject, const Formats& formats,
         const registry::Call& call, WorkPool& pool)
      : registry_(registry), repository_(repository), subject_(subject), formats_(formats), call_(call), pool_(pool) {}

  Discovery Run() {
    if (!formats_.any()) return {};
    std::vector<std::string> tags;
    if (formats_.cosign) tags.push_back(TagOf(".sig"));
    if (formats_.cosign && formats_.attestations) tags.push_back(TagOf(".att"));
    std::optional<registry::Answer<registry::ReferrerList>> listing;
    std::vector<std::optional<DocumentAnswer>> tagged(tags.size());
    Together(1 + tags.size(), [&](std::size_t i) {
      if (i == 0)
        listing = registry_.Referrers(repository_, subject_, "", call_);
      else
        tagged[i - 1] = registry_.Resolve(repository_, tags[i - 1], call_);
    });
    LookAtReferrers(*listing);
    for (std::size_t i = 0; i < tags.size(); ++i) LookAtTagged(tags[i], *tagged[i]);
    FetchClaims();
    return std::move(found_);
  }

 private:
  // A layer that may be a claim.
  struct Candidate {
    std::shared_ptr<const Document> document;
    const Descriptor* layer = nullptr;  // of the document
    ClaimFormat format = ClaimFormat::kSigstoreBundle;
  };

  void Together(std::size_t count, const std::function<void(std::size_t)>& work) const {
    ForEachTogether(pool_, UrgencyOf(call_), count, work);
  }

  // The descriptor is a hint of the registry: it can hide a signature, which denies, and never make one.
  bool IsWorthFetching(const Descriptor& entry) const {
    for (const std::string_view silent : kSilentTypes)
      if (entry.artifact_type == silent) return true;
    if (formats_.notation && entry.artifact_type == kNotation) return true;
    return formats_.cosign && (entry.artifact_type.starts_with(kBundlePrefix) || entry.artifact_type == kCosignReferrer);
  }

  std::vector<const Descriptor*> WorthFetching(const registry::ReferrerList& listing) {
    std::vector<const Descriptor*> entries;
    for (const Descriptor& entry : listing.entries) {
      if (!IsWorthFetching(entry)) continue;
      if (entries.size() == kMaxClaims) {
        AddDoubt(policy::ReasonWord::kTooManySignatures,
                 fmt::format("{}@{} has more than {} referrers that may be signatures: those beyond were not looked at",
                             repository_.ToString(), subject_.text(), kMaxClaims));
        break;
      }
      entries.push_back(&entry);
    }
    return entries;
  }

  void LookAtReferrers(const registry::Answer<registry::ReferrerList>& listing) {
    if (!listing) {
      AddProblem(listing.error());
      return;
    }
    if (listing->incomplete) AddProblem(*listing->incomplete);
    const std::vector<const Descriptor*> entries = WorthFetching(*listing);
    std::vector<std::optional<DocumentAnswer>> documents(entries.size());
    Together(entries.size(), [&](std::size_t i) { documents[i] = registry_.Manifest(repository_, entries[i]->digest, call_); });
    for (const auto& document : documents) LookAtReferrer(*document);
  }

  void LookAtReferrer(const DocumentAnswer& document) {
    if (!document) {
      AddProblem(document.error());
      return;
    }
    const ImageManifest* manifest = (*document)->manifest();
    // Of another subject or kind it is no claim about this one, whatever listed it.
    if (manifest == nullptr || !manifest->subject || manifest->subject->digest != subject_) return;
    for (const Descriptor& layer : manifest->layers) {
      if (const auto format = FormatOf(*manifest, layer)) candidates_.push_back({*document, &layer, *format});
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
  std::string TagOf(std::string_view suffix) const { return fmt::format("{}-{}{}", subject_.algorithm(), subject_.hex(), suffix); }

  void LookAtTagged(const std::string& tag, const DocumentAnswer& document) {
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
      if (const auto format = FormatOfCosign(layer)) candidates_.push_back({*document, &layer, *format});
    }
  }

  void FetchClaims() {
    if (candidates_.size() > kMaxClaims) {
      AddDoubt(policy::ReasonWord::kTooManySignatures, fmt::format("{}@{} has more than {} signatures: those beyond were not looked at",
                                                                   repository_.ToString(), subject_.text(), kMaxClaims));
      candidates_.resize(kMaxClaims);
    }
    // Several signatures may share one payload: it is fetched once.
    std::map<std::pair<Digest, std::uint64_t>, std::size_t> known;
    std::vector<const Descriptor*> layers;
    for (const Candidate& candidate : candidates_)
      if (known.try_emplace({candidate.layer->digest, candidate.layer->size}, layers.size()).second) layers.push_back(candidate.layer);
    std::vector<std::optional<BlobAnswer>> blobs(layers.size());
    Together(layers.size(), [&](std::size_t i) { blobs[i] = registry_.Blob(repository_, *layers[i], call_, kMaxClaimBytes); });
    for (const Candidate& candidate : candidates_) AddClaim(candidate, *blobs[known.at({candidate.layer->digest, candidate.layer->size})]);
  }

  void AddClaim(const Candidate& candidate, const BlobAnswer& bytes) {
    if (!bytes) {
      AddProblem(bytes.error());
      return;
    }
    found_.claims.push_back({candidate.format, fmt::format("{}@{}", repository_.ToString(), candidate.document->digest.text()),
                             candidate.layer->media_type, *bytes, candidate.layer->annotations});
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
  WorkPool& pool_;
  std::vector<Candidate> candidates_;
  Discovery found_;
};

}  // namespace

Discovery Discover(registry::Registry& registry, const registry::RepositoryName& repository, const Digest& subject, const Formats& formats,
                   const registry::Call& call, WorkPool& pool) {
  return Search(registry, repository, subject, formats, call, pool).Run();
}

}  // namespace hullwright::evidence
