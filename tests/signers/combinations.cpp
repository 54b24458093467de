#include "signers/combinations.h"

#include <fmt/format.h>

namespace hullwright::testing {
namespace {

constexpr std::string_view kFormatNames[] = {"bundle",       "bundle attestation", "legacy signature", "legacy attestation",
                                             "notation jws", "notation cose"};
constexpr std::string_view kWhoNames[] = {"key", "person", "workflow", "certificate"};
constexpr std::string_view kQuestionNames[] = {
    "right",          "other key",        "other subject", "other issuer",         "patterns", "other digest", "other kind", "log required",
    "authority past", "authority future", "stamps past",   "certificate log past", "log past"};
static_assert(std::size(kQuestionNames) == static_cast<std::size_t>(Question::kLogPast) + 1);

const std::vector<std::string> kAlgorithms = {"ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096"};

void AddKeyed(std::vector<Signing>& all) {
  bool index = false;
  for (const auto format : {Format::kBundle, Format::kBundleAttestation}) {
    for (const auto& algorithm : kAlgorithms) {
      for (const bool in_log : {false, true}) all.push_back({format, Who::kKey, algorithm, index = !index, in_log});
      index = !index;  // so that both kinds of subject meet both kinds of log
    }
  }
  for (const auto format : {Format::kLegacy, Format::kLegacyAttestation}) {
    for (const auto& algorithm : kAlgorithms) all.push_back({format, Who::kKey, algorithm, index = !index, false});
    all.push_back({format, Who::kKey, "ed25519", index, false});
  }
}

void AddKeyless(std::vector<Signing>& all) {
  for (const auto format : {Format::kBundle, Format::kBundleAttestation}) {
    for (const auto who : {Who::kPerson, Who::kWorkflow}) {
      for (const bool index : {false, true}) all.push_back({format, who, "", index, true});
    }
  }
}

void AddNotation(std::vector<Signing>& all) {
  bool index = false;
  for (const auto format : {Format::kNotationJws, Format::kNotationCose}) {
    for (const auto& algorithm : kAlgorithms) {
      for (const bool stamped : {false, true}) all.push_back({format, Who::kCertificate, algorithm, index = !index, stamped});
      index = !index;
    }
  }
}

}  // namespace

std::vector<Signing> AllSignings() {
  std::vector<Signing> all;
  AddKeyed(all);
  AddKeyless(all);
  AddNotation(all);
  return all;
}

std::vector<Question> QuestionsFor(const Signing& signing) {
  using enum Question;
  if (signing.is_keyless()) {
    return {kRight,       kOtherSubject,  kOtherIssuer,     kPatterns,   kOtherDigest,        kOtherKind,
            kLogRequired, kAuthorityPast, kAuthorityFuture, kStampsPast, kCertificateLogPast, kLogPast};
  }
  if (signing.is_notation()) return {kRight, kOtherKey, kOtherSubject, kOtherDigest};
  if (signing.is_bundle() && signing.in_log) return {kRight, kOtherKey, kOtherDigest, kOtherKind, kLogRequired, kLogPast};
  return {kRight, kOtherKey, kOtherDigest, kLogRequired};
}

std::string ToString(const Signing& signing) {
  return fmt::format("{} by {}{}{} of {}{}", kFormatNames[static_cast<int>(signing.format)], kWhoNames[static_cast<int>(signing.who)],
                     signing.algorithm.empty() ? "" : " ", signing.algorithm, signing.index ? "the index" : "a manifest",
                     !signing.in_log         ? ""
                     : signing.is_notation() ? ", stamped"
                                             : ", in the log");
}

std::string ToString(Question question) {
  return std::string(kQuestionNames[static_cast<int>(question)]);
}

}  // namespace hullwright::testing
