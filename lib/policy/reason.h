// The one vocabulary of reasons. The word is the same in the answer to the user, log lines, metric labels, audit annotations and
// docs/operations.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "policy/outcome.h"

namespace hullwright::policy {

enum class ReasonWord {
  // reference
  kReferenceInvalid,  // the image reference does not parse
  kDigestRequired,    // the author must write the digest
  kDigestUnresolved,  // a tag alone: which digest would run is not known
  kDigestNotPinned,   // the tag was resolved, but the object that runs does not name the digest
  kTagForbidden,
  // publishers
  kPublisherUntrusted,  // fewer trusted publishers than the policy wants vouch for the image
  kPublisherUnknown,    // a TrustedPublisher the policy names does not exist or is broken
  // the registry, whoever asks it
  kOriginUnchecked,      // nobody looked for signatures or into the registry
  kRegistryUnreachable,  // no answer, or none that could be used: network, time-out, 429, 5xx
  kRegistryRefused,      // 401, 403, or an address or redirect that is not allowed
  kRegistryMismatch,     // other bytes than the digest that was asked for
  kImageAbsent,          // the registry says that there is no such image
  kImageMalformed,       // manifest or configuration that is none, or not unambiguously one
  // signatures, and signatures of attestations
  kSignatureMissing,
  kSignatureMalformed,        // what claims to be one cannot be read
  kSignatureTooLarge,         // more bytes, entries or depth than allowed
  kTooManySignatures,         // not all of them were looked at
  kAlgorithmUnknown,          // key or signature algorithm that we do not accept
  kFormatUnknown,             // media type, version or kind that we do not know
  kCriticalExtensionUnknown,  // an extension that must be understood and is not
  kSignatureInvalid,          // the cryptography says no
  kCertificateUntrusted,      // the signer's certificate does not lead to a trusted authority
  kIdentityMismatch,          // a good signature of somebody else
  kSubjectMismatch,           // a good signature about something else
  kTransparencyLogUnproved,   // no proof, or a false one, that the signature is in a trusted log
  kSigningTimeUnproved,       // no verified time of signing, or one outside the certificate's life
  kSignatureExpired,          // past the end that the signer set
  kSignatureRevoked,
  kRevocationUnknown,
  kTrustMaterialInvalid,  // a key, certificate or TrustRoot of the publisher is missing or malformed
  kClockImplausible,      // our own clock says a time before 2020
  // attestations
  kAttestationMissing,
  kAttestationInvalid,   // signed, but the predicate is not what its type promises
  kAttestationMismatch,  // the predicate does not say what the policy wants
  kAttestationTooOld,
  kAttestationAgeUnknown,  // no verified time of signing
  // image
  kPlatformMissing,   // nothing under the digest runs on our nodes
  kPlatformsUnknown,  // the platforms of our nodes are not known
  kImageTooOld,
  kImageAgeUnknown,  // the image does not say when it was made
  kImageTooLarge,
  kTooManyLayers,
  kRunsAsRoot,
  kUserUnknown,  // a user name, which may mean user id 0
  kOSEndOfLife,
  kOSLifeUnknown,
  kSecretsFound,
  kSecretsUnknown,
  kLicenseForbidden,  // a package has a license that the policy forbids
  kLicenseUnknown,    // no scan tells it of all packages
  kBaseImageForbidden,
  kBaseImageUnknown,
  kBaseImageUnannotated,  // by annotation, a hint: never harder than Warn
  // vulnerabilities
  kVulnerabilityForbidden,  // a finding meets a forbid entry
  kTooManyVulnerabilities,  // more findings than the entry's moreThan meet it
  kFindingIncomplete,       // a finding lacks a value that an entry asks for
  kFindingsTruncated,       // findings that an entry asks for were cut from the ImageScan
  kUnscanned,               // no scan of this digest
  kUnscannable,             // a scanner looked and cannot read this image
  kScanFailed,
  kScanPartial,     // the scanner could not look at everything
  kScanInvalid,     // the ImageScan does not decode
  kScanStale,       // older than the policy allows, or its time is not known
  kScanFromFuture,  // scannedAt or databaseUpdatedAt is later than now
  kScannerMissing,  // no result of a scanner the policy names
  kDatabaseStale,
  kDatabaseAgeUnknown,  // the report does not say how old the vulnerability database was
  // request and policies
  kUnmatched,         // no policy covers the image
  kPolicyInvalid,     // a policy that may cover the image has no good version
  kNamespaceUnknown,  // the labels of the namespace are not known, so whether a policy covers it is not
  kTooManyImages,     // more images in one object than the bound, or more to compare or to hold
};

// Which part of a policy a word speaks of. Waivers soften kVulnerabilities alone, admitted images that and kFreshness (age and end of
// life): trust is never softened.
enum class RuleFamily { kRequest, kReference, kPublishers, kAttestations, kImage, kFreshness, kVulnerabilities };

std::string_view ToString(ReasonWord word);
RuleFamily FamilyOf(ReasonWord word);
// What the word says of the outcome: one word is always the same outcome.
Outcome OutcomeOf(ReasonWord word);
// What a person can do about it, one imperative sentence; docs/operations.md and the answers share it.
std::string_view RemedyFor(ReasonWord word);
// One sentence on what it means, for docs/operations.md.
std::string_view MeaningOf(ReasonWord word);
std::span<const ReasonWord> AllReasonWords();
// The word of that text; nullopt: there is none.
std::optional<ReasonWord> FindReasonWord(std::string_view text);

}  // namespace hullwright::policy
