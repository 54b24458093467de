#include "policy/reason.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace hullwright::policy {
namespace {

struct WordInfo {
  ReasonWord word;
  std::string_view text;
  Outcome outcome;
  RuleFamily family;
  std::string_view meaning;
  std::string_view remedy;
};

constexpr auto kPass = Outcome::kPass;
constexpr auto kNo = Outcome::kViolation;
constexpr auto kNoData = Outcome::kCouldNotTell;

// In the order of the enumeration, so that a word is its own index.
constexpr std::array kWords = {
    WordInfo{ReasonWord::kReferenceInvalid, "ReferenceInvalid", kNo, RuleFamily::kReference,
             "The image reference does not parse, so no pattern can say which policies cover it.",
             "Write the image as host/path:tag or host/path@sha256:<64 lower-case hex digits>."},
    WordInfo{ReasonWord::kDigestRequired, "DigestRequired", kNo, RuleFamily::kReference,
             "The policy wants the author to write the digest, and the reference has none.",
             "Add the digest to the reference: name@sha256:<digest>."},
    WordInfo{ReasonWord::kDigestUnresolved, "DigestUnresolved", kNoData, RuleFamily::kReference,
             "The reference is a tag alone, and which digest it names could not be found out.",
             "Name the image by digest: name@sha256:<digest>; or repair what kept the registry from being asked."},
    WordInfo{ReasonWord::kDigestNotPinned, "DigestNotPinned", kNo, RuleFamily::kReference,
             "The tag was resolved, but the Pod names the tag alone, which may mean another image when the node pulls it.",
             "Name the image by digest: name@sha256:<digest>; or register the hook /v1/pin, which writes it into Pods."},
    WordInfo{ReasonWord::kTagForbidden, "TagForbidden", kNo, RuleFamily::kReference, "The policy forbids this tag.",
             "Use another tag, or name the image by digest."},
    WordInfo{ReasonWord::kPublisherUntrusted, "PublisherUntrusted", kNo, RuleFamily::kPublishers,
             "Fewer trusted publishers than the policy wants vouch for the image.",
             "Use an image of a publisher the policy names, or have the policy's owner add its publisher."},
    WordInfo{ReasonWord::kPublisherUnknown, "PublisherUnknown", kNoData, RuleFamily::kPublishers,
             "A TrustedPublisher that the policy names does not exist or has no good version.",
             "Create or repair the TrustedPublisher that the policy names."},
    WordInfo{ReasonWord::kOriginUnchecked, "OriginUnchecked", kNoData, RuleFamily::kPublishers,
             "Nobody asked the registry for this image, its signatures or its attestations.",
             "Let hullctl ask registries with --registry, or give it an OCI layout folder that holds the image with --layout DIR; "
             "hullwright-webhook asks unless it was started with --no-registry."},
    WordInfo{ReasonWord::kRegistryUnreachable, "RegistryUnreachable", kNoData, RuleFamily::kPublishers,
             "The registry gave no answer that could be used: network, time-out, too many requests, or an error of its own.",
             "Repair the way to the registry or wait until it answers, then try again."},
    WordInfo{ReasonWord::kRegistryRefused, "RegistryRefused", kNoData, RuleFamily::kPublishers,
             "The registry refused to answer, or answered with an address that may not be asked.",
             "Give the namespace a pull secret that may read the image and its signatures; configure the host with a Registry object."},
    WordInfo{ReasonWord::kRegistryMismatch, "RegistryMismatch", kNo, RuleFamily::kPublishers,
             "The registry sent other bytes than the digest that was asked for.",
             "Have the registry or mirror examined: what it serves is not what it names."},
    WordInfo{ReasonWord::kImageAbsent, "ImageAbsent", kNo, RuleFamily::kPublishers, "The registry answered that there is no such image.",
             "Correct the name, tag or digest, or push the image."},
    WordInfo{ReasonWord::kImageMalformed, "ImageMalformed", kNo, RuleFamily::kPublishers,
             "Manifest or configuration of the image is malformed, too large, or can be read as two different things.",
             "Build and push the image again with a tool that follows the OCI image specification."},
    WordInfo{ReasonWord::kSignatureMissing, "SignatureMissing", kNo, RuleFamily::kPublishers,
             "No signature of a trusted publisher over this digest was found.",
             "Sign the image: cosign sign or notation sign of name@digest; with platforms: Schedulable also every platform (cosign sign "
             "--recursive)."},
    WordInfo{ReasonWord::kSignatureMalformed, "SignatureMalformed", kNo, RuleFamily::kPublishers,
             "What claims to be a signature cannot be read.", "Sign the image again with a current cosign or notation."},
    WordInfo{ReasonWord::kSignatureTooLarge, "SignatureTooLarge", kNo, RuleFamily::kPublishers,
             "A signature has more bytes, entries or depth than allowed.",
             "Sign the image again; put large documents beside the image and not into its signature."},
    WordInfo{ReasonWord::kTooManySignatures, "TooManySignatures", kNo, RuleFamily::kPublishers,
             "The image has more signatures than are looked at, and none of those that were is good.",
             "Delete signatures that nobody needs from the repository, then try again."},
    WordInfo{ReasonWord::kAlgorithmUnknown, "AlgorithmUnknown", kNo, RuleFamily::kPublishers,
             "The key or the signature uses an algorithm that is not accepted.",
             "Sign with ECDSA P-256, P-384 or P-521, RSA of at least 2048 bits, or Ed25519, and no SHA-1."},
    WordInfo{ReasonWord::kFormatUnknown, "FormatUnknown", kNo, RuleFamily::kPublishers,
             "The signature has a media type, version or kind that is not known here.",
             "Sign the image with cosign or notation in one of the formats that docs/guides/ lists."},
    WordInfo{ReasonWord::kCriticalExtensionUnknown, "CriticalExtensionUnknown", kNo, RuleFamily::kPublishers,
             "The signature or its certificate holds an extension that must be understood and is not known here.",
             "Sign without that extension or signing plugin."},
    WordInfo{ReasonWord::kSignatureInvalid, "SignatureInvalid", kNo, RuleFamily::kPublishers,
             "The signature does not verify with the key it should be made with.",
             "Sign the image again with the key the publisher names, or correct the key of the TrustedPublisher."},
    WordInfo{ReasonWord::kCertificateUntrusted, "CertificateUntrusted", kNo, RuleFamily::kPublishers,
             "The signer's certificate does not lead to an authority of the TrustRoot, or is not made for signing.",
             "Sign with a certificate of the authority the TrustRoot names, or correct the TrustRoot."},
    WordInfo{ReasonWord::kIdentityMismatch, "IdentityMismatch", kNo, RuleFamily::kPublishers,
             "A good signature, but of somebody whom the publisher does not name.",
             "Sign as an identity the publisher names, or have the publisher name this one."},
    WordInfo{ReasonWord::kSubjectMismatch, "SubjectMismatch", kNo, RuleFamily::kPublishers,
             "A good signature, but about another digest, repository or kind of thing.",
             "Sign exactly this digest in this repository; a signature that was copied here proves nothing."},
    WordInfo{ReasonWord::kTransparencyLogUnproved, "TransparencyLogUnproved", kNo, RuleFamily::kPublishers,
             "It is not proved that the signature stands in a transparency log of the TrustRoot.",
             "Sign with the log switched on; for keys without a log say transparencyLog: Ignore in the TrustedPublisher."},
    WordInfo{ReasonWord::kSigningTimeUnproved, "SigningTimeUnproved", kNo, RuleFamily::kPublishers,
             "No verified time says that the signature was made while the signer's certificate was valid.",
             "Sign with a transparency log or a time-stamp authority of the TrustRoot."},
    WordInfo{ReasonWord::kSignatureExpired, "SignatureExpired", kNo, RuleFamily::kPublishers,
             "The signature is past the end that its signer set.", "Sign the image again."},
    WordInfo{ReasonWord::kSignatureRevoked, "SignatureRevoked", kNo, RuleFamily::kPublishers, "The signer's certificate was revoked.",
             "Sign the image again with a certificate that is not revoked; find out why this one was."},
    WordInfo{ReasonWord::kRevocationUnknown, "RevocationUnknown", kNoData, RuleFamily::kPublishers,
             "Whether the signer's certificate was revoked could not be found out.",
             "Give current revocation lists in the TrustRoot (revocationLists), or say revocation: Ignore there."},
    WordInfo{ReasonWord::kTrustMaterialInvalid, "TrustMaterialInvalid", kNoData, RuleFamily::kPublishers,
             "A key, certificate or TrustRoot that the publisher refers to is missing or malformed.",
             "Repair the TrustRoot, ConfigMap or Secret that the message names."},
    WordInfo{ReasonWord::kClockImplausible, "ClockImplausible", kNoData, RuleFamily::kPublishers,
             "The clock of this program says a time before 2020, so nothing can be said of validity and age.",
             "Set the clock of the node that this program runs on."},
    WordInfo{ReasonWord::kAttestationMissing, "AttestationMissing", kNo, RuleFamily::kAttestations,
             "No attestation of the wanted type by a wanted publisher about this digest was found.",
             "Attest the image: cosign attest --type of name@digest, signed as a publisher the policy names."},
    WordInfo{ReasonWord::kAttestationInvalid, "AttestationInvalid", kNo, RuleFamily::kAttestations,
             "An attestation is signed, but its predicate is not what its type promises.",
             "Make the attestation again with a current tool."},
    WordInfo{ReasonWord::kAttestationMismatch, "AttestationMismatch", kNo, RuleFamily::kAttestations,
             "The attestation does not say what the policy wants.", "Build the image in the way the policy wants and attest it again."},
    WordInfo{ReasonWord::kAttestationTooOld, "AttestationTooOld", kNo, RuleFamily::kAttestations,
             "The attestation was signed longer ago than the policy allows.", "Attest the image again, or rebuild it."},
    WordInfo{ReasonWord::kAttestationAgeUnknown, "AttestationAgeUnknown", kNoData, RuleFamily::kAttestations,
             "No verified time says when the attestation was signed.",
             "Attest the image with a transparency log or a time-stamp authority."},
    WordInfo{ReasonWord::kPlatformMissing, "PlatformMissing", kNo, RuleFamily::kImage,
             "Nothing under the digest can run on a platform of our nodes.",
             "Build the image for the platforms of the nodes, or correct the digest."},
    WordInfo{ReasonWord::kPlatformsUnknown, "PlatformsUnknown", kNoData, RuleFamily::kImage,
             "The platforms of the nodes are not known, so nobody can tell which manifests of the index would run.",
             "Give the program the platforms of the nodes (--node-platforms), or say platforms: Index in the policy."},
    WordInfo{ReasonWord::kImageTooOld, "ImageTooOld", kNo, RuleFamily::kFreshness, "The image was made longer ago than the policy allows.",
             "Rebuild the image on a current base and deploy the new digest."},
    WordInfo{ReasonWord::kImageAgeUnknown, "ImageAgeUnknown", kNoData, RuleFamily::kFreshness,
             "The image does not say when it was made, as reproducible builds often do not.",
             "Build with a real creation time (SOURCE_DATE_EPOCH of the commit), or drop maxAgeDays from the policy."},
    WordInfo{ReasonWord::kImageTooLarge, "ImageTooLarge", kNo, RuleFamily::kImage,
             "The layers of the image are larger than the policy allows.",
             "Make the image smaller: a smaller base, several build stages, fewer files."},
    WordInfo{ReasonWord::kTooManyLayers, "TooManyLayers", kNo, RuleFamily::kImage, "The image has more layers than the policy allows.",
             "Join build steps, or use several build stages."},
    WordInfo{ReasonWord::kRunsAsRoot, "RunsAsRoot", kNo, RuleFamily::kImage, "The container would run as user 0.",
             "Set USER to a number above 0 in the image, or runAsUser or runAsNonRoot: true in the securityContext."},
    WordInfo{ReasonWord::kUserUnknown, "UserUnknown", kNoData, RuleFamily::kImage,
             "The image names its user by a word, which may mean user id 0.",
             "Set USER to a number above 0 in the image, or runAsUser or runAsNonRoot: true in the securityContext."},
    WordInfo{ReasonWord::kOSEndOfLife, "OSEndOfLife", kNo, RuleFamily::kFreshness,
             "The operating system in the image gets no more security fixes.", "Rebuild the image on a release that is still supported."},
    WordInfo{ReasonWord::kOSLifeUnknown, "OSLifeUnknown", kNoData, RuleFamily::kFreshness,
             "No scan says whether the operating system in the image is still supported.",
             "Scan the image with a scanner that knows the end of life of its operating system."},
    WordInfo{ReasonWord::kSecretsFound, "SecretsFound", kNo, RuleFamily::kImage, "A scan found secrets in the image.",
             "Remove the secrets from the image, rebuild it, and replace the secrets themselves."},
    WordInfo{ReasonWord::kSecretsUnknown, "SecretsUnknown", kNoData, RuleFamily::kImage, "No scan of this image looked for secrets.",
             "Scan the image with a scanner that looks for secrets, and import the report."},
    WordInfo{ReasonWord::kLicenseForbidden, "LicenseForbidden", kNo, RuleFamily::kImage,
             "A package in the image has a license that the policy forbids.",
             "Remove the package or replace it by one under another license, then rebuild and scan the image."},
    WordInfo{
        ReasonWord::kLicenseUnknown, "LicenseUnknown", kNoData, RuleFamily::kImage,
        "No complete scan tells the licenses of the image's packages, or whether one of them is forbidden cannot be told from its name.",
        "Scan the image with a scanner that tells the license of every package, and import the report. Packages without a license, and "
        "they "
        "alone, are let in where the policy says `unknown: Allowed`."},
    WordInfo{ReasonWord::kBaseImageForbidden, "BaseImageForbidden", kNo, RuleFamily::kImage,
             "The image is not built on a base image that the policy allows.", "Rebuild the image on a base image that the policy allows."},
    WordInfo{
        ReasonWord::kBaseImageUnknown, "BaseImageUnknown", kNoData, RuleFamily::kImage,
        "What the image is built on could not be found out.",
        "Build with a tool that writes the annotations org.opencontainers.image.base.name and .digest, and keep the base image available."},
    WordInfo{ReasonWord::kBaseImageUnannotated, "BaseImageUnannotated", kNo, RuleFamily::kImage,
             "The image does not say that it is built on a base image that the policy allows; a hint, which never denies.",
             "Rebuild the image on a base image that the policy allows, with the annotation org.opencontainers.image.base.name."},
    WordInfo{ReasonWord::kVulnerabilityForbidden, "VulnerabilityForbidden", kNo, RuleFamily::kVulnerabilities,
             "A finding of the scan meets a forbid entry of the policy.",
             "Update the package or rebuild on a newer base image; if the risk is accepted, ask for a VulnerabilityException."},
    WordInfo{ReasonWord::kTooManyVulnerabilities, "TooManyVulnerabilities", kNo, RuleFamily::kVulnerabilities,
             "More findings than the forbid entry's moreThan meet it.",
             "Update packages or rebuild on a newer base image until no more findings than allowed are left."},
    WordInfo{
        ReasonWord::kFindingIncomplete, "FindingIncomplete", kNoData, RuleFamily::kVulnerabilities,
        "A value that a forbid entry asks for is not known: the finding lacks it (severity, fix state, layer, score or the time a grace "
        "begins at), or no EPSS score or catalogue of known exploits is at hand.",
        "Scan with a scanner that reports the value, load current EPSS and KEV data, or have the policy's owner ask for another one."},
    WordInfo{ReasonWord::kFindingsTruncated, "FindingsTruncated", kNoData, RuleFamily::kVulnerabilities,
             "Findings that a forbid entry may ask for were cut from the ImageScan to keep it small.",
             "Reduce the number of findings in the image, then scan it again."},
    WordInfo{
        ReasonWord::kUnscanned, "Unscanned", kNoData, RuleFamily::kVulnerabilities, "There is no scan of this digest.",
        "Scan the image and import the report: hullctl scan import --report FILE --image REPOSITORY@DIGEST --to DIR (or --to cluster)."},
    WordInfo{ReasonWord::kUnscannable, "Unscannable", kNoData, RuleFamily::kVulnerabilities,
             "A scanner looked at the image and cannot read it.", "Use a base image that the scanner knows, or another scanner."},
    WordInfo{ReasonWord::kScanFailed, "ScanFailed", kNoData, RuleFamily::kVulnerabilities, "The last scan of the image failed.",
             "Read the scan's reason, repair its cause and scan again."},
    WordInfo{ReasonWord::kScanPartial, "ScanPartial", kNoData, RuleFamily::kVulnerabilities,
             "The scanner could not look at everything in the image.", "Read the scan's reason, repair its cause and scan again."},
    WordInfo{ReasonWord::kScanInvalid, "ScanInvalid", kNoData, RuleFamily::kVulnerabilities,
             "The ImageScan of this digest does not decode.", "Import the scan report again; it replaces the broken ImageScan."},
    WordInfo{ReasonWord::kScanStale, "ScanStale", kNoData, RuleFamily::kVulnerabilities,
             "The scan is older than the policy allows, or its time is not known.", "Scan the image again."},
    WordInfo{ReasonWord::kScanFromFuture, "ScanFromFuture", kNoData, RuleFamily::kVulnerabilities,
             "The scan or its vulnerability database is dated later than now, so its age is not known.",
             "Correct the clock of the machine that scans, then scan again."},
    WordInfo{ReasonWord::kScannerMissing, "ScannerMissing", kNoData, RuleFamily::kVulnerabilities,
             "There is no result of a scanner that the policy names.", "Scan the image with the scanner that the policy names."},
    WordInfo{ReasonWord::kDatabaseStale, "DatabaseStale", kNoData, RuleFamily::kVulnerabilities,
             "The vulnerability database of the scan is older than the policy allows.",
             "Update the scanner's vulnerability database, then scan again."},
    WordInfo{ReasonWord::kDatabaseAgeUnknown, "DatabaseAgeUnknown", kNoData, RuleFamily::kVulnerabilities,
             "The report does not say how old the scanner's vulnerability database was.",
             "Give the date of the database to `hullctl scan import --database-updated-at`, or use a scanner that reports it."},
    WordInfo{ReasonWord::kUnmatched, "Unmatched", kNo, RuleFamily::kRequest, "No policy covers the image.",
             "Use an image that a policy covers, or have a policy written for this one."},
    WordInfo{ReasonWord::kPolicyInvalid, "PolicyInvalid", kNoData, RuleFamily::kRequest,
             "A policy that may cover the image has no good version.", "Repair or delete the policy; its error is in the message."},
    WordInfo{ReasonWord::kNamespaceUnknown, "NamespaceUnknown", kNoData, RuleFamily::kRequest,
             "The labels of the namespace are not known, so nobody can tell whether the policy covers the image.",
             "Create the Namespace, or give its manifest together with the policies."},
    WordInfo{ReasonWord::kTooManyImages, "TooManyImages", kNo, RuleFamily::kRequest,
             "The object names more images, or judging them takes more comparisons or memory, than one request may.",
             "Split the object into smaller ones; if it is small, use images with fewer platforms and attestations, or have conditions of "
             "policies or exceptions of the namespace reduced."},
};
static_assert(kPass < kNoData && kNoData < kNo);

consteval bool IsInOrder() {
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (static_cast<std::size_t>(kWords[i].word) != i) return false;
  return true;
}
static_assert(IsInOrder());
static_assert(kWords.size() == static_cast<std::size_t>(ReasonWord::kTooManyImages) + 1);

const WordInfo& InfoOf(ReasonWord word) {
  const auto index = static_cast<std::size_t>(word);
  assert(index < kWords.size());
  return kWords[index];
}

constexpr auto kAllWords = [] {
  std::array<ReasonWord, kWords.size()> words{};
  for (std::size_t i = 0; i < kWords.size(); ++i) words[i] = kWords[i].word;
  return words;
}();

}  // namespace

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kCouldNotTell:
      return "could-not-tell";
    case Outcome::kViolation:
      return "violation";
  }
  return "violation";
}

std::string_view ToString(ReasonWord word) {
  return InfoOf(word).text;
}
RuleFamily FamilyOf(ReasonWord word) {
  return InfoOf(word).family;
}
Outcome OutcomeOf(ReasonWord word) {
  return InfoOf(word).outcome;
}
std::string_view RemedyFor(ReasonWord word) {
  return InfoOf(word).remedy;
}
std::string_view MeaningOf(ReasonWord word) {
  return InfoOf(word).meaning;
}
std::span<const ReasonWord> AllReasonWords() {
  return kAllWords;
}

std::optional<ReasonWord> FindReasonWord(std::string_view text) {
  const auto found = std::ranges::find(kWords, text, &WordInfo::text);
  return found == kWords.end() ? std::nullopt : std::optional(found->word);
}

}  // namespace hullwright::policy
