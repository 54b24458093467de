#include "policy/rules_publishers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "policy/vouching.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kPublishersRule = "publishers";

std::size_t MinimumOf(const RuleInput& input) {
  return static_cast<std::size_t>(std::max<std::int64_t>(1, input.rules().publishers->minimum));
}

std::vector<Standing> StandingsOf(const RuleInput& input) {
  std::vector<Standing> standings;
  const std::vector<api::NameRef>& refs = input.rules().publishers->refs;
  for (auto ref = refs.begin(); ref != refs.end(); ++ref) {
    if (std::any_of(refs.begin(), ref, [&](const api::NameRef& earlier) { return earlier.name == ref->name; })) continue;
    standings.push_back(StandingOf(input, ref->name));
  }
  return standings;
}

std::vector<Voucher> VouchersFor(const std::vector<Standing>& standings, const TrustFacts& facts, const Digest& digest,
                                 Holding holding = Holding::kAny) {
  std::vector<Voucher> vouchers;
  vouchers.reserve(standings.size());
  for (const Standing& standing : standings)
    vouchers.push_back(standing.to_ask == nullptr ? standing.voucher : AskSignatures(*standing.to_ask, facts, digest, holding));
  return vouchers;
}

// All that need a signature are unknown for the same reason.
std::vector<Voucher> VouchersInDoubt(const std::vector<Standing>& standings, const Doubt& doubt) {
  std::vector<Voucher> vouchers;
  vouchers.reserve(standings.size());
  for (const Standing& standing : standings) {
    Voucher& voucher = vouchers.emplace_back(standing.voucher);
    if (standing.to_ask == nullptr) continue;
    voucher.vouches = OutcomeOf(doubt.word) == Outcome::kCouldNotTell ? Vouches::kUnknown : Vouches::kNo;
    voucher.doubt = doubt;
  }
  return vouchers;
}

std::vector<std::string_view> Names(const std::vector<Voucher>& vouchers, Vouches answer) {
  std::vector<std::string_view> names;
  for (const Voucher& voucher : vouchers)
    if (voucher.vouches == answer) names.push_back(voucher.publisher);
  return names;
}

std::string UntrustedMessage(const std::vector<Voucher>& vouchers, const std::string& image, std::size_t minimum) {
  const auto yes = Names(vouchers, Vouches::kYes), no = Names(vouchers, Vouches::kNo);
  if (yes.empty()) return fmt::format("{} is in no repository of {}", image, fmt::join(no, ", "));
  if (yes.size() >= minimum)
    return fmt::format("{} vouch for {} by the same signer, and {} publishers with a signer each must", fmt::join(yes, ", "), image,
                       minimum);
  return fmt::format("{} is in the repositories of {} alone, and {} publishers must vouch for it", image, fmt::join(yes, ", "), minimum);
}

// Too few, whatever the unknown ones would say: what each of those that publish under this name lacks.
void AddViolations(const RuleInput& input, const std::vector<Voucher>& vouchers, ReasonsByWord& reasons) {
  const std::size_t minimum = MinimumOf(input);
  std::size_t could = CountDistinct(vouchers);
  for (const Voucher& voucher : vouchers)
    could += voucher.vouches == Vouches::kUnknown || (voucher.vouches == Vouches::kNo && voucher.covers);
  if (could < minimum) reasons.Add(ReasonWord::kPublisherUntrusted, UntrustedMessage(vouchers, Printable(input.reference.Name()), minimum));
  for (const Voucher& voucher : vouchers)
    if (voucher.vouches == Vouches::kNo && voucher.covers) reasons.Add(voucher.doubt.word, voucher.doubt.message);
}

void AddUnknowns(const RuleInput& input, const std::vector<Voucher>& vouchers, ReasonsByWord& reasons) {
  for (const Voucher& voucher : vouchers) {
    if (voucher.vouches != Vouches::kUnknown) continue;
    reasons.Add(voucher.doubt.word, fmt::format("{} could not be checked: {}", Printable(input.reference.Name()), voucher.doubt.message));
  }
}

ReasonsByWord JudgeVouchers(const RuleInput& input, const std::vector<Voucher>& vouchers) {
  const std::size_t minimum = MinimumOf(input), vouching = CountDistinct(vouchers);
  ReasonsByWord reasons;
  if (vouching >= minimum) return reasons;  // enough; what the others would say does not matter
  if (vouching + Names(vouchers, Vouches::kUnknown).size() >= minimum)
    AddUnknowns(input, vouchers, reasons);
  else
    AddViolations(input, vouchers, reasons);
  return reasons;
}

