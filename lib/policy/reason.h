// The one vocabulary of reasons. The word is the same in the answer to the user, log lines, metric labels, audit annotations and
// docs/operations.md.
#pragma once

#include <span>
#include <string_view>

#include "policy/outcome.h"

namespace hullwright::policy {

enum class ReasonWord {
  // reference
  kReferenceInvalid,  // the image reference does not parse
  kDigestRequired,    // the author must write the digest
  kDigestUnresolved,  // a tag alone: which digest would run is not known
  kTagForbidden,
  // publishers
  kPublisherUntrusted,  // fewer trusted publishers than the policy wants vouch for the image
  kPublisherUnknown,    // a TrustedPublisher the policy names does not exist or is broken
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
  kTooManyImages,     // more images in one object than the bound
};

// Which part of a policy a word speaks of. Admitted images and waivers soften kVulnerabilities alone.
enum class RuleFamily { kRequest, kReference, kPublishers, kVulnerabilities };

std::string_view ToString(ReasonWord word);
RuleFamily FamilyOf(ReasonWord word);
// What the word says of the outcome: one word is always the same outcome.
Outcome OutcomeOf(ReasonWord word);
// What a person can do about it, one imperative sentence; docs/operations.md and the answers share it.
std::string_view RemedyFor(ReasonWord word);
// One sentence on what it means, for docs/operations.md.
std::string_view MeaningOf(ReasonWord word);
std::span<const ReasonWord> AllReasonWords();

}  // namespace hullwright::policy
