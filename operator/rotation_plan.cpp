#include "operator/rotation_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hullwright::controller {
namespace {

using std::chrono::milliseconds;
using Step = RotationPlan::Step;

// While something that may come soon is waited for, and when nothing is.
constexpr milliseconds kSoon = std::chrono::seconds(5);
constexpr milliseconds kMostPause = std::chrono::hours(1);
constexpr milliseconds kLeastPause{200};

const Authority* Find(const std::vector<Authority>& authorities, std::string_view id) {
  const auto found = std::ranges::find(authorities, id, &Authority::id);
  return found == authorities.end() ? nullptr : &*found;
}

std::vector<std::string> Ids(const std::vector<Authority>& authorities) {
  std::vector<std::string> ids;
  ids.reserve(authorities.size());
  for (const Authority& authority : authorities) ids.push_back(authority.id);
  return ids;
}

// Adds those that are not there yet and have not ended: nobody believes what an ended CA has signed.
void AddValid(const std::vector<Authority>& more, Time now, std::vector<Authority>& bundle) {
  for (const Authority& authority : more) {
    if (authority.not_after > now && Find(bundle, authority.id) == nullptr) bundle.push_back(authority);
  }
}

// Keeps the first, that of the leaf which is served, and of the others those made last.
void Bound(const std::optional<Leaf>& leaf, std::vector<Authority>& bundle) {
  if (bundle.size() <= kMaxAuthorities) return;
  std::stable_sort(bundle.begin() + 1, bundle.end(), [&](const Authority& a, const Authority& b) {
    const bool a_serves = leaf && leaf->issuer == a.id, b_serves = leaf && leaf->issuer == b.id;
    return a_serves != b_serves ? a_serves : a.created > b.created;
  });
  bundle.resize(kMaxAuthorities);
}

// Why a new CA is needed; "" when none is.
std::string_view AuthorityIsDue(const RotationState& state, Time now) {
  if (!state.signing) return "there is no usable CA";
  if (!state.signing->IsValidAt(now)) return "the CA is not valid now";
  if (now >= RenewalTime(state.signing->created, state.signing->not_after)) return "the CA is past two thirds of its life";
  return "";
}

std::string_view LeafIsDue(const RotationState& state, Time now) {
  if (!state.leaf) return "there is no usable certificate";
  if (state.leaf->issuer != state.signing->id) return "the certificate is of another CA than the one that signs now";
  if (!state.leaf->has_our_names) return "the certificate is not for the names of the Service";
  if (!state.leaf->IsValidAt(now)) return "the certificate is not valid now";
  if (now >= RenewalTime(state.leaf->created, state.leaf->not_after)) return "the certificate is past two thirds of its life";
  return "";
}

// Beside a new CA, everything that may be in use stays trusted. Without the CA's Secret nobody knows what was: then what the webhook's
// Secret and the live hooks trust is taken over, so that what is served goes on being believed until a new leaf is.
std::vector<Authority> KeptBeside(const RotationState& state, Time now) {
  std::vector<Authority> kept;
  if (state.signing) AddValid({*state.signing}, now, kept);
  AddValid(state.bundle, now, kept);
  if (!state.signing || state.bundle.empty()) {
    AddValid(state.leaf_bundle, now, kept);
    AddValid(state.live_authorities, now, kept);
  }
  return kept;
}

// From when on no leaf of an earlier CA can be valid: the signing one has taken its place with its first write, and leaves lived so long.
Time OldLeavesEnd(const RotationState& state, const RotationOptions& options) {
  milliseconds longest = options.leaf_lifetime;
  if (state.leaf) longest = std::max(longest, state.leaf->not_after - state.leaf->created);
  return state.signing->created + longest;
}

bool MayRetire(const RotationState& state, const RotationOptions& options, Time now) {
  return state.leaf && state.leaf->issuer == state.signing->id && state.served == Served::kBySigning && now >= OldLeavesEnd(state, options);
}

// What is to be trusted, the signing CA first.
std::vector<Authority> WantedBundle(const RotationState& state, const RotationOptions& options, Time now) {
  std::vector<Authority> bundle{*state.signing};
  if (MayRetire(state, options, now)) return bundle;
  AddValid(state.bundle, now, bundle);
  // Somebody has taken out of the bundle what the leaf needs.
  if (state.leaf && Find(bundle, state.leaf->issuer) == nullptr) {
    for (const auto* known : {&state.leaf_bundle, &state.live_authorities}) {
      if (const Authority* issuer = Find(*known, state.leaf->issuer)) AddValid({*issuer}, now, bundle);
    }
  }
  Bound(state.leaf, bundle);
  return bundle;
}

bool IsSame(const std::vector<Authority>& wanted, const std::vector<Authority>& found) {
  return std::ranges::equal(wanted, found, {}, &Authority::id, &Authority::id);
}

// A new leaf is believed once every API server has learnt of the CA that signed it.
bool IsBelieved(const RotationState& state, const RotationOptions& options) {
  if (state.live.empty()) return true;  // nobody calls us
  return state.live_for && *state.live_for >= options.propagation;
}

milliseconds Until(Time then, Time now) {
  return std::clamp(milliseconds(then - now), kLeastPause, kMostPause);
}

RotationPlan Wait(RotationPlan plan, std::string_view what, milliseconds again) {
  plan.waiting_for = what;
  plan.again_after = std::clamp(again, kLeastPause, kSoon);
  return plan;
}

}  // namespace

