// Whether one publisher vouches for one digest, and how many publishers do when each needs a signer of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/origin.h"

namespace hullwright::policy {

enum class Vouches { kNo, kYes, kUnknown };

struct Voucher {
  std::string_view publisher;
  Vouches vouches = Vouches::kNo;
  bool by_name = false;                   // kYes without a signature: NameOnly
  std::vector<std::string> signers = {};  // of kYes: who signed, by key or identity, distinct
  bool covers = false;                    // the image is under its names
  Doubt doubt = {};                       // of kNo and kUnknown: why
};

// What is to be said of a publisher before any signature is looked at: kYes of NameOnly, kNo where the image is none of its own, kUnknown
// where there is no such publisher. Of one with signatures nothing yet: it is to_ask.
struct Standing {
  Voucher voucher;
  const api::TrustedPublisher* to_ask = nullptr;
};
Standing StandingOf(const RuleInput& input, std::string_view publisher);

// kYes when a signature over the digest by one of the publisher's authorities was verified; otherwise what stands against it: kUnknown when
// something could not be looked at, kNo with the failure that came nearest, or SignatureMissing.
// kWholeOnly: signatures of which something did not hold that their authority lets pass do not count.
enum class Holding { kAny, kWholeOnly };
Voucher AskSignatures(const api::TrustedPublisher& publisher, const TrustFacts& facts, const Digest& digest,
                      Holding holding = Holding::kAny);

// A signature that AskSignatures counts with kAny and not with kWholeOnly; nullptr: none.
const Signature* FindTolerated(const api::TrustedPublisher& publisher, const TrustFacts& facts, const Digest& digest);

// The authority is one that the publisher has today.
bool HasAuthority(const api::TrustedPublisher& publisher, std::string_view authority);

// The failure that speaks for a claim of this publisher about this digest, nullptr when there is none: one that is could-not-tell before
// all others, then the one whose check came last.
const TrustFailure* NearestFailure(const TrustFacts& facts, std::string_view publisher, Claim claim, const Digest& digest,
                                   std::string_view predicate_type = "");

// The most vouchers that can each be given a signer of their own; by_name ones need none.
std::size_t CountDistinct(const std::vector<Voucher>& vouchers);

}  // namespace hullwright::policy
