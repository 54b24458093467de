#include "policy/reason.h"

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
             "The reference is a tag alone, so which digest would run is not known.", "Name the image by digest: name@sha256:<digest>."},
    WordInfo{ReasonWord::kTagForbidden, "TagForbidden", kNo, RuleFamily::kReference, "The policy forbids this tag.",
             "Use another tag, or name the image by digest."},
    WordInfo{ReasonWord::kPublisherUntrusted, "PublisherUntrusted", kNo, RuleFamily::kPublishers,
             "Fewer trusted publishers than the policy wants vouch for the image.",
             "Use an image of a publisher the policy names, or have the policy's owner add its publisher."},
    WordInfo{ReasonWord::kPublisherUnknown, "PublisherUnknown", kNoData, RuleFamily::kPublishers,
             "A TrustedPublisher that the policy names does not exist or has no good version.",
             "Create or repair the TrustedPublisher that the policy names."},
    WordInfo{ReasonWord::kVulnerabilityForbidden, "VulnerabilityForbidden", kNo, RuleFamily::kVulnerabilities,
             "A finding of the scan meets a forbid entry of the policy.",
             "Update the package or rebuild on a newer base image; if the risk is accepted, ask for a VulnerabilityException."},
    WordInfo{ReasonWord::kTooManyVulnerabilities, "TooManyVulnerabilities", kNo, RuleFamily::kVulnerabilities,
             "More findings than the forbid entry's moreThan meet it.",
             "Update packages or rebuild on a newer base image until no more findings than allowed are left."},
    WordInfo{ReasonWord::kFindingIncomplete, "FindingIncomplete", kNoData, RuleFamily::kVulnerabilities,
             "A finding lacks a value (severity, fix state or score) that a forbid entry asks for.",
             "Scan with a scanner that reports the missing value, or have the policy's owner ask for another one."},
    WordInfo{ReasonWord::kFindingsTruncated, "FindingsTruncated", kNoData, RuleFamily::kVulnerabilities,
             "Findings that a forbid entry may ask for were cut from the ImageScan to keep it small.",
             "Reduce the number of findings in the image, then scan it again."},
    WordInfo{ReasonWord::kUnscanned, "Unscanned", kNoData, RuleFamily::kVulnerabilities, "There is no scan of this digest.",
             "Scan the image and import the report: hullctl scan import --report FILE --image REPOSITORY@DIGEST."},
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
             "Give the date of the database when importing, or use a scanner that reports it."},
    WordInfo{ReasonWord::kUnmatched, "Unmatched", kNo, RuleFamily::kRequest, "No policy covers the image.",
             "Use an image that a policy covers, or have a policy written for this one."},
    WordInfo{ReasonWord::kPolicyInvalid, "PolicyInvalid", kNoData, RuleFamily::kRequest,
             "A policy that may cover the image has no good version.", "Repair or delete the policy; its error is in the message."},
    WordInfo{ReasonWord::kNamespaceUnknown, "NamespaceUnknown", kNoData, RuleFamily::kRequest,
             "The labels of the namespace are not known, so whether the policy covers the image is not known either.",
             "Create the Namespace, or give its manifest together with the policies."},
    WordInfo{ReasonWord::kTooManyImages, "TooManyImages", kNo, RuleFamily::kRequest,
             "The object names more images, or judging them takes more comparisons, than one request may.",
             "Split the object into smaller ones; if it is small, have conditions of policies or exceptions of the namespace reduced."},
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

}  // namespace hullwright::policy