std::string_view ToString(RotationPlan::Step step) {
  switch (step) {
    case Step::kNone:
      return "none";
    case Step::kMakeAuthority:
      return "make CA";
    case Step::kWriteBundle:
      return "write bundle";
    case Step::kCopyBundle:
      return "copy bundle";
    case Step::kSignLeaf:
      return "sign leaf";
  }
  return "";
}

std::optional<milliseconds> LiveWatch::Observe(const std::optional<Authority>& signing, const std::vector<std::vector<std::string>>& live,
                                               Deadline now) {
  const bool held = signing && std::ranges::all_of(live, [&](const std::vector<std::string>& ids) {
                      return std::ranges::find(ids, signing->id) != ids.end();
                    });
  if (!held) {
    id_.clear();
    return std::nullopt;
  }
  if (id_ != signing->id) {
    id_ = signing->id;
    since_ = now;
  }
  return std::chrono::floor<milliseconds>(now - since_);
}

Time RenewalTime(Time created, Time not_after) {
  return created + (not_after - created) * 2 / 3;
}

bool AsksWhatIsServed(const RotationState& state, const RotationOptions& options, Time now) {
  return state.signing && state.leaf && state.leaf->issuer == state.signing->id && state.bundle.size() > 1 &&
         now >= OldLeavesEnd(state, options);
}

RotationPlan PlanRotation(const RotationState& state, const RotationOptions& options, Time now) {
  RotationPlan plan;
  if (plan.why = AuthorityIsDue(state, now); !plan.why.empty()) {
    plan.step = Step::kMakeAuthority;
    auto kept = KeptBeside(state, now);
    Bound(state.leaf, kept);
    plan.bundle = Ids(kept);
    return plan;
  }
  const std::vector<Authority> wanted = WantedBundle(state, options, now);
  plan.bundle = Ids(wanted);
  if (!IsSame(wanted, state.bundle)) {
    plan.step = Step::kWriteBundle;
    plan.why = wanted.size() < state.bundle.size() ? "nothing needs the earlier CA any more" : "the bundle lacks what is in use";
    return plan;
  }
  const std::string_view leaf_due = LeafIsDue(state, now);
  const bool believed = IsBelieved(state, options);
  if (!leaf_due.empty() && believed) {
    plan.step = Step::kSignLeaf;
    plan.why = leaf_due;
    return plan;
  }
  if (state.leaf && !IsSame(wanted, state.leaf_bundle)) {
    plan.step = Step::kCopyBundle;
    plan.why = "the webhook's bundle is not that of the CA";
    return plan;
  }
  if (!leaf_due.empty()) {
    plan.why = leaf_due;
    return Wait(std::move(plan), "every hook to hold the CA that signs now",
                state.live_for ? options.propagation - *state.live_for : options.propagation);
  }
  plan.again_after = std::min(Until(RenewalTime(state.signing->created, state.signing->not_after), now),
                              Until(RenewalTime(state.leaf->created, state.leaf->not_after), now));
  if (wanted.size() == 1) return plan;
  const Time end = OldLeavesEnd(state, options);
  if (now >= end) return Wait(std::move(plan), "every ready address to serve a certificate of the CA that signs now", kSoon);
  plan.again_after = std::min(plan.again_after, Until(end, now));
  return plan;
}

}  // namespace hullwright::controller