std::string TraceText(const std::vector<Voucher>& vouchers, std::string_view platform, std::size_t minimum) {
  return fmt::format("{}{}vouching: [{}], not: [{}], unknown: [{}]; at least {} must", platform, platform.empty() ? "" : ": ",
                     fmt::join(Names(vouchers, Vouches::kYes), ", "), fmt::join(Names(vouchers, Vouches::kNo), ", "),
                     fmt::join(Names(vouchers, Vouches::kUnknown), ", "), minimum);
}

void JudgeOne(const RuleInput& input, const std::vector<Voucher>& vouchers, std::string_view platform, RuleReport& report,
              ReasonsByWord& reasons) {
  const ReasonsByWord here = JudgeVouchers(input, vouchers);
  report.Trace(kPublishersRule, here.outcome(), [&] { return TraceText(vouchers, platform, MinimumOf(input)); });
  reasons.Absorb(here, platform);
}

std::string ToleratedMessage(const api::TrustedPublisher& publisher, const Signature& signature) {
  std::vector<std::string_view> words;
  std::string details;
  for (const Doubt& doubt : signature.tolerated) {
    if (std::ranges::find(words, ToString(doubt.word)) == words.end()) words.push_back(ToString(doubt.word));
    details += fmt::format("{}{}", details.empty() ? "" : "; ", Printable(doubt.message, 256));
  }
  return fmt::format("{}: {} let pass by level Permissive of authority {}: {}", publisher.metadata.name, fmt::join(words, ", "),
                     signature.signer.authority, details);
}

// Tells of signatures that hold in part, where too few publishers would vouch without them.
void NoticeTolerated(const RuleInput& input, const std::vector<Standing>& standings, const TrustFacts& facts, const Digest& digest,
                     RuleReport& report) {
  if (CountDistinct(VouchersFor(standings, facts, digest, Holding::kWholeOnly)) >= MinimumOf(input)) return;
  for (const Standing& standing : standings) {
    const Signature* tolerated = standing.to_ask == nullptr ? nullptr : FindTolerated(*standing.to_ask, facts, digest);
    if (tolerated == nullptr) continue;
    std::string message = ToleratedMessage(*standing.to_ask, *tolerated);
    const bool told = std::ranges::any_of(report.notices, [&](const Notice& notice) { return notice.message == message; });
    if (!told) report.notices.push_back({kSignatureTolerated, "", std::move(message)});
  }
}

void JudgeTarget(const RuleInput& input, const std::vector<Standing>& standings, const TrustFacts& facts, const Target& target,
                 RuleReport& report, ReasonsByWord& reasons) {
  const std::vector<Voucher> vouchers = VouchersFor(standings, facts, *target.digest);
  JudgeOne(input, vouchers, target.platform, report, reasons);
  const bool any = std::ranges::any_of(facts.signatures, [](const auto& signature) { return !signature->tolerated.empty(); });
  if (any && CountDistinct(vouchers) >= MinimumOf(input)) NoticeTolerated(input, standings, facts, *target.digest, report);
}

void JudgeTargets(const RuleInput& input, const std::vector<Standing>& standings, RuleReport& report, ReasonsByWord& reasons) {
  const auto facts = OriginFor(input, report);
  if (!facts) return JudgeOne(input, VouchersInDoubt(standings, facts.error()), "", report, reasons);
  const auto targets = TargetsOf(input, **facts);
  if (!targets) return JudgeOne(input, VouchersInDoubt(standings, targets.error()), "", report, reasons);
  for (const Target& target : *targets) JudgeTarget(input, standings, **facts, target, report, reasons);
}

}  // namespace

void JudgePublishers(const RuleInput& input, RuleReport& report) {
  if (!input.rules().publishers) return;
  const std::vector<Standing> standings = StandingsOf(input);
  ReasonsByWord reasons;
  std::vector<Voucher> named;
  named.reserve(standings.size());
  for (const Standing& standing : standings) named.push_back(standing.voucher);
  const bool asks = std::ranges::any_of(standings, [](const Standing& standing) { return standing.to_ask != nullptr; });
  if (asks && CountDistinct(named) < MinimumOf(input))
    JudgeTargets(input, standings, report, reasons);
  else
    JudgeOne(input, named, "", report, reasons);
  reasons.MoveTo(report, kPublishersRule);
}

}  // namespace hullwright::policy
