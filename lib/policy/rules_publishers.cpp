#include "policy/rules_publishers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kRule = "publishers";

enum class Vouches { kNo, kYes, kUnknown };

Vouches AskPublisher(const PolicySet& policies, const std::string& name, const ImageReference& image) {
  const api::TrustedPublisher* publisher = policies.FindPublisher(name);
  if (publisher == nullptr || policies.IsBrokenPublisher(name)) return Vouches::kUnknown;
  const bool holds_repository = std::ranges::any_of(publisher->spec.repositories, [&](const ImagePattern& p) { return p.Matches(image); });
  if (!holds_repository) return Vouches::kNo;
  return publisher->spec.verification == api::PublisherVerification::kNameOnly ? Vouches::kYes : Vouches::kUnknown;
}

struct Poll {
  std::vector<std::string_view> yes, no, unknown;
};

Poll AskAll(const RuleInput& input, const std::vector<api::NameRef>& refs) {
  Poll poll;
  for (auto ref = refs.begin(); ref != refs.end(); ++ref) {
    if (std::any_of(refs.begin(), ref, [&](const api::NameRef& earlier) { return earlier.name == ref->name; })) continue;
    const Vouches answer = AskPublisher(input.policies, ref->name, input.reference);
    (answer == Vouches::kYes ? poll.yes : answer == Vouches::kNo ? poll.no : poll.unknown).push_back(ref->name);
  }
  return poll;
}

std::string UntrustedMessage(const Poll& poll, const std::string& image, std::int64_t minimum) {
  if (poll.yes.empty()) return fmt::format("{} is in no repository of {}", image, fmt::join(poll.no, ", "));
  return fmt::format("{} is in the repositories of {} alone, and {} publishers must vouch for it", image, fmt::join(poll.yes, ", "),
                     minimum);
}

std::string UnknownMessage(const Poll& poll, const std::string& image) {
  return fmt::format("whether {} may be trusted is not known: TrustedPublisher {} does not exist or has no usable version", image,
                     fmt::join(poll.unknown, ", "));
}

}  // namespace

void JudgePublishers(const RuleInput& input, RuleReport& report) {
  if (!input.rules().publishers) return;
  const auto minimum = static_cast<std::size_t>(std::max<std::int64_t>(1, input.rules().publishers->minimum));
  const Poll poll = AskAll(input, input.rules().publishers->refs);

  Outcome outcome = Outcome::kPass;
  if (poll.yes.size() >= minimum) {
    // Enough; what the others would say does not matter.
  } else if (poll.yes.size() + poll.unknown.size() >= minimum) {
    outcome = Outcome::kCouldNotTell;
    report.Add(ReasonWord::kPublisherUnknown, kRule, UnknownMessage(poll, Printable(input.reference.Name())));
  } else {
    outcome = Outcome::kViolation;
    report.Add(ReasonWord::kPublisherUntrusted, kRule,
               UntrustedMessage(poll, Printable(input.reference.Name()), static_cast<std::int64_t>(minimum)));
  }
  report.Trace(kRule, outcome, [&] {
    return fmt::format("vouching: [{}], not: [{}], unknown: [{}]; at least {} must", fmt::join(poll.yes, ", "), fmt::join(poll.no, ", "),
                       fmt::join(poll.unknown, ", "), minimum);
  });
}

}  // namespace hullwright::policy
