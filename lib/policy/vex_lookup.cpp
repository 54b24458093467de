#include "policy/vex_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/origin.h"
#include "policy/vouching.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxDefectsTold = 3;

const std::vector<api::NameRef>& VexPublishers(const RuleInput& input) {
  static const std::vector<api::NameRef> kNone;
  const auto& rules = input.rules().vulnerabilities;
  return rules && rules->vex ? rules->vex->publisher_refs : kNone;
}

std::optional<Time> SignedAt(const Attestation& attestation) {
  const std::vector<Time>& times = attestation.signer.times;
  return times.empty() ? std::nullopt : std::optional(std::ranges::min(times));
}

// "2 statements of acme (OpenVEX), of which 1 take nothing away: statements[0] says not_affected without …".
std::string DescribeVex(const SignedVex& vex) {
  const auto& statements = vex.document->statements();
  std::vector<std::string> defects;
  for (const VexStatement& statement : statements)
    if (!statement.defect.empty()) defects.push_back(Printable(statement.defect));
  std::string text = fmt::format("{} statements of {} ({})", statements.size(), vex.publisher, vex.document->format());
  if (defects.empty()) return text;
  const std::size_t count = defects.size();
  defects.resize(std::min(count, kMaxDefectsTold));
  return text + fmt::format(", of which {} take nothing away: {}", count, fmt::join(defects, ", "));
}

const TrustFailure* VexFailure(const TrustFacts& facts, std::string_view publisher) {
  for (const std::string_view type : kVexPredicateTypes)
    if (const TrustFailure* failure = NearestFailure(facts, publisher, Claim::kAttestation, facts.digest, type)) return failure;
  return nullptr;
}

}  // namespace

void VexLookup::PrepareSources(RuleReport& report) {
  if (prepared_) return;
  prepared_ = true;
  if (VexPublishers(input_).empty()) return;
  const auto facts = OriginFor(input_, report);
  if (!facts) {
    doubt_ = facts.error().message;
    return;
  }
  facts_ = *facts;
  for (const api::NameRef& ref : VexPublishers(input_)) {
    const api::TrustedPublisher* publisher = StandingOf(input_, ref.name).to_ask;
    if (publisher == nullptr) continue;
    for (const Verified<Attestation>& attestation : facts_->attestations) {
      if (attestation->vex == nullptr || attestation->publisher != ref.name || !HasAuthority(*publisher, attestation->signer.authority))
        continue;
      sources_.push_back({{attestation->vex.get(), attestation->publisher, SignedAt(*attestation)}, &attestation->subject});
    }
  }
}

std::vector<SignedVex> VexLookup::About(const ScanRecord& scan) const {
  std::vector<SignedVex> about;
  for (const Source& source : sources_)
    if (*source.subject == facts_->digest || *source.subject == scan.digest()) about.push_back(source.vex);
  return about;
}

std::optional<Suppression> VexLookup::Covering(const api::ForbidEntry& entry, const ScanRecord& scan, const FindingView& finding) {
  if (!entry.waivable || VexPublishers(input_).empty()) return std::nullopt;
  PrepareSources(report_);
  if (sources_.empty()) return std::nullopt;
  if (scan_ != &scan) {
    scan_ = &scan;
    about_scan_ = About(scan);
  }
  return FindSuppression(about_scan_, {input_.reference, facts_->digest, scan.digest(), scan.platform(), finding}, input_.now,
                         report_.budget);
}

std::string VexLookup::Describe() {
  RuleReport unheard;  // nobody is told of an outage that changed nothing
  PrepareSources(unheard);
  if (!doubt_.empty()) return "no statements are known: " + doubt_;
  std::vector<std::string> parts;
  parts.reserve(sources_.size() + VexPublishers(input_).size());
  for (const Source& source : sources_) parts.push_back(DescribeVex(source.vex));
  for (const api::NameRef& ref : VexPublishers(input_)) {
    if (const Standing standing = StandingOf(input_, ref.name); standing.to_ask == nullptr) {
      parts.push_back(standing.voucher.by_name ? ref.name + " is trusted by name only, which signs nothing"
                                               : standing.voucher.doubt.message);
    } else if (const TrustFailure* failure = facts_ == nullptr ? nullptr : VexFailure(*facts_, ref.name)) {
      parts.push_back(fmt::format("an attestation of {} does not count: {}", ref.name, Printable(failure->doubt.message)));
    }
  }
  return parts.empty() ? "there are no statements" : fmt::format("{}", fmt::join(parts, "; "));
}

Waived RecordSuppressed(const Suppression& suppression, std::string_view rule, std::string what) {
  const VexStatement& statement = *suppression.statement;
  std::string why = fmt::format("{} says {}", suppression.document->format(), ToString(statement.status));
  for (const std::string* reason : {&statement.justification, &statement.text})
    if (!reason->empty()) why += ": " + Printable(*reason);
  return {.waiver = fmt::format("TrustedPublisher/{}", suppression.publisher),
          .policy = {},
          .rule = std::string(rule),
          .what = std::move(what),
          .why = std::move(why),
          .until = {}};
}

}  // namespace hullwright::policy
