// How the webhook's certificate and its CA are renewed without one call that fails: what to do next, from what is there now. Pure.
//
//   1 a new CA is added to the bundle ──► in F-ca, then in F-webhook-tls ──► and by the configurations' controller in every caBundle
//   2 every live hook is seen to hold it, for as long as an API server may take to learn of it
//   3 a new leaf, signed by the new CA
//   4 every ready address is seen to serve it, and no leaf of the old CA can be valid any more: the old CA leaves the bundle
//
// There is no memory of where a rotation stands: each step is told from the Secrets and the live objects, so that it can end after any
// write and go on in another process. Whatever has gone wrong with them is mended by the same steps.
//
// At every moment, the leaf that is served leads to every bundle that an API server may hold.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace hullwright::controller {

// A CA certificate; id tells it from others.
struct Authority {
  std::string id;
  Time created;  // by our clock of then; it is valid for some time before
  Time not_before, not_after;

  bool IsValidAt(Time now) const { return not_before <= now && now < not_after; }
};

struct Leaf {
  std::string issuer;  // id of the known authority that has signed it; "" for none
  Time created, not_before, not_after;
  bool has_our_names = true;

  bool IsValidAt(Time now) const { return not_before <= now && now < not_after; }
};

// What the addresses of the Service that are ready present to who connects.
enum class Served {
  kUnknown,    // there is none, or one of them could not be asked
  kOther,      // one of them presents something that does not lead to the CA that signs now
  kBySigning,  // all of them present a leaf of the CA that signs now
};

struct RotationState {
  // Of the CA's Secret. signing: the CA whose key is there; nullopt: absent or unusable. bundle: what can be read of it.
  std::optional<Authority> signing = std::nullopt;
  std::vector<Authority> bundle = {};
  // Of the webhook's Secret.
  std::optional<Leaf> leaf = std::nullopt;  // nullopt: absent or unusable
  std::vector<Authority> leaf_bundle = {};
  // Of the live configurations: the ids in each caBundle of each registered hook, and the CAs found there.
  std::vector<std::vector<std::string>> live = {};
  std::vector<Authority> live_authorities = {};
  // For how long every live hook was seen to hold the signing CA, by a monotonic clock; nullopt: not all do now.
  std::optional<std::chrono::milliseconds> live_for = std::nullopt;
  Served served = Served::kUnknown;
};

// For how long every hook has been seen to hold a CA. Of one process: the next begins anew, which costs time and no call. Not thread-safe.
class LiveWatch {
 public:
  // live: as in RotationState; now: monotonic.
  std::optional<std::chrono::milliseconds> Observe(const std::optional<Authority>& signing,
                                                   const std::vector<std::vector<std::string>>& live, Deadline now);

 private:
  std::string id_;  // of the CA that all hold; "" for none
  Deadline since_{};
};

struct RotationOptions {
  std::chrono::seconds authority_lifetime = std::chrono::days(730), leaf_lifetime = std::chrono::days(90);
  // How long an API server may take to act by a configuration that was changed. They learn of it by a watch and tell nobody.
  std::chrono::milliseconds propagation = std::chrono::seconds(30);
};

struct RotationPlan {
  enum class Step {
    kNone,           // nothing to write now
    kMakeAuthority,  // a new CA, in the CA's Secret; its bundle: the new one and those of `bundle`
    kWriteBundle,    // the CA's Secret gets `bundle`
    kCopyBundle,     // the webhook's Secret gets `bundle`, and keeps its leaf
    kSignLeaf,       // a new leaf by the signing CA in the webhook's Secret, with `bundle`
  };
  Step step = Step::kNone;
  std::vector<std::string> bundle;  // ids, the signing CA first
  std::string_view why;             // a phrase for the log: "the CA is past two thirds of its life"
  std::string_view waiting_for;     // "" for nothing but time
  std::chrono::milliseconds again_after{0};
};

std::string_view ToString(RotationPlan::Step step);

// More CAs than these are never trusted at once; those made last stay.
inline constexpr std::size_t kMaxAuthorities = 8;

// When something that was made then and ends then is renewed: after two thirds of its life.
Time RenewalTime(Time created, Time not_after);

// Whether what is served decides what is next: only then must the addresses be asked, and `served` be set.
bool AsksWhatIsServed(const RotationState& state, const RotationOptions& options, Time now);

RotationPlan PlanRotation(const RotationState& state, const RotationOptions& options, Time now);

}  // namespace hullwright::controller
